"""Options, the engine under test, and the report after the run."""

import fnmatch
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from conformance_tests import bounds as bounds_table
from conformance_tests.report import ErrorReport
from keraslite.backend import get_backend
from keraslite.backend.context import temporarily
from keraslite.backend.registry import standardize_device

HERE = Path(__file__).parent
BACKEND = pytest.StashKey()
DEVICE = pytest.StashKey()
NO_DEVICE = pytest.StashKey()
REPORT = pytest.StashKey()

settings.register_profile(
    "conformance",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=20,
    suppress_health_check=list(HealthCheck),
)


def pytest_addoption(parser):
    group = parser.getgroup("keraslite")
    group.addoption(
        "--backend",
        default=os.environ.get("KERASLITE_BACKEND") or "numpy",
        help="the engine under test, a registered name (default: $KERASLITE_BACKEND, else numpy)",
    )
    group.addoption(
        "--device",
        default=os.environ.get("KERASLITE_DEVICE"),
        help="where it runs: cpu, cuda, cuda:1 (default: $KERASLITE_DEVICE, else the engine's own)",
    )
    group.addoption("--report", metavar="PATH", help="write the largest errors to a JSON file")


def pytest_configure(config):
    settings.load_profile("conformance")
    name, device = config.getoption("--backend"), config.getoption("--device")
    try:
        backend = get_backend(name)
    except (ValueError, ImportError) as error:
        raise pytest.UsageError(str(error)) from error
    reason = None
    if device:
        with temporarily(backend=backend):
            try:
                device = standardize_device(device)
            except ValueError as error:
                reason = str(error)
    config.stash[BACKEND] = backend
    config.stash[DEVICE] = device
    config.stash[NO_DEVICE] = reason
    config.stash[REPORT] = ErrorReport(name, device or backend.device_names()[0])


def pytest_report_header(config):
    report = config.stash[REPORT]
    return f"keraslite engine: {report.engine}, device: {report.device}"


def is_under_test(item):
    return HERE in item.path.parents


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    ours = [item for item in items if is_under_test(item)]
    reason = config.stash[NO_DEVICE]
    if reason:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))
    with open(HERE / "known_failures.toml", "rb") as file:
        lines = tomllib.load(file).get("failure", [])
    mark_known_failures(ours, [n for n in lines if n["engine"] == config.getoption("--backend")])


def mark_known_failures(items, lines):
    """Expect the listed tests to fail; UsageError for a line that matches no test of its file."""
    ids = {item: item.nodeid.rpartition("conformance_tests/")[2] for item in items}
    files = {name.partition("::")[0] for name in ids.values()}
    for line in lines:
        pattern = line["test"].replace("[", "[[]")
        found = [item for item, name in ids.items() if fnmatch.fnmatchcase(name, pattern)]
        if not found and line["test"].partition("::")[0] in files:
            raise pytest.UsageError(f"known_failures.toml: no test matches {line['test']!r}.")
        for item in found:
            item.add_marker(pytest.mark.xfail(reason=line["reason"], strict=True))


@pytest.fixture(scope="session")
def backend(request):
    """The engine under test, active on the device under test."""
    backend = request.config.stash[BACKEND]
    with temporarily(backend=backend, device=request.config.stash[DEVICE]):
        yield backend


@pytest.fixture(scope="session")
def reference():
    """The NumPy engine, which runs in float64 what has no independent reference function."""
    return get_backend("numpy")


@pytest.fixture(scope="session")
def bounds():
    return bounds_table.load()


@pytest.fixture(scope="session")
def report(request):
    return request.config.stash[REPORT]


def pytest_terminal_summary(terminalreporter, config):
    report = config.stash[REPORT]
    lines = report.lines()
    if lines:
        terminalreporter.section(f"largest errors / bounds: {report.engine} on {report.device}")
        for line in lines:
            terminalreporter.write_line(line)
    path = config.getoption("--report")
    if path:
        report.write(path)
        terminalreporter.write_line(f"wrote {path}")
