"""Moving elements: shapes, axes, gathers, diagonals, padding."""

from keraslite.backend.context import context
from keraslite.backend.dtypes import INTEGERS
from keraslite.ops.dispatch import (
    INTS,
    ArgumentError,
    as_shape,
    checked_axes,
    checked_axis,
    dtype_of,
    op,
    tensor,
)

# ---- shape and axes ----


@op
def reshape(x, newshape):
    """The elements in another shape; one size may be -1 (or None): what is left over.

    >>> from keraslite import ops
    >>> ops.shape(ops.reshape(ops.arange(6), (2, -1)))
    (2, 3)
    """
    x = tensor(x)
    if type(newshape) is not tuple or None in newshape:
        newshape = tuple([-1 if n is None else n for n in as_shape(newshape, "newshape")])
        if newshape.count(-1) > 1:
            raise ArgumentError(f"at most one size may be -1 or None, found {newshape}.", newshape)
    return context.backend.reshape(x, newshape)


@op
def ravel(x):
    """The elements as one vector."""
    return context.backend.reshape(tensor(x), (-1,))


@op
def expand_dims(x, axis):
    """A new axis of size 1 at `axis`, an int or a tuple, counted in the result."""
    x = tensor(x)
    count = 1 if isinstance(axis, INTS) else len(axis)
    return context.backend.expand_dims(x, checked_axes(axis, len(x.shape) + count))


@op
def squeeze(x, axis=None):
    """x without axes of size 1: all of them, or those named. ValueError if a size is not 1."""
    x = tensor(x)
    axes = checked_axes(axis, len(x.shape))
    for a in () if axes is None else (axes,) if isinstance(axes, int) else axes:
        if isinstance(x.shape[a], int) and x.shape[a] != 1:
            raise ArgumentError(f"`axis` {a} has size {x.shape[a]} in shape {tuple(x.shape)}.")
    return context.backend.squeeze(x, axes)


@op
def transpose(x, axes=None):
    """Axes in another order: reversed, or as `axes` lists them."""
    x = tensor(x)
    rank = len(x.shape)
    if axes is None:
        return context.backend.transpose(x, tuple(range(rank))[::-1])
    axes = checked_axes(tuple(axes), rank, "axes")
    if len(axes) != rank:
        raise ArgumentError(f"`axes` must name all {rank} axes, found {axes}.")
    return context.backend.transpose(x, axes)


@op
def swapaxes(x, axis1, axis2):
    """Two axes exchanged."""
    x = tensor(x)
    rank = len(x.shape)
    first, second = checked_axis(axis1, rank, "axis1"), checked_axis(axis2, rank, "axis2")
    return context.backend.swapaxes(x, first, second)


@op
def moveaxis(x, source, destination):
    """Axes moved to other places; ints or tuples of ints."""
    x = tensor(x)
    sources = checked_axes(source, len(x.shape), "source")
    targets = checked_axes(destination, len(x.shape), "destination")
    return context.backend.moveaxis(x, sources, targets)


@op
def broadcast_to(x, shape):
    """x repeated along new axes, and along those of size 1, to a shape."""
    return context.backend.broadcast_to(tensor(x), as_shape(shape))


@op
def flip(x, axis=None):
    """Order reversed along an axis, a tuple of axes, or all."""
    x = tensor(x)
    axes = tuple(range(len(x.shape))) if axis is None else checked_axes(axis, len(x.shape))
    return context.backend.flip(x, axes)


@op
def flipud(x):
    """Order reversed along axis 0."""
    return flip(x, 0)


@op
def fliplr(x):
    """Order reversed along axis 1."""
    return flip(x, 1)


@op
def rot90(array, k=1, axes=(0, 1)):
    """Turned by k quarter turns in the plane of two axes, from the first towards the second."""
    array = tensor(array)
    backend = context.backend
    first, second = (checked_axis(a, len(array.shape), "axes") for a in axes)
    k = k % 4
    if k == 2:
        return backend.flip(array, (first, second))
    if k == 1:
        array = backend.flip(array, second)
    if k:
        array = backend.swapaxes(array, first, second)
    return backend.flip(array, second) if k == 3 else array


# ---- elements ----


