"""Reductions; `jax.numpy` would widen small integers, so the dtype is always given."""

import jax.numpy as jnp
from jax import lax


class Reductions:
    max = staticmethod(jnp.max)
    min = staticmethod(jnp.min)
    any = staticmethod(jnp.any)
    all = staticmethod(jnp.all)

    def sum(self, x, axis=None, keepdims=False):
        return jnp.sum(x, axis, x.dtype, keepdims=keepdims)

    def prod(self, x, axis=None, keepdims=False):
        return jnp.prod(x, axis, x.dtype, keepdims=keepdims)

    def argmax(self, x, axis, keepdims=False):
        index = lax.argmax(x, axis % x.ndim, jnp.int32)
        return jnp.expand_dims(index, axis) if keepdims else index

    def argmin(self, x, axis, keepdims=False):
        index = lax.argmin(x, axis % x.ndim, jnp.int32)
        return jnp.expand_dims(index, axis) if keepdims else index

    def cumsum(self, x, axis):
        return jnp.cumsum(x, axis, x.dtype)

    def cumprod(self, x, axis):
        return jnp.cumprod(x, axis, x.dtype)
