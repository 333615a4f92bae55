"""Runs the workers: competitors right after one another, their order rotated from pass to pass."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import workloads
from benchmarks.competitors import rivals

ROOT = Path(__file__).parent.parent
TIMEOUT = 900


def installed(engines):
    return [engine for engine in engines if importlib.util.find_spec(engine)]


def groups(engines, names, wanted):
    """(engine, workload, competitors) of a pass; keraslite meets the rivals that are wanted."""
    for workload in names:
        for engine in engines:
            found = [name for name in rivals(engine, workload) if name in wanted]
            yield engine, workload, ["keraslite", *found]


def rotated(names, count):
    """The names in another order for each pass, so that none is always first."""
    count %= len(names)
    return names[count:] + names[:count]


def environment(engine, device, home):
    """Variables that choose engine and device, away from settings in the user's home."""
    found = {
        **os.environ,
        "KERASLITE_BACKEND": engine,
        "KERAS_BACKEND": engine,
        "KERASLITE_HOME": home,
        "KERAS_HOME": home,
        "KERASLITE_DEVICE": device,
        "BENCHMARKS_DEVICE": device,
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if device == "cpu":
        found |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    return found


def run_worker(engine, competitor, workload, options, home):
    """The worker's record, or {"error": last lines of what it said}."""
    command = [
        sys.executable, "-m", "benchmarks.worker", "--engine", engine, "--competitor", competitor,
        "--workload", workload, "--budget", str(options.budget), *["--quick"] * options.quick,
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, env=environment(engine, options.device, home), cwd=ROOT, timeout=TIMEOUT,
            capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"no result after {TIMEOUT} s"}
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"error": lines[-1] if lines else f"exit code {done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def run(options, keep=lambda records: None):
    """All records of all passes; `keep` gets those so far after each pass."""
    records = []
    with tempfile.TemporaryDirectory() as home:
        for number in range(options.passes):
            due = [w for w in options.workloads if number < workloads.passes(w, options.passes)]
            for group in groups(installed(options.engines), due, options.rivals):
                records += run_group(number, *group, options, home)
            keep(records)
    return records


def run_group(number, engine, workload, names, options, home):
    """Records of the competitors on one engine and workload in one pass."""
    records = []
    for name in rotated(names, number):
        record = run_worker(engine, name, workload, options, home)
        where = {"pass": number, "engine": engine, "workload": workload, "competitor": name}
        records.append(where | record)
    told = ", ".join(f"{r['competitor']} {_told(r)}" for r in records)
    print(f"pass {number + 1}/{options.passes} {engine} {workload}: {told}", file=sys.stderr)
    return records


def _told(record):
    if "error" in record:
        return f"failed ({record['error'][:100]})"
    steps = [v for name, v in record["figures"].items() if name.startswith("step_ms")]
    return f"{steps[0]:.3g} ms" if steps else "ok"