@op
def get_item(x, key):
    """x[key]: ints, slices, None, Ellipsis, or a tuple of them; one integer tensor takes rows."""
    x = tensor(x)
    if _is_indices(key):
        return context.backend.take(x, _wrapped(tensor(key), x.shape[0]), 0)
    return context.backend.getitem(x, key)


def _is_indices(key):
    """True for an array or a tensor of integers, which indexes axis 0."""
    if isinstance(key, (int, slice, tuple, type(None), type(Ellipsis))):
        return False
    return dtype_of(tensor(key)) in INTEGERS


def _wrapped(indices, size):
    """Negative indices counted from the end."""
    backend = context.backend
    size = size if isinstance(size, int) else tensor(size, dtype_of(indices))
    return backend.where(backend.less(indices, 0), indices + size, indices)


@op
def take(x, indices, axis=None):
    """Slices of x along an axis (or elements of the flattened x) at integer indices.

    Indices lie in [-n, n). The axes of `indices` stand in the place of `axis`.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.take([10, 20, 30], [2, 0])).tolist()
    [30, 10]
    """
    x, indices = tensor(x), _whole(indices)
    if axis is None:
        x, axis = context.backend.reshape(x, (-1,)), 0
    return context.backend.take(x, indices, checked_axis(axis, len(x.shape)))


@op
def take_along_axis(x, indices, axis=None):
    """Elements of x along an axis, for each position of the other axes its own."""
    x, indices = tensor(x), _whole(indices)
    backend = context.backend
    if axis is None:
        x, indices, axis = backend.reshape(x, (-1,)), backend.reshape(indices, (-1,)), 0
    if len(indices.shape) != len(x.shape):
        raise ArgumentError(
            f"`indices` of shape {tuple(indices.shape)} must have the rank of `x`, whose shape is"
            f" {tuple(x.shape)}."
        )
    axis = checked_axis(axis, len(x.shape))
    return backend.take_along_axis(x, _wrapped(indices, backend.shape(x)[axis]), axis)


def _whole(indices):
    """Indices as integers; floats with their fraction cut off, as in Keras."""
    indices = tensor(indices)
    if dtype_of(indices) in INTEGERS:
        return indices
    return context.backend.cast(indices, "int32")


@op
def repeat(x, repeats, axis=None):
    """Each element several times in a row along an axis, or of the flattened tensor.

    `repeats` is an int, or a list of ints with an entry for each element.
    """
    x = tensor(x)
    backend = context.backend
    if axis is None:
        x, axis = backend.reshape(x, (-1,)), 0
    axis = checked_axis(axis, len(x.shape))
    if isinstance(repeats, int):
        return backend.repeat(x, repeats, axis)
    counts = as_shape(repeats, "repeats")
    if len(counts) == 1:
        return backend.repeat(x, counts[0], axis)
    if x.shape[axis] not in (None, len(counts)):
        raise ArgumentError(
            f"`repeats` has {len(counts)} entries for axis {axis} of shape {tuple(x.shape)}."
        )
    index = [i for i, count in enumerate(counts) for _ in range(count)]
    return backend.take(x, backend.asarray(index, "int32"), axis)


@op
def tile(x, repeats):
    """The whole tensor several times along each axis."""
    return context.backend.tile(tensor(x), as_shape(repeats, "repeats"))


@op
def roll(x, shift, axis=None):
    """Elements moved along axes, those that leave at the end coming in at the start."""
    x = tensor(x)
    backend = context.backend
    if axis is None:
        flat = backend.roll(backend.reshape(x, (-1,)), shift, 0)
        return backend.reshape(flat, backend.shape(x))
    axes = checked_axes((axis,) if isinstance(axis, INTS) else axis, len(x.shape))
    shifts = (shift,) * len(axes) if isinstance(shift, INTS) else shift
    for places, a in zip(shifts, axes):
        x = backend.roll(x, places, a)
    return x


@op
def diag(x, k=0):
    """A vector as diagonal number k of a matrix, or that diagonal of a matrix."""
    x = tensor(x)
    if len(x.shape) == 1:
        return _diagonal_matrix(x, k)
    if len(x.shape) != 2:
        raise ArgumentError(f"expected a vector or a matrix, found shape {tuple(x.shape)}.")
    return diagonal(x, k)


@op
def diagflat(x, k=0):
    """The elements of x as diagonal number k of a matrix."""
    return _diagonal_matrix(context.backend.reshape(tensor(x), (-1,)), k)


