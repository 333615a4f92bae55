"""The outcome as Markdown: tables of ratios beside their targets, and where keraslite loses."""

from benchmarks import ratios, targets

TITLES = {
    "step_ms": "Training, ms per step (warm)",
    "first_step_s": "Time to the first step, s after the import",
    "first_epoch_s": "First whole fit after that, s (what is compiled for it included)",
    "call_one_ms": "`model(x)` on one sample, ms",
    "predict_one_ms": "`predict` on one sample, ms",
    "predict_batch_ms": "`predict` on one batch, ms",
    "predict_10000_ms": "`predict` on 10,000 rows, ms",
    "peak_mib": "Peak resident memory of training, MiB",
    "grown_mib": "The same, less the peak after the import, MiB",
    "import_s": "Import of the engine and what comes on top, s",
}
HEADER = (
    "| engine | workload | rival | keraslite | rival's | ratio (spread) | target | |\n"
    "| --- | --- | --- | ---: | ---: | --- | ---: | --- |"
)


def render(records, machine):
    """The whole report of a run."""
    found = ratios.cells(records)
    parts = [heading(machine), *tables(found), imports(records), losses(found, records)]
    failed = ratios.failures(records)
    if failed:
        lines = [f"- {' / '.join(place)}: {error}" for place, error in failed.items()]
        parts.append("Did not run, in some pass at least:\n\n" + "\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    place = f"{machine['processor']}, {machine['cores']} cores, device {machine['device']}"
    return (
        f"# keraslite beside others\n\n{machine['date']}; {place}; Python {machine['python']},"
        f" {versions}; load before the run {machine['load_before']:.1f}.\n\nRatios are keraslite's"
        " figure over the rival's in the same pass: their median (smallest - largest). Below 1,"
        " keraslite is ahead. On the NumPy engine the native loop is eager torch."
    )


def tables(cells):
    """A table for each kind of figure; growth's are last, with the setting behind the workload."""
    for figure, title in TITLES.items():
        rows = [c for c in cells if c.figure == figure]
        if rows:
            yield "\n".join([f"## {title}", "", HEADER, *map(row, rows)])
    for figure in ("step_ms", "predict_ms"):
        rows = [c for c in cells if c.figure.startswith(f"{figure} (")]
        if rows:
            what = "ms per step" if figure == "step_ms" else "ms of `predict` on all rows"
            yield "\n".join([f"## Growth: {what}", "", HEADER, *map(row, rows)])


def row(cell):
    goal = targets.target(*cell.place)
    name = cell.workload
    if "(" in cell.figure:
        name += " " + cell.figure[cell.figure.index("(") :]
    return (
        f"| {cell.engine} | {name} | {cell.rival} | {number(cell.own)} | {number(cell.other)} |"
        f" {ratio(cell)} | {'' if goal is None else goal} | {mark(cell)} |"
    )


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def ratio(cell):
    return f"{cell.ratio:.2f} ({cell.low:.2f} - {cell.high:.2f})"


def mark(cell):
    """A tick, a cross, or nothing where there is no target."""
    goal = targets.target(*cell.place)
    if goal is None:
        return ""
    return "✓" if round(cell.ratio, 2) <= goal else "✗"


def imports(records):
    """Seconds that keraslite adds to each engine's own import."""
    lines = [
        f"| {engine} | {median:.3f} ({low:.3f} - {high:.3f}) | {targets.IMPORT_EXTRA} |"
        f" {'✓' if median <= targets.IMPORT_EXTRA else '✗'} |"
        for engine, (median, low, high) in ratios.import_extras(records).items()
    ]
    head = ["## What keraslite adds to the engine's import, s", ""]
    head += ["| engine | seconds (spread) | target | |", "| --- | --- | ---: | --- |"]
    return "\n".join([*head, *lines]) if lines else ""


def losses(cells, records):
    """Every cell above its target, and steps above 1 that have none, the largest excess first."""
    found = []
    for cell in cells:
        goal = targets.target(*cell.place)
        if goal is None and not cell.figure.startswith("step_ms"):
            continue
        limit = 1.0 if goal is None else goal
        if round(cell.ratio, 2) <= limit:
            continue
        aim = "no target" if goal is None else f"target {goal}"
        name = f"{cell.engine} {cell.workload}, {cell.figure} to {cell.rival}"
        behind = " (ahead, but by less than aimed at)" if cell.ratio <= 1 else ""
        found.append((cell.ratio / limit, f"- {name}: {ratio(cell)}, {aim}{behind}"))
    for engine, (median, *_) in ratios.import_extras(records).items():
        if median > targets.IMPORT_EXTRA:
            line = f"- {engine}, import: {median:.3f} s, target {targets.IMPORT_EXTRA} s"
            found.append((median / targets.IMPORT_EXTRA, line))
    lines = [line for _, line in sorted(found, key=lambda pair: -pair[0])]
    return "keraslite loses here:\n\n" + ("\n".join(lines) or "- nowhere in this run")
