"""Accuracies: how often predictions are right."""

from keraslite import ops
from keraslite.backend.context import context
from keraslite.losses.functions import drawable, int_labels, loss_function, same_rank
from keraslite.metrics.means import NamedMean
from keraslite.ops.dispatch import floating, tensor


@drawable
def accuracy(y_true, y_pred):
    """1 where a prediction equals its target, else 0.

    >>> from keraslite import metrics
    >>> float(metrics.Accuracy()([[1], [2], [3]], [[1], [2], [0]])) > 0.66
    True
    """
    backend = context.backend
    y_pred = tensor(y_pred)
    y_true = tensor(tensor(y_true), backend.dtype(y_pred))
    y_true, y_pred = same_rank(y_true, y_pred)
    return floating(backend.equal(y_true, y_pred))


@loss_function
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where a prediction is on its target's side of the threshold, else 0.

    Targets are 0 and 1.
    """
    backend = context.backend
    above = backend.cast(backend.greater(y_pred, threshold), backend.dtype(y_pred))
    return floating(backend.equal(y_true, above))


@loss_function
def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction along the last axis is that of the one-hot target, else 0.

    >>> from keraslite import metrics
    >>> float(metrics.categorical_accuracy([[0, 1]], [[0.1, 0.9]])[0])
    1.0
    """
    backend = context.backend
    return floating(backend.equal(backend.argmax(y_true, -1), backend.argmax(y_pred, -1)))


@drawable
def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction along the last axis is at the label, else 0.

    Labels are integers (in a float dtype too), of y_pred's shape without its last axis, or with
    1 as last.

    >>> from keraslite import metrics
    >>> float(metrics.sparse_categorical_accuracy([1], [[0.1, 0.9]])[0])
    1.0
    """
    backend = context.backend
    y_pred = tensor(y_pred)
    labels = int_labels(y_true, len(y_pred.shape))
    return floating(backend.equal(labels, backend.argmax(y_pred, -1)))


@loss_function
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the prediction of the one-hot target's class is among the k largest, else 0."""
    return _in_top(context.backend.argmax(y_true, -1), y_pred, k)


@drawable
def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the label is among the classes of the k largest predictions, else 0.

    With `from_sorted_ids`, y_pred holds class numbers, the likeliest first.
    """
    backend = context.backend
    y_pred = tensor(y_pred)
    labels = int_labels(y_true, len(y_pred.shape))
    if from_sorted_ids:
        first = backend.cast(backend.slice_axis(y_pred, len(y_pred.shape) - 1, 0, k), "int32")
        return floating(backend.any(backend.equal(backend.expand_dims(labels, -1), first), -1))
    return _in_top(labels, floating(y_pred), k)


def _in_top(labels, y_pred, k):
    backend = context.backend
    shape = backend.shape(labels)
    rows = backend.reshape(y_pred, (-1, y_pred.shape[-1]))
    hits = ops.in_top_k(backend.reshape(labels, (-1,)), rows, k)
    return floating(backend.reshape(hits, shape))


class Accuracy(NamedMean):
    """How often predictions equal targets.

    >>> from keraslite import metrics
    >>> float(metrics.Accuracy()([[1], [2]], [[1], [0]]))
    0.5
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(NamedMean):
    """How often predictions are on the right side of `threshold`.

    >>> from keraslite import metrics
    >>> float(metrics.BinaryAccuracy()([[1], [0]], [[0.9], [0.7]]))
    0.5
    """

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        if threshold is not None and not 0 < threshold < 1:
            raise ValueError(f"threshold of {name} must be in (0, 1), found {threshold!r}.")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(NamedMean):
    """How often the largest prediction is that of the one-hot target.

    >>> from keraslite import metrics
    >>> float(metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(NamedMean):
    """How often the largest prediction is at the integer label.

    >>> from keraslite import metrics
    >>> float(metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.2, 0.8]]))
    0.5
    """

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(NamedMean):
    """How often the one-hot target's prediction is among the k largest.

    >>> from keraslite import metrics
    >>> float(metrics.TopKCategoricalAccuracy(k=2)([[0, 0, 1]], [[0.1, 0.7, 0.2]]))
    1.0
    """

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(NamedMean):
    """How often the integer label's prediction is among the k largest.

    >>> from keraslite import metrics
    >>> float(metrics.SparseTopKCategoricalAccuracy(k=2)([2], [[0.1, 0.7, 0.2]]))
    1.0
    """

    def __init__(
        self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False
    ):
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
