"""State, gradients and compiled steps: `jax.value_and_grad`, `jax.jit` with donated state."""

import functools
from itertools import zip_longest

import jax
import jax.numpy as jnp
import numpy as np
import optree
from jax import lax
from jax.tree_util import Partial

from keraslite.backend.context import context
from keraslite.backend.nests import signature
from keraslite.backend.patience import patient
from keraslite_jax.arrays import copied, placed, platform


def _pack(nest):
    """A nest as a pytree that JAX takes apart without sorting the keys of dicts."""
    leaves, spec = optree.tree_flatten(nest)
    return Partial(spec.unflatten, leaves)


def _traced(step, state, handles, args):
    """(result, new handles) of a step on traced handles."""
    state.set(handles)
    return _pack(step(*args)), list(state.get())


def _is_steady(state):
    return getattr(state, "steady", False)


def _donated(state):
    """Whether a compiled step takes over its first argument, the handles, for `jax.jit`."""
    return () if _is_steady(state) else 0


def _replaced(old, new, state):
    """What a compiled step returns of its new handles: None where a steady one's are the old."""
    return [None if n is o else n for o, n in zip(old, new)] if _is_steady(state) else new


def _as(new, old):
    """A new value of what a loop carries, whose type may not change."""
    return lax.convert_element_type(new, old.dtype)


def _in_parts(batches):
    """Stacked batches as arrays that are quick to take batches from: on a CPU, views by NumPy."""
    return optree.tree_map(np.asarray, batches) if platform() == "cpu" else batches


_SMALL = 1 << 16  # bytes of an array

_LEAKED = (
    "A step has assigned a Variable that its model does not hold. Keep layers, metrics, optimizers"
    " and Variables in attributes of the model, or in lists or dicts there."
)


def _with_state(pure, state):
    """`pure(handles, ...)`, which returns (result, replaced handles), as a function that reads the
    state and writes it."""
    steady = _is_steady(state)
    owned = []  # the handles that the last call made: the only ones that may be donated as is

    def call(*args):
        nonlocal owned
        given = handles = state.get()
        if not steady:
            given = [h if h is o else copied(h) for h, o in zip_longest(handles, owned)]
        try:
            result, new = pure(given, *args)
        except BaseException as error:
            state.set(handles)
            if isinstance(error, jax.errors.UnexpectedTracerError):
                error.add_note(_LEAKED)
            raise
        if steady:
            new = [h if n is None else n for h, n in zip(handles, new)]
        else:
            owned = new
        state.set(new)
        return result()

    return call


class State:
    """A handle is a `jax.Array`, or the tracer that stands for it inside a step."""

    stop_gradient = staticmethod(lax.stop_gradient)
    custom_gradient = staticmethod(jax.custom_gradient)

    def make_variable(self, value, trainable):
        if isinstance(value, jax.core.Tracer):
            return value
        with jax.ensure_compile_time_eval():  # a layer that builds itself inside a trace
            return copied(placed(value)) if isinstance(value, jax.Array) else self.asarray(value)

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

    def feed(self, array, owned=False):
        """Of a small array itself, which a step takes to the device 0.04 ms faster; of an array
        that may change a copy, since a step may read its memory later."""
        array = array if owned else array.copy()
        small = array.nbytes <= _SMALL and context.device is None
        return array if small else placed(jax.device_put(array))

    runs_ahead = True
    steps_per_call = 256

    def compile_step(self, step, state, jit):
        """`step` under `jax.jit`: state goes in as donated arguments and comes out as results.

        A step takes over the memory of the arrays that the step before left in the state, so a
        reference to one of them, kept by a user, is deleted by the next step (JAX says so). Of a
        steady state nothing is donated, and only what changes comes out.
        """
        if jit is False:
            return lambda *args: step(*optree.tree_map(self.asarray, args))

        keys = set()

        @functools.partial(jax.jit, donate_argnums=_donated(state), static_argnums=2)
        def pure(handles, leaves, nest):
            args = nest.unflatten(leaves)
            keys.add(signature(args)[1])
            result, new = _traced(step, state, handles, args)
            return result, _replaced(handles, new, state)

        call = _with_state(pure, state)

        def run(*args):
            return call(*optree.tree_flatten(args))

        run.keys = keys
        return run

    def compile_loop(self, step, state, jit, single=None):
        """`lax.fori_loop` over the batches, under one `jax.jit`; the number of them is no constant,
        so one compilation serves any.

        On a CPU, XLA runs convolutions in a loop on one thread, naively: steps with such are called
        one by one.
        """
        if jit is False:
            return super().compile_loop(step, state, jit, single)
        single = single or self.compile_step(step, state, jit)

        @functools.partial(jax.jit, donate_argnums=_donated(state), static_argnums=3)
        def pure(handles, count, leaves, nest):
            def one(i, handles):
                batch = [lax.dynamic_index_in_dim(x, i, 0, keepdims=False) for x in leaves]
                return _traced(step, state, handles, nest.unflatten(batch))

            def silent(i, handles):
                nonlocal result
                result, new = one(i, handles)
                return list(map(_as, new, handles))

            def body(i, carry):
                last, new = one(i, carry[1])
                return list(map(_as, jax.tree.leaves(last), carry[0])), list(map(_as, new, handles))

            result = None
            new = lax.fori_loop(0, count, silent, handles)
            leaves_out, structure = jax.tree.flatten(result)
            if not leaves_out:  # the usual case: metrics are read from the state
                return result, _replaced(handles, new, state)
            empty = [jnp.zeros(jnp.shape(x), jnp.result_type(x)) for x in leaves_out]
            last, new = lax.fori_loop(0, count, body, (empty, handles))
            return jax.tree.unflatten(structure, last), _replaced(handles, new, state)

        def convolves(*args):
            kept = state.get()
            try:
                traced = pure.trace(kept, *args)
            finally:  # a step that raises leaves no tracers behind
                state.set(kept)
            return platform() == "cpu" and "conv_general" in str(traced.jaxpr)

        call, singly = _with_state(pure, state), super().compile_loop(step, state, jit, single)
        slow = {}

        def in_parts(batches, count):
            return singly(_in_parts(batches), count)

        def run(batches, count):
            leaves, key = signature((batches,))
            if key not in slow:
                slow[key] = convolves(count, leaves, key[0])
            return in_parts(batches, count) if slow[key] else call(count, leaves, key[0])

        return patient(run, in_parts, single.keys)

    def abstract_eval(self, fn, specs):
        return super().abstract_eval(lambda *xs: jax.eval_shape(fn, *xs), specs)
