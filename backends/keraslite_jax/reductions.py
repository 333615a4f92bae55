"""Reductions; `jax.numpy` would widen small integers, so the dtype is always given."""

import jax.numpy as jnp
from jax import lax


class Reductions:
    def max(self, x, axis=None, keepdims=False):
        return jnp.max(x, axis, keepdims=keepdims)

    def min(self, x, axis=None, keepdims=False):
        return jnp.min(x, axis, keepdims=keepdims)

    def any(self, x, axis=None, keepdims=False):
        return jnp.any(x, axis, keepdims=keepdims)

    def all(self, x, axis=None, keepdims=False):
        return jnp.all(x, axis, keepdims=keepdims)

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
