"""Counts, curves, scores, correlations, overlap against plain NumPy.

On the engine of KERASLITE_BACKEND.
"""

import numpy as np
import pytest

from keraslite import metrics, ops

rng = np.random.default_rng(11)
ROWS, CLASSES = 40, 3
bits = rng.integers(0, 2, (ROWS, CLASSES)).astype("float32")
chances = np.clip(0.3 * bits + rng.uniform(0, 0.7, (ROWS, CLASSES)), 0, 1).astype("float32")
weights = rng.uniform(0.5, 2, ROWS).astype("float32")
reals = rng.normal(size=(ROWS, CLASSES)).astype("float32")
guesses = (reals + 0.5 * rng.normal(size=(ROWS, CLASSES))).astype("float32")
labels = rng.integers(0, CLASSES, ROWS)
one_hot = np.eye(CLASSES, dtype="float32")[labels]


def numpy_of(x):
    return np.asarray(ops.convert_to_numpy(x))


def in_two_batches(metric, y, p, weight=None):
    half = ROWS // 2
    for part in (slice(0, half), slice(half, None)):
        metric.update_state(y[part], p[part], None if weight is None else weight[part])
    return numpy_of(metric.result())


def counts(y, p, weight, threshold):
    """(tp, fp, tn, fn) of all elements."""
    y, above = y > 0, p > threshold
    w = np.ones_like(p) if weight is None else np.broadcast_to(weight[:, None], p.shape)
    pairs = ((y, above), (~y, above), (~y, ~above), (y, ~above))
    return [w[a & b].sum(dtype="float64") for a, b in pairs]


COUNTED = [  # (metric, result of the four counts)
    (metrics.TruePositives, lambda tp, fp, tn, fn: tp),
    (metrics.FalsePositives, lambda tp, fp, tn, fn: fp),
    (metrics.TrueNegatives, lambda tp, fp, tn, fn: tn),
    (metrics.FalseNegatives, lambda tp, fp, tn, fn: fn),
    (metrics.Precision, lambda tp, fp, tn, fn: tp / (tp + fp)),
    (metrics.Recall, lambda tp, fp, tn, fn: tp / (tp + fn)),
]


@pytest.mark.parametrize("weight", [None, weights])
@pytest.mark.parametrize("thresholds", [None, 0.3, [0.6, 0.2, 0.4]])
@pytest.mark.parametrize(("cls", "formula"), COUNTED)
def test_counts(cls, formula, thresholds, weight):
    found = in_two_batches(cls(thresholds=thresholds), bits, chances, weight)
    if isinstance(thresholds, list):
        expected = [formula(*counts(bits, chances, weight, t)) for t in thresholds]
    else:
        expected = formula(*counts(bits, chances, weight, thresholds or 0.5))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_precision_and_recall_of_one_class():
    tp, fp, _, fn = counts(bits[:, 1:2], chances[:, 1:2], weights, 0.5)
    precision, recall = metrics.Precision(class_id=1), metrics.Recall(class_id=1)
    assert in_two_batches(precision, bits, chances, weights) == pytest.approx(tp / (tp + fp))
    assert in_two_batches(recall, bits, chances, weights) == pytest.approx(tp / (tp + fn))


@pytest.mark.parametrize("k", [1, 2])
def test_precision_and_recall_of_the_top_k(k):
    top = np.argsort(-chances, -1)[:, :k]
    hits = np.take_along_axis(bits, top, -1).sum()
    precision, recall = metrics.Precision(top_k=k), metrics.Recall(top_k=k)
    assert in_two_batches(precision, bits, chances) == pytest.approx(hits / (ROWS * k))
    assert in_two_batches(recall, bits, chances) == pytest.approx(hits / bits.sum())
    in_class = (bits[:, 2] * (top == 2).any(-1)).sum() / (top == 2).sum()
    one = metrics.Precision(top_k=k, class_id=2)
    assert in_two_batches(one, bits, chances) == pytest.approx(in_class)


def test_nothing_predicted_positive():
    assert float(numpy_of(metrics.Precision()([1, 0], [0.1, 0.2]))) == 0.0


