"""Means of the loss functions, as metrics."""

from keraslite import losses
from keraslite.backend.context import context
from keraslite.losses.functions import pair
from keraslite.metrics.means import Mean, NamedMean
from keraslite.metrics.metric import prediction


class MeanSquaredError(NamedMean):
    """Mean of squared errors.

    >>> from keraslite import metrics
    >>> float(metrics.MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
    5.0
    """

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """Square root of the mean of squared errors.

    >>> from keraslite import metrics
    >>> float(metrics.RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [3.0]]))
    3.0
    """

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch; weights as of `Mean`, for errors of y_pred's shape."""
        y_true, y_pred = pair(y_true, prediction(y_pred, self.dtype))
        error = y_true - y_pred
        super().update_state(error * error, sample_weight)

    def result(self):
        return context.backend.sqrt(super().result())


class MeanAbsoluteError(NamedMean):
    """Mean of absolute errors.

    >>> from keraslite import metrics
    >>> float(metrics.MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]]))
    2.0
    """

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(NamedMean):
    """Mean of absolute errors in percent of the targets.

    >>> from keraslite import metrics
    >>> float(metrics.MeanAbsolutePercentageError()([[2.0]], [[1.5]]))
    25.0
    """

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(NamedMean):
    """Mean of squared errors of log(1 + value).

    >>> from keraslite import metrics
    >>> round(float(metrics.MeanSquaredLogarithmicError()([[0.0]], [[1.0]])), 4)
    0.4805
    """

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(NamedMean):
    """Mean of log(cosh(error)).

    >>> from keraslite import metrics
    >>> round(float(metrics.LogCoshError()([[0.0]], [[1.0]])), 4)
    0.4338
    """

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(losses.log_cosh, name, dtype)


class BinaryCrossentropy(NamedMean):
    """Mean binary cross-entropy.

    >>> from keraslite import metrics
    >>> round(float(metrics.BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]])), 4)
    0.6931
    """

    def __init__(
        self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0
    ):
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits,
            label_smoothing=label_smoothing,
        )  # fmt: skip


class CategoricalCrossentropy(NamedMean):
    """Mean cross-entropy of one-hot targets.

    >>> from keraslite import metrics
    >>> round(float(metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0,
        axis=-1,
    ):  # fmt: skip
        super().__init__(
            losses.categorical_crossentropy, name, dtype, from_logits=from_logits,
            label_smoothing=label_smoothing, axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(NamedMean):
    """Mean cross-entropy of integer labels.

    >>> from keraslite import metrics
    >>> round(float(metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    def __init__(
        self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False,
        ignore_class=None, axis=-1,
    ):  # fmt: skip
        super().__init__(
            losses.sparse_categorical_crossentropy, name, dtype, from_logits=from_logits,
            ignore_class=ignore_class, axis=axis,
        )  # fmt: skip


class KLDivergence(NamedMean):
    """Mean Kullback-Leibler divergence of the predictions from the targets.

    >>> from keraslite import metrics
    >>> round(float(metrics.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    def __init__(self, name="kl_divergence", dtype=None):
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(NamedMean):
    """Mean negative log-likelihood of counts under predicted rates.

    >>> from keraslite import metrics
    >>> round(float(metrics.Poisson()([[2.0]], [[1.0]])), 4)
    1.0
    """

    def __init__(self, name="poisson", dtype=None):
        super().__init__(losses.poisson, name, dtype)


def _cosine(y_true, y_pred, axis=-1):
    return -losses.cosine_similarity(y_true, y_pred, axis)


class CosineSimilarity(NamedMean):
    """Mean cosine of the angle between targets and predictions: 1 is best.

    >>> from keraslite import metrics
    >>> round(float(metrics.CosineSimilarity()([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.7071
    """

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(_cosine, name, dtype, axis=axis)


class Hinge(NamedMean):
    """Mean hinge loss; targets -1 and 1, or 0 and 1.

    >>> from keraslite import metrics
    >>> float(metrics.Hinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.25
    """

    def __init__(self, name="hinge", dtype=None):
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(NamedMean):
    """Mean squared hinge loss; targets -1 and 1, or 0 and 1.

    >>> from keraslite import metrics
    >>> float(metrics.SquaredHinge()([[1.0], [-1.0]], [[0.5], [-2.0]]))
    0.125
    """

    def __init__(self, name="squared_hinge", dtype=None):
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(NamedMean):
    """Mean hinge loss between the right class and the strongest wrong one.

    >>> from keraslite import metrics
    >>> round(float(metrics.CategoricalHinge()([[0.0, 1.0]], [[0.4, 0.6]])), 4)
    0.8
    """

    def __init__(self, name="categorical_hinge", dtype=None):
        super().__init__(losses.categorical_hinge, name, dtype)
