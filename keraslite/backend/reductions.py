"""Contract, reductions along axes and running sums."""

import math
from abc import ABC, abstractmethod
from typing import Any


class Reductions(ABC):
    """Functions that reduce along axes.

    `axis` is None (all), an int or a tuple of ints, negative ones allowed. The result has the
    dtype of the argument (argmax, argmin: int32; any, all: bool).
    Gradients of `max` and `min` are shared evenly among equal extremes.
    """

    # ---- to implement ----

    @abstractmethod
    def sum(self, x, axis=None, keepdims=False) -> Any: ...
    @abstractmethod
    def prod(self, x, axis=None, keepdims=False) -> Any: ...
    @abstractmethod
    def max(self, x, axis=None, keepdims=False) -> Any: ...
    @abstractmethod
    def min(self, x, axis=None, keepdims=False) -> Any: ...
    @abstractmethod
    def any(self, x, axis=None, keepdims=False) -> Any:
        """Of a bool tensor."""

    @abstractmethod
    def all(self, x, axis=None, keepdims=False) -> Any:
        """Of a bool tensor."""

    @abstractmethod
    def argmax(self, x, axis, keepdims=False) -> Any:
        """int32 index of the first maximum along one axis."""

    @abstractmethod
    def argmin(self, x, axis, keepdims=False) -> Any:
        """int32 index of the first minimum along one axis."""

    @abstractmethod
    def cumsum(self, x, axis) -> Any:
        """Running sum along one axis."""

    @abstractmethod
    def cumprod(self, x, axis) -> Any:
        """Running product along one axis."""

    # ---- free ----

    def reduced_size(self, x, axis):
        """How many elements go into each result of a reduction along `axis`."""
        shape = self.shape(x)
        if axis is None:
            axis = range(len(shape))
        elif isinstance(axis, int):
            axis = (axis,)
        return math.prod(shape[a] for a in axis)

    def _wide(self, x):
        """x in the dtype in which long sums are taken: float32 for the 16-bit floats."""
        return self.cast(x, "float32") if self.dtype(x) in ("float16", "bfloat16") else x

    def mean(self, x, axis=None, keepdims=False):
        """Mean of floats; 16-bit floats are summed in float32."""
        wide = self._wide(x)
        total = self.sum(wide, axis, keepdims)
        return self.cast(total / self.reduced_size(x, axis), self.dtype(x))

    def variance(self, x, axis=None, keepdims=False):
        """Mean squared distance from the mean (not the sample variance)."""
        wide = self._wide(x)
        distance = wide - self.mean(wide, axis, True)
        return self.cast(self.mean(distance * distance, axis, keepdims), self.dtype(x))

    def std(self, x, axis=None, keepdims=False):
        return self.sqrt(self.variance(x, axis, keepdims))

    def logsumexp(self, x, axis=None, keepdims=False):
        high = self.stop_gradient(self.max(x, axis, True))
        high = self.where(self.isfinite(high), high, 0.0)
        total = self.log(self.sum(self.exp(x - high), axis, True)) + high
        return total if keepdims else self.sum(total, axis)  # a sum over axes of size 1

    def count_nonzero(self, x, axis=None):
        """int32 number of elements that are not zero."""
        return self.sum(self.cast(self.not_equal(x, 0), "int32"), axis)