def _diagonal_matrix(x, k):
    backend = context.backend
    size = backend.shape(x)[0] + (k if k > 0 else -k)
    padded = backend.pad(x, ((max(k, 0), max(-k, 0)),))
    mask = backend.eye(size, size, k, "bool")
    return backend.where(mask, padded, backend.zeros_like(padded))


@op
def diagonal(x, offset=0, axis1=0, axis2=1):
    """Diagonal number `offset` of each matrix of two axes, as a last axis."""
    x = tensor(x)
    backend = context.backend
    rank = len(x.shape)
    axes = checked_axes((axis1, axis2), rank, "axis1, axis2")
    x = backend.moveaxis(x, axes, (rank - 2, rank - 1))
    rows, columns = x.shape[-2:]
    if rows is None or columns is None:
        raise ArgumentError(f"the sizes of both axes must be known, found {rows} and {columns}.")
    row, column = max(-offset, 0), max(offset, 0)
    count = max(min(rows - row, columns - column), 0)
    places = [(row + i) * columns + column + i for i in range(count)]
    flat = backend.reshape(x, (*backend.shape(x)[:-2], rows * columns))
    return backend.take(flat, backend.asarray(places, "int32"), rank - 2)


@op
def unravel_index(indices, shape):
    """Indices into a flattened tensor as a list of indices into each axis of `shape`."""
    rest = _whole(indices)
    backend = context.backend
    shape = as_shape(shape)
    total = 1
    for n in shape:
        total *= n
    rest = _wrapped(rest, total)
    found = []
    for n in reversed(shape):
        found.append(backend.remainder(rest, n))
        rest = backend.floor_divide(rest, n)
    return found[::-1]


# ---- padding ----


@op
def pad(x, pad_width, mode="constant", constant_values=None):
    """Elements added at the ends of axes.

    Args:
        x: tensor.
        pad_width: (before, after) for each axis, one such pair for all, or one int for all.
        mode: "constant", "reflect" (mirrored, without the edge itself) or "symmetric" (with it).
        constant_values: the number that "constant" adds, 0 by default.
    """
    x = tensor(x)
    widths = _pad_widths(pad_width, len(x.shape))
    if mode != "constant":
        if constant_values is not None:
            raise ArgumentError(f"`constant_values` goes with mode 'constant', found {mode!r}.")
        if mode not in ("reflect", "symmetric"):
            raise ArgumentError(
                f"`mode` must be 'constant', 'reflect' or 'symmetric', found {mode!r}."
            )
        return _mirror(x, widths, 1 if mode == "reflect" else 0)
    return context.backend.pad(x, widths, 0 if constant_values is None else constant_values)


def _pad_widths(pad_width, rank):
    if isinstance(pad_width, int):
        return ((pad_width, pad_width),) * rank
    widths = tuple(pad_width.tolist() if hasattr(pad_width, "tolist") else pad_width)
    if len(widths) in (1, 2) and all(isinstance(w, int) for w in widths):
        widths = (widths * 2 if len(widths) == 1 else widths,)
    widths = tuple((w, w) if isinstance(w, int) else tuple(w) * (2 // len(w)) for w in widths)
    if len(widths) == 1:
        widths = widths * rank
    if len(widths) != rank or any(len(w) != 2 for w in widths):
        raise ArgumentError(
            f"`pad_width` must be an int or have a (before, after) pair for each of the {rank}"
            f" axes, found {pad_width!r}."
        )
    return widths


def _mirror(x, widths, skip):
    """Mirror at the ends; `skip` is 1 to leave out the edge itself."""
    backend = context.backend
    for axis, (before, after) in enumerate(widths):
        size = x.shape[axis]
        if size is not None and max(before, after) > size - skip:
            raise ArgumentError(f"`pad_width` {before, after} is too wide for axis {axis}: {size}.")
        parts = [x]
        if before:
            head = backend.slice_axis(x, axis, skip, skip + before)
            parts.insert(0, backend.flip(head, axis))
        if after:
            tail = backend.slice_axis(x, axis, -skip - after, -skip or None)
            parts.append(backend.flip(tail, axis))
        if len(parts) > 1:
            x = backend.concatenate(parts, axis)
    return x
