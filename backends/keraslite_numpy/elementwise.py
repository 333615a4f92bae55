"""NumPy engine, elementwise: each function beside its vector-Jacobian products.

vjp(B, g, y, x, ...): B the backend, g the gradient of the result y. See `tape.primitive`.
"""

import math
from functools import partial

import numpy as np

from keraslite.backend.elementwise import Elementwise
from keraslite_numpy.bfloat16 import is_half, tensor
from keraslite_numpy.erf import erf
from keraslite_numpy.parallel import elementwise, in_blocks
from keraslite_numpy.tape import (
    Traced,
    constant,
    is_nested,
    primitive,
    record_joint,
    unbroadcast,
)

_LN2, _LN10 = math.log(2), math.log(10)


_INTEGERS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
_LARGE = 1 << 12


def _where(condition, x, y):
    if not hasattr(x, "dtype"):  # a Python number; NumPy's own scalars have a dtype
        x = np.asarray(x, y.dtype)
    elif not hasattr(y, "dtype"):
        y = np.asarray(y, x.dtype)
    if condition.size < _LARGE or x.itemsize not in _INTEGERS:
        return np.where(condition, x, y)
    return _select(condition, x, y)


def _select(condition, x, y):
    """np.where by bit masks: several times as fast where the condition is hard to predict."""
    kind = _INTEGERS[x.itemsize]
    x_bits, y_bits = x.view(np.ndarray).view(kind), y.view(np.ndarray).view(kind)
    if y.ndim == 0 and y_bits == 0 and condition.shape == x.shape:
        bits = np.empty(x.shape, kind)

        def keep(block):
            mask = np.negative(condition[block].view(np.int8)).astype(kind, copy=False)
            np.bitwise_and(x_bits[block], mask, out=bits[block])

        in_blocks(keep, len(x), max(1, _BLOCK * len(x) // x.size), 2 * x.size)
    else:
        mask = np.negative(condition.view(np.int8)).astype(kind, copy=False)
        bits = ((x_bits ^ y_bits) & mask) ^ y_bits
    return bits.view(x.dtype)


def relu_vjp(B, g, y, x):
    if type(g) is Traced or type(x) is Traced:
        return B.where(B.greater(x, 0), g, 0.0)
    return tensor(_where(np.greater(x, 0), g, 0.0))


def _tie(B, g, x, y):
    """The share of g that goes to x where x wins against y: half at a tie."""
    return B.where(B.equal(x, y), 0.5 * g, B.where(B.less(y, x), g, 0.0))


def _power(x, y):
    if type(y) is int and y in (3, 4):  # the C library's pow takes twenty times as long
        return x * x * x if y == 3 else np.square(x * x)
    return x**y


def _power_dx(B, g, z, x, y):
    if isinstance(y, (int, float)):
        return g * (y * x ** (y - 1)) if y != 0 else B.zeros_like(x)
    lower = B.where(B.equal(y, 0), 1.0, y - 1)  # the derivative at y = 0 is 0 for any x
    return unbroadcast(B, g * (y * x**lower), x)


def _power_dy(B, g, z, x, y):
    if isinstance(x, (int, float)):
        return unbroadcast(B, g * z * math.log(x), y) if x > 0 else B.zeros_like(y)
    return unbroadcast(B, g * z * B.log(B.where(B.equal(x, 0), 1.0, x)), y)


def _in_float32(fn):
    """A function computed in float32 for the 16-bit floats, where its steps would lose digits."""

    def wide(x):
        return fn(x.astype(np.float32)).astype(x.dtype) if is_half(x) else fn(x)

    return wide


def _sigmoid(x):
    y = np.negative(x)
    y = np.exp(y, out=y) if y.ndim else np.exp(y)
    return np.reciprocal(1 + y)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


def _gelu_slope(B, x):
    density = B.exp(-0.5 * (x * x)) * (1 / math.sqrt(2 * math.pi))
    return 0.5 * (1 + B.erf(x * math.sqrt(0.5))) + x * density


_BLOCK = 1 << 17


def _gelu_and_slope(x):
    """gelu(x) and its derivative, block by block, so that operands stay in the cache."""
    flat = x.reshape(-1)
    value, slope = np.empty_like(flat), np.empty_like(flat)

    def compute(block):
        part, density = flat[block], slope[block]
        below = erf(part * math.sqrt(0.5))
        below += 1
        below *= 0.5
        np.multiply(part, below, value[block])
        np.multiply(part, part, density)
        density *= -0.5
        np.exp(density, density)
        density *= 1 / math.sqrt(2 * math.pi)
        density *= part
        density += below

    in_blocks(compute, x.size, _BLOCK, 8 * x.size)
    return value.reshape(x.shape), slope.reshape(x.shape)


class NumpyElementwise(Elementwise):
    # ---- one tensor ----
    negative = primitive(np.negative, lambda B, g, y, x: -g)
    absolute = primitive(np.absolute, lambda B, g, y, x: g * B.sign(x))
    sign = constant(np.sign)
    floor = constant(np.floor)
    ceil = constant(np.ceil)
    round = constant(np.rint)
    sqrt = primitive(np.sqrt, lambda B, g, y, x: g * 0.5 / y)
    exp = primitive(np.exp, lambda B, g, y, x: g * y)
    expm1 = primitive(np.expm1, lambda B, g, y, x: g * B.exp(x))
    log = primitive(np.log, lambda B, g, y, x: g / x)
    log1p = primitive(np.log1p, lambda B, g, y, x: g / (1 + x))
    sin = primitive(np.sin, lambda B, g, y, x: g * B.cos(x))
    cos = primitive(np.cos, lambda B, g, y, x: -g * B.sin(x))
    tan = primitive(np.tan, lambda B, g, y, x: g * (1 + y * y))
    tanh = primitive(np.tanh, lambda B, g, y, x: g * (1 - y * y))
    arcsin = primitive(np.arcsin, lambda B, g, y, x: g / B.sqrt((1 - x) * (1 + x)))
    arccos = primitive(np.arccos, lambda B, g, y, x: -g / B.sqrt((1 - x) * (1 + x)))
    arctan = primitive(np.arctan, lambda B, g, y, x: g / (1 + x * x))
    erf = primitive(erf, lambda B, g, y, x: g * (B.exp(-(x * x)) * (2 / math.sqrt(math.pi))))
    isfinite = constant(np.isfinite)
    isnan = constant(np.isnan)
    isinf = constant(np.isinf)
    logical_not = constant(np.logical_not)
    bitwise_not = constant(np.invert)

    # ---- two tensors ----
    add = primitive(
        partial(elementwise, np.add),
        lambda B, g, z, x, y: unbroadcast(B, g, x),
        lambda B, g, z, x, y: unbroadcast(B, g, y),
    )
    subtract = primitive(
        partial(elementwise, np.subtract),
        lambda B, g, z, x, y: unbroadcast(B, g, x),
        lambda B, g, z, x, y: unbroadcast(B, -g, y),
    )
    multiply = primitive(
        partial(elementwise, np.multiply),
        lambda B, g, z, x, y: unbroadcast(B, g * y, x),
        lambda B, g, z, x, y: unbroadcast(B, g * x, y),
    )
    divide = primitive(
        np.divide,
        lambda B, g, z, x, y: unbroadcast(B, g / y, x),
        lambda B, g, z, x, y: unbroadcast(B, -g * z / y, y),
    )
    floor_divide = constant(np.floor_divide)
    remainder = primitive(
        np.remainder,
        lambda B, g, z, x, y: unbroadcast(B, g, x),
        lambda B, g, z, x, y: unbroadcast(B, -g * B.floor(x / y), y),
    )
    power = primitive(_power, _power_dx, _power_dy)
    maximum = primitive(
        np.maximum,
        lambda B, g, z, x, y: unbroadcast(B, _tie(B, g, x, y), x),
        lambda B, g, z, x, y: unbroadcast(B, _tie(B, g, y, x), y),
    )
    minimum = primitive(
        np.minimum,
        lambda B, g, z, x, y: unbroadcast(B, _tie(B, g, B.negative(x), -y), x),
        lambda B, g, z, x, y: unbroadcast(B, _tie(B, g, B.negative(y), -x), y),
    )
    arctan2 = primitive(
        np.arctan2,
        lambda B, g, z, y, x: unbroadcast(B, g * x / (x * x + y * y), y),
        lambda B, g, z, y, x: unbroadcast(B, -g * y / (x * x + y * y), x),
    )
    equal = constant(np.equal)
    not_equal = constant(np.not_equal)
    less = constant(np.less)
    less_equal = constant(np.less_equal)
    greater = constant(np.greater)
    greater_equal = constant(np.greater_equal)
    logical_and = constant(np.logical_and)
    logical_or = constant(np.logical_or)
    logical_xor = constant(np.logical_xor)
    bitwise_and = constant(np.bitwise_and)
    bitwise_or = constant(np.bitwise_or)
    bitwise_xor = constant(np.bitwise_xor)
    left_shift = constant(np.left_shift)
    right_shift = constant(np.right_shift)

    def where(self, condition, x, y):
        return self._choose(x, y, condition)

    _choose = primitive(
        lambda x, y, condition: _where(condition, x, y),
        lambda B, g, z, x, y, c: unbroadcast(B, B.where(c, g, 0.0), x),
        lambda B, g, z, x, y, c: unbroadcast(B, B.where(c, 0.0, g), y),
    )

    # ---- composites that NumPy has, or that are faster with a rule of their own ----
    square = primitive(np.square, lambda B, g, y, x: 2 * g * x)
    reciprocal = primitive(np.reciprocal, lambda B, g, y, x: -g * (y * y))
    log2 = primitive(np.log2, lambda B, g, y, x: g / (x * _LN2))
    log10 = primitive(np.log10, lambda B, g, y, x: g / (x * _LN10))
    exp2 = primitive(np.exp2, lambda B, g, y, x: g * y * _LN2)
    sinh = primitive(np.sinh, lambda B, g, y, x: g * B.cosh(x))
    cosh = primitive(np.cosh, lambda B, g, y, x: g * B.sinh(x))
    arcsinh = primitive(np.arcsinh, lambda B, g, y, x: g / B.sqrt(x * x + 1))
    arccosh = primitive(np.arccosh, lambda B, g, y, x: g / B.sqrt((x - 1) * (x + 1)))
    arctanh = primitive(np.arctanh, lambda B, g, y, x: g / ((1 - x) * (1 + x)))
    relu = primitive(lambda x: elementwise(np.maximum, x, 0), relu_vjp)
    sigmoid = primitive(_in_float32(_sigmoid), lambda B, g, y, x: g * (y * (1 - y)))
    softplus = primitive(_in_float32(softplus), lambda B, g, y, x: g * B.sigmoid(x))

    def clip(self, x, low, high):
        if type(low) is Traced or type(high) is Traced:
            return super().clip(x, low, high)
        return self._clip(x, low, high)

    _clip = primitive(
        lambda x, low, high: np.minimum(np.maximum(x, low), high),
        lambda B, g, y, x, low, high: B.where(
            B.logical_and(B.greater_equal(x, low), B.less_equal(x, high)), g, 0.0
        ),
    )

    def gelu(self, x, approximate):
        if approximate:
            return super().gelu(x, True)
        if type(x) is not Traced or is_nested(x) or is_half(x):
            return self._gelu(x)
        value, slope = _gelu_and_slope(x.raw)
        return record_joint(lambda B, g, need, out, x: (g * slope,), (x,), value)

    _gelu = primitive(
        lambda x: 0.5 * x * (1 + erf(x * math.sqrt(0.5))),
        lambda B, g, y, x: g * _gelu_slope(B, x),
    )
