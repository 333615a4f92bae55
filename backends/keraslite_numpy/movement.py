"""NumPy engine, moving elements."""

import functools
import itertools
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from keraslite.backend.movement import Movement
from keraslite_numpy.bfloat16 import is_half
from keraslite_numpy.tape import (
    Traced,
    constant,
    primitive,
    record,
    record_joint,
    strip,
    unbroadcast,
)  # fmt: skip


def _broadcast_to(x, shape):
    if np.prod(shape) > 1 << 14:
        return np.broadcast_to(x, shape, subok=True)
    out = np.empty(shape, x.dtype)  # cheaper for small ones, and can be written
    out[...] = x
    return out


def _pad(x, widths, value):
    shape = tuple(n + a + b for n, (a, b) in zip(x.shape, widths))
    out = np.zeros(shape, x.dtype) if value == 0 else np.full(shape, value, x.dtype)
    out[_inner(widths, x.shape)] = x
    return out


def _inner(widths, shape):
    return tuple(slice(a, a + n) for n, (a, _) in zip(shape, widths))


def _is_basic(key):
    keys = key if isinstance(key, tuple) else (key,)
    return not any(isinstance(k, (np.ndarray, list)) for k in keys)


def _embed(x, shape, key):
    """Zeros of a shape with x added at a key: the adjoint of indexing."""
    out = np.zeros(shape, x.dtype)
    if _is_basic(key):
        out[key] = x
    else:
        np.add.at(out, key, x)
    return out


def _flip(x, axis):
    axes = (axis,) if isinstance(axis, int) else axis
    key = [slice(None)] * x.ndim
    for a in axes:
        key[a] = slice(None, None, -1)
    return x[tuple(key)]


def _take_vjp(B, g, y, x, indices, axis):
    axis = axis % x.ndim
    rows = B.moveaxis(g, tuple(range(axis, axis + indices.ndim)), tuple(range(indices.ndim)))
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    rows = B.reshape(rows, (indices.size, *rest))
    zeros = B.zeros((x.shape[axis], *rest), B.dtype(x))
    return B.moveaxis(B.scatter_add(zeros, indices.reshape(-1), rows), 0, axis)


def _take_along_axis_vjp(B, g, y, x, indices, axis):
    shape = x.shape
    axis = axis % len(shape)
    wide = tuple(m if i == axis else n for i, (n, m) in enumerate(zip(g.shape, indices.shape)))
    places = [np.arange(n).reshape(-1, *(1,) * (len(shape) - 1 - i)) for i, n in enumerate(wide)]
    places = [0 if n == 1 else p for n, p in zip(shape, places)]
    places[axis] = indices
    flat = np.zeros(wide, np.int64)
    for place, n in zip(places, shape):
        flat = flat * n + place
    zeros = B.zeros((int(np.prod(shape)),), B.dtype(x))
    return B.reshape(B.scatter_add(zeros, flat.reshape(-1), B.reshape(g, (-1,))), shape)


def _scatter_add(x, updates, indices):
    """Rows are sorted by index and summed in runs: `np.add.at` takes several times as long."""
    out = np.array(x)
    if not indices.size or not x.size:
        return out
    indices = np.where(indices < 0, indices + len(x), indices)
    if x.ndim == 1 and x.dtype in (np.float32, np.float64):
        out += np.bincount(indices, updates, len(x)).astype(x.dtype)
        return out
    order = np.argsort(indices, kind="stable")
    places = indices[order]
    starts = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]]))
    wide = np.float32 if is_half(x) else x.dtype
    sums = np.add.reduceat(updates[order].astype(wide, copy=False), starts, 0, wide)
    rows = places[starts]
    out[rows] = (out[rows].astype(wide, copy=False) + sums).astype(x.dtype)
    return out


