"""Neural network functions that JAX has in one piece, compiled for eager use."""

import jax


class Neural:
    softmax = staticmethod(jax.jit(jax.nn.softmax, static_argnums=1))
    log_softmax = staticmethod(jax.jit(jax.nn.log_softmax, static_argnums=1))

    def logsumexp(self, x, axis=None, keepdims=False):
        return jax.nn.logsumexp(x, axis, keepdims=keepdims)
