"""Ratios of keraslite to its rivals, pass by pass, and their medians."""

import dataclasses
import statistics

IMPORT = "import"  # stands for the workload in figures of importing: every process has a pair


@dataclasses.dataclass(frozen=True)
class Cell:
    """keraslite beside one rival in one figure of one engine and workload.

    Attributes:
        own, other: medians over the passes, in the figure's unit.
        ratio, low, high: median, smallest and largest of own / other within a pass.
    """

    engine: str
    workload: str
    rival: str
    figure: str
    own: float
    other: float
    ratio: float
    low: float
    high: float

    @property
    def place(self):
        return self.engine, self.workload, self.rival, self.figure


def median_and_spread(values):
    """(median, smallest, largest)."""
    return statistics.median(values), min(values), max(values)


def cells(records):
    """A Cell of each engine, workload, rival and figure that both sides have in some pass."""
    by_place = {}
    for record in records:
        figures = record.get("figures", {})
        imports = {name: value for name, value in figures.items() if name.startswith("import")}
        others = {name: value for name, value in figures.items() if name not in imports}
        workload, number = record["workload"], record["pass"]
        sides = by_place.setdefault((record["engine"], workload), {})
        sides.setdefault(record["competitor"], {})[number] = others
        sides = by_place.setdefault((record["engine"], IMPORT), {})
        sides.setdefault(record["competitor"], {})[number, workload] = imports
    found = []
    for (engine, workload), sides in by_place.items():
        own = sides.get("keraslite", {})
        for rival in sides:
            if rival != "keraslite":
                found += _cells_of(engine, workload, rival, own, sides[rival])
    return found


def _cells_of(engine, workload, rival, own, other):
    """Cells of one rival; `own` and `other` are {pass: {figure: value}}."""
    pairs = {}
    for number in own.keys() & other.keys():
        for figure in own[number].keys() & other[number].keys():
            pair = own[number][figure], other[number][figure]
            if pair[1] > 0:  # a native loop imports nothing on top of its library
                pairs.setdefault(figure, []).append(pair)
    for figure, values in sorted(pairs.items()):
        mine, theirs = (statistics.median(side) for side in zip(*values))
        spread = median_and_spread([a / b for a, b in values])
        yield Cell(engine, workload, rival, figure, mine, theirs, *spread)


def import_extras(records):
    """{engine: (median, smallest, largest)} of keraslite's seconds beyond the engine's import."""
    by_engine = {}
    for record in records:
        if record["competitor"] == "keraslite" and "figures" in record:
            seconds = record["figures"]["import_extra_s"]
            by_engine.setdefault(record["engine"], []).append(seconds)
    return {engine: median_and_spread(values) for engine, values in by_engine.items()}


def failures(records):
    """{(engine, workload, competitor): error} of what did not run in some pass."""
    return {
        (r["engine"], r["workload"], r["competitor"]): r["error"] for r in records if "error" in r
    }
