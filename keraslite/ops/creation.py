"""Making tensors: filled ones, ranges, identity and triangles, one-hot vectors."""

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, result_type, standardize_dtype
from keraslite.ops.dispatch import (
    ArgumentError,
    as_shape,
    checked_axis,
    dtype_of,
    op,
    promoted,
    tensor,
)


def zeros(shape, dtype=None):
    """Zeros; `dtype` None means `floatx()`.

    >>> from keraslite import ops
    >>> ops.zeros((2, 3)).shape
    (2, 3)
    """
    return context.backend.zeros(as_shape(shape), standardize_dtype(dtype))


def ones(shape, dtype=None):
    """Ones; `dtype` None means `floatx()`."""
    return context.backend.ones(as_shape(shape), standardize_dtype(dtype))


def empty(shape, dtype=None):
    """A tensor whose values mean nothing yet (they are zeros); `dtype` None means `floatx()`."""
    return context.backend.zeros(as_shape(shape), standardize_dtype(dtype))


@op
def full(shape, fill_value, dtype=None):
    """A tensor filled with a number, or with a tensor that broadcasts to `shape`."""
    shape = as_shape(shape)
    if type(fill_value) in (int, float, bool):
        return context.backend.full(shape, fill_value, standardize_dtype(dtype))
    value = tensor(fill_value, standardize_dtype(dtype))
    return context.backend.broadcast_to(value, shape)


@op
def zeros_like(x, dtype=None):
    """Zeros of x's shape, in x's dtype or another."""
    return _like("zeros_like", x, dtype)


@op
def ones_like(x, dtype=None):
    """Ones of x's shape, in x's dtype or another."""
    return _like("ones_like", x, dtype)


@op
def empty_like(x, dtype=None):
    """`empty` of x's shape, in x's dtype or another."""
    return _like("zeros_like", x, dtype)


def _like(name, x, dtype):
    filled = getattr(context.backend, name)(tensor(x))
    return filled if dtype is None else tensor(filled, standardize_dtype(dtype))


@op
def full_like(x, fill_value, dtype=None):
    """x's shape filled with a value, in x's dtype or another."""
    x = tensor(x)
    dtype = dtype_of(x) if dtype is None else dtype
    return full(context.backend.shape(x), fill_value, dtype)


def arange(start, stop=None, step=None, dtype=None):
    """start, start + step, ... up to and without stop; `arange(n)` counts from 0.

    Without `dtype`: int32 if all are ints, else `floatx()`.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.arange(3)).tolist()
    [0, 1, 2]
    """
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if dtype is None:
        kinds = [getattr(v, "dtype", None) or type(v) for v in (start, stop, step)]
        kinds = [k if isinstance(k, type) and k in (bool, int, float) else standardize_dtype(k)
                 for k in kinds]  # fmt: skip
        dtype = result_type(*kinds)
    return context.backend.arange(start, stop, step, standardize_dtype(dtype))


