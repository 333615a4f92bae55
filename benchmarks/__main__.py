"""`python -m benchmarks [engine ...]`: milliseconds per training step, each engine in a process.

Passes over the engines are interleaved, so that a slow moment of the machine meets all of them;
a cell is the median over the passes, with the smallest and the largest behind it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

PASSES = 3


def measure():
    """One pass on the engine of KERASLITE_BACKEND: {workload: ms per step}."""
    import keraslite as keras
    from benchmarks.workloads import WORKLOADS

    times = {}
    for name, make in WORKLOADS.items():
        keras.utils.set_random_seed(0)
        model, x, y, loss, batch = make()
        model.compile("adam", loss)
        model.fit(x, y, batch_size=batch, epochs=1, verbose=0)  # builds, compiles, warms up
        start = time.perf_counter()
        model.fit(x, y, batch_size=batch, epochs=2, verbose=0)
        steps = 2 * -(-len(x) // batch)
        times[name] = (time.perf_counter() - start) / steps * 1e3
    return times


def measure_in_process(engine):
    """`measure` on an engine, in a process of its own."""
    environment = {**os.environ, "KERASLITE_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--measure"],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engines", nargs="*", help="default: all that are installed")
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure()))
        return
    import keraslite as keras

    engines = arguments.engines or keras.backend.available_backends()
    passes = [
        {engine: measure_in_process(engine) for engine in engines} for _ in range(arguments.passes)
    ]
    print("ms per training step, median of", arguments.passes, "passes (smallest - largest)\n")
    names = list(passes[0][engines[0]])
    print("| engine | " + " | ".join(names) + " |")
    print("| --- |" + " --- |" * len(names))
    for engine in engines:
        cells = []
        for name in names:
            times = [one[engine][name] for one in passes]
            spread = f"({min(times):.2f} - {max(times):.2f})"
            cells.append(f"{statistics.median(times):.2f} {spread}")
        print(f"| {engine} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
