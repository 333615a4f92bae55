"""Moving elements on torch."""

import itertools

import torch
from torch.nn import functional as F

from keraslite_torch.arrays import computes_unsigned


class Movement:
    reshape = staticmethod(torch.reshape)
    transpose = staticmethod(torch.permute)
    broadcast_to = staticmethod(torch.broadcast_to)
    concatenate = staticmethod(torch.cat)

    def pad(self, x, widths, value=0):
        flat = [n for pair in reversed(widths) for n in pair]  # torch counts from the last axis
        return F.pad(x, flat, value=value)

    @computes_unsigned
    def getitem(self, x, key):
        try:
            return x[key]
        except ValueError:  # a negative step, which torch's slices do not have
            return _reversing_getitem(x, key)

    @computes_unsigned
    def flip(self, x, axis):
        return torch.flip(x, (axis,) if isinstance(axis, int) else axis)

    @computes_unsigned
    def take(self, x, indices, axis):
        axis = axis % x.ndim
        if indices.dtype not in (torch.int32, torch.int64):
            indices = indices.to(torch.int64)
        indices = torch.add(indices, indices < 0, alpha=x.shape[axis])  # out of range stays so
        if axis == 0 and x.ndim == 2:
            return F.embedding(indices, x)
        taken = torch.index_select(x, axis, indices.reshape(-1))
        return taken.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])

    @computes_unsigned
    def take_along_axis(self, x, indices, axis):
        return torch.take_along_dim(x, indices.to(torch.int64), axis)

    @computes_unsigned
    def scatter_add(self, x, indices, updates):
        return torch.index_add(x, 0, indices, updates)

    def sort(self, x, axis):
        return torch.sort(x, dim=axis, stable=True).values

    @computes_unsigned
    def argsort(self, x, axis):
        return torch.argsort(x, dim=axis, stable=True).to(torch.int32)

    @computes_unsigned
    def windows(self, x, size, strides, dilation):
        for i, (k, stride, gap) in enumerate(zip(size, strides, dilation), 1):
            x = x.unfold(i, (k - 1) * gap + 1, stride)
            x = x[..., ::gap] if gap > 1 else x
        rank = len(size)  # now (N, *out, C, *size)
        taps = range(rank + 2, 2 * rank + 2)
        return x.permute(*range(rank + 1), *taps, rank + 1)

    def fold(self, x, spatial, strides, dilation):
        rank = len(spatial)
        out, size = x.shape[1 : rank + 1], x.shape[rank + 1 : -1]
        total = x.new_zeros((x.shape[0], *spatial, x.shape[-1]))
        for tap in itertools.product(*map(range, size)):
            places = (
                slice(t * gap, t * gap + stride * (n - 1) + 1, stride)
                for t, gap, stride, n in zip(tap, dilation, strides, out)
            )
            total[(slice(None), *places)] += x[(slice(None),) * (rank + 1) + tap]
        return total

    # ---- overrides ----

    def expand_dims(self, x, axis):
        if isinstance(axis, int):
            return torch.unsqueeze(x, axis)
        return super().expand_dims(x, axis)

    def squeeze(self, x, axis=None):
        return torch.squeeze(x) if axis is None else torch.squeeze(x, axis)

    moveaxis = staticmethod(torch.movedim)
    swapaxes = staticmethod(torch.swapaxes)
    stack = staticmethod(torch.stack)
    tile = staticmethod(torch.tile)

    def unstack(self, x, axis):
        return list(torch.unbind(x, axis))

    def split(self, x, sections, axis):
        return list(torch.tensor_split(x, sections, axis))

    def repeat(self, x, repeats, axis):
        return torch.repeat_interleave(x, repeats, axis)

    def roll(self, x, shift, axis):
        return torch.roll(x, shift, axis)


def _reversing_getitem(x, key):
    """Basic indexing in which an axis with a negative step is flipped first."""
    key = key if isinstance(key, tuple) else (key,)
    named = sum(k is not None and k is not Ellipsis for k in key)
    axis, forward = 0, []
    for k in key:
        if isinstance(k, slice) and k.step is not None and k.step < 0:
            size = x.shape[axis]
            places = range(size)[k]
            x = torch.flip(x, (axis,))
            k = slice(size - 1 - places.start, size - 1 - places.stop, -places.step)
        forward.append(k)
        axis += x.ndim - named if k is Ellipsis else k is not None
    return x[tuple(forward)]
