"""One competitor on one workload in a fresh process: prints its figures as one line of JSON.

    python -m benchmarks.worker --engine torch --competitor keraslite --workload cnn

Figures, by name: `import_s` (the engine's library and what comes on top), `import_extra_s` (the
latter), `first_step_s` (after the import: model made, compiled, trained on one batch),
`first_epoch_s` (the next fit, with what is compiled for it), `step_ms` (warm), `peak_mib` (resident
memory by the end of training), `grown_mib` (that, less the peak after the import), and where
the workload predicts `call_one_ms`, `predict_one_ms`, `predict_batch_ms`, `predict_10000_ms`.
"""

import argparse
import importlib
import json
import math
import resource
import statistics
import sys
import time
from pathlib import Path

from benchmarks import competitors, workloads

EPOCHS = 3  # measured at least
MOST_EPOCHS = 300
WARM_STEPS = 600


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", required=True)
    parser.add_argument("--competitor", required=True, choices=competitors.NAMES)
    parser.add_argument("--workload", required=True, choices=workloads.NAMES)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds of training to measure")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    figures = imports(options.engine, options.competitor)
    record = {"figures": figures, "losses": []}
    for label, workload in workloads.find(options.workload, options.quick).items():
        found, losses = measure(options, workload)
        if options.workload == "growth":
            found = {f"{name} ({label})": found[name] for name in ("step_ms", "predict_ms")}
        figures.update(found)
        record["losses"] += losses
    print(json.dumps(record))


def imports(engine, competitor):
    """Seconds of importing, in a process that has imported neither."""
    module, frontend = competitors.library(engine, competitor)
    start = time.perf_counter()
    importlib.import_module(module)
    engine_end = end = time.perf_counter()
    if frontend is not None:
        keras = importlib.import_module(frontend)
        keras.ops.zeros(())  # whatever an engine puts off until its first use
        end = time.perf_counter()
    return {"import_s": end - start, "import_extra_s": end - engine_end}


def measure(options, workload):
    """(figures, mean or last losses of the epochs) of one workload in this process."""
    trains = not (options.engine == "numpy" and options.competitor == "keras")
    imported = peak_mib()
    workload.data()  # NumPy's first use of its generators is nobody's time
    start = time.perf_counter()
    competitor = competitors.make(options.engine, options.competitor, workload)
    figures, losses = {}, []
    if trains:
        competitor.first_step()
        figures["first_step_s"] = time.perf_counter() - start
        check_size(competitor, workload)
        budget = options.budget / (5 if workload.name == "growth" else 1)
        training, losses = train(competitor, workload, budget)
        figures |= training
        figures |= {"peak_mib": peak_mib(), "grown_mib": peak_mib() - imported}
    if workload.name == "growth":
        x, _ = workload.data()
        figures["predict_ms"] = latency_ms(lambda: competitor.predict(x), options.budget / 5)
    if workload.predicts:
        figures |= predictions(competitor, workload, options)
    return figures, losses


def check_size(competitor, workload):
    if competitor.parameters != workload.parameters:
        raise ValueError(
            f"{workload.name}: {competitor.parameters} parameters are trained,"
            f" the workload has {workload.parameters}."
        )


def train(competitor, workload, budget):
    """Warm up, then epochs until the budget is spent; figures and losses.

    It is warm after `WARM_STEPS`, when nobody compiles any more, or when the budget is spent once.
    """
    (first, _), *_ = competitor.run_epochs(1)
    competitor.run_epochs(max(1, min(WARM_STEPS // workload.batches, int(budget / first))))
    epochs = competitor.run_epochs(EPOCHS)
    spent = sum(seconds for seconds, _ in epochs)
    if spent < budget:
        count = math.ceil((budget - spent) / spent * EPOCHS)
        epochs += competitor.run_epochs(min(count, MOST_EPOCHS))
    step = statistics.median(seconds for seconds, _ in epochs) / workload.batches
    losses = [loss for _, loss in epochs]
    if not all(math.isfinite(loss) for loss in losses):
        raise ValueError(f"{workload.name}: the loss is not finite: {losses}.")
    return {"first_epoch_s": first, "step_ms": step * 1e3}, losses


def predictions(competitor, workload, options):
    """Latencies of predicting on one sample, on a batch and on many rows."""
    many, _ = workload.data(1000 if options.quick else 10_000)
    one, batch = many[:1], many[: workload.batch]
    budget = options.budget / 5
    return {
        "call_one_ms": latency_ms(lambda: competitor.call(one), budget),
        "predict_one_ms": latency_ms(lambda: competitor.predict(one), budget),
        "predict_batch_ms": latency_ms(lambda: competitor.predict(batch), budget),
        "predict_10000_ms": latency_ms(lambda: competitor.predict(many), budget),
    }


def latency_ms(call, budget, warm=2, least=3):
    """Median time of a call, after calls that warm it up."""
    for _ in range(warm):
        call()
    times = []
    while len(times) < least or sum(times) < budget:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def peak_mib():
    """Largest resident memory so far.

    Linux hands a parent's peak in `getrusage` down to a new process, so its own record is read.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
