"""Shapes of elementwise functions and of reductions."""

from typing import Any

from keraslite.backend.abstract.shapes import axes_of, broadcast, reduced, tensor
from keraslite.backend.base import Backend
from keraslite.core.keras_tensor import KerasTensor


def _same(self, x, *settings, **named) -> Any:
    return tensor(x.shape, x.dtype)


def _test(self, x) -> Any:
    return tensor(x.shape, "bool")


def _shape(x, y):
    """The shape of a result of a tensor and a tensor or number."""
    return broadcast(x.shape, y.shape) if type(y) is KerasTensor else x.shape


def _binary(self, x, y) -> Any:
    return tensor(_shape(x, y), x.dtype)


def _comparison(self, x, y) -> Any:
    return tensor(_shape(x, y), "bool")


class AbstractElementwise(Backend):
    """See `Elementwise`; composites are functions of the same shapes as primitives."""

    negative = absolute = sign = floor = ceil = round = sqrt = rsqrt = square = reciprocal = _same
    exp = expm1 = exp2 = log = log1p = log2 = log10 = erf = logical_not = bitwise_not = _same
    sin = cos = tan = arcsin = arccos = arctan = _same
    sinh = cosh = tanh = arcsinh = arccosh = arctanh = _same
    relu = relu6 = leaky_relu = elu = selu = gelu = silu = softplus = softsign = _same
    sigmoid = log_sigmoid = hard_sigmoid = _same
    isfinite = isnan = isinf = _test

    add = subtract = multiply = divide = floor_divide = remainder = power = _binary
    maximum = minimum = logaddexp = _binary
    bitwise_and = bitwise_or = bitwise_xor = left_shift = right_shift = _binary
    equal = not_equal = less = less_equal = greater = greater_equal = _comparison
    logical_and = logical_or = logical_xor = _comparison

    def arctan2(self, y, x):
        return _binary(self, y, x)

    def where(self, condition, x, y):
        chosen = x if type(x) is KerasTensor else y
        return tensor(broadcast(condition.shape, _shape(chosen, y)), chosen.dtype)

    def clip(self, x, low, high):
        return _binary(self, _binary(self, x, low), high)


def _reduction(self, x, axis=None, keepdims=False) -> Any:
    return tensor(reduced(x.shape, axis, keepdims), x.dtype)


def _arg_reduction(self, x, axis, keepdims=False) -> Any:
    return tensor(reduced(x.shape, axis, keepdims), "int32")


def _along(self, x, axis) -> Any:
    axes_of(x.shape, axis)  # raises where there is no such axis
    return tensor(x.shape, x.dtype)


class AbstractReductions(Backend):
    """See `Reductions`."""

    sum = prod = max = min = any = all = _reduction
    mean = variance = std = logsumexp = _reduction
    argmax = argmin = _arg_reduction
    cumsum = cumprod = _along

    def count_nonzero(self, x, axis=None):
        return tensor(reduced(x.shape, axis, False), "int32")