@pytest.mark.parametrize("thresholds", [1.5, [0.2, -0.1], []])
def test_thresholds_out_of_range(thresholds):
    with pytest.raises(ValueError, match=r"thresholds of \w+ must be in \[0, 1\]"):
        metrics.Precision(thresholds=thresholds)


def test_targets_of_another_shape():
    with pytest.raises(ValueError, match=r"y_true has shape \(2,\), y_pred has \(2, 3\)"):
        metrics.Precision()([0, 1], [[0.1, 0.2, 0.3]] * 2)


# ---- curves ----


def rates(thresholds, y=bits, p=chances, weight=None):
    return np.array([counts(y, p, weight, t) for t in thresholds]).T


def even(count):
    return [-1e-7, *(i / (count - 1) for i in range(1, count - 1)), 1 + 1e-7]


def area(x, y, height=lambda a, b: (a + b) / 2):
    return float(((x[:-1] - x[1:]) * height(y[:-1], y[1:])).sum())


@pytest.mark.parametrize("weight", [None, weights])
@pytest.mark.parametrize("count", [5, 200])
def test_area_under_roc(count, weight):
    tp, fp, tn, fn = rates(even(count), weight=weight)
    found = in_two_batches(metrics.AUC(num_thresholds=count), bits, chances, weight)
    assert found == pytest.approx(area(fp / (fp + tn), tp / (tp + fn)), rel=1e-5)


@pytest.mark.parametrize(("method", "height"), [("minoring", np.minimum), ("majoring", np.maximum)])
@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_lower_and_upper_sums(curve, method, height):
    tp, fp, tn, fn = rates(even(20))
    recall, precision = tp / (tp + fn), tp / np.maximum(tp + fp, 1e-9)
    x, y = (fp / (fp + tn), recall) if curve == "ROC" else (recall, precision)
    metric = metrics.AUC(num_thresholds=20, curve=curve, summation_method=method)
    assert in_two_batches(metric, bits, chances) == pytest.approx(area(x, y, height), rel=1e-5)


def test_area_under_precision_and_recall():
    """Between thresholds both counts grow linearly: compare with a fine sum over that line."""
    tp, fp, _, fn = rates(even(30))
    total = 0.0
    for i in range(29):
        t = np.linspace(tp[i + 1], tp[i], 20001)
        f = np.linspace(fp[i + 1], fp[i], 20001)
        precision = t / np.maximum(t + f, 1e-12)
        total += area(t[::-1] / (tp + fn)[0], precision[::-1])
    found = in_two_batches(metrics.AUC(num_thresholds=30, curve="PR"), bits, chances)
    assert found == pytest.approx(total, rel=1e-3)


def test_area_under_gains():
    tp, fp, tn, fn = rates(even(30))
    odds = ((tp + fn) / (fp + tn))[0]
    found_any = tp > 0
    tp = np.where(found_any, tp, 1)
    recall_gain = np.where(found_any, np.maximum(1 - odds * fn / tp, 0), 0)
    expected = area(recall_gain, 1 - odds * np.where(found_any, fp / tp, 0))
    found = in_two_batches(metrics.AUC(num_thresholds=30, curve="PRGAIN"), bits, chances)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("label_weights", [None, [1.0, 2.0, 3.0]])
def test_mean_of_the_areas_of_labels(label_weights):
    areas = []
    for i in range(CLASSES):
        tp, fp, tn, fn = rates(even(50), bits[:, i : i + 1], chances[:, i : i + 1])
        areas.append(area(fp / (fp + tn), tp / (tp + fn)))
    metric = metrics.AUC(num_thresholds=50, multi_label=True, label_weights=label_weights)
    found = in_two_batches(metric, bits, chances)
    assert found == pytest.approx(np.average(areas, weights=label_weights), rel=1e-5)


def test_thresholds_of_ones_own_and_logits():
    tp, fp, tn, fn = rates([-1e-7, 0.2, 0.5, 1 + 1e-7])
    metric = metrics.AUC(thresholds=[0.5, 0.2], from_logits=True)
    logits = np.log(np.clip(chances, 1e-6, 1 - 1e-6) / (1 - np.clip(chances, 1e-6, 1 - 1e-6)))
    found = in_two_batches(metric, bits, logits)
    assert found == pytest.approx(area(fp / (fp + tn), tp / (tp + fn)), rel=1e-5)
    assert metric.thresholds == pytest.approx([0, 0.2, 0.5, 1], abs=1e-6)


