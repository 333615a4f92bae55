"""Every loss and metric, with the kinds of targets and predictions that it takes."""

from dataclasses import dataclass, field

import numpy as np

from conformance_tests.frontend import draw
from keraslite import losses, metrics

BATCH, CLASSES = 6, 4


def _softmax(x):
    weights = np.exp(x)
    return weights / weights.sum(-1, keepdims=True)


# Each takes (rng, shape) and returns targets and predictions in float32 or as ints.


def numbers(rng, shape):
    return draw(rng, shape, "float32", -2, 2), draw(rng, shape, "float32", -2, 2)


def positive(rng, shape):
    return draw(rng, shape, "float32", 0.1, 2), draw(rng, shape, "float32", 0.1, 2)


def signs(rng, shape):
    y = np.where(rng.random(shape) < 0.5, -1, 1).astype("float32")
    return y, draw(rng, shape, "float32", -2, 2)


def binary(rng, shape):
    y = (rng.random(shape) < 0.5).astype("float32")
    return y, draw(rng, shape, "float32", 0.02, 0.98)


def binary_logits(rng, shape):
    return binary(rng, shape)[0], draw(rng, shape, "float32", -3, 3)


def one_hot(rng, shape):
    y = np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], shape[:-1])]
    return y, _softmax(draw(rng, shape, "float64", -2, 2)).astype("float32")


def one_hot_logits(rng, shape):
    return one_hot(rng, shape)[0], draw(rng, shape, "float32", -3, 3)


def labels(rng, shape):
    y, p = one_hot(rng, shape)
    return y.argmax(-1).astype("int32"), p


def label_logits(rng, shape):
    return labels(rng, shape)[0], draw(rng, shape, "float32", -3, 3)


def two_labels(rng, shape):
    """Labels on both sides."""
    y, p = rng.integers(0, shape[-1], shape[:-1]), rng.integers(0, shape[-1], shape[:-1])
    return y.astype("int32"), p.astype("int32")


@dataclass(frozen=True)
class Row:
    """One loss or metric: its class, arguments, data, and the shape of the predictions."""

    cls: type
    data: object
    config: dict = field(default_factory=dict)
    shape: tuple = (BATCH, CLASSES)

    @property
    def id(self):
        text = ",".join(f"{k}={v}" for k, v in self.config.items()).replace(" ", "")
        rank = "" if len(self.shape) == 2 else f"-{len(self.shape)}d"
        return f"{self.cls.__name__}-{self.data.__name__}{rank}" + (f"-{text}" if text else "")


SEQUENCE = (BATCH, 3, CLASSES)
LOSSES = [
    Row(losses.MeanSquaredError, numbers),
    Row(losses.MeanSquaredError, numbers, {"reduction": "none"}, SEQUENCE),
    Row(losses.MeanAbsoluteError, numbers, {"reduction": "sum"}),
    Row(losses.MeanAbsolutePercentageError, positive),
    Row(losses.MeanSquaredLogarithmicError, positive),
    Row(losses.CosineSimilarity, numbers),
    Row(losses.CosineSimilarity, numbers, {"axis": 1}, SEQUENCE),
    Row(losses.Huber, numbers, {"delta": 0.7}),
    Row(losses.LogCosh, numbers, {"reduction": "mean_with_sample_weight"}),
    Row(losses.Hinge, signs),
    Row(losses.Hinge, binary_logits),
    Row(losses.SquaredHinge, signs),
    Row(losses.CategoricalHinge, one_hot),
    Row(losses.KLDivergence, one_hot),
    Row(losses.Poisson, positive),
    Row(losses.BinaryCrossentropy, binary),
    Row(losses.BinaryCrossentropy, binary_logits, {"from_logits": True, "label_smoothing": 0.1}),
    Row(losses.BinaryCrossentropy, binary, {"label_smoothing": 0.2}, (BATCH, 1)),
    Row(losses.CategoricalCrossentropy, one_hot),
    Row(losses.CategoricalCrossentropy, one_hot, {"label_smoothing": 0.1}, SEQUENCE),
    Row(losses.CategoricalCrossentropy, one_hot_logits, {"from_logits": True}),
    Row(losses.CategoricalCrossentropy, one_hot_logits,
        {"from_logits": True, "label_smoothing": 0.1}),
    Row(losses.SparseCategoricalCrossentropy, labels),
    Row(losses.SparseCategoricalCrossentropy, label_logits, {"from_logits": True}, SEQUENCE),
    Row(losses.SparseCategoricalCrossentropy, labels, {"ignore_class": 1}),
    Row(losses.BinaryFocalCrossentropy, binary),
    Row(losses.BinaryFocalCrossentropy, binary_logits,
        {"from_logits": True, "apply_class_balancing": True, "label_smoothing": 0.1}),
    Row(losses.CategoricalFocalCrossentropy, one_hot),
    Row(losses.CategoricalFocalCrossentropy, one_hot_logits, {"from_logits": True, "gamma": 1.5}),
    Row(losses.CategoricalGeneralizedCrossEntropy, labels, {"q": 0.7}),
    Row(losses.Dice, binary),
    Row(losses.Dice, binary, {"axis": (1, 2)}, SEQUENCE),
    Row(losses.Tversky, binary, {"alpha": 0.3, "beta": 0.7}),
]  # fmt: skip

