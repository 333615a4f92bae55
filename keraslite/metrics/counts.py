"""Counts of true and false positives and negatives at thresholds."""

import numpy as np

from keraslite import ops
from keraslite.backend.context import context
from keraslite.losses.functions import same_rank
from keraslite.losses.reduction import aligned
from keraslite.ops.dispatch import tensor

LOWEST = -1e10  # in place of -infinity: what is not among the top k


COUNTS = ("tp", "fp", "tn", "fn")  # true and false positives, true and false negatives


def prepared(y_true, y_pred, sample_weight, dtype, top_k=None, class_id=None):
    """(weights of positive targets, weights of negative ones, predictions), of one shape and dtype.

    A positive target has weight 0 as a negative one, and the other way round. With `top_k`,
    predictions that are not among the k largest along the last axis fall to `LOWEST`; with
    `class_id`, only that place of the last axis is kept.
    """
    backend = context.backend
    y_true, y_pred = same_rank(tensor(tensor(y_true), dtype), tensor(tensor(y_pred), dtype))
    if tuple(y_true.shape)[1:] != tuple(y_pred.shape)[1:]:
        raise ValueError(
            f"y_true has shape {tuple(y_true.shape)}, y_pred has {tuple(y_pred.shape)}: metrics"
            " that count positives need targets and predictions of one shape (one-hot targets for"
            " several classes)."
        )
    positive = backend.cast(backend.not_equal(y_true, 0.0), dtype)
    if top_k is not None:
        places = ops.top_k(y_pred, top_k)[1]
        kept = backend.sum(backend.one_hot(places, y_pred.shape[-1], -1, dtype), -2)
        y_pred = backend.where(backend.greater(kept, 0.0), y_pred, LOWEST)
    if class_id is not None:
        positive, y_pred = (backend.getitem(v, (..., class_id)) for v in (positive, y_pred))
    if sample_weight is None:
        return positive, 1.0 - positive, y_pred
    weight = aligned(tensor(tensor(sample_weight), dtype), y_pred)
    return positive * weight, (1.0 - positive) * weight, y_pred


def compared(positive, negative, y_pred, thresholds, wanted=COUNTS):
    """The wanted counts, each (..., T), by comparing predictions with each threshold.

    Args:
        positive, negative, y_pred: (..., samples), as of `prepared`.
        thresholds: T Python numbers; a prediction above one is positive.
    """
    backend = context.backend
    dtype = backend.dtype(y_pred)
    limits = thresholds[0]
    if len(thresholds) > 1:
        limits = backend.asarray(np.asarray(thresholds)[:, None], dtype)
    above = backend.cast(backend.greater(backend.expand_dims(y_pred, -2), limits), dtype)
    found = []
    for name in wanted:
        chosen = above if name in ("tp", "fp") else 1.0 - above
        weight = backend.expand_dims(positive if name in ("tp", "fn") else negative, -1)
        found.append(backend.squeeze(backend.matmul(chosen, weight), -1))
    return found


def bucketed(positive, negative, y_pred, count):
    """All counts for `count` thresholds from 0 to 1 at even distances, fast.

    A prediction falls into one of the buckets between thresholds, and sums over buckets count;
    0 counts as above the first threshold, 1 as below the last.
    """
    backend = context.backend
    place = backend.ceil(y_pred * float(count - 1)) - 1.0
    place = backend.cast(backend.clip(place, 0.0, float(count - 2)), "int32")
    labels = y_pred.shape[0] if len(y_pred.shape) == 2 else 1
    if labels > 1:
        place = place + count * backend.expand_dims(backend.arange(0, labels, 1, "int32"), 1)
    sides = backend.reshape(backend.stack([positive, negative], -1), (-1, 2))
    empty = backend.zeros((labels * count, 2), backend.dtype(y_pred))
    found = backend.scatter_add(empty, backend.reshape(place, (-1,)), sides)
    found = backend.reshape(found, (*tuple(y_pred.shape)[:-1], count, 2))
    axis = len(found.shape) - 2
    found = backend.flip(backend.cumsum(backend.flip(found, axis), axis), axis)
    tp, fp = backend.unstack(found, -1)
    return tp, fp, _first(fp) - fp, _first(tp) - tp


def _first(x):
    return context.backend.getitem(x, (..., slice(0, 1)))
