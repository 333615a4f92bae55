"""Elementwise arithmetic, extremes and rounding.

Operands of two dtypes are promoted by the one lattice (`keraslite.backend.dtypes`); a Python number
takes the dtype of the tensor that it meets. Shapes broadcast as in NumPy.
"""

import math

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, UNSIGNED
from keraslite.ops.dispatch import (
    ArgumentError,
    counted,
    dtype_of,
    float_dtypes,
    floating,
    op,
    promoted,
    tensor,
)


@op
def add(x1, x2):
    """x1 + x2.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.add([1.0, 2.0], 1)).tolist()
    [2.0, 3.0]
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype in float_dtypes:
        return context.backend.add(x1, x2)
    return _unless_bool("add", x1, x2)


def _unless_bool(name, x, y):
    """A method of the backend; of bools the logical one with the same result."""
    if dtype_of(x) == "bool":
        name = "logical_or" if name in ("add", "maximum") else "logical_and"
    return getattr(context.backend, name)(x, y)


def _refuse_bool(x):
    if dtype_of(x) == "bool":
        raise ArgumentError("bools have no negatives: cast them, or use logical functions.")


@op
def subtract(x1, x2):
    """x1 - x2. ValueError for two bools."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype not in float_dtypes:
        _refuse_bool(x1)
    return context.backend.subtract(x1, x2)


@op
def multiply(x1, x2):
    """x1 * x2, element by element."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype in float_dtypes:
        return context.backend.multiply(x1, x2)
    return _unless_bool("multiply", x1, x2)


@op
def divide(x1, x2):
    """x1 / x2; the result is floating, also for integers."""
    x1, x2 = promoted(x1, x2, True)
    return context.backend.divide(x1, x2)


@op
def true_divide(x1, x2):
    """The same as `divide`."""
    x1, x2 = promoted(x1, x2, True)
    return context.backend.divide(x1, x2)


@op
def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0."""
    x1, x2 = promoted(x1, x2, True)
    backend = context.backend
    x2 = tensor(x2, dtype_of(x1))
    zero = backend.equal(x2, 0)
    return backend.where(zero, 0.0, backend.divide(x1, backend.where(zero, 1.0, x2)))


@op
def floor_divide(x1, x2):
    """x1 / x2 rounded towards minus infinity; keeps integers."""
    x1, x2 = counted(x1, x2)
    return context.backend.floor_divide(x1, x2)


@op
def mod(x1, x2):
    """Remainder of x1 / x2 with the sign of x2, as Python's `%`."""
    x1, x2 = counted(x1, x2)
    return context.backend.remainder(x1, x2)


@op
def fmod(x1, x2):
    """Remainder of x1 / x2 with the sign of x1, as C's `fmod`."""
    x1, x2 = counted(x1, x2)
    backend = context.backend
    dtype = dtype_of(x1)
    if dtype in UNSIGNED:
        return backend.remainder(x1, x2)
    x2 = tensor(x2, dtype)
    size = backend.remainder(backend.absolute(x1), backend.absolute(x2))
    return backend.where(backend.less(x1, 0), -size, size)


@op
def power(x1, x2):
    """x1 ** x2."""
    x1, x2 = counted(x1, x2)
    return context.backend.power(x1, x2)


@op
def negative(x):
    """-x. ValueError for bools."""
    x = tensor(x)
    _refuse_bool(x)
    return context.backend.negative(x)


@op
def absolute(x):
    """|x|; bools and unsigned integers come back as they are."""
    x = tensor(x)
    if dtype_of(x) in ("bool", *UNSIGNED):
        return x
    return context.backend.absolute(x)


@op
def abs(x):
    """The same as `absolute`."""
    return absolute(x)


@op
def fabs(x):
    """|x| as a float."""
    return context.backend.absolute(floating(x))


@op
def sign(x):
    """-1, 0 or 1 in x's dtype."""
    x = tensor(x)
    return x if dtype_of(x) == "bool" else context.backend.sign(x)


@op
def square(x):
    """x * x."""
    x = tensor(x)
    if dtype_of(x) == "bool":
        x = tensor(x, "int32")
    return context.backend.square(x)


@op
def reciprocal(x):
    """1 / x."""
    return context.backend.reciprocal(floating(x))


@op
def sqrt(x):
    """Square root."""
    return context.backend.sqrt(floating(x))


@op
def rsqrt(x):
    """1 / sqrt(x)."""
    return context.backend.rsqrt(floating(x))


