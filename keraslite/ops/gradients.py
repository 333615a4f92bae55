"""Gradients of functions of tensors and Variables, on every engine."""

import functools

import optree

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS
from keraslite.core.keras_tensor import any_symbolic
from keraslite.core.variable import Variable
from keraslite.ops.dispatch import dtype_of, op, tensor


@op
def stop_gradient(variable):
    """The same values, through which no gradient flows.

    >>> from keraslite import ops
    >>> value, grad = ops.value_and_grad(lambda x: x * ops.stop_gradient(x))(3.0)
    >>> float(grad)
    3.0
    """
    return context.backend.stop_gradient(tensor(variable))


def custom_gradient(f):
    """A function with a gradient of its own.

    Args:
        f: function of tensors that returns `(output, grad_fn)`: one tensor, and a function that
            takes the gradient of the output and returns that of each argument, in a tuple if there
            are several.

    >>> from keraslite import ops
    >>> @ops.custom_gradient
    ... def doubled_gradient(x):
    ...     return x * 1.0, lambda upstream: 2 * upstream
    >>> value, grad = ops.value_and_grad(doubled_gradient)(5.0)
    >>> float(value), float(grad)
    (5.0, 2.0)
    """

    @op
    @functools.wraps(f)
    def with_gradient(*args):
        return context.backend.custom_gradient(f)(*map(tensor, args))

    return with_gradient


def value_and_grad(fn, has_aux=False):
    """A function that computes fn's value and its gradient by the first argument.

    Args:
        fn: function of `(tree, *args, **kwargs)` that returns a float scalar; with `has_aux`
            `(scalar, aux)`, aux being any nest.
        has_aux: whether fn returns something beside the scalar.

    Returns:
        A function of the same arguments that returns `(value, gradients)`, with `has_aux`
        `((value, aux), gradients)`. `tree` is a nest of float tensors, arrays, numbers or
        Variables; the gradients have its structure, zeros where fn does not depend on a leaf.
        Calls nest, for gradients of gradients.

    Variables in `tree` are differentiated wherever fn reads them, also inside layers. Other
    Variables may be assigned in fn (batch statistics, seeds): they keep what was assigned, through
    which no gradient flows.

    Raises:
        ValueError: a leaf is not floating or symbolic, fn returns no float scalar, fn assigns a
            Variable that it is differentiated by.

    >>> from keraslite import ops
    >>> value, grads = ops.value_and_grad(lambda p: p["w"] * p["w"] + p["b"])({"w": 3.0, "b": 1.0})
    >>> float(value), {name: float(g) for name, g in sorted(grads.items())}
    (10.0, {'b': 1.0, 'w': 6.0})
    """

    def wrapped(tree, *args, **kwargs):
        leaves, structure = _flattened(tree)
        if (structure is not None or args or kwargs) and any_symbolic((leaves, args), kwargs):
            raise ValueError(
                "value_and_grad: KerasTensors have no values to differentiate at."
                " Call it on tensors, for example in `train_step`."
            )
        frame = _Frame(leaves)

        def call(inputs):
            return fn(inputs if structure is None else structure.unflatten(inputs), *args, **kwargs)

        def traced(tensors):
            return frame.run(call, tensors, has_aux)

        (value, (aux, assigned)), gradients = context.backend.value_and_grad(traced, has_aux=True)(
            frame.inputs
        )
        frame.keep(assigned)
        gradients = gradients if structure is None else structure.unflatten(gradients)
        return ((value, aux) if has_aux else value), gradients

    return wrapped


def _flattened(tree):
    """(leaves, structure); the structure of a flat list of Variables, the usual case, is None."""
    if type(tree) is list and {Variable}.issuperset(map(type, tree)):
        return tree, None
    return optree.tree_flatten(tree)


class _Frame:
    """One differentiated call: what is bound while it runs, and what it assigned."""

    def __init__(self, leaves):
        self.leaves = leaves
        self.inputs = [_input(leaf, i) for i, leaf in enumerate(leaves)]
        self.changed = ()
        self.outer = context.assignments
        variables = [v for v in leaves if isinstance(v, Variable)]
        watched = dict(zip(map(id, variables), variables))
        if len(watched) < len(variables):
            raise ValueError("value_and_grad: a Variable is among the leaves twice.")
        self.log = _Assignments(watched, self.outer)

    def run(self, fn, tensors, has_aux):
        """fn's (value, (aux, assigned values)) with Variables bound to traced tensors."""
        self.log.clear()
        bound, inputs = [], []
        for leaf, traced in zip(self.leaves, tensors):
            if isinstance(leaf, Variable):
                bound.append((leaf, leaf._value, traced))
                traced = leaf
            inputs.append(traced)
        outer, context.assignments = context.assignments, self.log
        try:
            for variable, _, traced in bound:
                variable._value = traced
            result = fn(inputs)
            value, aux = _checked(result, has_aux)
            self.changed = [(v, old) for v, old in self.log.values() if v._value is not old]
            return value, (aux, [v.backend.read(v._value) for v, _ in self.changed])
        finally:
            context.assignments = outer
            for variable, old, _ in bound:
                variable._value = old
            for variable, old in self.log.values():
                variable._value = old

    def keep(self, values):
        """Store what fn assigned, now that it is free of the trace."""
        for (variable, old), value in zip(self.changed, values):
            if self.outer is not None and id(variable) not in self.outer:
                self.outer[id(variable)] = (variable, old)
            variable._value = variable.backend.assign(old, value)


class _Assignments(dict):
    """`context.assignments` of a frame: id -> (variable, handle before the first assignment)."""

    def __init__(self, watched, outer):
        super().__init__()
        self.watched = watched
        self.outer = outer

    def __setitem__(self, key, entry):
        log = self
        while isinstance(log, _Assignments):
            if key in log.watched:
                raise ValueError(
                    f"value_and_grad: variable {entry[0].path!r} is assigned by the function that"
                    " is differentiated by it. Assign it after the gradients are computed."
                )
            log = log.outer
        super().__setitem__(key, entry)


def _input(leaf, index):
    """A leaf as a tensor of the engine."""
    if type(leaf) is Variable and leaf.backend is context.backend:
        value = leaf.backend.read(leaf._value)
        if leaf._is_float:
            return value
    else:
        value = tensor(leaf)
    dtype = dtype_of(value)
    if dtype not in FLOATS:
        name = f"variable {leaf.path!r}" if isinstance(leaf, Variable) else f"leaf {index}"
        raise ValueError(
            f"value_and_grad: gradients exist for floats only, but {name} of the first argument"
            f" has dtype {dtype}."
        )
    return value


def _checked(result, has_aux):
    """(scalar, aux) of what fn returned."""
    if has_aux:
        if not isinstance(result, tuple) or len(result) != 2:
            raise ValueError(
                "value_and_grad: with has_aux=True the function must return (value, aux), found"
                f" {type(result).__name__}."
            )
        value, aux = result
    else:
        value, aux = result, None
    value = tensor(value)
    dtype, shape = dtype_of(value), tuple(context.backend.shape(value))
    if shape != () or dtype not in FLOATS:
        raise ValueError(
            f"value_and_grad: the function must return a float scalar, found {dtype} of shape"
            f" {shape}. Reduce it, for example with keraslite.ops.mean."
        )
    return value, aux
