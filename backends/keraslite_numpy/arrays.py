"""NumPy engine, arrays."""

import functools

import numpy as np

from keraslite.backend.arrays import Arrays
from keraslite.backend.dtypes import standardize_dtype
from keraslite_numpy.bfloat16 import BFLOAT16, tensor
from keraslite_numpy.tape import Traced, primitive, strip


@functools.cache
def numpy_dtype(name):
    """The NumPy dtype of a contract dtype name."""
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


@functools.cache
def _dtype_name(dtype):
    return standardize_dtype(dtype.name)


def _cast(x, dtype):
    return x.astype(numpy_dtype(dtype))


class NumpyArrays(Arrays):
    def asarray(self, x, dtype=None):
        if isinstance(x, np.ndarray):
            if dtype is None or x.dtype == numpy_dtype(dtype):
                return x if type(x) is Traced else tensor(x)
            return self.cast(x, dtype)
        if isinstance(x, (list, tuple)) and any(type(e) is Traced for e in x):
            dtype = dtype or next(e.dtype.name for e in x if type(e) is Traced)
            return self.stack([self.asarray(e, dtype) for e in x], 0)
        return tensor(np.asarray(x, None if dtype is None else numpy_dtype(dtype)))

    def to_numpy(self, x):
        """A copy: optimizers update variables in place."""
        return np.array(strip(x))

    def is_tensor(self, x):
        return isinstance(x, (np.ndarray, np.generic))

    def dtype(self, x):
        return _dtype_name(x.dtype)

    def shape(self, x):
        return x.shape

    def cast(self, x, dtype):
        if not isinstance(x, np.ndarray):
            return tensor(np.asarray(x).astype(numpy_dtype(dtype)))
        if x.dtype == numpy_dtype(dtype):
            return x
        if type(x) is Traced and numpy_dtype(dtype).kind in "biu":
            x = x.raw
        return self._convert(x, dtype)

    _convert = primitive(_cast, lambda B, g, y, x, dtype: B.cast(g, x.dtype.name))

    def full(self, shape, value, dtype):
        return tensor(np.full(shape, value, numpy_dtype(dtype)))

    def zeros(self, shape, dtype):
        return tensor(np.zeros(shape, numpy_dtype(dtype)))

    def arange(self, start, stop, step, dtype):
        if dtype in ("float16", "bfloat16"):  # NumPy would step in 16 bits
            return tensor(np.arange(start, stop, step, dtype="float64").astype(numpy_dtype(dtype)))
        return np.arange(start, stop, step, dtype=dtype)
