"""Losses between probability distributions: cross-entropies, divergence, Poisson."""

from keraslite import config, ops
from keraslite.backend.context import context
from keraslite.core.masks import set_mask
from keraslite.losses import checks
from keraslite.losses.functions import drawable, loss_function
from keraslite.losses.loss import NamedLoss
from keraslite.ops.dispatch import floating, tensor


@loss_function
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Mean along an axis of the cross-entropy between yes-or-no targets and predictions.

    Args:
        y_true: probabilities of "yes", shape of y_pred.
        y_pred: probabilities, kept at a distance of `epsilon()` from 0 and 1, or logits.
        from_logits: whether y_pred is before the sigmoid.
        label_smoothing: s moves targets towards 1/2: y * (1 - s) + s / 2.
        axis: of the mean.

    >>> from keraslite import losses
    >>> round(float(losses.binary_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.6931
    """
    y_true = smoothed(y_true, label_smoothing, 2)
    return context.backend.mean(ops.binary_crossentropy(y_true, y_pred, from_logits), axes(axis))


@loss_function
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Cross-entropy between distributions (one-hot, say) and predictions over classes.

    Args:
        y_true: probabilities, shape of y_pred.
        y_pred: probabilities, divided by their sum and kept at a distance of `epsilon()` from 0
            and 1, or logits.
        from_logits: whether y_pred is before the softmax.
        label_smoothing: s moves targets towards the uniform: y * (1 - s) + s / classes.
        axis: of the classes; the result lacks it.

    >>> from keraslite import losses
    >>> round(float(losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true = smoothed(y_true, label_smoothing, y_pred.shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


@drawable
def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):  # fmt: skip
    """Cross-entropy between integer labels and predictions over classes.

    Args:
        y_true: labels in [0, classes): y_pred's shape without the axis of the classes, or with 1
            as last.
        y_pred: as of `categorical_crossentropy`.
        from_logits: whether y_pred is before the softmax.
        ignore_class: a label (such as 255 or -1) whose places give 0 and are not counted in means.
        axis: of the classes; the result lacks it.

    >>> from keraslite import losses
    >>> round(float(losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    backend = context.backend
    y_true, y_pred = tensor(y_true), floating(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = backend.squeeze(y_true, -1)
    valid = backend.not_equal(y_true, ignore_class)
    y_true = backend.where(valid, y_true, 0)
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    values = backend.where(valid, values, 0.0)
    set_mask(values, valid)
    return values


@loss_function
def kl_divergence(y_true, y_pred):
    """Kullback-Leibler divergence, sum over the last axis of y_true * log(y_true / y_pred).

    Both are kept in [`epsilon()`, 1].

    >>> from keraslite import losses
    >>> round(float(losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])[0]), 4)
    0.1438
    """
    backend, low = context.backend, config.epsilon()
    y_true, y_pred = backend.clip(y_true, low, 1.0), backend.clip(y_pred, low, 1.0)
    return backend.sum(y_true * backend.log(y_true / y_pred), -1)


@loss_function
def poisson(y_true, y_pred):
    """Mean over the last axis of y_pred - y_true * log(y_pred).

    The negative log-likelihood of counts y_true under rates y_pred, without its constant.
    """
    backend = context.backend
    return backend.mean(y_pred - y_true * backend.log(y_pred + config.epsilon()), -1)


def axes(axis):
    """An axis, or several as a tuple."""
    return tuple(axis) if isinstance(axis, list) else axis


def smoothed(y_true, amount, classes):
    """Targets moved towards 1 / classes by a part `amount` of the way."""
    return y_true * (1.0 - amount) + amount / classes if amount else y_true


def inside(p):
    """Probabilities kept at a distance of `epsilon()` from 0 and 1."""
    return context.backend.clip(p, config.epsilon(), 1 - config.epsilon())


class BinaryCrossentropy(NamedLoss):
    """Cross-entropy of yes-or-no targets; arguments as of `binary_crossentropy`.

    >>> from keraslite import losses
    >>> loss = losses.BinaryCrossentropy(from_logits=True)
    >>> round(float(loss([[1.0], [0.0]], [[0.0], [0.0]])), 4)
    0.6931
    """

    def __init__(
        self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
        name="binary_crossentropy", dtype=None,
    ):  # fmt: skip
        super().__init__(
            binary_crossentropy, reduction, name, dtype, from_logits=from_logits,
            label_smoothing=checked_smoothing(label_smoothing), axis=axis,
        )  # fmt: skip

    def check_values(self, y, pred_shape):
        checks.check_probabilities(self, y)


class CategoricalCrossentropy(NamedLoss):
    """Cross-entropy of one-hot targets; arguments as of `categorical_crossentropy`.

    >>> from keraslite import losses
    >>> round(float(losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
        name="categorical_crossentropy", dtype=None,
    ):  # fmt: skip
        super().__init__(
            categorical_crossentropy, reduction, name, dtype, from_logits=from_logits,
            label_smoothing=checked_smoothing(label_smoothing), axis=axis,
        )  # fmt: skip

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        checks.check_one_hot(self, y_shape, pred_shape, which, self._fn_kwargs["axis"])


class SparseCategoricalCrossentropy(NamedLoss):
    """Cross-entropy of integer labels; arguments as of `sparse_categorical_crossentropy`.

    >>> from keraslite import losses
    >>> loss = losses.SparseCategoricalCrossentropy()
    >>> round(float(loss([0, 1], [[0.5, 0.5], [0.5, 0.5]])), 4)
    0.6931
    """

    _keeps_label_dtype = True

    def __init__(
        self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
        name="sparse_categorical_crossentropy", dtype=None,
    ):  # fmt: skip
        super().__init__(
            sparse_categorical_crossentropy, reduction, name, dtype, from_logits=from_logits,
            ignore_class=ignore_class, axis=axis,
        )  # fmt: skip

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        checks.check_labels(self, y_shape, pred_shape, which, self._fn_kwargs["axis"])

    def check_values(self, y, pred_shape):
        checks.check_label_range(
            self, y, pred_shape, self._fn_kwargs["axis"], self._fn_kwargs["ignore_class"]
        )


class KLDivergence(NamedLoss):
    """Kullback-Leibler divergence of the predictions from the targets.

    >>> from keraslite import losses
    >>> round(float(losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction, name, dtype)


class Poisson(NamedLoss):
    """Negative log-likelihood of counts under predicted rates.

    >>> from keraslite import losses
    >>> round(float(losses.Poisson()([[2.0]], [[1.0]])), 4)
    1.0
    """

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction, name, dtype)


def checked_smoothing(value):
    """`value` if it may be a label smoothing; ValueError otherwise."""
    if not 0 <= value <= 1:
        raise ValueError(f"label_smoothing must be in [0, 1], found {value!r}.")
    return value
