"""The table of bounds, `bounds.toml`: how far from the reference a result may be."""

import tomllib
from pathlib import Path

UNITS = ("ulp", "eps")


class Bounds:
    """Bounds by op, by class of op, by dtype.

    Args:
        table: {"class": {name: entry}, "op": {name: entry}}; an entry has "unit" and
            "gradient_unit", and "forward" and "gradient": a number, or numbers by dtype.
    """

    def __init__(self, table):
        self._classes, self._ops = table["class"], table.get("op", {})

    def ops(self):
        """Names of the ops that have an entry of their own."""
        return set(self._ops)

    def find(self, op, kind, dtype, direction):
        """(unit, limit) for an op of class `kind`; what its own entry lacks, the class gives.

        direction: "forward", "gradient", or "second order", which has twice the gradient's.
        """
        if direction == "second order":
            unit, limit = self.find(op, kind, dtype, "gradient")
            return unit, 2 * limit
        own, general = self._ops.get(op, {}), self._classes[kind]
        key = "unit" if direction == "forward" else "gradient_unit"
        default = "ulp" if direction == "forward" else "eps"
        unit = own.get(key, general.get(key, default))
        for entry in (own, general):
            limit = entry.get(direction)
            if isinstance(limit, dict):
                limit = limit.get(dtype)
            if limit is not None:
                return unit, limit
        raise KeyError(f"bounds.toml has no {direction} bound for {op!r} ({kind}) in {dtype}.")


def load():
    """The bounds of this suite."""
    with open(Path(__file__).with_name("bounds.toml"), "rb") as file:
        return Bounds(tomllib.load(file))
