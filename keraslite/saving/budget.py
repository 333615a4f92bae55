"""A limit on the memory that variables may take while a stranger's file is read."""

import math

from keraslite.backend.context import temporarily

_PER_ELEMENT = 4  # a file may hold weights alone; with the slots of an optimizer they are more
_FREE = 2**20  # elements beside the weights: states of metrics and random generators


class Budget:
    """Number of elements that may still be taken.

    Args:
        elements: number of elements that the file holds.
    """

    def __init__(self, elements):
        self.left = _PER_ELEMENT * elements + _FREE

    def take(self, shape, name):
        """Account for a variable before it is made. ValueError if it is too large."""
        self.left -= math.prod(shape)
        if self.left < 0:
            raise ValueError(
                f"The file's config asks for a variable {name!r} of shape {shape}, but the file"
                " does not hold values for so many; it is damaged or made to exhaust memory."
            )


def limited(elements):
    """`with limited(n):` variables are made only as far as n elements in a file warrant."""
    return temporarily(budget=Budget(elements))
