"""Loops and branches: `lax`'s."""

import jax
import jax.numpy as jnp
from jax import lax


class Control:
    scan = staticmethod(lax.scan)
    cond = staticmethod(lax.cond)

    def while_loop(self, condition, body, carry, limit=None):
        if limit is None:
            return lax.while_loop(lambda c: condition(*c), lambda c: tuple(body(*c)), tuple(carry))

        def goes_on(state):
            return jnp.logical_and(state[0] < limit, condition(*state[1]))

        def advance(state):
            return state[0] + 1, tuple(body(*state[1]))

        return lax.while_loop(goes_on, advance, (jnp.int32(0), tuple(carry)))[1]

    def vectorized_map(self, fn, xs):
        return jax.vmap(fn)(*xs)
