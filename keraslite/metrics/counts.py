"""Counts of true and false positives and negatives at thresholds."""

import numpy as np

from keraslite import ops
from keraslite.backend.context import context
from keraslite.losses.functions import same_rank
from keraslite.losses.reduction import aligned
from keraslite.ops.dispatch import tensor

LOWEST = -1e10  # in place of -infinity: what is not among the top k


def prepared(y_true, y_pred, sample_weight, dtype, top_k=None, class_id=None):
    """(targets as 0 and 1, predictions, weights), all of the predictions' shape and of `dtype`.

    With `top_k`, predictions that are not among the k largest along the last axis fall to
    `LOWEST`; with `class_id`, only that place of the last axis is kept.
    """
    backend = context.backend
    y_true, y_pred = same_rank(tensor(tensor(y_true), dtype), tensor(tensor(y_pred), dtype))
    if tuple(y_true.shape)[1:] != tuple(y_pred.shape)[1:]:
        raise ValueError(
            f"y_true has shape {tuple(y_true.shape)}, y_pred has {tuple(y_pred.shape)}: metrics"
            " that count positives need targets and predictions of one shape (one-hot targets for"
            " several classes)."
        )
    y_true = backend.cast(backend.not_equal(y_true, 0), dtype)
    if top_k is not None:
        places = ops.top_k(y_pred, top_k)[1]
        kept = backend.sum(backend.one_hot(places, y_pred.shape[-1], -1, dtype), -2)
        y_pred = backend.where(backend.greater(kept, 0), y_pred, LOWEST)
    if class_id is not None:
        y_true, y_pred = (backend.getitem(v, (..., class_id)) for v in (y_true, y_pred))
    weight = backend.ones_like(y_pred)
    if sample_weight is not None:
        weight = weight * aligned(tensor(tensor(sample_weight), dtype), y_pred)
    return y_true, y_pred, weight


def compared(y_true, y_pred, weight, thresholds):
    """(true positives, false positives, true negatives, false negatives), each (..., T).

    Args:
        y_true, y_pred, weight: (..., samples), as of `prepared`.
        thresholds: T Python numbers; a prediction above one is positive.
    """
    backend = context.backend
    dtype = backend.dtype(y_pred)
    limits = backend.asarray(np.asarray(thresholds)[:, None], dtype)
    above = backend.cast(backend.greater(backend.expand_dims(y_pred, -2), limits), dtype)
    sides = _sides(y_true, weight)
    positive, negative = backend.matmul(above, sides), backend.matmul(1.0 - above, sides)
    (tp, fp), (fn, tn) = backend.unstack(positive, -1), backend.unstack(negative, -1)
    return tp, fp, tn, fn


def bucketed(y_true, y_pred, weight, count):
    """The same as `compared` for `count` thresholds from 0 to 1 at even distances, fast.

    A prediction falls into one of the buckets between thresholds, and sums over buckets count;
    0 counts as above the first threshold, 1 as below the last.
    """
    backend = context.backend
    place = backend.ceil(y_pred * float(count - 1)) - 1.0
    place = backend.cast(backend.clip(place, 0.0, float(count - 2)), "int32")
    labels = y_pred.shape[0] if len(y_pred.shape) == 2 else 1
    if labels > 1:
        place = place + count * backend.expand_dims(backend.arange(0, labels, 1, "int32"), 1)
    sides = backend.reshape(_sides(y_true, weight), (-1, 2))
    empty = backend.zeros((labels * count, 2), backend.dtype(y_pred))
    found = backend.scatter_add(empty, backend.reshape(place, (-1,)), sides)
    found = backend.reshape(found, (*y_pred.shape[:-1], count, 2))
    axis = len(found.shape) - 2
    found = backend.flip(backend.cumsum(backend.flip(found, axis), axis), axis)
    tp, fp = backend.unstack(found, -1)
    return tp, fp, _first(fp) - fp, _first(tp) - tp


def _first(x):
    return context.backend.getitem(x, (..., slice(0, 1)))


def _sides(y_true, weight):
    """Weights (..., samples, 2) of samples in the positive class, and in the negative one."""
    positive = y_true * weight
    return context.backend.stack([positive, weight - positive], -1)
