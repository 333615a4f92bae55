"""Metrics over all thresholds: areas under curves, and best points on curves."""

from keraslite.backend.context import context
from keraslite.config import epsilon
from keraslite.core.variable import Variable
from keraslite.losses.reduction import divide_no_nan
from keraslite.metrics.counts import bucketed, compared, prepared
from keraslite.metrics.metric import Metric
from keraslite.ops.dispatch import tensor


class _Curve(Metric):
    """The four counts at many thresholds."""

    _even = True  # whether the thresholds are at even distances from 0 to 1
    _thresholds: list[float]
    _counts: list[Variable] = []

    def _add_counts(self, shape):
        names = ("true_positives", "false_positives", "true_negatives", "false_negatives")
        self._counts = [self.add_variable(shape, "zeros", name=name) for name in names]
        (self.true_positives, self.false_positives, self.true_negatives,
         self.false_negatives) = self._counts  # fmt: skip

    def _update(self, positive, negative, y_pred):
        """Add what `prepared` gives, as (samples,) or (labels, samples)."""
        count = len(self._thresholds)
        if self._even and count > 1:
            found = bucketed(positive, negative, y_pred, count)
        else:
            found = compared(positive, negative, y_pred, self._thresholds)
        if len(y_pred.shape) == 2:
            found = [context.backend.transpose(one, (1, 0)) for one in found]
        for variable, more in zip(self._counts, found):
            variable.assign_add(more)

    def _rates(self):
        """Values of the four counts."""
        return [variable.value for variable in self._counts]


class AUC(_Curve):
    """Area under a curve over thresholds, by Riemann sums.

    Args:
        num_thresholds: how many, at even distances; more are more exact.
        curve: "ROC" (recall over the rate of false positives), "PR" (precision over recall) or
            "PRGAIN" (Flach and Kull, 2015).
        summation_method: "interpolation" (trapezoids; for "PR", Davis and Goadrich, 2006),
            "minoring" (lower sums) or "majoring" (upper sums).
        thresholds: list in [0, 1] in place of `num_thresholds`; 0 and 1 are added.
        multi_label: whether each column has its own curve; the result is the mean of the areas.
        num_labels: number of columns then; else known at the first update.
        label_weights: weights of the columns.
        from_logits: whether predictions are before the sigmoid.

    >>> from keraslite import metrics
    >>> float(metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None,
        dtype=None, thresholds=None, multi_label=False, num_labels=None, label_weights=None,
        from_logits=False,
    ):  # fmt: skip
        super().__init__(dtype, name)
        _check_choice(self.name, "curve", curve, ("ROC", "PR", "PRGAIN"))
        methods = ("interpolation", "minoring", "majoring")
        _check_choice(self.name, "summation_method", summation_method, methods)
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"num_thresholds must be above 1, found {num_thresholds!r}.")
        if thresholds is not None and not all(0 <= t <= 1 for t in thresholds):
            raise ValueError(f"thresholds of {self.name} must be in [0, 1], found {thresholds!r}.")
        inner = (
            [i / (num_thresholds - 1) for i in range(1, num_thresholds - 1)]
            if thresholds is None
            else sorted(float(t) for t in thresholds)
        )
        self._even = thresholds is None
        self._thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self._init_thresholds = None if thresholds is None else inner
        self.num_thresholds = len(self._thresholds)
        self.curve = curve
        self.summation_method = summation_method
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self._from_logits = from_logits
        if not multi_label:
            self._add_counts((self.num_thresholds,))
        elif num_labels:
            self._add_counts((self.num_thresholds, num_labels))

    @property
    def thresholds(self):
        """The thresholds, from just below 0 to just above 1."""
        return list(self._thresholds)

    def build_from_shapes(self, y_shape, pred_shape):
        if not self._counts:
            self._add_counts((self.num_thresholds, pred_shape[-1]))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets 0 and 1, and predictions in [0, 1] (or logits), of one shape."""
        backend = context.backend
        y_pred = tensor(tensor(y_pred), self.dtype)
        self.build_from_shapes(None, y_pred.shape)
        if self._from_logits:
            y_pred = backend.sigmoid(y_pred)
        parts = prepared(y_true, y_pred, sample_weight, self.dtype)
        if self.multi_label:
            rows = [backend.reshape(v, (-1, v.shape[-1])) for v in parts]
            flat = [backend.transpose(v, (1, 0)) for v in rows]
        else:
            positive, negative, y_pred = parts
            if self.label_weights is not None:
                weights = backend.asarray(self.label_weights, self.dtype)
                positive, negative = positive * weights, negative * weights
            flat = [backend.reshape(v, (-1,)) for v in (positive, negative, y_pred)]
        self._update(*flat)

    def result(self):
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._mean_of_labels(self._interpolated_pr())
        x, y = self._points()
        first, second = _head(y), _tail(y)
        if self.summation_method == "interpolation":
            height = (first + second) / 2.0
        elif self.summation_method == "minoring":
            height = context.backend.minimum(first, second)
        else:
            height = context.backend.maximum(first, second)
        return self._mean_of_labels((_head(x) - _tail(x)) * height)

    def _points(self):
        """x and y of the curve at each threshold."""
        tp, fp, tn, fn = self._rates()
        recall = divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, divide_no_nan(tp, tp + fp)
        backend = context.backend
        odds = divide_no_nan(tp + fn, fp + tn)
        gain = backend.maximum(1.0 - odds * divide_no_nan(fn, tp), 0.0)
        gain = backend.where(backend.greater(tp, 0.0), gain, 0.0)
        return gain, 1.0 - odds * divide_no_nan(fp, tp)

    def _interpolated_pr(self):
        """Areas between thresholds under precision over recall: both counts grow linearly there."""
        backend = context.backend
        tp, fp, _, fn = self._rates()
        found = tp + fp
        tp_step, found_step = _head(tp) - _tail(tp), _head(found) - _tail(found)
        slope = divide_no_nan(tp_step, backend.maximum(found_step, 0.0))
        offset = _tail(tp) - slope * _tail(found)
        both = backend.logical_and(
            backend.greater(_head(found), 0.0), backend.greater(_tail(found), 0.0)
        )
        ratio = backend.where(both, divide_no_nan(_head(found), _tail(found)), 1.0)
        area = slope * (tp_step + offset * backend.log(ratio))
        return divide_no_nan(area, _tail(tp) + _tail(fn))

    def _mean_of_labels(self, areas):
        """The sum over thresholds; of several labels, the mean, weighted by `label_weights`."""
        backend = context.backend
        area = backend.sum(areas, 0)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return backend.mean(area)
        weights = backend.asarray(self.label_weights, self.dtype)
        return divide_no_nan(backend.sum(area * weights), backend.sum(weights))

    def get_config(self):
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._init_thresholds is not None:
            config["thresholds"] = self._init_thresholds
        return config