def test_separable_classes_have_area_1():
    y, p = np.array([0, 0, 1, 1]), np.array([0.0, 0.3, 0.7, 1.0], "float32")
    for curve in ("ROC", "PR"):
        assert float(numpy_of(metrics.AUC(curve=curve)(y, p))) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"curve": "XY"}, r"curve of auc\w* must be one of"),
        ({"summation_method": "mean"}, "summation_method of"),
        ({"num_thresholds": 1}, "num_thresholds must be above 1"),
        ({"thresholds": [2.0]}, "thresholds of"),
    ],
)
def test_wrong_arguments_of_auc(kwargs, message):
    with pytest.raises(ValueError, match=message):
        metrics.AUC(**kwargs)


BEST = [  # (metric, the rate wanted, the rate limited)
    (metrics.SensitivityAtSpecificity, "recall", "specificity"),
    (metrics.SpecificityAtSensitivity, "specificity", "recall"),
    (metrics.PrecisionAtRecall, "precision", "recall"),
    (metrics.RecallAtPrecision, "recall", "precision"),
]


@pytest.mark.parametrize("limit", [0.4, 0.8, 1.0])
@pytest.mark.parametrize(("cls", "wanted", "limited"), BEST)
def test_best_point_of_a_curve(cls, wanted, limited, limit):
    tp, fp, tn, fn = rates([i / 19 for i in range(20)])
    found = {"recall": tp / (tp + fn), "specificity": tn / (tn + fp),
             "precision": np.where(tp + fp > 0, tp / np.maximum(tp + fp, 1), 0)}  # fmt: skip
    allowed = found[limited] >= limit
    expected = found[wanted][allowed].max() if allowed.any() else 0.0
    metric = cls(limit, num_thresholds=20)
    assert in_two_batches(metric, bits, chances) == pytest.approx(expected)


def test_best_point_out_of_range():
    with pytest.raises(ValueError, match=r"recall of precision_at_recall\w* must be in \[0, 1\]"):
        metrics.PrecisionAtRecall(1.5)


# ---- F-scores ----


def f_scores(y, positive, weight, beta, axis):
    w = weight[:, None]
    tp, fp, fn = (
        (a * b * w).sum(axis) for a, b in ((y, positive), (1 - y, positive), (y, 1 - positive))
    )
    return (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)


