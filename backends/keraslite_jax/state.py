"""State, gradients and compiled steps: `jax.value_and_grad`, `jax.jit` with donated state."""

import functools
from collections import OrderedDict

import jax
import jax.numpy as jnp
from jax import lax

from keraslite_jax.arrays import placed


class State:
    """A handle is a `jax.Array`, or the tracer that stands for it inside a step."""

    stop_gradient = staticmethod(lax.stop_gradient)
    custom_gradient = staticmethod(jax.custom_gradient)

    def make_variable(self, value, trainable):
        if isinstance(value, jax.core.Tracer):
            return value
        with jax.ensure_compile_time_eval():  # a layer that builds itself inside a trace
            return placed(jnp.array(value))

    def value_and_grad(self, fn, has_aux=False):
        return jax.value_and_grad(fn, has_aux=has_aux)

    def compile_step(self, step, state, jit):
        """`step` under `jax.jit`: state goes in as donated arguments and comes out as results.

        A step takes over the memory of the arrays that the step before left in the state, so a
        reference to one of them, kept by a user, is deleted by the next step (JAX says so).
        """
        if jit is False:
            return step

        @functools.partial(jax.jit, donate_argnums=0)
        def pure(handles, args):
            state.set(handles)
            result = in_order(step(*args))
            return result, list(state.get())

        owned = []  # the handles that the last call made: the only ones that may be donated as is

        def run(*args):
            nonlocal owned
            handles = list(state.get())
            ours = len(owned) == len(handles)
            donated = [h if ours and h is owned[i] else jnp.array(h) for i, h in enumerate(handles)]
            try:
                result, owned = pure(donated, args)
            except BaseException:
                state.set(handles)
                raise
            state.set(owned)
            return result

        return run

    def abstract_eval(self, fn, specs):
        return super().abstract_eval(lambda *xs: jax.eval_shape(fn, *xs), specs)


def in_order(nest):
    """Dicts as OrderedDicts: JAX returns the keys of plain ones sorted, and logs have an order."""
    if isinstance(nest, dict):
        return OrderedDict((key, in_order(value)) for key, value in nest.items())
    return [in_order(value) for value in nest] if type(nest) is list else nest
