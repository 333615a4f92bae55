"""Regularizers: penalties on weights or outputs that are added to the loss."""

import math

from keraslite import ops
from keraslite.core.registry import Family as _Family


class Regularizer:
    """Base class: override `__call__(x)`, which returns a scalar tensor, and `get_config`."""

    def __call__(self, x):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(x).")

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _factor(value, name):
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, found {value!r}.")
    return float(value)


class L1L2(Regularizer):
    """l1 * sum(|x|) + l2 * sum(x ** 2).

    >>> float(L1L2(l1=1.0)([1.0, -2.0]))
    3.0
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = _factor(l1 or 0.0, "l1"), _factor(l2 or 0.0, "l2")

    def __call__(self, x):
        total = 0.0
        if self.l1:
            total = self.l1 * ops.sum(ops.absolute(x)) + total
        if self.l2:
            total = self.l2 * ops.sum(ops.square(x)) + total
        return ops.convert_to_tensor(total)

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 * sum(|x|)."""

    def __init__(self, l1=0.01):
        super().__init__(l1=l1)

    def get_config(self):
        return {"l1": self.l1}


class L2(L1L2):
    """l2 * sum(x ** 2)."""

    def __init__(self, l2=0.01):
        super().__init__(l2=l2)

    def get_config(self):
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Pulls the rows (or columns) of a matrix towards being orthogonal to each other.

    Args:
        factor: strength.
        mode: "rows" or "columns".
    """

    def __init__(self, factor=0.01, mode="rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(f"mode must be 'rows' or 'columns', found {mode!r}.")
        self.factor, self.mode = _factor(factor, "factor"), mode

    def __call__(self, x):
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer takes matrices, found shape {tuple(x.shape)}.")
        x = ops.normalize(x, axis=1 if self.mode == "rows" else 0)
        product = x @ ops.transpose(x) if self.mode == "rows" else ops.transpose(x) @ x
        size = product.shape[0]
        off_diagonal = product * (1.0 - ops.eye(size))
        return self.factor * ops.sum(ops.absolute(off_diagonal)) / (2.0 * size * (size - 1) / 2.0)

    def get_config(self):
        return {"factor": self.factor, "mode": self.mode}


l1, l2, l1_l2 = L1, L2, L1L2
orthogonal_regularizer = OrthogonalRegularizer

_family = _Family(
    "regularizer",
    [L1L2, L1, L2, OrthogonalRegularizer],
    {"l1_l2": L1L2, "orthogonal_regularizer": OrthogonalRegularizer},
)

get = _family.get
serialize = _family.serialize
deserialize = _family.deserialize
