"""Products of matrices and tensors.

Operands are promoted to one dtype; products of integers stay integers.
"""

import string

from keraslite.backend.context import context
from keraslite.ops.dispatch import (
    INTS,
    ArgumentError,
    checked_axis,
    dtype_of,
    float_dtypes,
    op,
    promoted,
    promoted_list,
    tensor,
)


@op
def matmul(x1, x2):
    """Matrix product over the last two axes; the axes before broadcast; vectors as in NumPy.

    The product of two int8 tensors is int32.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.matmul([[1, 2], [3, 4]], [1, 1])).tolist()
    [3, 7]
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype in float_dtypes:
        return context.backend.matmul(x1, x2)
    if dtype_of(x1) == "int8":
        x1, x2 = tensor(x1, "int32"), tensor(x2, "int32")
    return _product(context.backend.matmul, x1, x2)


def _product(product, *xs):
    """A product of operands of one dtype; that of bools (true where a sum is not 0) in int32."""
    if dtype_of(xs[0]) != "bool":
        return product(*xs)
    return tensor(product(*[tensor(x, "int32") for x in xs]), "bool")


@op
def dot(x1, x2):
    """NumPy's `dot`: the last axis of x1 with the last but one (or only) axis of x2."""
    x1, x2 = promoted_list((x1, x2))
    backend = context.backend
    if not len(x1.shape) or not len(x2.shape):
        return _product(backend.multiply, x1, x2)
    if len(x1.shape) <= 2 and len(x2.shape) <= 2:
        return _product(backend.matmul, x1, x2)
    axes = (-1,), (max(len(x2.shape) - 2, 0),)
    return _product(lambda x1, x2: backend.tensordot(x1, x2, axes), x1, x2)


@op
def vdot(x1, x2):
    """Sum of the products of all elements."""
    x1, x2 = promoted_list((x1, x2))
    backend = context.backend
    return _product(backend.matmul, backend.reshape(x1, (-1,)), backend.reshape(x2, (-1,)))


@op
def inner(x1, x2):
    """Sum of products over the last axis of both."""
    x1, x2 = promoted_list((x1, x2))
    if not len(x1.shape) or not len(x2.shape):
        return _product(context.backend.multiply, x1, x2)
    return _product(lambda x1, x2: context.backend.tensordot(x1, x2, ((-1,), (-1,))), x1, x2)


@op
def outer(x1, x2):
    """Product of each element of x1 with each of x2, both flattened: a matrix."""
    x1, x2 = promoted_list((x1, x2))
    backend = context.backend
    return _product(backend.multiply, backend.reshape(x1, (-1, 1)), backend.reshape(x2, (1, -1)))


@op
def tensordot(x1, x2, axes=2):
    """Sum of products over axes of both.

    `axes` is an int (the last so many of x1, the first so many of x2), or a pair: axes of x1 and
    axes of x2, ints or sequences.
    """
    x1, x2 = promoted_list((x1, x2))
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, INTS):
        if not 0 <= axes <= min(rank1, rank2):
            raise ArgumentError(f"`axes` {axes} is out of range for ranks {rank1} and {rank2}.")
        axes = range(rank1 - axes, rank1), range(axes)
    first, second = ((a,) if isinstance(a, INTS) else tuple(a) for a in axes)
    if len(first) != len(second):
        raise ArgumentError(f"`axes` must name as many axes of x1 as of x2, found {axes}.")
    first = tuple(checked_axis(a, rank1, "axes") for a in first)
    second = tuple(checked_axis(a, rank2, "axes") for a in second)
    return _product(lambda x1, x2: context.backend.tensordot(x1, x2, (first, second)), x1, x2)


@op
def einsum(subscripts, *operands):
    """Einstein summation: `einsum("bij,bjk->bik", x, y)`.

    Without "->" the result has the indices that occur once, in alphabetical order.
    """
    if not isinstance(subscripts, str):
        raise ArgumentError(f"`subscripts` must be a string, found {subscripts!r}.")
    subscripts = subscripts.replace(" ", "")
    if subscripts.count(",") + 1 != len(operands):
        raise ArgumentError(
            f"{subscripts!r} names {subscripts.count(',') + 1} operands, found {len(operands)}."
        )
    if "->" not in subscripts:
        letters = [c for c in subscripts if c in string.ascii_letters]
        once = sorted(c for c in set(letters) if letters.count(c) == 1)
        subscripts += "->" + ("..." if "..." in subscripts else "") + "".join(once)
    einsum = context.backend.einsum
    return _product(lambda *xs: einsum(subscripts, *xs), *promoted_list(operands))


@op
def kron(x1, x2):
    """Kronecker product: each element of x1 times all of x2."""
    x1, x2 = promoted_list((x1, x2))
    backend = context.backend
    rank = max(len(x1.shape), len(x2.shape))
    shape1, shape2 = ((1,) * (rank - len(x.shape)) + backend.shape(x) for x in (x1, x2))
    x1 = backend.reshape(x1, tuple(n for size in shape1 for n in (size, 1)))
    x2 = backend.reshape(x2, tuple(n for size in shape2 for n in (1, size)))
    return backend.reshape(
        _product(backend.multiply, x1, x2), tuple(m * n for m, n in zip(shape1, shape2))
    )


@op
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Cross product of vectors of 3 elements along an axis (of 2: only its last component)."""
    if axis is not None:
        axisa = axisb = axisc = axis
    backend = context.backend
    x1, x2 = promoted_list((x1, x2))
    x1 = backend.moveaxis(x1, checked_axis(axisa, len(x1.shape), "axisa"), -1)
    x2 = backend.moveaxis(x2, checked_axis(axisb, len(x2.shape), "axisb"), -1)
    sizes = x1.shape[-1], x2.shape[-1]
    if not set(sizes) <= {2, 3}:
        raise ArgumentError(f"vectors must have 2 or 3 elements, found {sizes[0]} and {sizes[1]}.")
    a, b = backend.unstack(x1, -1), backend.unstack(x2, -1)
    last = a[0] * b[1] - a[1] * b[0]
    if sizes == (2, 2):
        return last
    a2 = a[2] if sizes[0] == 3 else backend.zeros_like(a[0])
    b2 = b[2] if sizes[1] == 3 else backend.zeros_like(b[0])
    vector = backend.stack([a[1] * b2 - a2 * b[1], a2 * b[0] - a[0] * b2, last], -1)
    return backend.moveaxis(vector, -1, checked_axis(axisc, len(vector.shape), "axisc"))


@op
def trace(x, offset=0, axis1=0, axis2=1):
    """Sum along a diagonal of two axes."""
    from keraslite.ops.movement import diagonal
    from keraslite.ops.reductions import sum

    return sum(diagonal(tensor(x), offset, axis1, axis2), -1)
