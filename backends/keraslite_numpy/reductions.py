"""NumPy engine, reductions."""

import math

import numpy as np

from keraslite.backend.reductions import Reductions
from keraslite_numpy.bfloat16 import is_half
from keraslite_numpy.tape import Traced, constant, primitive


def kept_shape(shape, axis):
    """The shape of a reduction's result with keepdims=True."""
    if axis is None:
        return (1,) * len(shape)
    axes = (axis,) if isinstance(axis, int) else axis
    dropped = {a % len(shape) for a in axes}
    return tuple(1 if i in dropped else n for i, n in enumerate(shape))


def _spread(B, g, x, axis):
    """The adjoint of a sum: g repeated along the axes that were reduced."""
    if g.size == x.size:
        return B.reshape(g, x.shape)
    kept = kept_shape(x.shape, axis)
    return B.broadcast_to(g if g.shape == kept else B.reshape(g, kept), x.shape)


_LARGE = 1 << 16  # elements


def add_up(x, axis, keepdims):
    """The sum, in float32 for the 16-bit floats.

    Over the leading axes of many short rows it is a product with ones: NumPy's own loop over such
    rows takes ten times as long.
    """
    if is_half(x):
        return np.add.reduce(x, axis, np.float32, keepdims=keepdims)
    leading = _count_leading(x, axis) if x.size >= _LARGE else 0
    if leading and x.dtype.kind == "f" and x.flags.c_contiguous:
        rest = x.shape[leading:]
        rows = x.reshape(-1, math.prod(rest))
        total = np.ones(len(rows), x.dtype) @ rows
        return total.reshape((1,) * leading + rest if keepdims else rest)
    return np.add.reduce(x, axis, x.dtype, keepdims=keepdims)


def _count_leading(x, axis):
    """How many axes a reduction drops, if they are the first ones and others remain; else 0."""
    if axis is None or axis == () or x.ndim < 2:
        return 0
    axes = sorted({a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)})
    return len(axes) if axes[-1] == len(axes) - 1 < x.ndim - 1 else 0


def _sum(x, axis=None, keepdims=False):
    return add_up(x, axis, keepdims).astype(x.dtype, copy=False)


def _mean(x, axis, keepdims):
    if type(axis) is int and x.shape[axis] == 1:  # as for losses of one output
        return x if keepdims else x.squeeze(axis)
    total = add_up(x, axis, keepdims)
    count = x.size // max(total.size, 1)
    return (total / (count or math.nan)).astype(x.dtype, copy=False)


def _mean_vjp(B, g, y, x, axis, keepdims):
    if g.ndim == 0 and type(g) is np.ndarray:  # of the first order: a constant
        spread = np.empty(x.shape, x.dtype)
        spread.fill(g / (x.size or math.nan))
        return spread
    return _spread(B, g / (x.size // max(y.size, 1)), x, axis)


def _extreme_vjp(B, g, y, x, axis=None, keepdims=False):
    """g shared evenly among the elements that equal the extreme."""
    kept = kept_shape(x.shape, axis)
    hit = B.cast(B.equal(x, B.reshape(y, kept)), B.dtype(x))
    return hit * (B.reshape(g, kept) / B.sum(hit, axis, True))


def _cumsum_vjp(B, g, y, x, axis):
    return B.flip(B.cumsum(B.flip(g, axis), axis), axis)


class NumpyReductions(Reductions):
    sum = primitive(_sum, lambda B, g, y, x, axis=None, keepdims=False: _spread(B, g, x, axis))
    max = primitive(
        lambda x, axis=None, keepdims=False: np.maximum.reduce(x, axis, keepdims=keepdims),
        _extreme_vjp,
    )
    min = primitive(
        lambda x, axis=None, keepdims=False: np.minimum.reduce(x, axis, keepdims=keepdims),
        _extreme_vjp,
    )
    any = constant(
        lambda x, axis=None, keepdims=False: np.logical_or.reduce(x, axis, keepdims=keepdims)
    )
    all = constant(
        lambda x, axis=None, keepdims=False: np.logical_and.reduce(x, axis, keepdims=keepdims)
    )
    argmax = constant(
        lambda x, axis, keepdims=False: np.argmax(x, axis, keepdims=keepdims).astype(np.int32)
    )
    argmin = constant(
        lambda x, axis, keepdims=False: np.argmin(x, axis, keepdims=keepdims).astype(np.int32)
    )
    cumsum = primitive(lambda x, axis: np.add.accumulate(x, axis, x.dtype), _cumsum_vjp)
    _mean = primitive(_mean, _mean_vjp)

    def mean(self, x, axis=None, keepdims=False):
        return self._mean(x, axis, keepdims)

    def prod(self, x, axis=None, keepdims=False):
        if type(x) is not Traced or not x.size:
            return self._prod(x, axis, keepdims)
        axis = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        axes = tuple(a % x.ndim for a in axis)
        rest = tuple(i for i in range(x.ndim) if i not in axes)
        product = self.reshape(self.transpose(x, axes + rest), (-1, *(x.shape[i] for i in rest)))
        # halves multiplied together: gradients are right where factors are 0, at every order
        while (size := product.shape[0]) > 1:
            half = size // 2
            pairs = product[:half] * product[half : 2 * half]
            odd = [product[2 * half :]] if size % 2 else []
            product = self.concatenate([pairs, *odd], 0)
        kept = kept_shape(x.shape, axes) if keepdims else tuple(x.shape[i] for i in rest)
        return self.reshape(product, kept)

    _prod = constant(
        lambda x, axis, keepdims: np.multiply.reduce(x, axis, x.dtype, keepdims=keepdims)
    )

    def cumprod(self, x, axis):
        if type(x) is not Traced:
            return self._cumprod(x, axis)
        # doubling steps: gradients are right where factors are 0, at every order
        product = self.swapaxes(x, axis, 0)
        step = 1
        while step < x.shape[axis]:
            product = self.concatenate([product[:step], product[step:] * product[:-step]], 0)
            step *= 2
        return self.swapaxes(product, axis, 0)

    _cumprod = constant(lambda x, axis: np.multiply.accumulate(x, axis, x.dtype))