def _check_choice(name, argument, found, known):
    if found not in known:
        raise ValueError(f"{argument} of {name} must be one of {known}, found {found!r}.")


def _head(x):
    return context.backend.slice_axis(x, 0, 0, x.shape[0] - 1)


def _tail(x):
    return context.backend.slice_axis(x, 0, 1, x.shape[0])


class _BestPoint(_Curve):
    """The largest value of one rate where another is at least `value`."""

    _argument = ""

    def __init__(self, value, num_thresholds, class_id, name, dtype):
        super().__init__(dtype, name)
        if not 0 <= value <= 1:
            raise ValueError(f"{self._argument} of {self.name} must be in [0, 1], found {value!r}.")
        if num_thresholds < 1:
            raise ValueError(f"num_thresholds must be above 0, found {num_thresholds!r}.")
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        last = num_thresholds - 1
        self._thresholds = [i / last for i in range(num_thresholds)] if last else [0.5]
        self._add_counts((num_thresholds,))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: targets 0 and 1, and predictions in [0, 1], of one shape."""
        parts = prepared(y_true, y_pred, sample_weight, self.dtype, class_id=self.class_id)
        self._update(*(context.backend.reshape(v, (-1,)) for v in parts))

    def _best(self, wanted, limited):
        backend = context.backend
        allowed = backend.greater_equal(limited, self.value)
        return backend.max(backend.where(allowed, wanted, 0.0))

    def get_config(self):
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "class_id": self.class_id,
            self._argument: self.value,
        }


class SensitivityAtSpecificity(_BestPoint):
    """The best recall of positives where at least `specificity` of the negatives are found.

    >>> from keraslite import metrics
    >>> float(metrics.SensitivityAtSpecificity(0.8)([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """

    _argument = "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def result(self):
        tp, fp, tn, fn = self._rates()
        return self._best(divide_no_nan(tp, tp + fn), divide_no_nan(tn, tn + fp))


class SpecificityAtSensitivity(_BestPoint):
    """The largest share of negatives found where at least `sensitivity` of the positives are.

    >>> from keraslite import metrics
    >>> float(metrics.SpecificityAtSensitivity(0.8)([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """

    _argument = "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def result(self):
        tp, fp, tn, fn = self._rates()
        return self._best(divide_no_nan(tn, tn + fp), divide_no_nan(tp, tp + fn))


class PrecisionAtRecall(_BestPoint):
    """The best precision where the recall is at least `recall`.

    >>> from keraslite import metrics
    >>> float(metrics.PrecisionAtRecall(0.5)([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    1.0
    """

    _argument = "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def result(self):
        tp, fp, _, fn = self._rates()
        return self._best(divide_no_nan(tp, tp + fp), divide_no_nan(tp, tp + fn))


class RecallAtPrecision(_BestPoint):
    """The best recall where the precision is at least `precision`.

    >>> from keraslite import metrics
    >>> float(metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.5
    """

    _argument = "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def result(self):
        tp, fp, _, fn = self._rates()
        return self._best(divide_no_nan(tp, tp + fn), divide_no_nan(tp, tp + fp))
