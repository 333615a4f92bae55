"""The examples in docstrings run, and print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import keraslite
from keraslite.backend import get_backend
from keraslite.backend.context import temporarily
from keraslite.utils import set_random_seed

pytestmark = pytest.mark.engine_free


def module_names():
    found = pkgutil.walk_packages(keraslite.__path__, "keraslite.")
    return ["keraslite", *(module.name for module in found)]


def examples_of(name):
    """The docstrings of one module that hold examples, those of members included."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for test in finder.find(importlib.import_module(name)) if test.examples]


MODULES = {name: tests for name in module_names() if (tests := examples_of(name))}


def test_modules_with_examples_are_found():
    assert {"keraslite.core.layer", "keraslite.layers.core.dense"} <= MODULES.keys()


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_module(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    with temporarily(backend=get_backend("numpy")):
        set_random_seed(0)
        for test in MODULES[name]:
            runner.run(test, out=lines.append, clear_globs=False)
    assert not runner.summarize(verbose=False).failed, "".join(lines)
