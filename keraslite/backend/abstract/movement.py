"""Shapes of functions that move elements."""

import operator
from typing import Any

from keraslite.backend.abstract.shapes import (
    Unknown,
    axes_of,
    axis_of,
    broadcast,
    dims,
    replaced,
    reshaped,
    tensor,
    unify,
)
from keraslite.backend.base import Backend
from keraslite.backend.convolution import output_size


def window_counts(x, size, strides, dilation, padding="valid"):
    """Sizes of x's spatial axes after a convolution or pooling; ValueError where none fits.

    `padding` is "valid", "same" or a pair (before, after) for each axis.
    """
    if len(x.shape) != len(size) + 2:
        raise ValueError(
            f"Windows of {len(size)} spatial axes need a tensor of rank {len(size) + 2}"
            f" (batch, *spatial, channels), found shape {x.shape}."
        )
    counts = []
    mode = padding if padding == "same" else "valid"
    for i, (k, stride, step) in enumerate(zip(size, strides, dilation)):
        n: Any = x.shape[i + 1]
        if n is not None and not isinstance(padding, str):
            (n,) = dims((sum(padding[i], n),))
        if mode == "valid" and n is not None and (k - 1) * step + 1 > n:
            raise ValueError(
                f"A window of {(k - 1) * step + 1} places does not fit into axis {i + 1} of shape"
                f" {x.shape}, which has {n} with padding {padding!r}."
                " Use padding 'same', a smaller window or a larger input."
            )
        counts.append(output_size(n, k, stride, step, mode))
    return tuple(counts)


def _sliced(n, key):
    """The size of `range(n)[key]`; unknown where n or a bound is."""
    if n is None or any(type(b) is Unknown for b in (key.start, key.stop)):
        return None
    return len(range(*key.indices(n)))


