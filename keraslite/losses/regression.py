"""Losses between real numbers: errors, absolute or squared or in between, and directions."""

import math

from keraslite import config, ops
from keraslite.backend.context import context
from keraslite.losses.functions import loss_function
from keraslite.losses.loss import NamedLoss


@loss_function
def mean_squared_error(y_true, y_pred):
    """Mean over the last axis of (y_true - y_pred)**2.

    >>> from keraslite import losses
    >>> float(losses.mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])[0])
    5.0
    """
    return context.backend.mean(context.backend.square(y_true - y_pred), -1)


@loss_function
def mean_absolute_error(y_true, y_pred):
    """Mean over the last axis of \\|y_true - y_pred\\|.

    >>> from keraslite import losses
    >>> float(losses.mean_absolute_error([[0.0, 0.0]], [[1.0, 3.0]])[0])
    2.0
    """
    return context.backend.mean(context.backend.absolute(y_true - y_pred), -1)


@loss_function
def mean_absolute_percentage_error(y_true, y_pred):
    """100 times the mean over the last axis of the error over the target's size.

    Targets are taken to be at least `epsilon()` in size.
    """
    backend = context.backend
    size = backend.maximum(backend.absolute(y_true), config.epsilon())
    return 100.0 * backend.mean(backend.absolute((y_true - y_pred) / size), -1)


@loss_function
def mean_squared_logarithmic_error(y_true, y_pred):
    """Mean over the last axis of (log(y_true + 1) - log(y_pred + 1))**2.

    Both are taken to be at least `epsilon()`.
    """
    backend, low = context.backend, config.epsilon()
    error = backend.log(backend.maximum(y_pred, low) + 1) - backend.log(
        backend.maximum(y_true, low) + 1
    )
    return backend.mean(error * error, -1)


@loss_function
def huber(y_true, y_pred, delta=1.0):
    """Mean over the last axis of error**2 / 2 up to errors of size delta, linear beyond.

    Huber, 1964.

    >>> from keraslite import losses
    >>> float(losses.huber([[0.0]], [[3.0]])[0])
    2.5
    """
    backend = context.backend
    error = backend.absolute(y_pred - y_true)
    linear = delta * error - 0.5 * delta**2
    return backend.mean(backend.where(backend.less_equal(error, delta),
                                      0.5 * error * error, linear), -1)  # fmt: skip


@loss_function
def log_cosh(y_true, y_pred):
    """Mean over the last axis of log(cosh(y_pred - y_true))."""
    backend = context.backend
    error = y_pred - y_true
    return backend.mean(error + backend.softplus(-2.0 * error) - math.log(2.0), -1)


@loss_function
def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between targets and predictions along an axis: -1 is best."""
    product = ops.normalize(y_true, axis) * ops.normalize(y_pred, axis)
    return -ops.sum(product, axis)


class MeanSquaredError(NamedLoss):
    """Mean of squared errors.

    >>> from keraslite import losses
    >>> float(losses.MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
    5.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(NamedLoss):
    """Mean of absolute errors.

    >>> from keraslite import losses
    >>> float(losses.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
    2.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(NamedLoss):
    """Mean of absolute errors in percent of the targets.

    >>> from keraslite import losses
    >>> float(losses.MeanAbsolutePercentageError()([[2.0]], [[1.5]]))
    25.0
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(NamedLoss):
    """Mean of squared errors of log(1 + value).

    >>> from keraslite import losses
    >>> round(float(losses.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class Huber(NamedLoss):
    """Squared errors up to a size of delta, linear beyond (Huber, 1964).

    >>> from keraslite import losses
    >>> float(losses.Huber()([[0.0], [0.0]], [[0.5], [3.0]]))
    1.3125
    """

    def __init__(
        self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None
    ):  # fmt: skip
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(NamedLoss):
    """Logarithm of the hyperbolic cosine of the error: squared near 0, absolute far away.

    >>> from keraslite import losses
    >>> round(float(losses.LogCosh()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction, name, dtype)


class CosineSimilarity(NamedLoss):
    """Minus the cosine of the angle between targets and predictions: -1 is best.

    >>> from keraslite import losses
    >>> round(float(losses.CosineSimilarity()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    -0.7071
    """

    def __init__(
        self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)
