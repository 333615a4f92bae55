"""Products of matrices and tensors."""

import operator

import jax
import jax.numpy as jnp


class Contractions:
    matmul = staticmethod(operator.matmul)
    einsum = staticmethod(jax.jit(jnp.einsum, static_argnums=0))

    def tensordot(self, x, y, axes):
        return jnp.tensordot(x, y, axes)
