"""The largest error seen, per op, dtype and direction: printed after the run, and as a file."""

import json
from pathlib import Path

DTYPES = ("float16", "bfloat16", "float32", "float64")
DIRECTIONS = ("forward", "gradient", "override", "second order")


class ErrorReport:
    """Collects errors and holds them to their bounds."""

    def __init__(self, engine, device):
        self.engine, self.device = engine, device
        self._rows = {}

    def check(self, op, dtype, direction, error, bound, case=""):
        """Record an error; AssertionError if it is beyond `bound`, a (unit, limit) pair."""
        key = (op, dtype, direction)
        seen = self._rows.get(key)
        if seen is None or not error <= seen[0]:
            self._rows[key] = (error, bound)
        unit, limit = bound
        assert error <= limit, (
            f"{op} {dtype} {direction}: error {error:.3g} {unit}, bound {limit} {unit} {case}"
        )

    def rows(self):
        """One dict for each op, dtype and direction, sorted by op."""
        return [
            {
                "op": op, "engine": self.engine, "device": self.device, "dtype": dtype,
                "direction": direction, "unit": unit, "error": error, "bound": limit,
            }
            for (op, dtype, direction), (error, (unit, limit)) in sorted(self._rows.items())
        ]  # fmt: skip

    def write(self, path):
        """Write the rows to a JSON file."""
        Path(path).write_text(json.dumps(self.rows(), indent=1) + "\n", "utf8")

    def lines(self):
        """The table as lines of text: an op and direction a line, a dtype a column."""
        if not self._rows:
            return []
        found = {}
        for (op, dtype, direction), (error, (unit, limit)) in sorted(self._rows.items()):
            found.setdefault((op, direction, unit), {})[dtype] = f"{error:.3g}/{limit:g}"
        head = f"{'op':<28} {'direction':<13} unit " + " ".join(f"{d:>12}" for d in DTYPES)
        return [head] + [
            f"{op:<28} {direction:<13} {unit:<4} "
            + " ".join(f"{cells.get(d, ''):>12}" for d in DTYPES)
            for (op, direction, unit), cells in sorted(found.items())
        ]
