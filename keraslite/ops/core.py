"""Tensors themselves: conversion, shape, dtype, slices and scattered updates."""

import builtins
import math
from typing import Any

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, INTEGERS, standardize_dtype
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.variable import Variable
from keraslite.ops.creation import refuse_sparse
from keraslite.ops.dispatch import ArgumentError, as_shape, dtype_of, is_tensor, op, tensor

__all__ = ["is_tensor"]


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None) -> Any:
    """`x` (array, number, nested list, Variable, tensor) as a tensor of the active engine.

    Without `dtype`: arrays and tensors keep theirs, Python floats become `floatx()` and ints int32.

    >>> from keraslite import ops
    >>> ops.shape(ops.convert_to_tensor([[1, 2], [3, 4]]))
    (2, 2)
    """
    refuse_sparse(sparse or ragged)
    if type(x) is KerasTensor:
        return x if dtype is None else cast(x, dtype)
    return tensor(x, None if dtype is None else standardize_dtype(dtype))


@op
def array(x, dtype=None):
    """The same as `convert_to_tensor`."""
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x):
    """A NumPy array with the values of a tensor, a Variable, a list or a number.

    Raises ValueError for a KerasTensor, which has no values.
    """
    if type(x) is KerasTensor:
        return x.__array__()
    return context.backend.to_numpy(x.value if isinstance(x, Variable) else tensor(x))


@op
def copy(x):
    """A tensor with the same values in memory of its own."""
    x = tensor(x)
    return context.backend.where(context.backend.full((), True, "bool"), x, x)


def shape(x) -> Any:
    """The shape as a tuple: ints, None where a KerasTensor's size is unknown.

    In a layer's `call`, an unknown size is the engine's own scalar for it, with which one may
    calculate: under `tf.function` a scalar tensor, while shapes are inferred a placeholder.
    """
    if isinstance(x, Variable) or (type(x) is KerasTensor and not context.backend.is_abstract):
        return x.shape
    return tuple(context.backend.shape(tensor(x)))


def dtype(x):
    """The dtype's name, for example "float32"."""
    if isinstance(x, (KerasTensor, Variable)):
        return x.dtype
    return dtype_of(tensor(x))


def ndim(x):
    """The number of axes."""
    return len(shape(x))


@op
def size(x):
    """The number of elements."""
    sizes = shape(x)
    known = [n for n in sizes if isinstance(n, int)]
    if len(known) == len(sizes):
        return math.prod(known)
    return context.backend.sum(ones_of(tensor(x)))


def ones_of(x):
    """int32 ones of x's shape."""
    return context.backend.ones(context.backend.shape(x), "int32")


@op
def cast(x, dtype):
    """The values in another dtype; floats become ints by cutting off the fraction.

    >>> from keraslite import ops
    >>> ops.convert_to_numpy(ops.cast([1.7, -1.7], "int32")).tolist()
    [1, -1]
    """
    return tensor(tensor(x), standardize_dtype(dtype))


@op
def saturate_cast(x, dtype):
    """`cast`, with values beyond the new dtype's range brought to its limits."""
    x = tensor(x)
    backend = context.backend
    found, wanted = dtype_of(x), standardize_dtype(dtype)
    low, high = limits(wanted)
    if found == "bool" or wanted == "bool":
        return tensor(x, wanted)
    if found in FLOATS:
        if wanted in INTEGERS:  # the limit itself may round to beyond the range: compare, choose
            limited = backend.cast(backend.clip(x, float(low), float(high)), wanted)
            limited = backend.where(backend.less(x, float(high)), limited, high)
            return backend.where(backend.greater(x, float(low)), limited, low)
        return backend.cast(backend.clip(x, low, high), wanted)
    own_low, own_high = limits(found)
    x = backend.clip(x, int(max(low, own_low)), int(min(high, own_high)))
    return backend.cast(x, wanted)


