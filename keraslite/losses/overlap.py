"""Losses on how much targets and predictions overlap, for segmentation."""

from keraslite import config, ops
from keraslite.losses.functions import loss_function
from keraslite.losses.loss import NamedLoss


@loss_function
def dice(y_true, y_pred, axis=None):
    """1 - 2 * overlap / (sum of targets + sum of predictions), sums over `axis` (None: all).

    Sorensen, 1948; Dice, 1945.
    """
    overlap, epsilon = ops.sum(y_true * y_pred, axis), config.epsilon()
    size = ops.sum(y_true, axis) + ops.sum(y_pred, axis)
    return 1.0 - (2.0 * overlap + epsilon) / (size + epsilon)


@loss_function
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - overlap / (overlap + alpha * missed + beta * falsely positive).

    Salehi et al., 2017. Sums over `axis` (None: all); alpha = beta = 0.5 gives `dice`.
    """
    overlap, epsilon = ops.sum(y_true * y_pred, axis), config.epsilon()
    false_positive = ops.sum((1.0 - y_true) * y_pred, axis)
    missed = ops.sum(y_true * (1.0 - y_pred), axis)
    whole = overlap + alpha * missed + beta * false_positive
    return 1.0 - (overlap + epsilon) / (whole + epsilon)


class Dice(NamedLoss):
    """1 - the Dice coefficient, over all elements or along axes; arguments as of `dice`.

    >>> from keraslite import losses
    >>> round(float(losses.Dice()([[1.0], [0.0]], [[0.5], [0.5]])), 4)
    0.5
    """

    def __init__(
        self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None
    ):  # fmt: skip
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(NamedLoss):
    """1 - the Tversky index: alpha weighs what is missed, beta what is falsely found.

    >>> from keraslite import losses
    >>> round(float(losses.Tversky(alpha=0.3, beta=0.7)([[1.0], [0.0]], [[0.5], [0.5]])), 4)
    0.5
    """

    def __init__(
        self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
