"""Moving elements. Indices out of range read NaN (integers: the smallest) and add nothing."""

import functools
import itertools
import operator

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def _windows(x, size, strides, dilation):
    spatial = x.shape[1:-1]
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(spatial, size, strides, dilation)]
    if tuple(size) == tuple(strides) and set(dilation) == {1}:
        return _tiles(x, out, size)
    taps = []
    for tap in itertools.product(*map(range, size)):
        start = [t * d for t, d in zip(tap, dilation)]
        stop = [b + (n - 1) * s + 1 for b, n, s in zip(start, out, strides)]
        taps.append(
            lax.slice(x, (0, *start, 0), (x.shape[0], *stop, x.shape[-1]), (1, *strides, 1))
        )
    return jnp.stack(taps, -2).reshape(x.shape[0], *out, *size, x.shape[-1])


def _tiles(x, out, size):
    """Windows that do not overlap: a reshape, which is fast in both directions."""
    batch, rank = x.shape[0], len(size)
    x = x[(slice(None), *(slice(n * k) for n, k in zip(out, size)))]
    x = x.reshape(batch, *itertools.chain(*zip(out, size)), x.shape[-1])
    axes = range(1, 2 * rank + 1)
    return x.transpose(0, *axes[::2], *axes[1::2], 2 * rank + 1)


@functools.partial(jax.jit, static_argnums=(1, 2, 3))
def _fold(x, spatial, strides, dilation):
    rank = len(spatial)
    image = jax.ShapeDtypeStruct((x.shape[0], *spatial, x.shape[-1]), x.dtype)
    window = functools.partial(
        _windows, size=x.shape[rank + 1 : -1], strides=strides, dilation=dilation
    )
    return jax.linear_transpose(window, image)(x)[0]


_reshape = jax.jit(jnp.reshape, static_argnums=1, inline=True)  # 5 us, not 20, in eager use


class Movement:
    transpose = staticmethod(jnp.transpose)
    broadcast_to = staticmethod(jnp.broadcast_to)
    concatenate = staticmethod(jnp.concatenate)
    getitem = staticmethod(operator.getitem)
    flip = staticmethod(jnp.flip)
    take = staticmethod(jnp.take)
    take_along_axis = staticmethod(jnp.take_along_axis)
    sort = staticmethod(jnp.sort)

    expand_dims = staticmethod(jnp.expand_dims)
    squeeze = staticmethod(jnp.squeeze)
    moveaxis = staticmethod(jnp.moveaxis)
    swapaxes = staticmethod(jnp.swapaxes)
    stack = staticmethod(jnp.stack)
    split = staticmethod(jnp.split)
    repeat = staticmethod(jnp.repeat)
    tile = staticmethod(jnp.tile)
    roll = staticmethod(jnp.roll)
    top_k = staticmethod(lax.top_k)

    def reshape(self, x, shape):
        return _reshape(x, tuple(shape))

    windows = staticmethod(jax.jit(_windows, static_argnums=(1, 2, 3)))
    fold = staticmethod(_fold)

    def pad(self, x, widths, value=0):
        return lax.pad(x, np.asarray(value, x.dtype), [(int(a), int(b), 0) for a, b in widths])

    def scatter_add(self, x, indices, updates):
        return x.at[indices].add(updates)

    def argsort(self, x, axis):
        axis = axis % x.ndim
        places = lax.broadcasted_iota(jnp.int32, x.shape, axis)
        return lax.sort((x, places), dimension=axis, num_keys=1, is_stable=True)[1]
