"""Sorting, searching, counting, and reductions by segment."""

import math

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS
from keraslite.ops.dispatch import (
    ArgumentError,
    checked_axes,
    checked_axis,
    dtype_of,
    floating,
    op,
    promoted,
    tensor,
)


@op
def sort(x, axis=-1):
    """Ascending along an axis, or (None) the flattened tensor."""
    x = tensor(x)
    if axis is None:
        x, axis = context.backend.reshape(x, (-1,)), 0
    return context.backend.sort(x, checked_axis(axis, len(x.shape)))


@op
def argsort(x, axis=-1):
    """int32 indices that sort, ascending and stable, along an axis or (None) when flattened."""
    x = tensor(x)
    if axis is None:
        x, axis = context.backend.reshape(x, (-1,)), 0
    if dtype_of(x) == "bool":
        x = context.backend.cast(x, "int32")
    return context.backend.argsort(x, checked_axis(axis, len(x.shape)))


@op
def argpartition(x, kth, axis=-1):
    """int32 indices that put the `kth` smallest in place, smaller ones before, larger ones after.

    They sort the whole axis, which is one of the orders allowed.
    """
    x = tensor(x)
    rank = len(x.shape)
    axis = checked_axis(axis, rank)
    checked_axis(kth, x.shape[axis] or kth + 1, "kth")
    return argsort(x, axis)


@op
def top_k(x, k, sorted=True):
    """(values, int32 indices) of the k largest along the last axis, largest first.

    `sorted` False allows any order; here it is the same one.
    """
    x = tensor(x)
    if not len(x.shape):
        raise ArgumentError("`x` must have rank 1 or more.")
    size = x.shape[-1]
    if k < 1 or (isinstance(size, int) and k > size):
        raise ArgumentError(f"`k` must lie in [1, {size}], the size of the last axis, found {k}.")
    return context.backend.top_k(x, k)


@op
def in_top_k(targets, predictions, k):
    """True where the target's class is among the k largest predictions, ties included.

    targets (batch,) integers, predictions (batch, classes); False where the target's own
    prediction is not finite.
    """
    targets, predictions = tensor(targets, "int32"), floating(predictions)
    backend = context.backend
    own = backend.take_along_axis(predictions, backend.expand_dims(targets, -1), -1)
    above = backend.sum(backend.cast(backend.greater(predictions, own), "int32"), -1)
    finite = backend.isfinite(backend.squeeze(own, -1))
    return backend.logical_and(backend.less(above, k), finite)


@op
def searchsorted(sorted_sequence, values, side="left"):
    """int32 places where values would go in a sorted vector.

    Before equal elements with side "left", after them with "right". Compares every pair.
    """
    if side not in ("left", "right"):
        raise ArgumentError(f"`side` must be 'left' or 'right', found {side!r}.")
    sequence, values = promoted(tensor(sorted_sequence), tensor(values))
    if len(sequence.shape) != 1:
        raise ArgumentError(
            f"`sorted_sequence` must be a vector, found shape {tuple(sequence.shape)}."
        )
    backend = context.backend
    values = backend.expand_dims(values, -1)
    compare = backend.less if side == "left" else backend.less_equal
    return backend.sum(backend.cast(compare(sequence, values), "int32"), -1)


@op
def digitize(x, bins):
    """int32 number of the bin of each element: i where bins[i - 1] <= x < bins[i]."""
    return searchsorted(bins, x, "right")


@op
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each of 0, 1, ... occurs in a vector (or in each row of a matrix).

    Args:
        x: non-negative integers, (n,) or (batch, n).
        weights: of x's shape: added up in place of counting.
        minlength: the least number of bins; there are more if x holds larger numbers, which is
            only known where values are (not under a compiler).
        sparse: not supported; ValueError if True.
    """
    if sparse:
        raise ArgumentError("sparse tensors are not supported; leave `sparse` False.")
    x = tensor(x, "int32")
    backend = context.backend
    shape = backend.shape(x)
    if len(shape) not in (1, 2):
        raise ArgumentError(f"`x` must be a vector or a matrix, found shape {tuple(shape)}.")
    weights = backend.ones(shape, "int32") if weights is None else tensor(weights)
    if backend.is_abstract:
        raise ArgumentError("the number of bins depends on values, which a model has not yet.")
    largest = int(backend.to_numpy(backend.max(x))) if math.prod(shape) else -1
    bins = max(minlength, largest + 1)
    rows = shape[0] if len(shape) == 2 else 1
    offsets = backend.expand_dims(backend.arange(0, rows, 1, "int32") * bins, 1)
    places = backend.reshape(backend.reshape(x, (rows, -1)) + offsets, (-1,))
    counts = backend.segment_sum(backend.reshape(weights, (-1,)), places, rows * bins)
    return backend.reshape(counts, (rows, bins)) if len(shape) == 2 else counts


# ---- quantiles ----


@op
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """Quantiles q (numbers in [0, 1], a scalar or a vector) along axes.

    `method` says what lies between two elements: "linear", "lower", "higher", "midpoint" or
    "nearest". A vector q gives a first axis of its size.
    """
    x = floating(x)
    backend = context.backend
    q = tensor(tensor(q), dtype_of(x))
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise ArgumentError(f"`method` {method!r} is unknown.")
    rank = len(x.shape)
    axes = checked_axes(axis, rank)
    axes = tuple(range(rank)) if axes is None else (axes,) if isinstance(axes, int) else axes
    kept = tuple(i for i in range(rank) if i not in axes)
    sizes = tuple(backend.shape(x)[i] for i in kept)
    rows = backend.reshape(backend.transpose(x, kept + axes), (*sizes, -1))
    rows = backend.sort(rows, -1)
    place = q * tensor(backend.shape(rows)[-1] - 1, dtype_of(q))
    low, high = backend.floor(place), backend.ceil(place)
    if method == "nearest":
        low = high = backend.round(place)
    elif method == "lower":
        high = low
    elif method == "higher":
        low = high
    share = place - low
    if method == "midpoint":
        share = 0.5 * backend.cast(backend.less(low, high), dtype_of(x))
    below, above = (backend.take(rows, backend.cast(i, "int32"), len(kept)) for i in (low, high))
    found = below + share * (above - below)
    if len(q.shape):
        found = backend.moveaxis(found, -1, 0)
    if keepdims:
        places = tuple(a + len(q.shape) for a in sorted(axes))
        found = backend.expand_dims(found, places)
    return found


@op
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` with q in percent."""
    return quantile(x, floating(q) / 100, axis, method, keepdims)


