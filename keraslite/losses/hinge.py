"""Hinge losses: nothing for predictions on the right side with a margin of 1."""

from keraslite.backend.context import context
from keraslite.losses.functions import loss_function
from keraslite.losses.loss import NamedLoss


@loss_function
def hinge(y_true, y_pred):
    """Mean over the last axis of max(1 - y_true * y_pred, 0).

    Targets are -1 and 1, or 0 and 1, which are taken as -1 and 1.

    >>> from keraslite import losses
    >>> float(losses.hinge([[1.0, 0.0]], [[2.0, 0.5]])[0])
    0.75
    """
    return context.backend.mean(_missing(y_true, y_pred), -1)


@loss_function
def squared_hinge(y_true, y_pred):
    """Mean over the last axis of max(1 - y_true * y_pred, 0)**2; targets as of `hinge`."""
    missing = _missing(y_true, y_pred)
    return context.backend.mean(missing * missing, -1)


@loss_function
def categorical_hinge(y_true, y_pred):
    """max(largest wrong prediction - right prediction + 1, 0) along the last axis.

    Targets are one-hot.
    """
    backend = context.backend
    right = backend.sum(y_true * y_pred, -1)
    wrong = backend.max((1.0 - y_true) * y_pred, -1)
    return backend.maximum(wrong - right + 1.0, 0.0)


def _missing(y_true, y_pred):
    """What is missing to a margin of 1, at least 0."""
    backend = context.backend
    is_binary = backend.all(backend.logical_or(backend.equal(y_true, 0), backend.equal(y_true, 1)))
    signs = backend.where(is_binary, 2.0 * y_true - 1.0, y_true)
    return backend.maximum(1.0 - signs * y_pred, 0.0)


class Hinge(NamedLoss):
    """Mean hinge loss; targets -1 and 1, or 0 and 1.

    >>> from keraslite import losses
    >>> float(losses.Hinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.25
    """

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(NamedLoss):
    """Mean squared hinge loss; targets -1 and 1, or 0 and 1.

    >>> from keraslite import losses
    >>> float(losses.SquaredHinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.125
    """

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(NamedLoss):
    """Mean hinge loss between the right class and the strongest wrong one; one-hot targets.

    >>> from keraslite import losses
    >>> round(float(losses.CategoricalHinge()([[0.0, 1.0]], [[0.4, 0.6]])), 4)
    0.8
    """

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(categorical_hinge, reduction, name, dtype)
