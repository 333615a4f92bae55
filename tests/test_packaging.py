"""What an installed keraslite brings along: entry points, extras, and how little it imports."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import keraslite

pytestmark = pytest.mark.engine_free

ROOT = Path(__file__).parent.parent
ENGINES = {"numpy", "torch", "jax", "tensorflow"}


@pytest.fixture(scope="module")
def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))


@pytest.fixture(scope="module")
def installed():
    return importlib.metadata.distribution("keraslite")


def modules_after(statement, tmp_path):
    """Names of the modules that a new process has imported after a statement, NumPy active."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    env = {"KERASLITE_BACKEND": "numpy", "KERASLITE_HOME": str(tmp_path), "PATH": ""}
    result = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_import_brings_no_engine_and_nothing_heavy(tmp_path):
    heavy = {"torch", "jax", "tensorflow", "h5py", "rich", "pandas", "matplotlib", "scipy"}
    found = modules_after("import keraslite", tmp_path)
    assert "keraslite" in found
    assert not heavy & found
    assert not {"http.client", "tarfile", "unittest", "asyncio"} & found
    assert not {f"keraslite_{engine}" for engine in ENGINES - {"numpy"}} & found


def test_an_engine_is_imported_when_it_is_chosen_and_no_other(tmp_path):
    found = modules_after('import keraslite; keraslite.use_backend("numpy")', tmp_path)
    assert "keraslite_numpy" in found
    assert not {"torch", "jax", "tensorflow"} & found


def test_engines_are_registered_by_entry_point(installed):
    points = installed.entry_points.select(group="keraslite.backends")
    assert {point.name for point in points} == ENGINES
    assert {point.module for point in points} == {f"keraslite_{engine}" for engine in ENGINES}


def test_the_command_is_registered(installed):
    (script,) = installed.entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("keraslite", "keraslite.cli:main")


def test_dependencies_and_extras(installed, pyproject):
    project = pyproject["project"]
    base = {re.match(r"\w+", requirement)[0] for requirement in project["dependencies"]}
    assert base == {"numpy", "h5py", "optree", "ml_dtypes", "rich"}
    extras = {"torch", "jax", "tensorflow", "all", "data", "plot", "dev"}
    assert set(project["optional-dependencies"]) == extras
    assert set(installed.metadata.get_all("Provides-Extra")) == extras


def test_the_version_has_one_source(installed):
    assert keraslite.__version__ == installed.version


def test_ci_pins_every_requirement_of_ours(pyproject):
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf8").splitlines()
    pins = dict(line.lower().split("==") for line in lines if not line.startswith("#"))
    project = pyproject["project"]
    wanted = [*project["dependencies"], "pytest", "nox", "build"]
    for extra, requirements in project["optional-dependencies"].items():
        wanted += [] if extra == "all" else requirements
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}
    assert names <= set(pins)
    assert pins["torch"] == "2.13.0"  # without a suffix: this finds the CPU build's file


def test_type_information_and_data_ship():
    package = Path(keraslite.__file__).parent
    assert (package / "py.typed").is_file()
    assert (package / "datasets" / "digits.npz").stat().st_size < 60_000
