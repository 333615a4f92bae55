"""Reductions on torch."""

import torch

from keraslite_torch.arrays import computes_unsigned


class Reductions:
    @computes_unsigned
    def sum(self, x, axis=None, keepdims=False):
        # torch takes an empty tuple for "all axes"; dtype keeps small integers from widening.
        return x if axis == () else torch.sum(x, axis, keepdims, dtype=x.dtype)

    @computes_unsigned
    def prod(self, x, axis=None, keepdims=False):
        for a in sorted(_axes(x, axis), reverse=True):
            x = torch.prod(x, a, keepdims, dtype=x.dtype)
        return x

    @computes_unsigned
    def max(self, x, axis=None, keepdims=False):
        return x if axis == () else torch.amax(x, () if axis is None else axis, keepdims)

    @computes_unsigned
    def min(self, x, axis=None, keepdims=False):
        return x if axis == () else torch.amin(x, () if axis is None else axis, keepdims)

    def any(self, x, axis=None, keepdims=False):
        return x if axis == () else torch.any(x, axis, keepdims)

    def all(self, x, axis=None, keepdims=False):
        return x if axis == () else torch.all(x, axis, keepdims)

    @computes_unsigned
    def argmax(self, x, axis, keepdims=False):
        return torch.argmax(_ordered(x), axis, keepdims).to(torch.int32)

    @computes_unsigned
    def argmin(self, x, axis, keepdims=False):
        return torch.argmin(_ordered(x), axis, keepdims).to(torch.int32)

    @computes_unsigned
    def cumsum(self, x, axis):
        return torch.cumsum(x, axis, dtype=x.dtype)

    @computes_unsigned
    def cumprod(self, x, axis):
        return torch.cumprod(x, axis, dtype=x.dtype)

    # ---- overrides: the kernels sum 16-bit floats in float32 ----

    def mean(self, x, axis=None, keepdims=False):
        if type(axis) is int and x.shape[axis] == 1:  # twice as fast, gradient included
            return x if keepdims else x.squeeze(axis)
        return x if axis == () else torch.mean(x, axis, keepdims)

    def variance(self, x, axis=None, keepdims=False):
        return torch.var(x, _axes(x, axis), correction=0, keepdim=keepdims)

    def moments(self, x, axes, keepdims=False):
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=keepdims)
        return mean, variance

    def logsumexp(self, x, axis=None, keepdims=False):
        return torch.logsumexp(x, _axes(x, axis), keepdims)


def _axes(x, axis):
    """`axis` as a tuple of ints from 0."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis))


def _ordered(x):
    return x.to(torch.uint8) if x.dtype is torch.bool else x
