"""State, gradients and compiled steps: `jax.value_and_grad`, `jax.jit` with donated state."""

import functools
from itertools import zip_longest

import jax
import jax.numpy as jnp
import optree
from jax import lax
from jax.tree_util import Partial

from keraslite_jax.arrays import placed


def _pack(nest):
    """A nest as a pytree that JAX takes apart without sorting the keys of dicts."""
    leaves, spec = optree.tree_flatten(nest)
    return Partial(spec.unflatten, leaves)


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
        if not has_aux:
            return jax.value_and_grad(fn)

        def with_packed_aux(inputs, *rest):
            value, aux = fn(inputs, *rest)
            return value, _pack(aux)

        def differentiated(inputs, *rest):
            (value, aux), gradients = jax.value_and_grad(with_packed_aux, has_aux=True)(
                inputs, *rest
            )
            return (value, aux()), gradients

        return differentiated

    def compile_step(self, step, state, jit):
        """`step` under `jax.jit`: state goes in as donated arguments and comes out as results.

        A step takes over the memory of the arrays that the step before left in the state, so a
        reference to one of them, kept by a user, is deleted by the next step (JAX says so).
        """
        if jit is False:
            return step

        @functools.partial(jax.jit, donate_argnums=0, static_argnums=2)
        def pure(handles, leaves, nest):
            state.set(handles)
            return _pack(step(*nest.unflatten(leaves))), list(state.get())

        owned = []  # the handles that the last call made: the only ones that may be donated as is

        def run(*args):
            nonlocal owned
            handles = state.get()
            donated = [h if h is o else jnp.array(h) for h, o in zip_longest(handles, owned)]
            try:
                result, owned = pure(donated, *optree.tree_flatten(args))
            except BaseException:
                state.set(handles)
                raise
            state.set(owned)
            return result()

        return run

    def abstract_eval(self, fn, specs):
        return super().abstract_eval(lambda *xs: jax.eval_shape(fn, *xs), specs)
