"""Loops and branches that engines can trace: `cond`, `while_loop`, `scan`, `map` and kin.

Carried values and results are nests of tensors (lists, tuples, dicts); shapes and dtypes stay the
same from step to step.
"""

import optree

from keraslite.backend.context import context
from keraslite.ops.dispatch import ArgumentError, boolean, checked_axis, dtype_of, op, tensor


def _flat(nest):
    """(tuple of tensors, structure) of a nest."""
    leaves, structure = optree.tree_flatten(nest)
    return tuple([tensor(leaf) for leaf in leaves]), structure


class _Structured:
    """`fn` on flat tuples of tensors; keeps the structure of its result for the caller."""

    def __init__(self, fn):
        self.fn = fn
        self.structure = None

    def __call__(self, *args):
        leaves, self.structure = _flat(self.fn(*args))
        return leaves

    def restore(self, leaves):
        return self.structure.unflatten(leaves)


@op
def cond(pred, true_fn, false_fn):
    """true_fn() if a scalar condition holds, else false_fn(); both return nests of one structure.

    >>> from keraslite import ops
    >>> float(ops.cond(True, lambda: ops.ones(()), lambda: ops.zeros(())))
    1.0
    """
    if isinstance(pred, bool):
        return true_fn() if pred else false_fn()
    pred = boolean(pred)
    if len(pred.shape):
        raise ArgumentError(f"`pred` must be a scalar, found shape {tuple(pred.shape)}.")
    branches = _Structured(true_fn), _Structured(false_fn)
    leaves = context.backend.cond(pred, *branches)
    return next(b for b in branches if b.structure is not None).restore(leaves)


@op
def switch(index, branches, *operands):
    """branches[index](*operands); an index out of range takes the nearest branch."""
    if not branches:
        raise ArgumentError("`branches` is empty.")
    if isinstance(index, int):
        return branches[min(max(index, 0), len(branches) - 1)](*operands)
    index = tensor(index, "int32")

    def choose(first):
        if first == len(branches) - 1:
            return branches[first](*operands)
        here = context.backend.less_equal(index, first)
        return cond(here, lambda: branches[first](*operands), lambda: choose(first + 1))

    return choose(0)


@op
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """loop_vars = body(*loop_vars) while cond(*loop_vars), at most `maximum_iterations` times.

    `loop_vars` is a tuple or list (or one tensor); body returns the like.
    """
    several = isinstance(loop_vars, (tuple, list))
    carry, structure = _flat(tuple(loop_vars) if several else (loop_vars,))

    def condition(*leaves):
        return boolean(cond(*structure.unflatten(leaves)))

    def step(*leaves):
        new = body(*structure.unflatten(leaves))
        new, found = _flat(tuple(new) if isinstance(new, (tuple, list)) else (new,))
        if found != structure:
            raise ArgumentError(f"`body` must return what it takes: {structure}, found {found}.")
        return tuple(_like(n, old) for n, old in zip(new, leaves))

    leaves = context.backend.while_loop(condition, step, carry, maximum_iterations)
    result = structure.unflatten(leaves)
    if not several:
        return result[0]
    return list(result) if isinstance(loop_vars, list) else result


def _like(new, old):
    """A carried value in the dtype that it had."""
    return tensor(new, dtype_of(old))


@op
def fori_loop(lower, upper, body_fun, init_val):
    """value = body_fun(i, value) for i from lower up to and without upper."""

    def body(i, value):
        return i + 1, body_fun(i, value)

    lower, upper = tensor(lower, "int32"), tensor(upper, "int32")
    state = while_loop(lambda i, _: context.backend.less(i, upper), body, (lower, init_val))
    return state[1]


@op
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """carry, y = f(carry, x) over the slices of xs along axis 0; differentiable.

    Args:
        f: function of (carry, x) that returns (carry, y); y may be None.
        init: nest, the first carry.
        xs: nest of tensors with one first size, or None.
        length: the number of steps, needed without xs.
        reverse: from the last slice to the first; ys stay in the order of xs.
        unroll: a hint that changes no value.

    Returns:
        (the last carry, the ys stacked along a first axis).

    >>> from keraslite import ops
    >>> total, sums = ops.scan(lambda c, x: (c + x, c + x), 0.0, ops.ones((3,)))
    >>> ops.convert_to_numpy(sums).tolist()
    [1.0, 2.0, 3.0]
    """
    if xs is None and length is None:
        raise ArgumentError("`length` is needed where `xs` is None.")
    carry, carry_structure = _flat(init)
    slices, xs_structure = _flat(xs)
    sizes = {x.shape[0] for x in slices if len(x.shape)} - {None}
    if len(sizes) > 1 or any(not len(x.shape) for x in slices):
        raise ArgumentError(f"all of `xs` must have one first size, found {sorted(sizes)}.")
    if length is not None and sizes - {length}:
        raise ArgumentError(f"`length` is {length}, but `xs` have first size {sizes.pop()}.")
    outputs = _Structured(lambda y: y)

    def step(carry, x):
        new, y = f(carry_structure.unflatten(carry), xs_structure.unflatten(x))
        new, found = _flat(new)
        if found != carry_structure:
            raise ArgumentError(
                f"`f` must return a carry like the one it takes: {carry_structure}, found {found}."
            )
        return tuple(_like(n, old) for n, old in zip(new, carry)), outputs(y)

    last, ys = context.backend.scan(step, carry, slices, length, reverse)
    return carry_structure.unflatten(last), outputs.restore(ys)


@op
def map(f, xs):
    """f over the slices of xs (a nest) along axis 0, one after another, results stacked."""
    return scan(lambda carry, x: (carry, f(x)), (), xs)[1]


@op
def vectorized_map(function, elements):
    """`function` over the slices of a nest along axis 0, all at once, results stacked.

    `function` takes one argument, a nest of slices like `elements`, and may return any nest.

    >>> from keraslite import ops
    >>> pairs = ops.array([1, 2]), ops.array([3, 4])
    >>> ops.vectorized_map(lambda pair: pair[0] * pair[1], pairs).tolist()
    [3, 8]
    """
    leaves, structure = _flat(elements)
    inner = _Structured(lambda *slices: function(structure.unflatten(slices)))
    return inner.restore(context.backend.vectorized_map(inner, leaves))


@op
def associative_scan(f, elems, reverse=False, axis=0):
    """Running combination of slices along an axis by an associative function of two nests.

    Combines over distances 1, 2, 4, ... (Hillis and Steele, 1986), so that `f` is called about
    log2(n) times on whole slabs.
    """
    leaves, structure = _flat(elems)
    backend = context.backend
    axis = checked_axis(axis, min(len(x.shape) for x in leaves))
    size = leaves[0].shape[axis]
    if size is None or any(x.shape[axis] != size for x in leaves):
        raise ArgumentError(f"all of `elems` must have one known size along axis {axis}.")
    if reverse:
        leaves = tuple(backend.flip(x, axis) for x in leaves)
    step = 1
    while step < size:
        earlier = structure.unflatten(backend.slice_axis(x, axis, 0, size - step) for x in leaves)
        later = structure.unflatten(backend.slice_axis(x, axis, step, size) for x in leaves)
        combined, _ = _flat(f(earlier, later))
        leaves = tuple(
            backend.concatenate([backend.slice_axis(x, axis, 0, step), new], axis)
            for x, new in zip(leaves, combined)
        )
        step *= 2
    if reverse:
        leaves = tuple(backend.flip(x, axis) for x in leaves)
    return structure.unflatten(leaves)
