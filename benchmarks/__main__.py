"""`python -m benchmarks`: keraslite beside Keras and native loops, in one run on this machine.

Prints the report and writes it with all raw figures and a plot to benchmarks/results/.
"""

import argparse
import datetime
import json
import sys
from pathlib import Path

from benchmarks import competitors, machine, ratios, report, schedule, workloads

ENGINES = ["numpy", "torch", "jax", "tensorflow"]
RIVALS = competitors.NAMES[1:]
RESULTS = Path(__file__).parent / "results"


def options(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--workloads", nargs="+", choices=workloads.NAMES, default=workloads.NAMES)
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=RIVALS)
    parser.add_argument(
        "--passes",
        type=int,
        default=5,
        help="default 5; the long workloads run in the first three of five",
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--budget", type=float, default=1.0, help="seconds of steps to measure in a process"
    )
    parser.add_argument("--quick", action="store_true", help="one pass of a few steps")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--name", help="of the files (default: date and device)")
    found = parser.parse_args(arguments)
    if found.quick:
        found.passes, found.budget = 1, 0.1
    found.name = found.name or f"{datetime.date.today()}-{found.device}"
    return found


def main(arguments=None):
    chosen = options(arguments)
    where = machine.describe(chosen.device)
    chosen.out.mkdir(parents=True, exist_ok=True)
    path = chosen.out / chosen.name

    def keep(records):
        document = {"machine": where, "records": records}
        path.with_name(path.name + ".json").write_text(json.dumps(document, indent=1) + "\n")

    records = schedule.run(chosen, keep)
    text = report.render(records, where)
    path.with_name(path.name + ".md").write_text(text)
    print(text)
    save_plot(records, path.with_name(path.name + ".png"))


def save_plot(records, path):
    """The picture, where matplotlib is installed."""
    try:
        from benchmarks import plot
    except ImportError as error:
        print(f"No plot: {error}", file=sys.stderr)
    else:
        plot.save(ratios.cells(records), path)


if __name__ == "__main__":
    main()
