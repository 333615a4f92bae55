"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine_free

ROOT = Path(__file__).parent.parent


def blocks(recipe, language="python"):
    """(first line, text) of the code blocks of one section."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf8")
    section = text.split(f"\n## {recipe}\n")[1].split("\n## ")[0]
    found = re.findall(rf"^   ```{language}\n(.*?)^   ```", section, re.DOTALL | re.MULTILINE)
    codes = [textwrap.dedent(code) for code in found]
    return [(code.partition("\n")[0].removeprefix("# "), code) for code in codes]


def run(folder, *command):
    """A Python command in `folder`, with what is there before the installed keraslite."""
    path = os.pathsep.join(map(str, (folder, folder / "backends", folder / "site")))
    env = dict(os.environ, PYTHONPATH=path, KERASLITE_BACKEND="numpy", OMP_NUM_THREADS="1")
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path):
    """keraslite, its adapters and the conformance suite, free to be changed."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("keraslite", "backends", "conformance_tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_add_an_op(copy):
    added = blocks("Add an op")
    assert len(added) == 4
    for path, code in added:
        with open(copy / path, "a", encoding="utf8") as file:
            file.write(f"\n{code}")
    call = "from keraslite import ops; print(ops.__file__, float(ops.log1mexp(1.0)))"
    called = run(copy, "-c", call)
    assert str(copy) in called.stdout and "-0.4586" in called.stdout, called.stderr
    suite = ["-m", "pytest", "conformance_tests", "-p", "no:cacheprovider", "-k"]
    tested = run(copy, *suite, "log1mexp", "--backend", "numpy")
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"\b([5-9]|\d\d+) passed", tested.stdout), tested.stdout


def test_add_an_engine(copy):
    ((path, code),) = blocks("Add an engine")
    ((_, toml),) = blocks("Add an engine", "toml")
    points = tomllib.loads(toml)["project"]["entry-points"]["keraslite.backends"]
    site = copy / "site"
    metadata = site / "keraslite_mine-1.0.dist-info"
    metadata.mkdir(parents=True)
    head = ["Metadata-Version: 2.1", "Name: keraslite-mine", "Version: 1.0"]
    (metadata / "METADATA").write_text("\n".join(head))
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[keraslite.backends]", *lines]))
    (site / path).parent.mkdir()
    (site / path).write_text(code)

    listed = run(copy, "-c", "from keraslite.cli import main; main(['backends'])")
    assert "mine" in listed.stdout, listed.stderr
    chosen = run(copy, "-c", "import keraslite; keraslite.use_backend('mine')")
    assert "abstract methods absolute, add, all" in chosen.stderr

    finished = code.replace("(Backend)", "(NumpyBackend)").replace(
        "keraslite.backend import Backend", "keraslite_numpy import NumpyBackend"
    )
    (site / path).write_text(finished)
    suite = ["-m", "pytest", "conformance_tests/test_arrays.py", "-p", "no:cacheprovider"]
    tested = run(copy, *suite, "--backend", "mine")
    assert tested.returncode == 0, tested.stdout
    assert "keraslite engine: mine" in tested.stdout
