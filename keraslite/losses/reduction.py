"""From values by sample to one number: weights, masks, reductions."""

import math

from keraslite import config
from keraslite.backend.context import context
from keraslite.ops.dispatch import tensor


def reduce_weighted(values, sample_weight, mask, reduction):
    """Values times weights, reduced; excluded places of the mask have weight 0."""
    backend = context.backend
    values = tensor(values)
    weight = None
    if sample_weight is not None:
        weight = aligned(tensor(tensor(sample_weight), backend.dtype(values)), values)
    if mask is not None:
        share = mask_weight(mask, reduction, values)
        weight = share if weight is None else weight * share
    if weight is not None:
        values = values * weight
    if reduction in ("none", None) or not len(values.shape):
        return values
    if reduction == "sum":
        return backend.sum(values)
    if reduction == "mean_with_sample_weight" and weight is not None:
        total = backend.sum(backend.broadcast_to(weight, backend.shape(values)))
        return divide_no_nan(backend.sum(values), total)
    return backend.mean(values)


def mask_weight(mask, reduction, values):
    """A mask as weights beside `values`: 0 where it excludes; for means, scaled so that they are
    means over what it leaves."""
    backend = context.backend
    weight = backend.cast(mask, backend.dtype(values))
    if reduction in ("mean", "sum_over_batch_size"):
        valid = backend.sum(weight)
        total = as_number(math.prod(backend.shape(weight)), backend.dtype(weight))
        weight = weight * (total / (valid + config.epsilon()))
    return aligned(weight, values)


def aligned(weight, values):
    """`weight` with axes of size 1 behind its own (or without such), so that it broadcasts.

    Raises ValueError if its shape is not how that of the values begins.
    """
    backend = context.backend
    rank, wanted = len(weight.shape), len(values.shape)
    if rank == 0 or wanted == 0:
        return weight
    if rank == wanted + 1 and weight.shape[-1] == 1:
        weight = backend.squeeze(weight, -1)
    elif rank < wanted:
        weight = backend.reshape(weight, (*backend.shape(weight), *[1] * (wanted - rank)))
    found, sizes = tuple(weight.shape), tuple(values.shape)
    if len(found) != wanted or any(
        m != n and None not in (m, n) and m != 1 for m, n in zip(found, sizes)
    ):
        raise ValueError(
            f"sample_weight has shape {found[:rank]}, which does not fit loss or metric values of"
            f" shape {sizes}: give one weight for each sample, ({sizes[0]},), or for each value."
        )
    return weight


def divide_no_nan(x, y):
    """x / y, 0 where y is 0."""
    backend = context.backend
    zero = backend.equal(y, 0)
    return backend.where(zero, 0.0, x / backend.where(zero, 1.0, y))


def as_number(size, dtype):
    """A size from a shape as an int, or as a scalar tensor of a dtype where the engine traces."""
    if isinstance(size, int):
        return size
    backend = context.backend
    return backend.cast(size, dtype) if backend.is_tensor(size) else 1  # 1: only shapes count
