"""Whole models to files and back, on the engine of KERASLITE_BACKEND."""

import json
import zipfile

import h5py
import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6)).astype("float32")
Y = RNG.normal(size=(12, 2)).astype("float32")
ENDINGS = [".keras", ".h5"]


def stack(optimizer="adam", dropout=0.5, dtype=None):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="relu", dtype=dtype),
            layers.BatchNormalization(),
            layers.Dropout(dropout),
            layers.Dense(2, dtype=dtype),
        ]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def fit(model, x=X, y=Y):
    return model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history["loss"]


def saved(model, path):
    model.save(path)
    return keras.models.load_model(path)


def assert_same_predictions(one, other, x=X):
    expected, found = one.predict(x, verbose=0), other.predict(x, verbose=0)
    assert type(expected) is type(found)
    if isinstance(expected, np.ndarray):
        expected, found = {"": expected}, {"": found}
    assert list(expected) == list(found)
    for key in expected:
        np.testing.assert_array_equal(expected[key], found[key])


# ---- training goes on ----


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_loaded_model_goes_on_training_like_the_saved_one(tmp_path, ending):
    model = stack()
    fit(model)
    loaded = saved(model, tmp_path / f"m{ending}")
    assert_same_predictions(model, loaded)
    assert int(loaded.optimizer.iterations) == 6
    assert fit(model) == fit(loaded)  # dropout included: random states are saved too
    assert_same_predictions(model, loaded)


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "amsgrad": lambda: keras.optimizers.Adam(0.01, amsgrad=True, clipnorm=1.0),
    "averaged": lambda: keras.optimizers.AdamW(0.01, use_ema=True, ema_overwrite_frequency=4),
    "accumulating": lambda: keras.optimizers.SGD(0.05, gradient_accumulation_steps=4),
    "scheduled": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.01, 3, 0.5)
    ),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_state_and_settings_are_restored(tmp_path, name, ending):
    model = stack(OPTIMIZERS[name](), dropout=0.0)
    fit(model)
    loaded = saved(model, tmp_path / f"m{ending}")
    old, new = model.optimizer, loaded.optimizer
    assert new.get_config() == old.get_config()
    for one, other in zip(old.variables, new.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert fit(model) == fit(loaded)


def test_a_learning_rate_that_was_set_is_kept(tmp_path):
    model = stack()
    fit(model)
    model.optimizer.learning_rate = 0.25
    assert float(saved(model, tmp_path / "m.keras").optimizer.learning_rate) == 0.25


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_saved_before_training_trains_the_same(tmp_path, ending):
    model = stack()
    assert fit(saved(model, tmp_path / f"m{ending}")) == fit(model)


def test_without_compiling(tmp_path):
    model = stack()
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", compile=False)
    assert not loaded.compiled and loaded.optimizer is None
    assert_same_predictions(model, loaded)


def test_frozen_layers_stay_frozen(tmp_path):
    model = stack()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    loaded = saved(model, tmp_path / "m.keras")
    assert not loaded.layers[0].trainable and loaded.trainable
    before = loaded.layers[0].get_weights()
    fit(loaded)
    np.testing.assert_array_equal(before[0], loaded.layers[0].get_weights()[0])


# ---- graphs ----


def graph():
    """Two inputs, two named outputs, a shared layer, a nested model, operations, a token input."""
    first, second = keras.Input((6,), name="first"), keras.Input((6,), name="second")
    tokens = keras.Input((4,), dtype="int32", name="tokens")
    shared = layers.Dense(4, name="shared")
    both = layers.Concatenate()([shared(first), shared(second)]) * 2.0 + 1.0
    text = layers.LSTM(4)(layers.Embedding(9, 4, mask_zero=True)(tokens))
    source = keras.Input((8,))
    outputs = [layers.Dense(4)(source), ops.mean(source, axis=-1, keepdims=True)]
    inner = keras.Model(source, outputs, name="inner")
    wide, mean = inner(both)
    mixed = layers.Add()([wide, text])
    mixed = ops.concatenate([mixed[:, :2], ops.square(mixed), ops.relu(-mixed)], axis=-1)
    outputs = {"a": layers.Dense(2, name="a")(mixed), "b": ops.where(mean > 0, mean, 3 * mean)}
    return keras.Model({"first": first, "second": second, "tokens": tokens}, outputs)


def graph_inputs():
    tokens = RNG.integers(0, 9, (12, 4)).astype("int32")
    return {"first": X, "second": 2 * X, "tokens": tokens}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_graph_keeps_its_structure_and_training(tmp_path, ending):
    model, x = graph(), graph_inputs()
    model.compile("adam", {"a": "mse", "b": keras.losses.Huber()}, metrics={"a": ["mae"]})
    y = {"a": Y, "b": Y[:, :1]}
    fit(model, x, y)
    loaded = saved(model, tmp_path / f"m{ending}")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert loaded.input_names == model.input_names
    assert len(loaded.get_layer("shared")._inbound_nodes) == 2
    assert_same_predictions(model, loaded, x)
    assert fit(model, x, y) == fit(loaded, x, y)


def test_lists_of_inputs_and_outputs_stay_lists(tmp_path):
    first, second = keras.Input((6,)), keras.Input((6,))
    hidden = layers.Dense(3)(layers.Multiply()([first, second]))
    model = keras.Model([first, second], [hidden, [hidden * 2]])
    loaded = saved(model, tmp_path / "m.keras")
    one, (two,) = loaded.predict([X, X], verbose=0)
    np.testing.assert_array_equal(2 * one, two)
    single = keras.Model(first, [layers.Dense(1)(first)])
    output = saved(single, tmp_path / "s.keras").predict(X, verbose=0)
    assert output.shape == (12, 1)  # a list of one counts as the one, as in Keras


def test_operations_with_settings_and_constants(tmp_path):
    x = keras.Input((6,))
    y = ops.reshape(ops.clip(x, -1, 0.5), (-1, 2, 3))
    y = ops.einsum("bij,bik->bjk", y, y) + np.arange(9, dtype="float32").reshape(3, 3)
    y = ops.max(ops.transpose(y, (0, 2, 1))[:, 1:, ::-1], axis=1)
    parts = ops.split(ops.softmax(y, axis=-1), 3, axis=-1)
    y = ops.stack([parts[0], ops.cast(parts[1] > 0.3, "float32"), parts[2] @ [[2.0]]], axis=1)
    model = keras.Model(x, y)
    assert_same_predictions(model, saved(model, tmp_path / "m.keras"))


def test_a_model_that_begins_in_the_midst_of_another(tmp_path):
    x = keras.Input((6,))
    middle = layers.Dense(6, name="before")(x)
    model = keras.Model(middle, layers.Dense(2, name="after")(middle))
    assert [layer.name for layer in model.layers] == ["after"]
    assert_same_predictions(model, saved(model, tmp_path / "m.keras"))


def test_layers_stand_in_keras_order():
    x = keras.Input((4,))
    a = layers.Dense(4, name="a")(x)
    b = layers.Dense(4, name="b2")(layers.Dense(4, name="b1")(x))
    c = layers.Dense(4, name="c")(a)
    model = keras.Model(x, [layers.Add(name="sum")([a, b, c]), layers.Dense(4, name="late")(b)])
    # real Keras 3.15.1 lists this model's layers so; weights files number them in this order
    names = [layer.name for layer in model.layers[1:]]
    assert names == ["a", "b1", "b2", "c", "sum", "late"]


def test_two_layers_of_one_name_cannot_be_saved(tmp_path):
    x = keras.Input((6,))
    model = keras.Model(x, layers.Dense(6, name="same")(layers.Dense(6, name="other")(x)))
    model.layers[1].name = "same"
    with pytest.raises(ValueError, match="two layers named 'same'"):
        model.save(tmp_path / "m.keras")
    assert list(tmp_path.iterdir()) == []


# ---- users' classes ----


@keras.saving.register_keras_serializable("tests")
class Scale(layers.Layer):
    """Takes no **kwargs and writes no config."""

    def __init__(self, start, bias=True):
        super().__init__()
        self.start, self.bias = start, bias

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        return x * self.factor + self.start


@keras.saving.register_keras_serializable("tests")
class Own(keras.Model):
    def __init__(self, units, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation = units, keras.activations.get(activation)
        self.zoom = Scale(0.5)
        self.blocks = [layers.Dense(units), [layers.Dense(units)]]
        self._head = layers.Dense(2)
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=False):
        for layer in (self.blocks[0], *self.blocks[1]):
            x = self.activation(layer(self.zoom(x)) + x)
        return self._head(self.drop(x, training=training))

    def get_config(self):
        config = {"units": self.units, "activation": keras.activations.serialize(self.activation)}
        return {**super().get_config(), **config}


def test_subclassed_models_and_layers(tmp_path):
    model = Own(6, activation="tanh")
    model.compile("adam", "mse")
    fit(model)
    loaded = saved(model, tmp_path / "m.keras")
    assert isinstance(loaded, Own) and loaded.zoom.start == 0.5
    assert_same_predictions(model, loaded)
    assert fit(model) == fit(loaded)
    with pytest.raises(ValueError, match="subclassed model"):
        model.save(tmp_path / "m.h5")


def test_names_in_the_weights_file_are_those_of_attributes(tmp_path):
    model = Own(6)
    model.build((None, 6))
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        groups = []
        file.visit(groups.append)
    # as real Keras 3.15.1 names them: attributes in alphabetical order, private ones last
    for name in (
        "blocks/dense",
        "blocks/container/dense",
        "drop",
        "layers/scale",
        "layers/dense_2",
    ):
        assert f"{name}/vars" in groups
    assert "zoom/vars" not in groups and "_head/vars" not in groups


def test_a_class_that_takes_no_name_gets_it_all_the_same(tmp_path):
    model = keras.Sequential([keras.Input((6,)), Scale(2.0)])
    model.layers[0].name = "named"
    loaded = saved(model, tmp_path / "m.keras")
    assert loaded.layers[0].name == "named" and loaded.layers[0].start == 2.0
    assert_same_predictions(model, loaded)


def test_a_functional_subclass_with_arguments_of_its_own(tmp_path):
    class Wide(keras.Model):
        def __init__(self, units, **kwargs):
            x = keras.Input((6,))
            super().__init__(x, layers.Dense(units)(x), **kwargs)

    model = Wide(3)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Wide": Wide})
    assert type(loaded) is Wide
    assert_same_predictions(model, loaded)


def test_unregistered_classes_must_be_passed(tmp_path):
    class Double(layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((6,)), Double(name="d")])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r"class 'Double'.*register_keras_serializable"):
        keras.models.load_model(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Double": Double})
    assert_same_predictions(model, loaded)
    with keras.saving.CustomObjectScope({"Double": Double}):
        assert_same_predictions(model, keras.models.load_model(tmp_path / "m.keras"))


@keras.saving.register_keras_serializable("tests")
def halved(x):
    return x / 2


@keras.saving.register_keras_serializable("tests")
def far(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_functions_are_saved_by_name(tmp_path, ending):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(2, activation=halved)])
    model.compile("sgd", far, metrics=[far, keras.losses.mean_squared_error, keras.metrics.AUC()])
    model.evaluate(X, np.abs(Y) % 1, verbose=0)
    loaded = saved(model, tmp_path / f"m{ending}")
    assert loaded.layers[0].activation is halved and loaded.loss is far
    assert_same_predictions(model, loaded)
    y = (Y > 0).astype("float32")
    model.predict(X, verbose=0)
    assert [type(m).__name__ for m in loaded._compile_arguments["metrics"][:2]] == ["function"] * 2
    assert len(loaded.evaluate(X, y, verbose=0)) == len(model.evaluate(X, y, verbose=0))


