"""Reductions along axes: sums, extremes, moments, running sums.

`axis` is None (all axes), an int or a tuple of ints; with `keepdims` the axes stay, with size 1.
Sums and products of bool and small integers are taken in int32 or uint32; means of integers are
floats; `argmax` and `argmin` return int32.
"""

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, standardize_dtype
from keraslite.ops.dispatch import (
    ArgumentError,
    boolean,
    checked_axes,
    checked_axis,
    dtype_of,
    floating,
    op,
    promoted,
    shapes_differ,
    tensor,
)

_SUM_DTYPES = {
    "bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32",
}  # fmt: skip


def _summable(x):
    x = tensor(x)
    wide = _SUM_DTYPES.get(dtype_of(x))
    return x if wide is None else context.backend.cast(x, wide)


def _axes(axis, x):
    return None if axis is None else checked_axes(axis, len(x.shape))


@op
def sum(x, axis=None, keepdims=False):
    """Sum along axes.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.sum([[1, 2], [3, 4]], axis=0)).tolist()
    [4, 6]
    """
    x = _summable(x)
    return context.backend.sum(x, _axes(axis, x), keepdims)


@op
def prod(x, axis=None, keepdims=False, dtype=None):
    """Product along axes, in `dtype` if one is given."""
    x = _summable(x) if dtype is None else tensor(x, standardize_dtype(dtype))
    return context.backend.prod(x, _axes(axis, x), keepdims)


@op
def max(x, axis=None, keepdims=False, initial=None):
    """Largest element along axes, at least `initial`; NaN where there is one."""
    return _extreme("max", "maximum", x, axis, keepdims, initial)


@op
def min(x, axis=None, keepdims=False, initial=None):
    """Smallest element along axes, at most `initial`; NaN where there is one."""
    return _extreme("min", "minimum", x, axis, keepdims, initial)


def _extreme(reduce, combine, x, axis, keepdims, initial):
    x = tensor(x)
    backend = context.backend
    if dtype_of(x) == "bool":
        found = (backend.any if reduce == "max" else backend.all)(x, _axes(axis, x), keepdims)
    else:
        found = getattr(backend, reduce)(x, _axes(axis, x), keepdims)
    if initial is None:
        return found
    return getattr(backend, combine)(found, tensor(initial, dtype_of(x)))


@op
def amax(x, axis=None, keepdims=False):
    """The same as `max`."""
    return _extreme("max", "maximum", x, axis, keepdims, None)


@op
def amin(x, axis=None, keepdims=False):
    """The same as `min`."""
    return _extreme("min", "minimum", x, axis, keepdims, None)


@op
def ptp(x, axis=None, keepdims=False):
    """Largest minus smallest element along axes."""
    x = tensor(x)
    axes = _axes(axis, x)
    return context.backend.max(x, axes, keepdims) - context.backend.min(x, axes, keepdims)


@op
def any(x, axis=None, keepdims=False):
    """True where an element along the axes is not zero."""
    x = boolean(x)
    return context.backend.any(x, _axes(axis, x), keepdims)


@op
def all(x, axis=None, keepdims=False):
    """True where no element along the axes is zero."""
    x = boolean(x)
    return context.backend.all(x, _axes(axis, x), keepdims)


@op
def argmax(x, axis=None, keepdims=False):
    """int32 index of the first maximum, along one axis or in the flattened tensor."""
    return _arg("argmax", x, axis, keepdims)


@op
def argmin(x, axis=None, keepdims=False):
    """int32 index of the first minimum, along one axis or in the flattened tensor."""
    return _arg("argmin", x, axis, keepdims)


def _arg(name, x, axis, keepdims):
    x = tensor(x)
    backend = context.backend
    if dtype_of(x) == "bool":
        x = backend.cast(x, "int32")
    find = getattr(backend, name)
    rank = len(x.shape)
    if axis is not None:
        return find(x, checked_axis(axis, rank), keepdims)
    found = find(backend.reshape(x, (-1,)), 0)
    return backend.reshape(found, (1,) * rank) if keepdims else found


@op
def count_nonzero(x, axis=None):
    """int32 number of elements along axes that are not zero."""
    x = tensor(x)
    if dtype_of(x) == "bool":
        x = context.backend.cast(x, "int32")
    return context.backend.count_nonzero(x, _axes(axis, x))


# ---- moments ----


@op
def mean(x, axis=None, keepdims=False):
    """Mean along axes; 16-bit floats are summed in float32.

    >>> from keraslite import ops
    >>> float(ops.mean([1, 2, 4, 5]))
    3.0
    """
    x = floating(x)
    return context.backend.mean(x, _axes(axis, x), keepdims)


@op
def var(x, axis=None, keepdims=False):
    """Variance along axes: the mean squared distance from the mean."""
    x = floating(x)
    return context.backend.variance(x, _axes(axis, x), keepdims)


@op
def std(x, axis=None, keepdims=False):
    """Standard deviation along axes, the root of `var`."""
    x = floating(x)
    return context.backend.std(x, _axes(axis, x), keepdims)


@op
def average(x, axis=None, weights=None):
    """Mean along axes, weighted by `weights`: of x's shape, or a vector along one axis."""
    x = floating(x)
    backend = context.backend
    axes = _axes(axis, x)
    if weights is None:
        return backend.mean(x, axes)
    x, weights = promoted(x, tensor(weights))
    if shapes_differ(weights.shape, x.shape):
        if len(weights.shape) != 1 or not isinstance(axes, int):
            raise ArgumentError(
                f"`weights` of shape {tuple(weights.shape)} must have x's shape {tuple(x.shape)},"
                " or be a vector with an int `axis`."
            )
        shape = [1] * len(x.shape)
        shape[axes] = -1
        weights = backend.reshape(weights, tuple(shape))
    total = backend.sum(backend.broadcast_to(weights, backend.shape(x)), axes)
    return backend.sum(x * weights, axes) / total


