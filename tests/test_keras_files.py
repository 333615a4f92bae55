"""Files that real Keras 3.15.1 wrote (tests/data/make_fixtures.py), on the engine under test.

Their predictions are Keras's, and training goes on as Keras goes on.
"""

import copy
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops
from keraslite.saving.serialization import deserialize_keras_object

DATA = Path(__file__).parent / "data"
FILES = ["stack.keras", "recurrent.keras", "graph.keras", "attention.keras", "images.h5"]


def expected_of(name):
    """{"x": nest, "y": nest, "p": nest, "losses": array, "q": nest} of a file."""
    found = {}
    with np.load(DATA / f"{name.split('.')[0]}.npz") as arrays:
        for key, value in arrays.items():
            head, _, rest = key.partition("_")
            if rest:
                found.setdefault(head, {})[rest] = value
            else:
                found[head] = value
    if isinstance(found["x"], dict):
        found["x"] = list(found["x"].values())
    return found


def assert_close(found, expected, tolerance=2e-5):
    if isinstance(expected, dict):
        assert sorted(found) == sorted(expected)
        for key in expected:
            assert_close(found[key], expected[key], tolerance)
    else:
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def assert_goes_on(model, expected):
    """Predictions, two epochs more, and predictions again."""
    assert_close(model.predict(expected["x"], verbose=0), expected["p"])
    history = model.fit(
        expected["x"], expected["y"], epochs=2, batch_size=2, shuffle=False, verbose=0
    )
    assert_close(history.history["loss"], expected["losses"])
    assert_close(model.predict(expected["x"], verbose=0), expected["q"])


@pytest.mark.parametrize("name", FILES)
def test_models(name):
    model = keras.models.load_model(DATA / name)
    assert int(model.optimizer.iterations) == (4 if name == "images.h5" else 6)
    assert_goes_on(model, expected_of(name))


@pytest.mark.parametrize("name", FILES)
def test_written_anew_and_read_again(tmp_path, name):
    keras.models.load_model(DATA / name).save(tmp_path / name)
    assert_goes_on(keras.models.load_model(tmp_path / name), expected_of(name))


class Blocks(keras.Model):
    def __init__(self):
        super().__init__()
        self.zoom = layers.Dense(4)
        self.blocks = [layers.Dense(4), [layers.Dense(4)]]
        self.heads = {"b": layers.Dense(2), "a": layers.Dense(2)}
        self._last = layers.Dense(2)

    def call(self, x):
        x = self.zoom(x)
        for layer in (self.blocks[0], *self.blocks[1]):
            x = x + ops.relu(layer(x))
        return self._last(self.heads["a"](x) - self.heads["b"](x))


def test_weights_of_a_subclassed_model():
    expected = expected_of("blocks.weights.h5")
    model = Blocks()
    model.build((None, 4))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.load_weights(DATA / "blocks.weights.h5")
    assert_goes_on(model, expected)


def test_weights_of_a_whole_model():
    model = keras.models.load_model(DATA / "stack.keras")
    trained = model.get_weights()
    model.set_weights([np.zeros_like(value) for value in trained])
    model.load_weights(DATA / "stack.keras")
    for one, two in zip(model.get_weights(), trained, strict=True):
        np.testing.assert_array_equal(one, two)


# ---- settings that only Keras has ----


def dense_config(**changes):
    with zipfile.ZipFile(DATA / "stack.keras") as archive:
        config = json.loads(archive.read("config.json"))
    entry = copy.deepcopy(config["config"]["layers"][1])
    assert entry["class_name"] == "Dense" and entry["config"]["quantization_config"] is None
    entry["config"].update(changes)
    return entry


def test_settings_at_rest_are_left_out():
    layer = deserialize_keras_object(
        dense_config(lora_rank=None, some_flag=False, implementation=2)
    )
    assert layer.units == 3 and layer.built


def test_settings_in_use_are_refused():
    with pytest.raises(ValueError, match=r"sets unheard_of=4 for Dense 'dense'.*does not have"):
        deserialize_keras_object(dense_config(unheard_of=4))
    with pytest.raises(ValueError, match="quantization"):
        deserialize_keras_object(dense_config(quantization_config={"mode": "int8"}))


def test_training_by_default_follows_the_model():
    """Keras notes `training: false` for a call that left it open."""
    model = keras.models.load_model(DATA / "graph.keras", compile=False)
    config = model.get_config()
    x = keras.Input((4,), name="x")
    small = keras.Model(x, layers.Dropout(0.5, name="drop")(x)).get_config()
    (call,) = small["layers"][1]["inbound_nodes"]
    call["kwargs"]["training"] = False
    again = keras.Model.from_config(small)
    ones = np.ones((64, 4), "float32")
    assert (ops.convert_to_numpy(again(ones, training=True)) == 0).any()
    assert (ops.convert_to_numpy(again(ones, training=False)) == 1).all()
    call["kwargs"]["training"] = True
    always = keras.Model.from_config(small)
    assert (ops.convert_to_numpy(always(ones, training=False)) == 0).any()
    assert [entry["name"] for entry in config["layers"]][-1] == "maximum"


# ---- Keras 2 ----


def test_a_config_of_keras_2():
    """Flat addresses of tensors, shapes with the batch axis, classes without modules."""
    config = {
        "class_name": "Model",
        "config": {
            "name": "old",
            "layers": [
                {
                    "name": "in",
                    "class_name": "InputLayer",
                    "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "in"},
                    "inbound_nodes": [],
                },
                {
                    "name": "d",
                    "class_name": "Dense",
                    "config": {
                        "name": "d",
                        "trainable": True,
                        "dtype": "float32",
                        "units": 4,
                        "kernel_initializer": {
                            "class_name": "GlorotUniform",
                            "config": {"seed": None},
                        },
                    },
                    "inbound_nodes": [[["in", 0, 0, {}]]],
                },
                {
                    "name": "add",
                    "class_name": "Add",
                    "config": {"name": "add", "trainable": True, "dtype": "float32"},
                    "inbound_nodes": [[["d", 0, 0, {}], ["in", 0, 0, {}]]],
                },
            ],
            "input_layers": [["in", 0, 0]],
            "output_layers": [["add", 0, 0]],
        },
    }
    from keraslite.saving.legacy_config import modern_config

    model = deserialize_keras_object(modern_config(config))
    x = np.ones((2, 4), "float32")
    found = model.predict(x, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(found, x @ kernel + bias + x, rtol=1e-6)


def test_shapes_of_keras_2_in_a_stack():
    from keraslite.saving.legacy_config import modern_config

    settings = {"name": "d", "units": 2, "batch_input_shape": [None, 3]}
    stack = {"name": "s", "layers": [{"class_name": "Dense", "config": settings}]}
    model = deserialize_keras_object(modern_config({"class_name": "Sequential", "config": stack}))
    assert model.output_shape == (None, 2) and model.built
