"""Joining tensors, and cutting them apart."""

from keraslite.backend.context import context
from keraslite.ops.dispatch import (
    INTS,
    ArgumentError,
    as_shape,
    checked_axis,
    op,
    promoted_list,
    tensor,
)

# ---- joins ----


@op
def concatenate(xs, axis=0):
    """Tensors joined along an axis that they have."""
    xs = _joinable(xs)
    return context.backend.concatenate(xs, checked_axis(axis, len(xs[0].shape)))


@op
def stack(x, axis=0):
    """Tensors of one shape joined along a new axis."""
    xs = _joinable(x)
    return context.backend.stack(xs, checked_axis(axis, len(xs[0].shape) + 1))


def _joinable(xs):
    if not isinstance(xs, (list, tuple)):
        xs = list(xs)
    if not xs:
        raise ArgumentError("at least one tensor is needed.")
    return promoted_list(xs)


@op
def hstack(xs):
    """Joined along axis 1 (vectors: axis 0)."""
    xs = [_at_least(x, 1) for x in _joinable(xs)]
    return context.backend.concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


@op
def vstack(xs):
    """Joined along axis 0; vectors are rows."""
    return context.backend.concatenate([_at_least(x, 2) for x in _joinable(xs)], 0)


@op
def dstack(xs):
    """Joined along axis 2; matrices (M, N) count as (M, N, 1) and vectors (N,) as (1, N, 1)."""
    return context.backend.concatenate([_at_least(x, 3) for x in _joinable(xs)], 2)


def _at_least(x, rank):
    """x with axes of size 1 added, as NumPy's atleast_1d, atleast_2d and atleast_3d add them."""
    backend = context.backend
    if rank == 3 and len(x.shape) == 2:
        return backend.expand_dims(x, 2)
    if len(x.shape) < min(rank, 2):
        x = backend.reshape(x, (1,) * (min(rank, 2) - 1) + (-1,))
    return backend.expand_dims(x, 2) if len(x.shape) < rank else x


@op
def append(x1, x2, axis=None):
    """x2 after x1 along an axis; both flattened without one."""
    x1, x2 = promoted_list((x1, x2))
    backend = context.backend
    if axis is None:
        x1, x2, axis = backend.reshape(x1, (-1,)), backend.reshape(x2, (-1,)), 0
    return backend.concatenate([x1, x2], checked_axis(axis, len(x1.shape)))


# ---- cuts ----


@op
def split(x, indices_or_sections, axis=0):
    """A list of pieces along an axis: so many equal ones, or cut at the listed indices."""
    x = tensor(x)
    axis = checked_axis(axis, len(x.shape))
    size = x.shape[axis]
    if not isinstance(indices_or_sections, INTS):
        return context.backend.split(x, _indices(indices_or_sections), axis)
    if isinstance(size, int) and size % indices_or_sections:
        raise ArgumentError(
            f"cannot cut axis {axis} of shape {tuple(x.shape)} into {indices_or_sections} equal"
            " pieces."
        )
    return context.backend.split(x, int(indices_or_sections), axis)


def _indices(values):
    """Positions given as a sequence, an array or a tensor, as ints."""
    return list(as_shape(values, "indices_or_sections"))


@op
def array_split(x, indices_or_sections, axis=0):
    """`split` into pieces that need not be equal: the first ones are longer by one."""
    x = tensor(x)
    axis = checked_axis(axis, len(x.shape))
    if not isinstance(indices_or_sections, INTS):
        return context.backend.split(x, _indices(indices_or_sections), axis)
    if x.shape[axis] is None:
        raise ArgumentError(f"axis {axis} has no known size; give the indices to cut at.")
    short, longer = divmod(x.shape[axis], int(indices_or_sections))
    cuts = [short * i + min(i, longer) for i in range(1, indices_or_sections)]
    return context.backend.split(x, cuts, axis)


@op
def hsplit(x, indices_or_sections):
    """`split` along axis 1 (vectors: axis 0)."""
    x = tensor(x)
    return split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1)


@op
def vsplit(x, indices_or_sections):
    """`split` along axis 0."""
    return split(x, indices_or_sections, 0)


@op
def dsplit(x, indices_or_sections):
    """`split` along axis 2."""
    return split(x, indices_or_sections, 2)


@op
def unstack(x, num=None, axis=0):
    """The slices along an axis, as a list; its size must be known, or given as `num`."""
    x = tensor(x)
    axis = checked_axis(axis, len(x.shape))
    size = x.shape[axis]
    if num is not None and num != size and isinstance(size, int):
        raise ArgumentError(f"`num` is {num}, but axis {axis} of shape {tuple(x.shape)} differs.")
    if size is None:
        if num is None:
            raise ArgumentError(f"axis {axis} has no known size; give `num`.")
        x = context.backend.slice_axis(x, axis, 0, num)
    return context.backend.unstack(x, axis)