def limits(dtype):
    """Smallest and largest number of a dtype."""
    from keraslite.ops.arithmetic import LARGEST

    if dtype in FLOATS:
        return -LARGEST[dtype], LARGEST[dtype]
    if dtype == "bool":
        return 0, 1
    bits = int(dtype.lstrip("uint"))
    return (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


# ---- slices ----


@op
def slice(inputs, start_indices, shape):
    """The box of a given shape that begins at `start_indices` (ints, or an integer tensor).

    A size of -1 reaches to the end of its axis, for starts given as ints.
    """
    inputs = tensor(inputs)
    backend = context.backend
    starts, sizes = _starts(start_indices), as_shape(shape)
    rank = len(inputs.shape)
    if not len(starts) == len(sizes) == rank:
        raise ArgumentError(
            f"`start_indices` and `shape` must have an entry for each of the {rank} axes, found"
            f" {len(starts)} and {len(sizes)}."
        )
    for axis, (start, count) in enumerate(zip(starts, sizes)):
        if isinstance(start, int):
            stop = None if count == -1 else start + count
            inputs = backend.slice_axis(inputs, axis, start, stop)
        else:
            index = backend.arange(0, count, 1, "int32") + start
            inputs = backend.take(inputs, index, axis)
    return inputs


def _starts(start_indices):
    """Start of each axis: ints where they are known, else int32 scalars."""
    if isinstance(start_indices, (tuple, list)):
        return [s.__index__() if isinstance(s, int) else tensor(s, "int32") for s in start_indices]
    return context.backend.unstack(tensor(start_indices, "int32"), 0)


@op
def slice_update(inputs, start_indices, updates):
    """inputs with the box that begins at `start_indices` replaced by `updates`."""
    inputs = tensor(inputs)
    backend = context.backend
    updates = tensor(updates, dtype_of(inputs))
    sizes, counts = backend.shape(inputs), backend.shape(updates)
    starts = _starts(start_indices)
    if not len(starts) == len(counts) == len(sizes):
        raise ArgumentError(
            f"`start_indices` and `updates` must have an entry for each of the {len(sizes)} axes,"
            f" found {len(starts)} and {len(counts)}."
        )
    flat = 0
    for axis, (start, count) in enumerate(zip(starts, counts)):
        along = backend.arange(0, count, 1, "int32") + start
        along = backend.reshape(along, (1,) * axis + (-1,) + (1,) * (len(counts) - axis - 1))
        flat = flat * sizes[axis] + along
    if not len(counts):
        return updates
    flat = backend.reshape(flat, (-1,))
    updates = backend.reshape(updates, (-1,))
    return backend.reshape(_put(backend.reshape(inputs, (-1,)), flat, updates), sizes)


# ---- scattered updates ----


def _put(x, index, updates):
    """Rows of x replaced; the indices differ from each other."""
    backend = context.backend
    hits = backend.scatter_add(backend.zeros(backend.shape(x)[:1], "int32"), index, ones_of(index))
    hit = backend.reshape(backend.greater(hits, 0), (-1,) + (1,) * (len(x.shape) - 1))
    return backend.where(hit, backend.scatter_add(backend.zeros_like(x), index, updates), x)


def _rows(indices, updates, shape):
    """Multi-dimensional indices as one flat index vector, and updates as rows for it.

    indices (..., k) point into the first k axes of `shape`; updates are (..., *shape[k:]).
    Returns (index, rows, shape of the flat target).
    """
    backend = context.backend
    depth = indices.shape[-1]
    if depth > len(shape):
        raise ArgumentError(
            f"`indices` of shape {tuple(indices.shape)} point into {depth} axes, but there are"
            f" only {len(shape)}."
        )
    indices = backend.reshape(indices, (-1, depth))
    flat = 0
    for axis in range(depth):
        index = backend.getitem(indices, (builtins.slice(None), axis))
        index = backend.where(backend.less(index, 0), index + shape[axis], index)
        flat = flat * shape[axis] + index
    target = (math.prod(shape[:depth]), *shape[depth:])
    return flat, backend.reshape(updates, (-1, *shape[depth:])), target


@op
def scatter(indices, values, shape):
    """Zeros of a given shape, with values added at indices.

    Args:
        indices: integers (..., k) that point into the first k axes.
        values: (..., *shape[k:]); those at one index add up.
        shape: of the result.
    """
    indices, values = _integers(indices), tensor(values)
    shape = as_shape(shape)
    index, rows, target = _rows(indices, values, shape)
    backend = context.backend
    zeros = backend.zeros(target, dtype_of(values))
    return backend.reshape(backend.scatter_add(zeros, index, rows), shape)


@op
def scatter_update(inputs, indices, updates, reduction=None):
    """inputs with the elements at indices replaced by, or combined with, updates.

    Args:
        inputs: tensor.
        indices: integers (..., k) that point into the first k axes.
        updates: (..., *inputs.shape[k:]).
        reduction: None (replace; of several at one index the last counts), "add", "max" or "min".
    """
    from keraslite.ops.segments import segment_reduce

    if reduction not in (None, "add", "max", "min", "mul"):
        raise ArgumentError(
            f"`reduction` must be None, 'add', 'max', 'min' or 'mul', found {reduction!r}."
        )
    inputs, indices = tensor(inputs), _integers(indices)
    backend = context.backend
    updates = tensor(updates, dtype_of(inputs))
    shape = backend.shape(inputs)
    index, rows, target = _rows(indices, updates, shape)
    x = backend.reshape(inputs, target)
    if reduction == "add":
        new = backend.scatter_add(x, index, rows)
    elif reduction is None:
        order = backend.argsort(index, 0)
        index, rows = backend.take(index, order, 0), backend.take(rows, order, 0)
        none = backend.full((1,), -1, dtype_of(index))
        following = backend.concatenate([backend.getitem(index, builtins.slice(1, None)), none], 0)
        last = backend.not_equal(index, following)
        last = backend.reshape(last, (-1,) + (1,) * (len(target) - 1))
        new = _put(x, index, backend.where(last, rows, backend.zeros_like(rows)))
    else:
        new = segment_reduce(reduction, rows, index, target[0], into=x)
    return backend.reshape(new, shape)


def _integers(indices):
    indices = tensor(indices)
    if dtype_of(indices) not in INTEGERS:
        raise ArgumentError(f"`indices` must be integers, found dtype {dtype_of(indices)}.")
    return tensor(indices, "int32")
