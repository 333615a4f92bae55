"""Contract, arrays: making tensors, reading them, their dtype, shape and device."""

import contextlib
from abc import ABC, abstractmethod
from typing import Any


class Arrays(ABC):
    """Making and reading tensors.

    A tensor is the engine's own array type. Dtypes are names ("float32"); shapes are tuples of int.
    Where an engine does not know a dimension, `shape` holds its own scalar for it, which may be
    added, multiplied, and passed on to `reshape`, `full` and `broadcast_to`.
    """

    # ---- to implement ----

    @abstractmethod
    def asarray(self, x, dtype=None) -> Any:
        """`x` (NumPy array, Python number, nested list, tensor) as a tensor on the active device.

        With `dtype` None an array or tensor keeps its dtype. A tensor that needs no change is
        returned as it is. May share memory with a NumPy array.
        """

    @abstractmethod
    def to_numpy(self, x) -> Any:
        """A NumPy array with the tensor's values (bfloat16 as `ml_dtypes.bfloat16`)."""

    @abstractmethod
    def is_tensor(self, x) -> Any:
        """True for this engine's tensors, also while it traces."""

    @abstractmethod
    def dtype(self, x) -> Any:
        """The tensor's dtype as a name."""

    @abstractmethod
    def shape(self, x) -> Any:
        """The tensor's shape as a tuple."""

    @abstractmethod
    def cast(self, x, dtype) -> Any:
        """The values in another dtype; float to int truncates; differentiable between floats."""

    @abstractmethod
    def full(self, shape, value, dtype) -> Any:
        """A tensor filled with a number."""

    @abstractmethod
    def arange(self, start, stop, step, dtype) -> Any:
        """start, start + step, ... up to and without stop."""

    # ---- free ----

    def device_names(self):
        """Devices that `keraslite.device` may name here, the default first."""
        return ["cpu"]

    def device_scope(self, name):
        """A context manager under which the engine's own operations run on a device, where
        `asarray` and `full` alone do not decide it."""
        return contextlib.nullcontext()

    def set_matmul_precision(self, value):
        """Allow ("high", "default") or forbid ("highest") reduced-precision float32 products."""

    def synchronize(self):
        """Wait until the device has finished what was asked of it."""

    def ndim(self, x):
        """Number of dimensions."""
        return len(self.shape(x))

    def zeros(self, shape, dtype):
        """A tensor of zeros."""
        return self.full(shape, 0, dtype)

    def ones(self, shape, dtype):
        """A tensor of ones."""
        return self.full(shape, 1, dtype)

    def zeros_like(self, x):
        """Zeros of x's shape and dtype."""
        return self.full(self.shape(x), 0, self.dtype(x))

    def ones_like(self, x):
        """Ones of x's shape and dtype."""
        return self.full(self.shape(x), 1, self.dtype(x))

    def eye(self, rows, columns, k, dtype):
        """Ones on diagonal number k of a (rows, columns) matrix, zeros elsewhere."""
        i = self.arange(0, rows, 1, "int32")
        j = self.arange(0, columns, 1, "int32")
        return self.cast(self.equal(self.expand_dims(i + k, 1), j), dtype)

    def linspace(self, start, stop, num, endpoint, dtype):
        """`num` evenly spaced values between two Python numbers."""
        step = (stop - start) / max(num - 1 if endpoint else num, 1)
        return start + step * self.arange(0, num, 1, dtype)

    def one_hot(self, indices, depth, axis, dtype):
        """Indices of any shape as 0/1 vectors along a new axis; all zeros where out of range."""
        classes = self.arange(0, depth, 1, self.dtype(indices))
        hot = self.cast(self.equal(self.expand_dims(indices, -1), classes), dtype)
        return hot if axis in (-1, self.ndim(indices)) else self.moveaxis(hot, -1, axis)

    def tri_mask(self, rows, columns, k):
        """Bool (rows, columns): True on and below diagonal k."""
        i = self.arange(0, rows, 1, "int32")
        j = self.arange(0, columns, 1, "int32")
        return self.less_equal(j, self.expand_dims(i + k, 1))