def test_lambdas_are_not_saved(tmp_path):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(2, activation=lambda x: x)])
    with pytest.raises(ValueError, match="lambda cannot be saved"):
        model.save(tmp_path / "m.keras")
    assert list(tmp_path.iterdir()) == []


# ---- engines and dtypes ----


def test_saved_on_one_engine_loaded_on_another(tmp_path):
    model, x = graph(), graph_inputs()
    model.compile("adam", "mse")
    y = {"a": Y, "b": Y[:, :1]}
    fit(model, x, y)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    with keras.use_backend("numpy"):
        other = keras.models.load_model(tmp_path / "m.keras")
        assert other.backend.name == "numpy"
        found = other.predict(x, verbose=0)
        other.save(tmp_path / "back.keras")
        losses = fit(other, x, y)
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-5, atol=1e-6)
    back = keras.models.load_model(tmp_path / "back.keras")
    assert_same_predictions(model, back, x)
    np.testing.assert_allclose(fit(back, x, y), losses, rtol=1e-5)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "mixed_bfloat16"])
def test_other_dtypes_come_back_bit_by_bit(tmp_path, dtype, ending):
    model = stack(dtype=dtype)
    loaded = saved(model, tmp_path / f"m{ending}")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert_same_predictions(model, loaded)


# ---- JSON ----


def test_architecture_as_json():
    model = graph()
    text = model.to_json()
    twin = keras.models.model_from_json(text)
    assert json.loads(twin.to_json())["config"] == json.loads(text)["config"]
    assert twin.count_params() == model.count_params()
    with pytest.raises(ValueError, match="no JSON"):
        keras.models.model_from_json(text[:-1])


def test_what_a_file_says_of_itself(tmp_path):
    stack().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        assert json.loads(archive.read("metadata.json"))["keraslite_version"] == keras.__version__
        assert json.loads(archive.read("config.json"))["module"] == "keras"
