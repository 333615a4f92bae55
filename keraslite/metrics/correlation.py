"""How well predictions of real numbers follow the targets."""

from keraslite import config
from keraslite.backend.context import context
from keraslite.losses.functions import loss_function, pair
from keraslite.losses.reduction import aligned, as_number, divide_no_nan
from keraslite.metrics.means import NamedMean
from keraslite.metrics.metric import Metric, prediction
from keraslite.ops.dispatch import tensor

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """1 - squared errors over squared distances of the targets from their mean.

    Args:
        class_aggregation: of several outputs: "uniform_average", "variance_weighted_average", or
            None for a vector with the score of each.
        num_regressors: number of variables of the model, for the adjusted score; 0: not adjusted.
        name, dtype: as of `Metric`.

    >>> from keraslite import metrics
    >>> round(float(metrics.R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    def __init__(
        self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None
    ):
        super().__init__(dtype, name)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"class_aggregation of {name} must be one of {_AGGREGATIONS}, found"
                f" {class_aggregation!r}."
            )
        if num_regressors < 0:
            raise ValueError(f"num_regressors of {name} must be 0 or more, found {num_regressors}.")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._sums = []

    def build_from_shapes(self, y_shape, pred_shape):
        if len(pred_shape) != 2 or pred_shape[-1] is None:
            raise ValueError(
                f"{self.name} needs targets and predictions of shape (samples, outputs), found"
                f" {tuple(pred_shape)}."
            )
        if not self._sums:
            names = ("squared_sum", "sum", "residual", "count")
            shape = (pred_shape[-1],)
            self._sums = [self.add_variable(shape, "zeros", name=name) for name in names]

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch of targets and predictions, both (samples, outputs)."""
        backend = context.backend
        y_true, y_pred = pair(y_true, prediction(y_pred, self.dtype))
        self.build_from_shapes(y_true.shape, y_pred.shape)
        weight = backend.ones_like(y_pred)
        if sample_weight is not None:
            weight = weight * aligned(tensor(tensor(sample_weight), self.dtype), y_pred)
        weighted, error = y_true * weight, y_true - y_pred
        parts = (weighted * y_true, weighted, error * error * weight, weight)
        for variable, part in zip(self._sums, parts):
            variable.assign_add(backend.sum(part, 0))
        rows, outputs = backend.shape(y_true)
        more = as_number(rows, self.dtype) * outputs
        self.num_samples.assign_add(more)

    def result(self):
        backend = context.backend
        if not self._sums:
            return backend.zeros((), self.dtype)
        squares, total, residual, count = (variable.value for variable in self._sums)
        spread = squares - divide_no_nan(total * total, count)
        score = 1.0 - divide_no_nan(residual, spread)
        wrong = backend.logical_and(backend.equal(spread, 0.0), backend.greater(residual, 0.0))
        score = backend.where(wrong, 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = backend.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = divide_no_nan(backend.sum(score * spread), backend.sum(spread))
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score):
        """Corrected for the number of regressors, where there are enough samples for it."""
        backend = context.backend
        samples = self.num_samples.value
        free = samples - (self.num_regressors + 1.0)
        enough = backend.greater(free, 0.0)
        lost = (1.0 - score) * (samples - 1.0) / backend.where(enough, free, 1.0)
        return backend.where(enough, 1.0 - lost, score)

    def get_config(self):
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }


@loss_function
def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation of targets and predictions along an axis, in [-1, 1]."""
    covariance, true_variance, pred_variance, _ = _moments(y_true, y_pred, axis)
    size = context.backend.sqrt(true_variance * pred_variance)
    return covariance / (size + config.epsilon())


@loss_function
def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance (1989) along an axis: the correlation, less where mean or scale differ."""
    covariance, true_variance, pred_variance, distance = _moments(y_true, y_pred, axis)
    spread = true_variance + pred_variance + distance * distance
    return 2.0 * covariance / (spread + config.epsilon())


def _moments(y_true, y_pred, axis):
    """Covariance, both variances and the distance of the means, along an axis."""
    backend = context.backend
    axis = axis % len(y_pred.shape)
    true_mean, pred_mean = backend.mean(y_true, axis, True), backend.mean(y_pred, axis, True)
    true_part, pred_part = y_true - true_mean, y_pred - pred_mean
    return (
        backend.mean(true_part * pred_part, axis),
        backend.mean(true_part * true_part, axis),
        backend.mean(pred_part * pred_part, axis),
        backend.squeeze(true_mean - pred_mean, axis),
    )


class PearsonCorrelation(NamedMean):
    """Mean of Pearson's correlation along an axis.

    >>> from keraslite import metrics
    >>> round(float(metrics.PearsonCorrelation()([[0.0, 1.0, 2.0]], [[0.0, 1.0, 3.0]])), 4)
    0.982
    """

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(NamedMean):
    """Mean of Lin's concordance correlation along an axis.

    >>> from keraslite import metrics
    >>> round(float(metrics.ConcordanceCorrelation()([[0.0, 1.0, 2.0]], [[0.0, 1.0, 3.0]])), 4)
    0.8571
    """

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
