"""Neural network functions that JAX has in one piece."""

import jax


class Neural:
    softmax = staticmethod(jax.nn.softmax)
    log_softmax = staticmethod(jax.nn.log_softmax)

    def logsumexp(self, x, axis=None, keepdims=False):
        return jax.nn.logsumexp(x, axis, keepdims=keepdims)
