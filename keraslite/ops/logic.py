"""Elementwise comparison, logic and bits; choosing by a condition.

Comparisons and `logical_*` return bool; `logical_*` read anything not zero as True.
"""

import math

from keraslite.backend.context import context
from keraslite.backend.dtypes import INTEGERS, result_type
from keraslite.ops.dispatch import (
    ArgumentError,
    boolean,
    counted,
    dtype_of,
    floating,
    op,
    promoted,
    tensor,
)


@op
def equal(x1, x2):
    """x1 == x2, elementwise."""
    x1, x2 = promoted(x1, x2)
    return context.backend.equal(x1, x2)


@op
def not_equal(x1, x2):
    """x1 != x2, elementwise."""
    x1, x2 = promoted(x1, x2)
    return context.backend.not_equal(x1, x2)


@op
def less(x1, x2):
    """x1 < x2, elementwise."""
    x1, x2 = counted(x1, x2)
    return context.backend.less(x1, x2)


@op
def less_equal(x1, x2):
    """x1 <= x2, elementwise."""
    x1, x2 = counted(x1, x2)
    return context.backend.less_equal(x1, x2)


@op
def greater(x1, x2):
    """x1 > x2, elementwise."""
    x1, x2 = counted(x1, x2)
    return context.backend.greater(x1, x2)


@op
def greater_equal(x1, x2):
    """x1 >= x2, elementwise."""
    x1, x2 = counted(x1, x2)
    return context.backend.greater_equal(x1, x2)


@op
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """|x1 - x2| <= atol + rtol * |x2|, elementwise; equal infinities are close."""
    x1, x2 = promoted(x1, x2, True)
    backend = context.backend
    x2 = tensor(x2, dtype_of(x1))
    near = backend.less_equal(backend.absolute(x1 - x2), atol + rtol * backend.absolute(x2))
    near = backend.logical_and(
        near, backend.logical_and(backend.isfinite(x1), backend.isfinite(x2))
    )
    near = backend.logical_or(near, backend.equal(x1, x2))
    if equal_nan:
        near = backend.logical_or(near, backend.logical_and(backend.isnan(x1), backend.isnan(x2)))
    return near


@op
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """True (a scalar bool tensor) if `isclose` holds everywhere."""
    return context.backend.all(isclose(x1, x2, rtol, atol, equal_nan))


@op
def isfinite(x):
    """True where neither infinite nor NaN."""
    return context.backend.isfinite(floating(x))


@op
def isinf(x):
    """True at infinities of either sign."""
    return context.backend.isinf(floating(x))


@op
def isnan(x):
    """True at NaN."""
    return context.backend.isnan(floating(x))


@op
def isposinf(x):
    """True at plus infinity."""
    return context.backend.equal(floating(x), math.inf)


@op
def isneginf(x):
    """True at minus infinity."""
    return context.backend.equal(floating(x), -math.inf)


@op
def heaviside(x1, x2):
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 is 0; NaN stays."""
    x1, x2 = promoted(x1, x2, True)
    backend = context.backend
    x2 = tensor(x2, dtype_of(x1))
    step = backend.cast(backend.greater(x1, 0), dtype_of(x1))
    step = backend.where(backend.isnan(x1), x1, step)
    return backend.where(backend.equal(x1, 0), x2, step)


@op
def isin(x1, x2, assume_unique=False, invert=False):
    """True for the elements of x1 that are among those of x2, or are not with `invert`.

    `assume_unique` changes nothing here. Compares every pair.
    """
    x1, x2 = promoted(tensor(x1), tensor(x2))
    backend = context.backend
    same = backend.equal(backend.expand_dims(x1, -1), backend.reshape(x2, (-1,)))
    found = backend.any(same, -1)
    return backend.logical_not(found) if invert else found


# ---- logic ----


@op
def logical_and(x1, x2):
    """Both are true."""
    return context.backend.logical_and(boolean(x1), boolean(x2))


@op
def logical_or(x1, x2):
    """One or both are true."""
    return context.backend.logical_or(boolean(x1), boolean(x2))


@op
def logical_xor(x1, x2):
    """One is true and the other is not."""
    return context.backend.logical_xor(boolean(x1), boolean(x2))


@op
def logical_not(x):
    """x is zero, or False."""
    return context.backend.logical_not(boolean(x))


# ---- choosing ----


@op
def where(condition, x1=None, x2=None):
    """x1 where the condition holds, else x2; all three broadcast.

    Raises ValueError if only one of x1 and x2, or none, is given: the places where a condition
    holds have a shape that no compiled program knows beforehand.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.where([True, False], 1.0, [5.0, 6.0])).tolist()
    [1.0, 6.0]
    """
    if x1 is None or x2 is None:
        raise ArgumentError("both `x1` and `x2` are needed.")
    condition = boolean(condition)
    if type(x1) in (int, float) and type(x2) not in (int, float):
        x2 = tensor(x2)
        dtype = result_type(type(x1), dtype_of(x2))
        return context.backend.where(condition, x1, tensor(x2, dtype))
    x1, x2 = promoted(x1, x2)
    return context.backend.where(condition, x1, x2)


@op
def select(condlist, choicelist, default=0):
    """For each element the choice whose condition is the first to hold, else `default`."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ArgumentError(
            "`condlist` and `choicelist` must have one length, at least 1, found"
            f" {len(condlist)} and {len(choicelist)}."
        )
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        chosen = where(condition, choice, chosen)
    return chosen


# ---- bits ----


def _bits(name, x, y):
    """The bitwise method of the backend, of bools the logical one."""
    x, y = promoted(x, y)
    return getattr(context.backend, _kind_of_bits(x) + name)(x, y)


def _kind_of_bits(x):
    """Beginning of the methods' names: "bitwise" for integers, "logical" for bools."""
    dtype = dtype_of(x)
    if dtype not in INTEGERS and dtype != "bool":
        raise ArgumentError(f"expected integers or bools, found dtype {dtype}.")
    return "logical" if dtype == "bool" else "bitwise"


@op
def bitwise_and(x, y):
    """Bits set in both, of integers or bools."""
    return _bits("_and", x, y)


@op
def bitwise_or(x, y):
    """Bits set in one or both, of integers or bools."""
    return _bits("_or", x, y)


@op
def bitwise_xor(x, y):
    """Bits set in one but not both, of integers or bools."""
    return _bits("_xor", x, y)


@op
def bitwise_not(x):
    """Every bit flipped, of integers or bools."""
    x = tensor(x)
    return getattr(context.backend, _kind_of_bits(x) + "_not")(x)


@op
def bitwise_invert(x):
    """The same as `bitwise_not`."""
    return bitwise_not(x)


def _shift(x, y):
    x, y = counted(x, y)
    _kind_of_bits(x)
    return x, y


@op
def left_shift(x, y):
    """Bits moved y places up."""
    x, y = _shift(x, y)
    return context.backend.left_shift(x, y)


@op
def right_shift(x, y):
    """Bits moved y places down, keeping the sign."""
    x, y = _shift(x, y)
    return context.backend.right_shift(x, y)


@op
def bitwise_left_shift(x, y):
    """The same as `left_shift`."""
    return left_shift(x, y)


@op
def bitwise_right_shift(x, y):
    """The same as `right_shift`."""
    return right_shift(x, y)