class AbstractMovement(Backend):
    """See `Movement`."""

    def reshape(self, x, shape):
        return tensor(reshaped(x, shape), x.dtype)

    def transpose(self, x, axes):
        shape = x.shape
        if len(axes) != len(shape) or axes_of(shape, axes) != set(range(len(shape))):
            raise ValueError(f"Cannot transpose shape {shape} by axes {axes}: not a permutation.")
        return tensor(tuple(shape[a] for a in axes), x.dtype)

    def broadcast_to(self, x, shape):
        target = dims(shape)
        result = broadcast(x.shape, target)
        if len(result) != len(target) or any(n not in (m, None) for m, n in zip(result, target)):
            raise ValueError(f"Cannot broadcast shape {x.shape} to {target}.")
        return tensor(result, x.dtype)

    def concatenate(self, xs, axis):
        first = xs[0].shape
        axis = axis_of(first, axis)
        what = f"Cannot concatenate along axis {axis}"
        rest, total = replaced(first, axis), 0
        for x in xs:
            shape = x.shape
            if len(shape) != len(first):
                raise ValueError(f"{what}: shapes {first} and {shape} differ in rank.")
            try:
                rest = unify(rest, replaced(shape, axis), what)
            except ValueError:
                shapes = ", ".join(str(x.shape) for x in xs)
                raise ValueError(
                    f"{what} the shapes {shapes}: the other axes must agree."
                ) from None
            total = None if total is None or shape[axis] is None else total + shape[axis]
        return tensor((*rest[:axis], total, *rest[axis:]), xs[0].dtype)

    def pad(self, x, widths, value=0):
        if len(widths) != len(x.shape):
            raise ValueError(f"Cannot pad shape {x.shape} by {len(widths)} pairs of widths.")
        padded = (None if n is None else n + a + b for n, (a, b) in zip(x.shape, widths))
        return tensor(dims(padded), x.dtype)

    def getitem(self, x, key):
        key = key if type(key) is tuple else (key,)
        shape = x.shape
        named = sum(k is not None and k is not Ellipsis for k in key)
        if named > len(shape):
            raise IndexError(f"Too many indices for shape {shape}: {key}.")
        out, place = [], 0
        for k in key:
            if k is None:
                out.append(1)
            elif k is Ellipsis:
                stop = place + len(shape) - named
                out.extend(shape[place:stop])
                place = stop
            else:
                n = shape[place]
                if type(k) is slice:
                    out.append(_sliced(n, k))
                else:
                    _check_index(shape, place, k)
                place += 1
        return tensor((*out, *shape[place:]), x.dtype)

    def flip(self, x, axis) -> Any:
        axes_of(x.shape, axis)
        return tensor(x.shape, x.dtype)

    def roll(self, x, shift, axis):
        return self.flip(x, axis)

    sort = flip

    def argsort(self, x, axis):
        return tensor(self.flip(x, axis).shape, "int32")

    def top_k(self, x, k):
        size = x.shape[-1]
        if size is not None and k > size:
            raise ValueError(f"Cannot take the {k} largest along the last axis of shape {x.shape}.")
        shape = (*x.shape[:-1], *dims((k,)))
        return tensor(shape, x.dtype), tensor(shape, "int32")

    def take(self, x, indices, axis):
        return tensor(replaced(x.shape, axis_of(x.shape, axis), *indices.shape), x.dtype)

    def take_along_axis(self, x, indices, axis):
        shape = x.shape
        axis = axis_of(shape, axis)
        if len(indices.shape) != len(shape):
            raise ValueError(f"Indices {indices.shape} must have the rank of {shape}.")
        free = replaced(shape, axis, 1)
        return tensor(broadcast(indices.shape, free), x.dtype)

    def scatter_add(self, x, indices, updates):
        unify(
            (*indices.shape, *x.shape[1:]), updates.shape,
            f"Cannot add updates into shape {x.shape} at indices of shape {indices.shape}",
        )  # fmt: skip
        return tensor(x.shape, x.dtype)

    def segment_sum(self, x, segment_ids, num_segments):
        return tensor((*dims((num_segments,)), *x.shape[1:]), x.dtype)

    def windows(self, x, size, strides, dilation):
        counts = window_counts(x, size, strides, dilation)
        return tensor((x.shape[0], *counts, *size, x.shape[-1]), x.dtype)

    def fold(self, x, spatial, strides, dilation):
        return tensor((x.shape[0], *dims(spatial), x.shape[-1]), x.dtype)

    def expand_dims(self, x, axis):
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        blank = (1,) * (len(x.shape) + len(axes))
        new, old = axes_of(blank, axes), iter(x.shape)
        return tensor(tuple(1 if i in new else next(old) for i in range(len(blank))), x.dtype)

    def squeeze(self, x, axis=None):
        shape = x.shape
        if axis is None:
            return tensor(tuple(n for n in shape if n != 1), x.dtype)
        drop = axes_of(shape, axis)
        for i in drop:
            if shape[i] not in (1, None):
                raise ValueError(f"Cannot squeeze axis {i} of shape {shape}: its size is not 1.")
        return tensor(tuple(n for i, n in enumerate(shape) if i not in drop), x.dtype)

    def stack(self, xs, axis):
        shape = xs[0].shape
        for x in xs:
            shape = unify(shape, x.shape, "Cannot stack tensors of different shapes")
        axis = axis_of((*shape, 1), axis)
        return tensor((*shape[:axis], len(xs), *shape[axis:]), xs[0].dtype)

    def split(self, x, sections, axis):
        size = x.shape[axis_of(x.shape, axis)]
        if isinstance(sections, int) and size is not None and size % sections:
            raise ValueError(
                f"Cannot split axis {axis} of shape {x.shape} into {sections} equal parts."
            )
        return super().split(x, sections, axis)

    def repeat(self, x, repeats, axis):
        axis = axis_of(x.shape, axis)
        size = x.shape[axis]
        return tensor(replaced(x.shape, axis, None if size is None else size * repeats), x.dtype)

    def tile(self, x, repeats):
        rank = max(len(x.shape), len(repeats))
        counts = (1,) * (rank - len(repeats)) + tuple(repeats)
        shape = (1,) * (rank - len(x.shape)) + x.shape
        sizes = (None if n is None else n * count for n, count in zip(shape, counts))
        return tensor(dims(sizes), x.dtype)


def _check_index(shape, place, k):
    n = shape[place]
    if type(k) is Unknown:
        return
    try:
        k = operator.index(k)
    except TypeError:
        raise TypeError(f"Cannot index shape {shape} with {k!r}; see ops.take.") from None
    if n is not None and not -n <= k < n:
        raise IndexError(f"Index {k} is out of range for axis {place} of shape {shape}.")
