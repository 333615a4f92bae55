"""State, gradients and compiled steps: `jax.value_and_grad`, `jax.jit` with donated state."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from keraslite_jax.arrays import placed


class State:
    """A handle is a `jax.Array`, or the tracer that stands for it inside a step."""

    stop_gradient = staticmethod(lax.stop_gradient)
    custom_gradient = staticmethod(jax.custom_gradient)

    def make_variable(self, value, trainable):
        return placed(jnp.array(value))  # a copy: a step may take this memory over

    def value_and_grad(self, fn, has_aux=False):
        return jax.value_and_grad(fn, has_aux=has_aux)

    def compile_step(self, step, state, jit):
        if jit is False:
            return step

        @functools.partial(jax.jit, donate_argnums=0)
        def pure(handles, args):
            state.set(handles)
            result = step(*args)
            return result, state.get()

        owned = []  # what the last call returned: memory that nothing but the state refers to

        def run(*args):
            nonlocal owned
            handles = list(state.get())
            given = [h if any(h is o for o in owned) else jnp.array(h) for h in handles]
            try:
                result, owned = pure(given, args)
            except BaseException:
                state.set(handles)
                raise
            state.set(owned)
            return result

        return run