@op
def median(x, axis=None, keepdims=False):
    """The middle element along axes, or the mean of the two in the middle."""
    return quantile(x, 0.5, axis, "linear", keepdims)


# ---- segments ----


@op
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Rows of data added up by segment id: (n, ...) -> (num_segments, ...).

    Args:
        data: (n, ...).
        segment_ids: integers (n,).
        num_segments: by default the largest id plus 1 (only known where values are).
        sorted: whether the ids ascend; changes nothing here.
    """
    data, ids, count = _segmented(data, segment_ids, num_segments)
    return context.backend.segment_sum(data, ids, count)


@op
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """Largest row element by segment id; the dtype's lowest value for an empty segment.

    Arguments as those of `segment_sum`.
    """
    data, ids, count = _segmented(data, segment_ids, num_segments)
    return segment_reduce("max", data, ids, count)


@op
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """Smallest row element by segment id; the dtype's largest value for an empty segment.

    Arguments as those of `segment_sum`.
    """
    data, ids, count = _segmented(data, segment_ids, num_segments)
    return segment_reduce("min", data, ids, count)


@op
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """Rows of data multiplied by segment id; 1 for an empty segment.

    Arguments as those of `segment_sum`.
    """
    data, ids, count = _segmented(data, segment_ids, num_segments)
    return segment_reduce("mul", data, ids, count)


def _segmented(data, segment_ids, num_segments):
    data, ids = tensor(data), tensor(segment_ids, "int32")
    if len(ids.shape) != 1 or not len(data.shape):
        raise ArgumentError(
            f"`segment_ids` must be a vector with an entry for each row of `data`, found shapes"
            f" {tuple(ids.shape)} and {tuple(data.shape)}."
        )
    if num_segments is None:
        if context.backend.is_abstract:
            raise ArgumentError("`num_segments` is needed: ids have no values yet in a model.")
        num_segments = int(context.backend.to_numpy(context.backend.max(ids))) + 1
    return data, ids, num_segments


def segment_reduce(reduction, rows, ids, count, into=None):
    """Combine rows by id with "max", "min" or "mul", and with `into` (count, ...) if given.

    Rows are brought in the order of their ids, then combined over distances 1, 2, 4, ... within
    runs of one id (a scan by doubling); the last of each run is its result.
    """
    backend = context.backend
    combine = {"max": backend.maximum, "min": backend.minimum, "mul": backend.multiply}[reduction]
    dtype, size = dtype_of(rows), backend.shape(ids)[0]
    tail = (1,) * (len(rows.shape) - 1)
    if into is None:
        start = _identity(reduction, dtype)
        into = backend.full((count, *backend.shape(rows)[1:]), start, dtype)
    order = backend.argsort(ids, 0)
    ids, rows = backend.take(ids, order, 0), backend.take(rows, order, 0)
    step = 1
    while step < (size if isinstance(size, int) else 2**31):
        same = backend.equal(backend.slice_axis(ids, 0, step, None),
                             backend.slice_axis(ids, 0, 0, -step))  # fmt: skip
        later, earlier = (
            backend.slice_axis(rows, 0, step, None),
            backend.slice_axis(rows, 0, 0, -step),
        )
        merged = backend.where(backend.reshape(same, (-1, *tail)), combine(later, earlier), later)
        rows = backend.concatenate([backend.slice_axis(rows, 0, 0, step), merged], 0)
        step *= 2
    ends = backend.segment_sum(backend.ones((size,), "int32"), ids, count)
    last = backend.cumsum(ends, 0) - 1
    found = backend.take(rows, backend.maximum(last, 0), 0)
    full = backend.reshape(backend.greater(ends, 0), (-1, *tail))
    return backend.where(full, combine(into, found), into)


def _identity(reduction, dtype):
    from keraslite.ops.core import limits

    if reduction == "mul":
        return 1
    if dtype in FLOATS:
        return -math.inf if reduction == "max" else math.inf
    low, high = limits(dtype)
    return low if reduction == "max" else high
