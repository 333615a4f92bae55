"""Metrics, on the engine of KERASLITE_BACKEND: state, means, accuracies, names, configs."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import keraslite
from keraslite import losses, metrics, ops
from keraslite.backend.context import inferring
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.masks import set_mask

API = Path(__file__).parents[2] / "shared" / "keras_api.json"


def numpy_of(x):
    return np.asarray(ops.convert_to_numpy(x))


def state_of(metric):
    return [v.numpy().tolist() for v in metric.variables]


# ---- Mean and Sum ----

grid = np.arange(6.0).reshape(2, 3)
cube = np.arange(12.0).reshape(2, 3, 2)
weights = np.array([[1.0, 2, 3], [4, 5, 6]])
MEANS = [  # (values, weights, total and count of Mean, total of Sum)
    (2.0, None, [2.0, 1.0], 2.0),
    (2.0, 3, [6.0, 3.0], 6.0),
    ([1.0, 2.0], None, [3.0, 2.0], 3.0),
    ([1.0, 2.0], [1.0, 3.0], [7.0, 4.0], 7.0),
    ([1.0, 2.0], [[1.0], [3.0]], [7.0, 4.0], 7.0),
    ([1.0, 2.0], 3.0, [4.5, 3.0], 9.0),
    (grid, None, [5.0, 2.0], 15.0),
    (grid, [1.0, 3.0], [13.0, 4.0], 39.0),
    (grid, weights, [70 / 3, 7.0], 70.0),
    (grid, [[1.0], [3.0]], [13.0, 4.0], 39.0),
    (cube, [1.0, 3.0], [28.0, 4.0], 168.0),
    (cube, weights, [301 / 6, 7.0], 301.0),
    (cube, [[1.0], [4.0]], [36.5, 5.0], 219.0),
    (cube, cube, [506 / 6, 11.0], 506.0),
]


@pytest.mark.parametrize(("values", "weight", "state", "total"), MEANS)
def test_mean_and_sum(values, weight, state, total):
    mean, added = metrics.Mean(), metrics.Sum()
    mean.update_state(values, sample_weight=weight)
    assert state_of(mean) == pytest.approx(state)
    assert float(numpy_of(mean.result())) == pytest.approx(state[0] / state[1])
    assert float(numpy_of(added(values, sample_weight=weight))) == pytest.approx(total)


def test_updates_add_up_and_reset():
    mean = metrics.Mean()
    mean.update_state([1.0, 3.0])
    mean.update_state(ops.convert_to_tensor(8.0), sample_weight=2)
    assert float(numpy_of(mean.result())) == 5.0
    mean.reset_state()
    assert state_of(mean) == [0.0, 0.0]
    assert float(numpy_of(mean.result())) == 0.0


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight has shape \(3,\).*\(2,\)"):
        metrics.Mean().update_state([1.0, 2.0], sample_weight=[1.0, 1.0, 1.0])


def test_weights_of_samples_need_values_by_sample():
    with pytest.raises(ValueError, match=r"shape \(2,\) for one value.*\(samples, 1\)"):
        metrics.MeanSquaredError().update_state([0.0, 0.0], [1.0, 3.0], sample_weight=[1.0, 2.0])


def test_a_mask_of_predictions_excludes_places():
    y, p = np.zeros((2, 2, 1), "float32"), np.array([[[1.0], [2.0]], [[3.0], [4.0]]], "float32")
    for weight, expected in ((None, 3.0), ([1.0, 3.0], (1 + 3 * 7) / 7)):
        tensor = ops.convert_to_tensor(p.copy())
        set_mask(tensor, ops.convert_to_tensor(np.array([[True, False], [True, True]])))
        metric = metrics.MeanAbsoluteError()
        metric.update_state(y, tensor, sample_weight=weight)
        count = 1.5 if weight is None else 3.5
        assert state_of(metric)[1] == pytest.approx(count)
        if weight is None:
            assert state_of(metric)[0] / count == pytest.approx(8 / 3)
        else:
            assert float(numpy_of(metric.result())) == pytest.approx(expected)


# ---- accuracies ----

scores = [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.45, 0.35]]
ACCURACIES = [  # (metric, targets, predictions, weights, result)
    (metrics.Accuracy, {}, [[1], [2], [3]], [[1], [2], [0]], None, 2 / 3),
    (metrics.Accuracy, {}, [[1], [2], [3]], [[1], [2], [0]], [0.5, 0.5, 1.0], 0.5),
    (metrics.Accuracy, {}, [1, 2, 3], [1, 2, 0], [0.5, 0.5, 1.0], 0.5),
    (metrics.BinaryAccuracy, {}, [[1], [0], [1]], [[0.9], [0.5], [0.5]], None, 2 / 3),
    (metrics.BinaryAccuracy, {}, [1, 0, 1], [[0.9], [0.2], [0.3]], None, 2 / 3),
    (metrics.BinaryAccuracy, {"threshold": 0.25}, [1, 0, 1], [0.9, 0.2, 0.3], None, 1.0),
    (metrics.BinaryAccuracy, {}, [[1, 0], [1, 1]], [[0.9, 0.9], [0.9, 0.6]], [1.0, 3.0], 0.875),
    (metrics.BinaryAccuracy, {}, [True, False], [0.9, 0.9], None, 0.5),
    (metrics.CategoricalAccuracy, {}, np.eye(3)[[2, 1, 1]], scores, None, 2 / 3),
    (metrics.SparseCategoricalAccuracy, {}, [2, 1, 1], scores, None, 2 / 3),
    (metrics.SparseCategoricalAccuracy, {}, [[2.0], [1.0], [1.0]], scores, None, 2 / 3),
    (metrics.SparseCategoricalAccuracy, {}, [2, 1, 1], scores, [1.0, 2.0, 1.0], 0.5),
    (metrics.SparseCategoricalAccuracy, {}, [[2, 0, 0]], [scores], None, 2 / 3),
    (metrics.TopKCategoricalAccuracy, {"k": 2}, np.eye(3)[[0, 1, 2]], scores, None, 2 / 3),
    (metrics.SparseTopKCategoricalAccuracy, {"k": 2}, [0, 1, 2], scores, None, 2 / 3),
    (metrics.SparseTopKCategoricalAccuracy, {"k": 2}, [[0], [1], [2]], scores, None, 2 / 3),
    (metrics.SparseTopKCategoricalAccuracy, {"k": 2}, [[0, 1, 2]], [scores], None, 2 / 3),
    (
        metrics.SparseTopKCategoricalAccuracy, {"k": 2, "from_sorted_ids": True}, [0, 1, 2],
        [[2, 1, 0], [0, 1, 2], [1, 2, 0]], None, 2 / 3,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "kwargs", "y", "p", "weight", "result"), ACCURACIES)
def test_accuracies(cls, kwargs, y, p, weight, result):
    metric = cls(**kwargs)
    assert float(numpy_of(metric(y, p, sample_weight=weight))) == pytest.approx(result)


def test_int_predictions_are_compared_exactly():
    big = 2**24
    found = metrics.Accuracy()(np.array([big + 1, big]), np.array([big, big]))
    assert float(numpy_of(found)) == 0.5


def test_half_precision_predictions_are_counted_in_float32():
    p = np.full((4, 1), 300.0, "float16")
    found = metrics.MeanSquaredError()(np.zeros((4, 1)), p)
    assert ops.dtype(found) == "float32"
    assert float(numpy_of(found)) == 90000.0


# ---- means of losses ----

LOSSES = [
    ("MeanSquaredError", "mean_squared_error"),
    ("MeanAbsoluteError", "mean_absolute_error"),
    ("MeanAbsolutePercentageError", "mean_absolute_percentage_error"),
    ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error"),
    ("LogCoshError", "log_cosh"),
    ("BinaryCrossentropy", "binary_crossentropy"),
    ("CategoricalCrossentropy", "categorical_crossentropy"),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
    ("KLDivergence", "kl_divergence"),
    ("Poisson", "poisson"),
    ("Hinge", "hinge"),
    ("SquaredHinge", "squared_hinge"),
    ("CategoricalHinge", "categorical_hinge"),
]


@pytest.mark.parametrize(("name", "function"), LOSSES)
def test_metrics_of_losses_are_weighted_means(name, function):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 5) if "Sparse" in name else np.eye(3)[rng.integers(0, 3, 5)]
    p, weight = rng.dirichlet(np.ones(3), 5), rng.uniform(size=5)
    metric = getattr(metrics, name)()
    metric.update_state(y[:2], p[:2], sample_weight=weight[:2])
    metric.update_state(y[2:], p[2:], sample_weight=weight[2:])
    values = numpy_of(getattr(losses, function)(y, p))
    expected = (values * weight).sum() / weight.sum()
    assert float(numpy_of(metric.result())) == pytest.approx(expected, rel=1e-5)


def test_root_mean_squared_error_and_cosine():
    y, p = [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [7.0, 7.0]]
    assert float(numpy_of(metrics.RootMeanSquaredError()(y, p))) == pytest.approx(5.0)
    cosine = metrics.CosineSimilarity()([[1.0, 0.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]])
    assert float(numpy_of(cosine)) == pytest.approx((1 + 0.5**0.5) / 2)


# ---- state ----


def test_state_is_there_before_the_first_update():
    metric = metrics.Precision(thresholds=[0.2, 0.8])
    assert [(v.name, v.shape) for v in metric.variables] == [
        ("true_positives", (2,)), ("false_positives", (2,)),
    ]  # fmt: skip
    assert not any(v.trainable for v in metric.variables)


def test_state_of_data_dependent_shape_is_made_from_shapes():
    metric = metrics.F1Score()
    assert metric.variables == []
    metric.build_from_shapes((None, 3), (None, 3))
    assert [v.shape for v in metric.variables] == [(3,)] * 4


def test_shape_inference_changes_nothing():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state([1], [[0.0, 1.0]])
    with inferring():
        metric.update_state(KerasTensor((None,), "int64"), KerasTensor((None, 2)))
        assert metric.result().shape == ()
    assert state_of(metric) == [1.0, 1.0]


def test_stateless_use_changes_nothing():
    metric = metrics.Mean()
    metric.update_state([7.0])
    start = metric.stateless_reset_state()
    after = metric.stateless_update_state(start, [1.0, 3.0], sample_weight=[1.0, 3.0])
    assert [float(numpy_of(v)) for v in after] == [10.0, 4.0]
    assert [float(numpy_of(v)) for v in start] == [0.0, 0.0]
    assert float(numpy_of(metric.stateless_result(after))) == 2.5
    assert state_of(metric) == [7.0, 1.0]
    with pytest.raises(ValueError, match="has 2 variables, found 1"):
        metric.stateless_result(after[:1])


class Spread(metrics.Metric):
    """A user's metric, of a variable and other metrics."""

    def __init__(self, name="spread", dtype=None):
        super().__init__(dtype=dtype, name=name)
        self.largest = self.add_weight(name="largest")
        self.parts = [metrics.Mean(name="mean")]
        self.seen = keraslite.Variable(0, dtype="int32", trainable=False)

    def update_state(self, y_true, y_pred, sample_weight=None):
        distance = ops.abs(ops.subtract(y_pred, y_true))
        self.largest.assign(ops.maximum(self.largest, ops.max(distance)))
        self.parts[0].update_state(distance, sample_weight)
        self.seen.assign_add(1)

    def result(self):
        return {"largest": self.largest.value, "mean": self.parts[0].result()}