@pytest.mark.parametrize("beta", [1.0, 2.0])
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("threshold", [None, 0.4])
def test_f_scores(threshold, average, beta):
    positive = chances > threshold if threshold else chances == chances.max(-1, keepdims=True)
    expected = f_scores(bits, positive, weights, beta, None if average == "micro" else 0)
    if average == "macro":
        expected = expected.mean()
    elif average == "weighted":
        expected = np.average(expected, weights=(bits * weights[:, None]).sum(0))
    metric = metrics.FBetaScore(average=average, beta=beta, threshold=threshold)
    found = in_two_batches(metric, bits, chances, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    if beta == 1:
        one = metrics.F1Score(average=average, threshold=threshold)
        np.testing.assert_allclose(in_two_batches(one, bits, chances, weights), expected, rtol=1e-5)


def test_f_score_needs_two_axes():
    with pytest.raises(ValueError, match=r"f1_score needs predictions of shape \(samples, cla"):
        metrics.F1Score()([0.0, 1.0], [0.5, 0.6])


# ---- real numbers ----


def r_squared(y, p, weight):
    w = weight[:, None]
    mean = (y * w).sum(0) / w.sum()
    spread = ((y - mean) ** 2 * w).sum(0)
    return 1 - ((y - p) ** 2 * w).sum(0) / spread, spread


@pytest.mark.parametrize("weight", [None, weights])
def test_r2_score(weight):
    each, spread = r_squared(reals, guesses, np.ones(ROWS) if weight is None else weight)
    for aggregation, expected in (
        (None, each),
        ("uniform_average", each.mean()),
        ("variance_weighted_average", np.average(each, weights=spread)),
    ):
        metric = metrics.R2Score(class_aggregation=aggregation)
        found = in_two_batches(metric, reals, guesses, weight)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_adjusted_r2_score():
    y, p = reals[:, :1], guesses[:, :1]
    (plain,), _ = r_squared(y, p, np.ones(ROWS))
    expected = 1 - (1 - plain) * (ROWS - 1) / (ROWS - 4 - 1)
    found = in_two_batches(metrics.R2Score(num_regressors=4), y, p)
    assert found == pytest.approx(expected, rel=1e-5)
    too_many = in_two_batches(metrics.R2Score(num_regressors=ROWS), y, p)
    assert too_many == pytest.approx(plain, rel=1e-5)


def test_r2_score_without_updates_or_spread():
    assert float(numpy_of(metrics.R2Score().result())) == 0.0
    assert float(numpy_of(metrics.R2Score()([[2.0], [2.0]], [[1.0], [2.0]]))) == 0.0


def test_correlations():
    found = numpy_of(metrics.PearsonCorrelation(axis=0)(reals, guesses))
    each = [np.corrcoef(reals[:, i], guesses[:, i])[0, 1] for i in range(CLASSES)]
    assert float(found) == pytest.approx(np.mean(each), rel=1e-5)
    y, p = reals.astype("float64"), guesses.astype("float64") + 1
    shift = (y.mean(0) - p.mean(0)) ** 2
    covariance = ((y - y.mean(0)) * (p - p.mean(0))).mean(0)
    expected = (2 * covariance / (y.var(0) + p.var(0) + shift)).mean()
    found = numpy_of(metrics.ConcordanceCorrelation(axis=0)(reals, guesses + 1))
    assert float(found) == pytest.approx(expected, rel=1e-5)


# ---- overlap ----


def overlaps(y, p, weight=None):
    w = np.ones(y.shape) if weight is None else weight
    hit = [w[(y == c) & (p == c)].sum() for c in range(CLASSES)]
    either = [w[(y == c) | (p == c)].sum() for c in range(CLASSES)]
    return np.array(hit) / np.maximum(either, 1e-9)


def test_intersection_over_union():
    p = guesses.argmax(-1)
    each = overlaps(labels, p)
    found = in_two_batches(metrics.MeanIoU(CLASSES), labels, p)
    assert found == pytest.approx(each.mean(), rel=1e-5)
    found = in_two_batches(metrics.IoU(CLASSES, [0, 2]), labels, p)
    assert found == pytest.approx(each[[0, 2]].mean(), rel=1e-5)
    found = in_two_batches(metrics.MeanIoU(CLASSES), labels, p, weights)
    assert found == pytest.approx(overlaps(labels, p, weights).mean(), rel=1e-5)
    found = in_two_batches(metrics.OneHotMeanIoU(CLASSES), one_hot, guesses)
    assert found == pytest.approx(each.mean(), rel=1e-5)
    found = in_two_batches(metrics.OneHotIoU(CLASSES, [1]), one_hot, guesses)
    assert found == pytest.approx(each[1], rel=1e-5)


def test_ignored_and_absent_classes():
    p = guesses.argmax(-1)
    kept = labels != 1
    found = in_two_batches(metrics.IoU(CLASSES, [0, 2], ignore_class=1), labels, p)
    assert found == pytest.approx(overlaps(labels[kept], p[kept])[[0, 2]].mean(), rel=1e-5)
    absent = metrics.MeanIoU(4)
    assert float(numpy_of(absent([0, 1], [0, 1]))) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="must be below num_classes, 3, found 3"):
        metrics.IoU(3, [3])


def test_intersection_over_union_of_a_threshold():
    y, p = np.array([0, 1, 1, 0]), np.array([0.1, 0.2, 0.6, 0.7], "float32")
    assert float(numpy_of(metrics.BinaryIoU(threshold=0.3)(y, p))) == pytest.approx(1 / 3)
    assert float(numpy_of(metrics.BinaryIoU([1], threshold=0.2)(y, p))) == pytest.approx(2 / 3)