def window_view(x, size, strides, dilation):
    """Sliding windows as a view, (N, *out, *size, C)."""
    rows = zip(x.shape[1:-1], x.strides[1:-1], size, strides, dilation, strict=True)
    out, steps, jumps = [], [], []
    for n, width, k, s, d in rows:
        out.append((n - (k - 1) * d - 1) // s + 1)
        steps.append(width * s)
        jumps.append(width * d)
    shape = (len(x), *out, *size, x.shape[-1])
    width = (x.strides[0], *steps, *jumps, x.strides[-1])
    return as_strided(x, shape, width, writeable=False)


@functools.lru_cache(maxsize=512)
def tap_slices(size, out, strides, dilation):
    """For each tap of a window: its index and where it reads the input, as slices."""

    def places(tap):
        rows = zip(tap, out, strides, dilation)
        return tuple([slice(t * d, t * d + s * (n - 1) + 1, s) for t, n, s, d in rows])

    return [(tap, places(tap)) for tap in itertools.product(*map(range, size))]


def _fold(x, spatial, strides, dilation):
    rank = len(spatial)
    result = np.zeros((x.shape[0], *spatial, x.shape[-1]), x.dtype)
    size, out = x.shape[rank + 1 : 2 * rank + 1], x.shape[1 : rank + 1]
    every = (slice(None),) * (rank + 1)
    for tap, places in tap_slices(size, out, strides, dilation):
        result[(slice(None), *places)] += x[(*every, *tap)]
    return result


class NumpyMovement(Movement):
    reshape = primitive(
        lambda x, shape: x.reshape(shape), lambda B, g, y, x, shape: B.reshape(g, x.shape)
    )
    transpose = primitive(
        lambda x, axes: x.transpose(axes),
        lambda B, g, y, x, axes: B.transpose(g, tuple(int(i) for i in np.argsort(axes))),
    )
    broadcast_to = primitive(_broadcast_to, lambda B, g, y, x, shape: unbroadcast(B, g, x))
    _embed = primitive(_embed, lambda B, g, y, x, shape, key: B.getitem(g, key))
    _getitem = primitive(lambda x, key: x[key], lambda B, g, y, x, key: B._embed(g, x.shape, key))
    flip = primitive(_flip, lambda B, g, y, x, axis: B.flip(g, axis))
    _pad = primitive(_pad, lambda B, g, y, x, widths, value: B.getitem(g, _inner(widths, x.shape)))
    _take = primitive(lambda x, indices, axis: np.take(x, indices, axis), _take_vjp)
    _take_along = primitive(np.take_along_axis, _take_along_axis_vjp)
    _scatter = primitive(
        _scatter_add,
        lambda B, g, y, x, updates, indices: g,
        lambda B, g, y, x, updates, indices: B.take(g, indices, 0),
    )
    argsort = constant(lambda x, axis: np.argsort(x, axis, kind="stable").astype(np.int32))
    windows = primitive(
        window_view,
        lambda B, g, y, x, size, strides, dilation: B.fold(g, x.shape[1:-1], strides, dilation),
    )
    fold = primitive(
        _fold,
        lambda B, g, y, x, spatial, strides, dilation: B.windows(
            g, x.shape[len(spatial) + 1 : 2 * len(spatial) + 1], strides, dilation
        ),
    )

    def getitem(self, x, key):
        if isinstance(key, tuple):
            key = tuple(strip(k) for k in key)
        return self._getitem(x, strip(key))

    def pad(self, x, widths, value=0):
        return self._pad(x, tuple(map(tuple, widths)), value)

    def take(self, x, indices, axis):
        return self._take(x, strip(indices), axis)

    def take_along_axis(self, x, indices, axis):
        return self._take_along(x, strip(indices), axis)

    def scatter_add(self, x, indices, updates):
        return self._scatter(x, updates, strip(indices))

    def sort(self, x, axis):
        if type(x) is Traced:
            return self.take_along_axis(x, self.argsort(x, axis), axis)
        return self._sort(x, axis)

    _sort = constant(lambda x, axis: np.sort(x, axis, kind="stable"))

    def concatenate(self, xs, axis):
        edges = [0, *itertools.accumulate(x.shape[axis] for x in xs)]
        vjps = tuple(
            partial(_slice_vjp, start, stop, axis) for start, stop in itertools.pairwise(edges)
        )
        return record(vjps, xs, lambda *arrays: np.concatenate(arrays, axis))

    def stack(self, xs, axis):
        vjps = tuple(partial(_index_vjp, i, axis) for i in range(len(xs)))
        return record(vjps, xs, lambda *arrays: np.stack(arrays, axis))

    def unstack(self, x, axis):
        if type(x) is not Traced:
            return super().unstack(x, axis)
        parts = tuple(super().unstack(x.raw, axis))
        return list(record_joint(_unstack_vjp, (x,), parts, axis))

    def split(self, x, sections, axis):
        if type(x) is not Traced:
            return super().split(x, sections, axis)
        parts = tuple(super().split(x.raw, sections, axis))
        return list(record_joint(_split_vjp, (x,), parts, axis))


def _slice_vjp(start, stop, axis, B, g, y, *xs):
    return B.slice_axis(g, axis, start, stop)


def _index_vjp(i, axis, B, g, y, *xs):
    return B.getitem(g, (slice(None),) * (axis % g.ndim) + (i,))


def _unstack_vjp(B, g, need, parts, x, axis):
    return (B.stack([B.zeros_like(p) if d is None else d for d, p in zip(g, parts)], axis),)


def _split_vjp(B, g, need, parts, x, axis):
    return (B.concatenate([B.zeros_like(p) if d is None else d for d, p in zip(g, parts)], axis),)