def test_a_users_metric():
    metric = Spread()
    assert len(metric.variables) == 4
    metric.update_state([0.0, 0.0], [1.0, 2.0])
    found = {k: float(numpy_of(v)) for k, v in metric([0.0], [6.0]).items()}
    assert found == {"largest": 6.0, "mean": 3.0}
    assert int(metric.seen.numpy()) == 2
    metric.reset_state()
    assert state_of(metric) == [0.0, 0.0, 0.0, 0]


def test_methods_to_override():
    with pytest.raises(NotImplementedError, match="Metric has no `update_state`"):
        metrics.Metric(name="empty")([0.0], [0.0])
    with pytest.raises(NotImplementedError, match="has no `result`"):
        metrics.Metric(name="empty").result()


# ---- names ----


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MAE", metrics.MeanAbsoluteError),
        ("bce", metrics.BinaryCrossentropy),
        ("accuracy", metrics.Accuracy),
        ("AUC", metrics.AUC),
        ("auc", metrics.AUC),
        ("precision", metrics.Precision),
        ("root_mean_squared_error", metrics.RootMeanSquaredError),
        ("sparse_categorical_accuracy", metrics.SparseCategoricalAccuracy),
        ("f1_score", metrics.F1Score),
        (metrics.Recall, metrics.Recall),
    ],
)
def test_names(name, cls):
    assert type(metrics.get(name)) is cls


