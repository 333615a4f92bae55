"""Cross-entropies that weigh samples by how hard they are."""

from keraslite import ops
from keraslite.backend.context import context
from keraslite.losses import checks
from keraslite.losses.crossentropy import axes, checked_smoothing, inside, smoothed
from keraslite.losses.functions import drawable, int_labels, loss_function
from keraslite.losses.loss import NamedLoss
from keraslite.ops.dispatch import floating


@loss_function
def binary_focal_crossentropy(
    y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False,
    label_smoothing=0.0, axis=-1,
):  # fmt: skip
    """Mean along an axis of (1 - p)**gamma times the cross-entropy, p the right side's probability.

    Lin et al., 2017. With `apply_class_balancing`, targets 1 count alpha and targets 0 count
    1 - alpha; other arguments as of `binary_crossentropy`.
    """
    backend = context.backend
    y_true = smoothed(y_true, label_smoothing, 2)
    if from_logits:
        y_pred = backend.sigmoid(y_pred)
    entropy = ops.binary_crossentropy(y_true, y_pred)
    right = y_true * y_pred + (1.0 - y_true) * (1.0 - y_pred)
    values = (1.0 - right) ** gamma * entropy
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return backend.mean(values, axes(axis))


@loss_function
def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """Sum along an axis of alpha * (1 - p)**gamma * -y_true * log(p).

    Lin et al., 2017. alpha is a number, or one for each class; other arguments as of
    `categorical_crossentropy`.
    """
    backend = context.backend
    y_true = smoothed(y_true, label_smoothing, y_pred.shape[axis])
    p = backend.softmax(y_pred, axis) if from_logits else y_pred
    p = inside(p / backend.sum(p, axis, True))
    if isinstance(alpha, (list, tuple)):
        alpha = backend.asarray(alpha, backend.dtype(y_pred))
    return backend.sum(alpha * (1.0 - p) ** gamma * -y_true * backend.log(p), axis)


@drawable
def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p**q) / q, p the prediction of the label's class.

    Robust to wrong labels: the cross-entropy for q to 0, the absolute error for q = 1. Zhang and
    Sabuncu, 2018. Labels are integers, as of `sparse_categorical_crossentropy`.
    """
    backend = context.backend
    y_pred = floating(y_pred)
    labels = int_labels(y_true, len(y_pred.shape))
    p = backend.take_along_axis(y_pred, backend.expand_dims(labels, -1), -1)
    return (1.0 - backend.squeeze(p, -1) ** q) / q


class BinaryFocalCrossentropy(NamedLoss):
    """Binary cross-entropy in which easy samples count little.

    Arguments as of `binary_focal_crossentropy`.

    >>> from keraslite import losses
    >>> round(float(losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    def __init__(
        self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False,
        label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
        name="binary_focal_crossentropy", dtype=None,
    ):  # fmt: skip
        super().__init__(
            binary_focal_crossentropy, reduction, name, dtype,
            apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma,
            from_logits=from_logits, label_smoothing=checked_smoothing(label_smoothing), axis=axis,
        )  # fmt: skip

    def check_values(self, y, pred_shape):
        checks.check_probabilities(self, y)


class CategoricalFocalCrossentropy(NamedLoss):
    """Cross-entropy of one-hot targets in which easy samples count little.

    Arguments as of `categorical_focal_crossentropy`.

    >>> from keraslite import losses
    >>> round(float(losses.CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    def __init__(
        self, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
        reduction="sum_over_batch_size", name="categorical_focal_crossentropy", dtype=None,
    ):  # fmt: skip
        super().__init__(
            categorical_focal_crossentropy, reduction, name, dtype, alpha=alpha, gamma=gamma,
            from_logits=from_logits, label_smoothing=checked_smoothing(label_smoothing), axis=axis,
        )  # fmt: skip

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        checks.check_one_hot(self, y_shape, pred_shape, which, self._fn_kwargs["axis"])


class CategoricalGeneralizedCrossEntropy(NamedLoss):
    """Cross-entropy of integer labels that is robust to wrong ones; q in (0, 1).

    >>> from keraslite import losses
    >>> float(losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
    1.0
    """

    _keeps_label_dtype = True

    def __init__(
        self, q=0.5, reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy", dtype=None,
    ):  # fmt: skip
        if not 0 < q < 1:
            raise ValueError(f"q of {name} must be in (0, 1), found {q!r}.")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)

    def check_shapes(self, y_shape, pred_shape, which="the output"):
        checks.check_labels(self, y_shape, pred_shape, which)

    def check_values(self, y, pred_shape):
        checks.check_label_range(self, y, pred_shape)
