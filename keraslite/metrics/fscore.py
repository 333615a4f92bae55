"""F-scores: precision and recall in one number."""

from keraslite.backend.context import context
from keraslite.config import epsilon
from keraslite.losses.reduction import aligned
from keraslite.metrics.metric import Metric
from keraslite.ops.dispatch import tensor


class FBetaScore(Metric):
    """(1 + beta**2) * precision * recall / (beta**2 * precision + recall), by class.

    Args:
        average: None gives a vector with the score of each class; "micro" counts all classes as
            one; "macro" is the mean of the classes, "weighted" that weighted by their targets.
        beta: how many times as important recall is as precision.
        threshold: predictions above are positive; None: the largest of a row is.
        name, dtype: as of `Metric`.

    >>> from keraslite import metrics
    >>> m = metrics.FBetaScore(average="micro")
    >>> round(float(m([[1, 0], [0, 1]], [[0.9, 0.1], [0.8, 0.2]])), 3)
    0.5
    """

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                f"average of {name} must be None, 'micro', 'macro' or 'weighted', found"
                f" {average!r}."
            )
        if not isinstance(beta, (int, float)) or beta <= 0:
            raise ValueError(f"beta of {name} must be a number above 0, found {beta!r}.")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"threshold of {name} must be in (0, 1], found {threshold!r}.")
        self.average = average
        self.beta = float(beta)
        self.threshold = threshold
        self._counts = []
        if average == "micro":
            self._add_counts(())

    def _add_counts(self, shape):
        names = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
        self._counts = [self.add_variable(shape, "zeros", name=name) for name in names]

    def build_from_shapes(self, y_shape, pred_shape):
        if len(pred_shape) != 2 or pred_shape[-1] is None:
            raise ValueError(
                f"{self.name} needs predictions of shape (samples, classes), found"
                f" {tuple(pred_shape)}."
            )
        if not self._counts:
            self._add_counts((pred_shape[-1],))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: one-hot (or several-hot) targets and predictions, (samples, classes)."""
        backend = context.backend
        y_true, y_pred = (tensor(tensor(v), self.dtype) for v in (y_true, y_pred))
        self.build_from_shapes(y_true.shape, y_pred.shape)
        if self.threshold is None:
            largest = backend.equal(y_pred, backend.max(y_pred, -1, True))
            not_zero = backend.greater(backend.absolute(y_pred), 1e-9)
            positive = backend.logical_and(largest, not_zero)
        else:
            positive = backend.greater(y_pred, self.threshold)
        y_pred = backend.cast(positive, self.dtype)
        weight = 1.0
        if sample_weight is not None:
            weight = aligned(tensor(tensor(sample_weight), self.dtype), y_pred)
        axis = None if self.average == "micro" else 0
        parts = (y_pred * y_true, y_pred * (1.0 - y_true), (1.0 - y_pred) * y_true, y_true)
        for variable, part in zip(self._counts, parts):
            variable.assign_add(backend.sum(part * weight, axis))

    def result(self):
        backend, small = context.backend, epsilon()
        if not self._counts:
            return backend.zeros((), self.dtype)
        tp, fp, fn, weights = (variable.value for variable in self._counts)
        precision, recall = tp / (tp + fp + small), tp / (tp + fn + small)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + small) * (1.0 + square)
        if self.average == "weighted":
            return backend.sum(score * weights / (backend.sum(weights) + small))
        return backend.mean(score) if self.average == "macro" else score

    def get_config(self):
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall; arguments as of `FBetaScore`."""

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        config = super().get_config()
        del config["beta"]
        return config