def test_get_other_things():
    metric = metrics.Mean()
    assert metrics.get(metric) is metric
    assert metrics.get(None) is None
    with pytest.raises(ValueError, match=r"Unknown metric 'acuracy'\. Did you mean '[Aa]ccuracy'"):
        metrics.get("acuracy")


def test_a_users_function_becomes_a_mean_of_what_fits():
    def off_by(y, p):
        return ops.abs(y - p)

    metric = metrics.get(off_by)
    assert metric.name == "off_by"
    found = metric(np.array([1, 2, 3]), np.array([[1.5], [2.0], [4.0]], "float32"))
    assert float(numpy_of(found)) == pytest.approx(0.5)
    assert metrics.get(losses.Huber(name="robust")).name == "robust"


def test_default_names_are_numbered():
    keraslite.utils.clear_session()
    assert [metrics.Recall().name, metrics.Recall().name] == ["recall", "recall_1"]
    assert metrics.MeanSquaredError().name == "mean_squared_error"


# ---- configs and signatures ----

NEEDED = {
    "IoU": {"num_classes": 3, "target_class_ids": [0, 2]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": 3},
    "OneHotMeanIoU": {"num_classes": 3, "ignore_class": 1},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5, "class_id": 1},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5, "num_thresholds": 9},
    "AUC": {"curve": "PR", "thresholds": [0.2, 0.5], "multi_label": True, "num_labels": 2},
    "Precision": {"thresholds": [0.2, 0.5], "class_id": 1},
    "FBetaScore": {"beta": 2.0, "average": "macro", "threshold": 0.4},
    "R2Score": {"num_regressors": 2, "class_aggregation": None},
    "BinaryIoU": {"threshold": 0.3},
    "BinaryCrossentropy": {"from_logits": True, "label_smoothing": 0.1},
    "SparseTopKCategoricalAccuracy": {"k": 3},
}
CLASSES = sorted(
    n for n in metrics.__all__ if n[0].isupper() and n not in ("Metric", "MeanMetricWrapper")
)


