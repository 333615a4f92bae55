"""Elementwise functions on torch; most are the library's own, bound without a wrapper."""

import operator

import torch
from torch.nn import functional as F

from keraslite_torch.arrays import computes_unsigned

_NUMBERS = (bool, int, float)


class Elementwise:
    negative = staticmethod(computes_unsigned(operator.neg))
    absolute = staticmethod(computes_unsigned(torch.abs))
    sign = staticmethod(computes_unsigned(torch.sign))
    floor = staticmethod(torch.floor)
    ceil = staticmethod(torch.ceil)
    round = staticmethod(torch.round)
    sqrt = staticmethod(torch.sqrt)
    exp = staticmethod(torch.exp)
    expm1 = staticmethod(torch.expm1)
    log = staticmethod(torch.log)
    log1p = staticmethod(torch.log1p)
    sin = staticmethod(torch.sin)
    cos = staticmethod(torch.cos)
    tan = staticmethod(torch.tan)
    tanh = staticmethod(torch.tanh)
    arcsin = staticmethod(torch.asin)
    arccos = staticmethod(torch.acos)
    arctan = staticmethod(torch.atan)
    erf = staticmethod(torch.erf)
    isfinite = staticmethod(torch.isfinite)
    isnan = staticmethod(torch.isnan)
    logical_not = staticmethod(torch.logical_not)
    bitwise_not = staticmethod(computes_unsigned(torch.bitwise_not))

    add = staticmethod(computes_unsigned(operator.add))
    subtract = staticmethod(computes_unsigned(operator.sub))
    multiply = staticmethod(operator.mul)
    divide = staticmethod(operator.truediv)
    floor_divide = staticmethod(computes_unsigned(operator.floordiv))
    remainder = staticmethod(computes_unsigned(operator.mod))
    power = staticmethod(computes_unsigned(operator.pow))
    equal = staticmethod(operator.eq)
    not_equal = staticmethod(operator.ne)
    less = staticmethod(computes_unsigned(operator.lt))
    less_equal = staticmethod(computes_unsigned(operator.le))
    greater = staticmethod(computes_unsigned(operator.gt))
    greater_equal = staticmethod(computes_unsigned(operator.ge))
    logical_and = staticmethod(operator.and_)
    logical_or = staticmethod(operator.or_)
    logical_xor = staticmethod(operator.xor)
    bitwise_and = staticmethod(operator.and_)
    bitwise_or = staticmethod(operator.or_)
    bitwise_xor = staticmethod(operator.xor)
    left_shift = staticmethod(computes_unsigned(operator.lshift))
    right_shift = staticmethod(computes_unsigned(operator.rshift))
    where = staticmethod(torch.where)

    @computes_unsigned
    def maximum(self, x, y):
        return torch.maximum(*_tensors(x, y))

    @computes_unsigned
    def minimum(self, x, y):
        return torch.minimum(*_tensors(x, y))

    def arctan2(self, y, x):
        return torch.atan2(*_tensors(y, x))

    # ---- overrides ----

    isinf = staticmethod(torch.isinf)
    square = staticmethod(torch.square)
    reciprocal = staticmethod(torch.reciprocal)
    rsqrt = staticmethod(torch.rsqrt)
    log2 = staticmethod(torch.log2)
    log10 = staticmethod(torch.log10)
    exp2 = staticmethod(torch.exp2)
    sinh = staticmethod(torch.sinh)
    cosh = staticmethod(torch.cosh)
    arcsinh = staticmethod(torch.asinh)
    arccosh = staticmethod(torch.acosh)
    arctanh = staticmethod(torch.atanh)

    def clip(self, x, low, high):
        if isinstance(low, _NUMBERS) and isinstance(high, _NUMBERS):
            return torch.clamp(x, low, high)
        return super().clip(x, low, high)

    relu = staticmethod(torch.relu)
    relu6 = staticmethod(F.relu6)
    leaky_relu = staticmethod(F.leaky_relu)
    sigmoid = staticmethod(torch.sigmoid)
    log_sigmoid = staticmethod(F.logsigmoid)
    silu = staticmethod(F.silu)
    elu = staticmethod(F.elu)
    selu = staticmethod(F.selu)

    def softplus(self, x):
        return F.softplus(x, threshold=40)  # above it, log(1 + exp(x)) == x in float64 too

    def gelu(self, x, approximate):
        return F.gelu(x, approximate="tanh" if approximate else "none")


def _tensors(x, y):
    """Both as tensors; a number in the other's dtype."""
    if isinstance(y, _NUMBERS):
        return x, torch.full((), y, dtype=x.dtype, device=x.device)
    if isinstance(x, _NUMBERS):
        return torch.full((), x, dtype=y.dtype, device=y.device), y
    return x, y
