"""Contract, state and gradients: storage that lasts, differentiation, and making a step fast."""

from abc import ABC, abstractmethod
from typing import Any


class State(ABC):
    """Variables' storage, gradients, and compiled steps.

    A *handle* is what an engine keeps for one `keraslite.Variable` (an ndarray, a leaf
    `torch.Tensor`, a `jax.Array`, a `tf.Variable`). While a step is traced or differentiated, the
    handle may be a plain tensor: `read` and `assign` take either.
    """

    # ---- to implement ----

    @abstractmethod
    def make_variable(self, value, trainable) -> Any:
        """A new handle holding a copy of a NumPy array or tensor, on the active device."""

    @abstractmethod
    def value_and_grad(self, fn, has_aux=False) -> Any:
        """A function of (list of float tensors, *rest) that returns fn's value and its gradients.

        `fn(list, *rest)` returns a scalar tensor, or (scalar, aux) with `has_aux`, aux being any
        nest of tensors. Returns `(value, grads)` or `((value, aux), grads)`: grads is a list of
        tensors, zeros where fn does not depend on an input. Value and aux come back free of the
        trace. Calls nest: the gradient of a function that takes gradients inside is right.
        """

    @abstractmethod
    def stop_gradient(self, x) -> Any:
        """x, through which no gradient flows."""

    @abstractmethod
    def custom_gradient(self, fn) -> Any:
        """A function with a gradient of its own.

        `fn(*tensors)` returns `(value, vjp)`, both one tensor's: `vjp(g)` returns the gradient of
        each argument, a tuple (or one tensor if there is one argument).
        """

    # ---- free ----

    def read(self, handle):
        """The tensor that a handle holds now."""
        return handle

    def assign(self, handle, value):
        """Store a tensor of the handle's shape and dtype; returns the handle to keep."""
        return value

    def assign_new(self, handle, value):
        """As `assign`, of a tensor that nobody else holds: it may be kept without a copy."""
        return self.assign(handle, value)

    def feed(self, array, owned=False):
        """What compiled steps take best in place of a NumPy array: a tensor of it, or an array that
        is theirs; `owned` says that nobody changes the array's memory any more."""
        return self.asarray(array, None)

    def compile_step(self, step, state, jit):
        """A function that does what `step` does, faster.

        Args:
            step: function of a nest of tensors (None allowed) to a nest of tensors. It reads and
                assigns Variables, those of `state` and no others.
            state: has `get()`, the list of handles, `set(handles)`, and `version`, which changes
                when what the step reads besides has changed; with an attribute `steady` that is
                True, the step leaves most of it as it is (it tests, it predicts).
            jit: True or False as the user asked, or "auto": what is best for this engine.
        """
        return step

    runs_ahead = False  # whether steps return before their results are computed: fetch them late
    steps_per_call = 1  # how many steps an engine likes to run in one call of `compile_loop`

    def compile_loop(self, step, state, jit, single=None):
        """Several steps in one call: a function of (batches, count).

        Args:
            step, state, jit: as in `compile_step`.
            single: what `compile_step` made of them, where it is at hand.

        `batches` is a nest of tensors, a step's batch behind another along the first axis; the
        first `count` are used, in order. Returns what the last step returned.
        """
        run = single or self.compile_step(step, state, jit)

        def loop(batches, count):
            import optree

            result = None
            for i in range(count):
                result = run(optree.tree_map(lambda x, i=i: x[i], batches))
            return result

        return loop

    def without_gradients(self, fn):
        """fn, for engines that record what they compute: run so that nothing is recorded."""
        return fn

    def abstract_eval(self, fn, specs):
        """Shapes and dtypes of `fn(*tensors)` for arguments given as (shape, dtype) pairs.

        The fallback for layers that call the engine's own functions: None dimensions are probed
        with two sizes, and a result's dimension that differs between the two is None.
        Returns a nest of (shape, dtype) pairs like fn's result.
        """
        import optree

        def probe(size):
            inputs = [
                self.zeros(tuple(size if n is None else n for n in shape), dtype)
                for shape, dtype in specs
            ]
            leaf = self.is_tensor
            return optree.tree_map(
                lambda t: (tuple(self.shape(t)), self.dtype(t)), fn(*inputs), is_leaf=leaf
            )

        def is_spec(x):
            return isinstance(x, tuple) and len(x) == 2 and isinstance(x[1], str)

        def merge(a, b):
            return tuple(m if m == n else None for m, n in zip(a[0], b[0])), a[1]

        if all(None not in shape for shape, _ in specs):
            return probe(1)
        return optree.tree_map(merge, probe(2), probe(3), is_leaf=is_spec)

    def seed(self, seed):
        """Seed the engine's own global generator too, for users' native code."""