@pytest.mark.parametrize("name", CLASSES)
def test_config_round_trip(name):
    cls = getattr(metrics, name)
    metric = cls(name="mine", dtype="float64", **NEEDED.get(name, {}))
    config = json.loads(json.dumps(metric.get_config()))
    assert (config["name"], config["dtype"]) == ("mine", "float64")
    again = cls.from_config(config)
    assert again.get_config() == metric.get_config()
    assert [v.shape for v in again.variables] == [v.shape for v in metric.variables]
    for key, value in NEEDED.get(name, {}).items():
        assert config[key] == value


def test_a_wrapped_function_is_saved_by_its_registered_name():
    @keraslite.saving.register_keras_serializable("tests")
    def powered(y, p, power=1.0):
        return ops.abs(y - p) ** power

    kept = json.loads(json.dumps(metrics.serialize(metrics.MeanMetricWrapper(powered, power=3.0))))
    again = metrics.deserialize(kept)
    assert again.name == "powered"
    assert float(numpy_of(again([[0.0]], [[2.0]]))) == 8.0


def test_names_parameters_and_defaults_are_those_of_keras():
    if not API.exists():
        pytest.skip(f"the list of Keras's names is not at {API}")
    api = json.loads(API.read_text())
    compared = set()
    for full, entry in api.items():
        name = full.removeprefix("keras.metrics.")
        if full == name or not hasattr(metrics, name):
            continue
        compared.add(name)
        entry = api[entry["same_as"]] if "same_as" in entry else entry
        found = [
            [str(p).partition("=")[0], None if p.default is p.empty else repr(p.default)]
            for p in inspect.signature(getattr(metrics, name)).parameters.values()
        ]
        assert found == entry["params"], name
    expected = {n.removeprefix("keras.metrics.") for n in api if n.startswith("keras.metrics.")}
    assert expected - compared == set()
