"""Metrics that count right and wrong decisions: the four counts, precision, recall."""

from keraslite.backend.context import context
from keraslite.losses.reduction import divide_no_nan
from keraslite.metrics.counts import LOWEST, compared, prepared
from keraslite.metrics.metric import Metric


class _Counts(Metric):
    """Sums of some of the four counts, at one or several thresholds."""

    _kept = ()  # names of the counts, of `counts.COUNTS`
    _names = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives",
              "fn": "false_negatives"}  # fmt: skip

    def __init__(self, thresholds, top_k, class_id, name, dtype):
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        default = 0.5 if top_k is None else LOWEST
        self.thresholds = checked_thresholds(thresholds, default, self.name)
        shape = (len(self.thresholds),)
        for key in self._kept:
            variable = self.add_variable(shape, "zeros", name=self._variable_name(key))
            setattr(self, self._variable_name(key), variable)

    def _variable_name(self, key):
        return self._names[key]

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets 0 and 1, and predictions, of one shape."""
        parts = prepared(y_true, y_pred, sample_weight, self.dtype, self.top_k, self.class_id)
        positive, negative, y_pred = (context.backend.reshape(v, (-1,)) for v in parts)
        found = compared(positive, negative, y_pred, self.thresholds, self._kept)
        for key, more in zip(self._kept, found):
            variable = getattr(self, self._variable_name(key))
            variable.assign_add(more)

    def _scalar(self, x):
        """The result: a scalar where there is one threshold."""
        return x if len(self.thresholds) > 1 else context.backend.reshape(x, ())

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _OneCount(_Counts):
    """One of the four counts."""

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(thresholds, None, None, name, dtype)

    def _variable_name(self, key):
        return "accumulator"

    def result(self):
        return self._scalar(self.accumulator.value)


class TruePositives(_OneCount):
    """Weight of targets 1 predicted above the threshold (one, or a list; default 0.5).

    >>> from keraslite import metrics
    >>> float(metrics.TruePositives()([1, 1, 0], [0.9, 0.2, 0.8]))
    1.0
    """

    _kept = ("tp",)


class FalsePositives(_OneCount):
    """Weight of targets 0 predicted above the threshold (one, or a list; default 0.5).

    >>> from keraslite import metrics
    >>> float(metrics.FalsePositives()([1, 1, 0], [0.2, 0.9, 0.9]))
    1.0
    """

    _kept = ("fp",)


class TrueNegatives(_OneCount):
    """Weight of targets 0 predicted not above the threshold (one, or a list; default 0.5).

    >>> from keraslite import metrics
    >>> float(metrics.TrueNegatives()([1, 1, 0], [0.2, 0.9, 0.1]))
    1.0
    """

    _kept = ("tn",)


class FalseNegatives(_OneCount):
    """Weight of targets 1 predicted not above the threshold (one, or a list; default 0.5).

    >>> from keraslite import metrics
    >>> float(metrics.FalseNegatives()([1, 1, 0], [0.2, 0.9, 0.9]))
    1.0
    """

    _kept = ("fn",)


class _Share(_Counts):
    """True positives over true positives and something."""

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self):
        found, other = (getattr(self, self._names[key]).value for key in self._kept)
        return self._scalar(divide_no_nan(found, found + other))

    def get_config(self):
        return {**super().get_config(), "top_k": self.top_k, "class_id": self.class_id}


class Precision(_Share):
    """How much of what is predicted positive is positive; 0 if nothing is.

    Args:
        thresholds: number or list in [0, 1]: predictions above are positive; default 0.5.
        top_k: instead, the k largest predictions along the last axis are positive.
        class_id: look at this class alone.
        name, dtype: as of `Metric`.

    >>> from keraslite import metrics
    >>> float(metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])) > 0.66
    True
    """

    _kept = ("tp", "fp")


class Recall(_Share):
    """How much of what is positive is predicted positive; 0 if nothing is.

    Arguments as of `Precision`.

    >>> from keraslite import metrics
    >>> float(metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1])) > 0.66
    True
    """

    _kept = ("tp", "fn")


def checked_thresholds(thresholds, default, name):
    """Thresholds as a list of floats; ValueError if one is not in [0, 1]."""
    if thresholds is None:
        return [default]
    found = [
        float(t) for t in (thresholds if isinstance(thresholds, (list, tuple)) else [thresholds])
    ]
    if not found or not all(0 <= t <= 1 for t in found):
        raise ValueError(f"thresholds of {name} must be in [0, 1], found {thresholds!r}.")
    return found
