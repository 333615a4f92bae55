"""Losses, on the engine of KERASLITE_BACKEND: weights, masks, names, configs."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import keraslite
from keraslite import losses, ops
from keraslite.backend.context import inferring
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.masks import set_mask

API = Path(__file__).parents[2] / "shared" / "keras_api.json"


def numpy_of(x):
    return np.asarray(ops.convert_to_numpy(x))


# ---- weights and reductions ----

errors = np.array([1.0, 2.0, 3.0])
zeros = np.zeros((3, 1), "float32")
predictions = errors[:, None].astype("float32")
REDUCED = [  # (reduction, weights, result) of the absolute errors 1, 2, 3
    ("sum_over_batch_size", None, 2.0),
    ("mean", None, 2.0),
    ("sum", None, 6.0),
    ("none", None, [1.0, 2.0, 3.0]),
    (None, None, [1.0, 2.0, 3.0]),
    ("sum_over_batch_size", [1.0, 0.0, 2.0], 7.0 / 3),
    ("sum", [1.0, 0.0, 2.0], 7.0),
    ("mean_with_sample_weight", [1.0, 0.0, 2.0], 7.0 / 3),
    ("mean_with_sample_weight", [1.0, 1.0, 2.0], 9.0 / 4),
    ("mean_with_sample_weight", [0.0, 0.0, 0.0], 0.0),
    ("mean_with_sample_weight", None, 2.0),
    ("none", [[1.0], [0.0], [2.0]], [1.0, 0.0, 6.0]),
    ("sum", 2.0, 12.0),
]


@pytest.mark.parametrize(("reduction", "weight", "result"), REDUCED)
def test_reductions(reduction, weight, result):
    loss = losses.MeanAbsoluteError(reduction=reduction)
    found = loss(zeros, predictions, sample_weight=weight)
    np.testing.assert_allclose(numpy_of(found), result, rtol=1e-6)


def test_weights_of_samples_serve_all_places():
    y, p = np.zeros((2, 3, 1), "float32"), np.ones((2, 3, 1), "float32")
    loss = losses.MeanSquaredError(reduction="none")
    found = loss(y, p, sample_weight=[1.0, 2.0])
    assert numpy_of(found).tolist() == [[1.0] * 3, [2.0] * 3]
    by_place = loss(y, p, sample_weight=[[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]])
    assert numpy_of(by_place).tolist() == [[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight has shape \(2,\).*\(3,\)"):
        losses.MeanSquaredError()(zeros, predictions, sample_weight=[1.0, 2.0])


def test_unknown_reduction():
    with pytest.raises(ValueError, match=r"reduction 'average'.*'sum_over_batch_size'"):
        losses.MeanSquaredError(reduction="average")


def test_a_missing_last_axis_of_size_1():
    loss = losses.MeanAbsoluteError()
    assert float(numpy_of(loss(np.zeros(3, "float32"), predictions))) == 2.0
    assert float(numpy_of(loss(zeros, predictions[:, 0]))) == 2.0


# ---- masks ----


@pytest.mark.parametrize(
    ("reduction", "result"), [("mean", 2.0), ("sum", 4.0), ("mean_with_sample_weight", 2.0)]
)
def test_masked_places_do_not_count(reduction, result):
    p = ops.convert_to_tensor(predictions.copy())
    set_mask(p, ops.convert_to_tensor(np.array([True, False, True])))
    found = losses.MeanAbsoluteError(reduction=reduction)(zeros, p)
    assert float(numpy_of(found)) == pytest.approx(result, rel=1e-6)


def test_mask_and_weights():
    p = ops.convert_to_tensor(predictions.copy())
    set_mask(p, ops.convert_to_tensor(np.array([True, False, True])))
    found = losses.MeanAbsoluteError(reduction="sum")(zeros, p, sample_weight=[2.0, 5.0, 1.0])
    assert float(numpy_of(found)) == 5.0


def test_ignored_classes_do_not_count_in_means():
    p = [[0.5, 0.5], [0.75, 0.25], [0.9, 0.1]]
    found = losses.SparseCategoricalCrossentropy(ignore_class=255)([0, 1, 255], p)
    assert float(numpy_of(found)) == pytest.approx(np.log([2.0, 4.0]).mean(), rel=1e-5)


# ---- dtypes ----


def test_half_precision_predictions_are_compared_in_float32():
    found = losses.MeanSquaredError()(zeros, predictions.astype("float16") * 200)
    assert ops.dtype(found) == "float32"
    assert float(numpy_of(found)) == pytest.approx(40000.0 * 14 / 3, rel=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "bool"])
def test_labels_of_any_dtype(dtype):
    y = np.array([0, 1, 1]).astype(dtype)
    p = np.array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]], "float32")
    expected = np.log([2.0, 4.0, 2.0]).mean()
    for shape in ((3,), (3, 1)):
        found = losses.SparseCategoricalCrossentropy()(y.reshape(shape), p)
        assert float(numpy_of(found)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64"])
def test_targets_get_the_dtype_of_the_predictions(dtype):
    found = losses.BinaryCrossentropy()(np.array([[1], [0]], dtype), [[0.5], [0.5]])
    assert ops.dtype(found) == "float32"
    assert float(numpy_of(found)) == pytest.approx(np.log(2), rel=1e-6)


# ---- names ----


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mae", losses.MeanAbsoluteError),
        ("mape", losses.MeanAbsolutePercentageError),
        ("msle", losses.MeanSquaredLogarithmicError),
        ("bce", losses.BinaryCrossentropy),
        ("kld", losses.KLDivergence),
        ("huber", losses.Huber),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        (losses.categorical_crossentropy, losses.CategoricalCrossentropy),
        (losses.Poisson, losses.Poisson),
    ],
)
def test_names(name, cls):
    assert type(losses.as_loss(name)) is cls


def test_get_gives_functions_for_their_names_and_objects_for_classes():
    assert losses.get("mse") is losses.mean_squared_error
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert losses.get(None) is None
    loss = losses.Huber(delta=2.0)
    assert losses.get(loss) is loss
    assert losses.as_loss(loss) is loss


def test_unknown_name_names_the_nearest():
    with pytest.raises(ValueError, match=r"Unknown loss 'hubber'\. Did you mean 'huber'\?"):
        losses.get("hubber")


def test_a_users_function_gets_reduction_weights_and_equal_ranks():
    def fourth(y, p):
        return ops.mean((y - p) ** 4, axis=-1)

    loss = losses.as_loss(fourth)
    assert loss.name == "fourth"
    found = loss(np.zeros(3, "int64"), predictions, sample_weight=[1.0, 1.0, 0.0])
    assert float(numpy_of(found)) == pytest.approx(17 / 3, rel=1e-6)


def test_a_users_class():
    class Largest(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.max(ops.abs(y_true - y_pred), axis=-1)

    loss = Largest(reduction="sum")
    assert float(numpy_of(loss(zeros, predictions))) == 6.0
    assert Largest.from_config(loss.get_config()).reduction == "sum"


# ---- config and signatures ----


def test_default_config_is_that_of_keras():
    assert losses.BinaryCrossentropy().get_config() == {
        "name": "binary_crossentropy",
        "reduction": "sum_over_batch_size",
        "from_logits": False,
        "label_smoothing": 0.0,
        "axis": -1,
    }


def test_a_wrapped_function_is_saved_by_its_registered_name():
    @keraslite.saving.register_keras_serializable("tests")
    def powered(y, p, power=1.0):
        return ops.abs(y - p) ** power

    kept = json.loads(json.dumps(losses.serialize(losses.LossFunctionWrapper(powered, power=3.0))))
    again = losses.deserialize(kept)
    assert again.name == "powered"
    assert float(numpy_of(again([[0.0]], [[2.0]]))) == 8.0


def test_names_parameters_and_defaults_are_those_of_keras():
    if not API.exists():
        pytest.skip(f"the list of Keras's names is not at {API}")
    api = json.loads(API.read_text())
    compared = set()
    for full, entry in api.items():
        name = full.removeprefix("keras.losses.")
        if full == name or "params" not in entry or not hasattr(losses, name):
            continue
        parameters = inspect.signature(getattr(losses, name)).parameters
        found = [
            [p.name, None if p.default is p.empty else repr(p.default)] for p in parameters.values()
        ]
        assert found == entry["params"], name
        compared.add(name)
    missing = {n.removeprefix("keras.losses.") for n in api if n.startswith("keras.losses.")}
    assert missing - compared == {"CTC", "Circle", "Loss", "ctc", "circle"}


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_label_smoothing_out_of_range(value):
    with pytest.raises(ValueError, match="label_smoothing must be in"):
        losses.BinaryCrossentropy(label_smoothing=value)


# ---- symbolic use ----


@pytest.mark.parametrize(
    "function",
    [losses.mean_squared_error, losses.categorical_crossentropy, losses.categorical_hinge],
)
def test_symbolic_arguments_draw_a_node(function):
    y, p = KerasTensor((None, 5, 3)), KerasTensor((None, 5, 3))
    found = function(y, p)
    assert (found.shape, found.dtype) == ((None, 5), "float32")
    assert found._node is not None


def test_shape_inference_of_a_reduced_loss():
    with inferring():
        found = losses.SparseCategoricalCrossentropy()(
            KerasTensor((None,), "int64"), KerasTensor((None, 3))
        )
    assert found.shape == ()