METRICS = [
    Row(metrics.MeanSquaredError, numbers),
    Row(metrics.RootMeanSquaredError, numbers),
    Row(metrics.MeanAbsoluteError, numbers, {}, SEQUENCE),
    Row(metrics.MeanAbsolutePercentageError, positive),
    Row(metrics.MeanSquaredLogarithmicError, positive),
    Row(metrics.CosineSimilarity, numbers),
    Row(metrics.LogCoshError, numbers),
    Row(metrics.R2Score, numbers),
    Row(metrics.R2Score, numbers, {"class_aggregation": "variance_weighted_average"}),
    Row(metrics.PearsonCorrelation, numbers),
    Row(metrics.ConcordanceCorrelation, numbers),
    Row(metrics.Hinge, signs),
    Row(metrics.SquaredHinge, signs),
    Row(metrics.CategoricalHinge, one_hot),
    Row(metrics.KLDivergence, one_hot),
    Row(metrics.Poisson, positive),
    Row(metrics.BinaryCrossentropy, binary_logits, {"from_logits": True}),
    Row(metrics.CategoricalCrossentropy, one_hot, {"label_smoothing": 0.1}),
    Row(metrics.SparseCategoricalCrossentropy, labels, {}, SEQUENCE),
    Row(metrics.Accuracy, two_labels),
    Row(metrics.BinaryAccuracy, binary, {"threshold": 0.4}),
    Row(metrics.CategoricalAccuracy, one_hot),
    Row(metrics.SparseCategoricalAccuracy, labels),
    Row(metrics.SparseCategoricalAccuracy, labels, {}, SEQUENCE),
    Row(metrics.TopKCategoricalAccuracy, one_hot, {"k": 2}),
    Row(metrics.SparseTopKCategoricalAccuracy, labels, {"k": 2}),
    Row(metrics.TruePositives, binary),
    Row(metrics.TrueNegatives, binary, {"thresholds": [0.3, 0.6]}),
    Row(metrics.FalsePositives, binary),
    Row(metrics.FalseNegatives, binary),
    Row(metrics.Precision, binary),
    Row(metrics.Precision, binary, {"top_k": 2}),
    Row(metrics.Recall, binary, {"class_id": 1, "thresholds": [0.2, 0.7]}),
    Row(metrics.AUC, binary, {"num_thresholds": 20}),
    Row(metrics.AUC, binary, {"num_thresholds": 20, "curve": "PR", "multi_label": True,
                              "num_labels": CLASSES}),
    Row(metrics.AUC, binary_logits, {"num_thresholds": 20, "from_logits": True}),
    Row(metrics.SensitivityAtSpecificity, binary, {"specificity": 0.5, "num_thresholds": 20}),
    Row(metrics.SpecificityAtSensitivity, binary, {"sensitivity": 0.5, "num_thresholds": 20}),
    Row(metrics.PrecisionAtRecall, binary, {"recall": 0.5, "num_thresholds": 20}),
    Row(metrics.RecallAtPrecision, binary, {"precision": 0.5, "num_thresholds": 20}),
    Row(metrics.F1Score, one_hot),
    Row(metrics.F1Score, binary, {"average": "macro", "threshold": 0.5}),
    Row(metrics.FBetaScore, one_hot, {"average": "weighted", "beta": 2.0}),
    Row(metrics.FBetaScore, binary, {"average": "micro", "threshold": 0.3, "beta": 0.5}),
    Row(metrics.IoU, two_labels, {"num_classes": CLASSES, "target_class_ids": [0, 2]}),
    Row(metrics.MeanIoU, two_labels, {"num_classes": CLASSES, "ignore_class": 1}),
    Row(metrics.BinaryIoU, binary, {"threshold": 0.4}),
    Row(metrics.OneHotIoU, one_hot, {"num_classes": CLASSES, "target_class_ids": [1, 3]}),
    Row(metrics.OneHotMeanIoU, one_hot, {"num_classes": CLASSES}),
]  # fmt: skip
