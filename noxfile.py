"""The one entry point for checks. Plain `nox` runs what CI runs; `nox -l` lists the sessions.

Few environments serve all sessions, made on first use and again when their requirements change:
`base` holds keraslite, NumPy and the test runner and proves that the base install needs no more,
`all` adds the four engines, `bench` their rivals, `lint` is ruff alone. Arguments after `--` go to
the session's command:

    nox -s "tests(torch)" -- -k dropout
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests", "conformance", "agreement", "package"]

ROOT = Path(__file__).parent
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
ENVIRONMENTS = {
    "lint": ["ruff"],
    "base": ["--editable", ".", "pytest", "hypothesis"],
    "all": ["--editable", ".[all,data,plot,dev]"],
    "bench": ["--editable", ".[all,plot]", "keras", "scikit-learn"],
}
ENGINES = ["numpy", "torch", "jax", "tensorflow"]


def new_environment(session, folder, *requirements):
    """A virtual environment with these requirements; returns its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    session.run(sys.executable, "-m", "venv", "--clear", str(folder))
    pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS)]
    session.run(*pip, *requirements)
    return str(python)


def environment(session, name):
    """The Python of a shared environment, made anew when what it is made from has changed."""
    sources = [path.read_bytes() for path in (CONSTRAINTS, ROOT / "pyproject.toml")]
    recipe = b"\n".join([*sources, repr((ENVIRONMENTS[name], sys.version)).encode()])
    wanted = hashlib.sha256(recipe).hexdigest()
    folder = ROOT / ".nox" / f"env-{name}"
    stamp = folder / "recipe"
    if not stamp.exists() or stamp.read_text() != wanted:
        new_environment(session, folder, *ENVIRONMENTS[name])
        stamp.write_text(wanted)
    return str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")


def run(session, *command, engine="numpy"):
    """Run a command, with what follows `--`, on one engine and without the user's settings."""
    env = {
        "KERASLITE_BACKEND": engine,
        "KERASLITE_HOME": str(ROOT / ".nox" / "home"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    session.run(*command, *session.posargs, env=env)


def pytest(session, engine, *args):
    """Run pytest with one engine; NumPy's runs take place where nothing else is installed."""
    python = environment(session, "base" if engine == "numpy" else "all")
    run(session, python, "-m", "pytest", *args, engine=engine)


@nox.session
@nox.parametrize("engine", ENGINES, ids=ENGINES)
def tests(session, engine):
    """tests/ on one engine; what does not depend on the engine runs with NumPy only."""
    others = [f"--ignore=tests/{name}_engine" for name in ENGINES if name != engine]
    select = [] if engine == "numpy" else ["-m", "not engine_free"]
    pytest(session, engine, "tests", "--ignore=tests/agreement", *others, *select)


@nox.session
@nox.parametrize("engine", ENGINES, ids=ENGINES)
def conformance(session, engine):
    """The suite that every engine must pass."""
    pytest(session, engine, "conformance_tests", "--backend", engine)


@nox.session
def agreement(session):
    """All four engines in one process: the same curves, files that travel."""
    run(session, environment(session, "all"), "-m", "pytest", "tests/agreement")


@nox.session
def lint(session):
    """Ruff: rules and formatting."""
    python = environment(session, "lint")
    session.run(python, "-m", "ruff", "check")
    session.run(python, "-m", "ruff", "format", "--check")


@nox.session
def types(session):
    """Pyright."""
    python = environment(session, "all")
    session.run(python, "-m", "pyright", "--pythonpath", python)


@nox.session
def bench(session):
    """keraslite beside Keras and native loops: `nox -s bench -- --engines torch --passes 3`."""
    run(session, environment(session, "bench"), "-m", "benchmarks")


@nox.session
def demo(session):
    """`keraslite demo` from the source tree, on NumPy."""
    python = environment(session, "base")
    run(session, str(Path(python).with_name("keraslite")), "demo")


@nox.session
def package(session):
    """Build sdist and wheel, install the wheel with its base dependencies only, run its demo."""
    folder = ROOT / ".nox" / "package"
    builder = new_environment(session, folder / "builder", "build")
    shutil.rmtree(folder / "dist", ignore_errors=True)
    session.run(builder, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT))
    (wheel,) = folder.glob("dist/*.whl")
    python = new_environment(session, folder / "installed", str(wheel))
    session.run(python, "-m", "pip", "check")
    session.chdir(folder)  # away from the source tree
    run(session, str(Path(python).with_name("keraslite")), "demo")