@op
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` evenly spaced values from start to stop, numbers or tensors of one shape.

    Args:
        start, stop: the ends.
        num: how many, along a new axis `axis`.
        endpoint: whether stop is the last value, or the one after it.
        retstep: return also the distance between neighbours, as (values, step).
        dtype: of the result; default: the ends' dtype, floating.
        axis: where the new axis goes when the ends are tensors.
    """
    if num < 0:
        raise ArgumentError(f"`num` must not be negative, found {num}.")
    backend = context.backend
    start, stop = promoted(start, stop, True)
    work = dtype_of(start)
    stop = tensor(stop, work)
    start, stop = start + 0 * stop, stop + 0 * start  # to one shape
    parts = num - 1 if endpoint else num
    step = (stop - start) / max(parts, 1)
    count = backend.reshape(backend.arange(0, num, 1, work), (num,) + (1,) * len(start.shape))
    values = start + step * count
    if endpoint and num > 1:  # the end exactly, not by rounding
        last = backend.equal(count, num - 1)
        values = backend.where(last, stop, values)
    if axis:
        values = backend.moveaxis(values, 0, checked_axis(axis, len(values.shape)))
    values = values if dtype is None else tensor(values, standardize_dtype(dtype))
    return (values, step) if retstep else values


@op
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`base` to the powers `linspace(start, stop, ...)`."""
    powers = linspace(start, stop, num, endpoint, False, None, axis)
    base = tensor(base, dtype_of(powers))
    values = context.backend.exp(powers * context.backend.log(base))
    return values if dtype is None else tensor(values, standardize_dtype(dtype))


@op
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` values from start to stop, neighbours in one ratio; the ends have one sign."""
    start, stop = promoted(start, stop, True)
    stop = tensor(stop, dtype_of(start))
    backend = context.backend
    sign = backend.sign(start)
    ends = backend.log(backend.absolute(start)), backend.log(backend.absolute(stop))
    powers = linspace(*ends, num, endpoint, False, None, axis)
    sign = backend.expand_dims(sign + 0 * ends[1], checked_axis(axis, len(powers.shape)))
    values = backend.exp(powers) * sign
    return values if dtype is None else tensor(values, standardize_dtype(dtype))


def eye(N, M=None, k=0, dtype=None):
    """(N, M) matrix with ones on diagonal number k and zeros elsewhere; M is N by default."""
    return context.backend.eye(N, N if M is None else M, k, standardize_dtype(dtype))


def identity(n, dtype=None):
    """(n, n) identity matrix."""
    return context.backend.eye(n, n, 0, standardize_dtype(dtype))


def tri(N, M=None, k=0, dtype=None):
    """(N, M) matrix with ones on and below diagonal number k, zeros above."""
    mask = context.backend.tri_mask(N, N if M is None else M, k)
    return context.backend.cast(mask, standardize_dtype(dtype))


@op
def tril(x, k=0):
    """Matrices with zeros above diagonal number k."""
    x, mask = _triangle(x, k)
    return context.backend.where(mask, x, context.backend.zeros_like(x))


@op
def triu(x, k=0):
    """Matrices with zeros below diagonal number k."""
    x, mask = _triangle(x, k - 1)
    return context.backend.where(mask, context.backend.zeros_like(x), x)


def _triangle(x, k):
    x = tensor(x)
    shape = context.backend.shape(x)
    if len(shape) < 2:
        raise ArgumentError(f"expected a tensor of rank 2 or more, found shape {tuple(shape)}.")
    return x, context.backend.tri_mask(shape[-2], shape[-1], k)


@op
def meshgrid(*x, indexing="xy"):
    """Coordinate matrices of coordinate vectors, as a list.

    With indexing "xy" the first vector runs along axis 1 and the second along axis 0; with "ij"
    each runs along its own axis.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"`indexing` must be 'xy' or 'ij', found {indexing!r}.")
    backend = context.backend
    vectors = [backend.reshape(tensor(v), (-1,)) for v in x]
    axes = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        axes[:2] = 1, 0
    sizes = [None] * len(vectors)
    for vector, axis in zip(vectors, axes):
        sizes[axis] = backend.shape(vector)[0]
    grids = []
    for vector, axis in zip(vectors, axes):
        shape = [1] * len(vectors)
        shape[axis] = -1
        grids.append(backend.broadcast_to(backend.reshape(vector, tuple(shape)), tuple(sizes)))
    return grids


@op
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """Integers of any shape as 0/1 vectors of size `num_classes` along a new axis.

    An integer that is out of range gives zeros. `dtype` None means `floatx()`; `sparse` results
    do not exist here, and True raises ValueError.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.one_hot([0, 2], 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    refuse_sparse(sparse)
    x = tensor(x)
    if dtype_of(x) in FLOATS + ("bool",):
        x = context.backend.cast(x, "int32")
    axis = checked_axis(axis, len(x.shape) + 1)
    axis = -1 if axis == len(x.shape) else axis
    return context.backend.one_hot(x, num_classes, axis, standardize_dtype(dtype))


@op
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False):
    """Rows of integers as one 0/1 vector each: (batch, n) -> (batch, num_classes).

    One vector in gives one vector out. Integers out of range are passed over.
    """
    if num_classes is None:
        raise ArgumentError("`num_classes` is needed.")
    refuse_sparse(sparse)
    inputs = tensor(inputs)
    hot = one_hot(inputs, num_classes, axis, dtype)
    return context.backend.max(hot, 1 if len(inputs.shape) > 1 else 0)


def refuse_sparse(sparse):
    """ValueError for sparse=True."""
    if sparse:
        raise ArgumentError("sparse tensors are not supported; leave `sparse` False.")