@op
def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) along axes without overflow."""
    x = floating(x)
    return context.backend.logsumexp(x, _axes(axis, x), keepdims)


# ---- running sums and differences ----


@op
def cumsum(x, axis=None, dtype=None):
    """Running sum along one axis, or of the flattened tensor."""
    return _running("cumsum", x, axis, dtype)


@op
def cumprod(x, axis=None, dtype=None):
    """Running product along one axis, or of the flattened tensor."""
    return _running("cumprod", x, axis, dtype)


def _running(name, x, axis, dtype):
    x = tensor(x, None if dtype is None else standardize_dtype(dtype))
    backend = context.backend
    if dtype_of(x) == "bool":
        x = backend.cast(x, "int32")
    if axis is None:
        x, axis = backend.reshape(x, (-1,)), 0
    return getattr(backend, name)(x, checked_axis(axis, len(x.shape)))


@op
def diff(a, n=1, axis=-1):
    """Difference between neighbours along one axis, taken `n` times."""
    a = tensor(a)
    backend = context.backend
    axis = checked_axis(axis, len(a.shape))
    for _ in range(n):
        later, earlier = backend.slice_axis(a, axis, 1, None), backend.slice_axis(a, axis, 0, -1)
        is_bool = dtype_of(a) == "bool"
        a = backend.logical_xor(later, earlier) if is_bool else later - earlier
    return a


@op
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral along an axis by the trapezoidal rule, at places x or at distances `dx`."""
    y = floating(y)
    backend = context.backend
    axis = checked_axis(axis, len(y.shape))
    if x is not None:
        x = floating(x)
        along = axis if len(x.shape) > 1 else 0
        dx = diff(x, 1, along)
        if len(x.shape) == 1:
            dx = backend.reshape(dx, (-1,) + (1,) * (len(y.shape) - axis - 1))
    pairs = backend.slice_axis(y, axis, 1, None) + backend.slice_axis(y, axis, 0, -1)
    pairs, dx = promoted(pairs, dx)
    return backend.sum(pairs * dx, axis) / 2


# ---- passing over NaN ----


def _without_nan(x, value):
    """x with `value` in the place of NaN; integers as they are."""
    x = tensor(x)
    backend = context.backend
    return backend.where(backend.isnan(x), value, x) if dtype_of(x) in FLOATS else x


@op
def nansum(x, axis=None, keepdims=False):
    """Sum along axes, NaN counted as 0."""
    return sum(_without_nan(x, 0.0), axis, keepdims)


@op
def nanprod(x, axis=None, keepdims=False):
    """Product along axes, NaN counted as 1."""
    return prod(_without_nan(x, 1.0), axis, keepdims)


@op
def nancumsum(x, axis=None, dtype=None):
    """Running sum, NaN counted as 0."""
    return cumsum(_without_nan(x, 0.0), axis, dtype)


@op
def nancumprod(x, axis=None, dtype=None):
    """Running product, NaN counted as 1."""
    return cumprod(_without_nan(x, 1.0), axis, dtype)


@op
def nanmax(x, axis=None, keepdims=False):
    """Largest element along axes that is not NaN; NaN where all are."""
    return _nan_extreme(max, -float("inf"), x, axis, keepdims)


@op
def nanmin(x, axis=None, keepdims=False):
    """Smallest element along axes that is not NaN; NaN where all are."""
    return _nan_extreme(min, float("inf"), x, axis, keepdims)


@op
def nanargmax(x, axis=None, keepdims=False):
    """int32 index of the first maximum that is not NaN; -1 where all are."""
    return _nan_arg("argmax", -float("inf"), x, axis, keepdims)


@op
def nanargmin(x, axis=None, keepdims=False):
    """int32 index of the first minimum that is not NaN; -1 where all are."""
    return _nan_arg("argmin", float("inf"), x, axis, keepdims)


def _nan_arg(name, identity, x, axis, keepdims):
    x = tensor(x)
    backend = context.backend
    if dtype_of(x) not in FLOATS:
        return _arg(name, x, axis, keepdims)
    nan = backend.isnan(x)
    found = _arg(name, backend.where(nan, identity, x), axis, keepdims)
    return backend.where(backend.all(nan, _axes(axis, x), keepdims), -1, found)


def _nan_extreme(reduce, identity, x, axis, keepdims):
    x = tensor(x)
    backend = context.backend
    if dtype_of(x) not in FLOATS:
        return reduce(x, axis, keepdims)
    nan = backend.isnan(x)
    found = reduce(backend.where(nan, identity, x), axis, keepdims)
    return backend.where(backend.all(nan, _axes(axis, x), keepdims), float("nan"), found)


@op
def nanmean(x, axis=None, keepdims=False):
    """Mean along axes of what is not NaN."""
    x = floating(x)
    backend = context.backend
    there = backend.cast(backend.logical_not(backend.isnan(x)), dtype_of(x))
    axes = _axes(axis, x)
    return backend.sum(_without_nan(x, 0.0), axes, keepdims) / backend.sum(there, axes, keepdims)


@op
def nanvar(x, axis=None, keepdims=False):
    """Variance along axes of what is not NaN."""
    x = floating(x)
    distance = x - nanmean(x, axis, True)
    return nanmean(distance * distance, axis, keepdims)


@op
def nanstd(x, axis=None, keepdims=False):
    """Standard deviation along axes of what is not NaN."""
    return context.backend.sqrt(nanvar(x, axis, keepdims))