@op
def cbrt(x):
    """Cube root, of negative numbers too."""
    x = floating(x)
    backend = context.backend
    return backend.sign(x) * backend.power(backend.absolute(x), 1 / 3)


@op
def hypot(x1, x2):
    """sqrt(x1**2 + x2**2) without overflow of the squares."""
    x1, x2 = promoted(x1, x2, True)
    backend = context.backend
    a, b = backend.absolute(x1), backend.absolute(tensor(x2, dtype_of(x1)))
    high, low = backend.maximum(a, b), backend.minimum(a, b)
    safe = backend.where(backend.equal(high, 0), 1.0, high)
    ratio = backend.where(backend.isfinite(high), low / safe, 0.0)
    return high * backend.sqrt(1 + ratio * ratio)


@op
def maximum(x1, x2):
    """The larger of the two; NaN where either is NaN."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype in float_dtypes:
        return context.backend.maximum(x1, x2)
    return _unless_bool("maximum", x1, x2)


@op
def minimum(x1, x2):
    """The smaller of the two; NaN where either is NaN."""
    x1, x2 = promoted(x1, x2)
    if x1.dtype in float_dtypes:
        return context.backend.minimum(x1, x2)
    return _unless_bool("minimum", x1, x2)


@op
def fmax(x1, x2):
    """The larger of the two, passing over NaN."""
    return _passing_nan("maximum", x1, x2)


@op
def fmin(x1, x2):
    """The smaller of the two, passing over NaN."""
    return _passing_nan("minimum", x1, x2)


def _passing_nan(name, x1, x2):
    x1, x2 = promoted(x1, x2)
    backend = context.backend
    dtype = dtype_of(x1)
    choose = getattr(backend, name)
    if dtype not in FLOATS:
        return _unless_bool(name, x1, x2)
    x2 = tensor(x2, dtype)
    first = backend.where(backend.isnan(x1), x2, x1)
    return choose(first, backend.where(backend.isnan(x2), x1, x2))


@op
def clip(x, x_min, x_max):
    """x limited to [x_min, x_max]; the limits are numbers or tensors, taken in x's dtype.

    The gradient is 1 inside and at the limits, 0 outside.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.clip([-2.0, 0.5, 3.0], 0, 1)).tolist()
    [0.0, 0.5, 1.0]
    """
    x = tensor(x)
    dtype = dtype_of(x)
    if dtype == "bool":
        dtype = "int32"
        x = tensor(x, dtype)
    return context.backend.clip(x, _limit(x_min, dtype), _limit(x_max, dtype))


def _limit(value, dtype):
    return value if type(value) in (int, float) and dtype in FLOATS else tensor(value, dtype)


@op
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """NaN and infinities replaced by numbers; infinities, by default, by the largest finite."""
    x = tensor(x)
    backend = context.backend
    dtype = dtype_of(x)
    if dtype not in FLOATS:
        return x
    largest = LARGEST[dtype]
    x = backend.where(backend.isnan(x), float(nan), x)
    x = backend.where(backend.equal(x, math.inf), largest if posinf is None else float(posinf), x)
    low = -largest if neginf is None else float(neginf)
    return backend.where(backend.equal(x, -math.inf), low, x)


LARGEST = {
    "float16": 65504.0,
    "bfloat16": (2 - 2.0**-7) * 2.0**127,
    "float32": (2 - 2.0**-23) * 2.0**127,
    "float64": (2 - 2.0**-52) * 2.0**1023,
}


# ---- rounding ----


@op
def floor(x):
    """The next integer below, as a float."""
    return context.backend.floor(floating(x))


@op
def ceil(x):
    """The next integer above, as a float."""
    return context.backend.ceil(floating(x))


@op
def trunc(x):
    """The next integer towards zero; integers come back as they are."""
    x = tensor(x)
    backend = context.backend
    if dtype_of(x) not in FLOATS:
        return x
    return backend.where(backend.less(x, 0), backend.ceil(x), backend.floor(x))


@op
def round(x, decimals=0):
    """To the nearest integer, halves to even; with `decimals`, to that many decimal places."""
    x = tensor(x)
    backend = context.backend
    dtype = dtype_of(x)
    if dtype not in FLOATS:
        if decimals >= 0:
            return x
        x = floating(x)
    if not decimals:
        return backend.round(x)
    factor = 10.0**decimals
    return backend.cast(backend.round(x * factor) / factor, dtype)
