"""Files travel: saved on one engine and loaded on another, a model goes on as if it had stayed."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import floats, on_engine, on_reference
from keraslite import layers

rng = np.random.default_rng(91)
IMAGES = rng.normal(size=(16, 6, 6, 2))
SEQUENCES = rng.integers(0, 9, (16, 5)).astype("int32")
NUMBERS = rng.normal(size=(16, 4))
TARGETS = rng.normal(size=(16, 2))


def images():
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)), layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(), layers.Dropout(0.3), layers.Flatten(), layers.Dense(2),
        ]
    )  # fmt: skip


def sequences():
    return keras.Sequential(
        [
            keras.Input((5,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.2)),
            layers.GRU(3, reset_after=False), layers.Dense(2),
        ]
    )  # fmt: skip


def branched():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, "tanh", name="shared")
    both = layers.Concatenate()([shared(a), shared(b), keras.ops.multiply(a, b)])
    return keras.Model({"a": a, "b": b}, layers.Dense(2)(layers.LayerNormalization()(both)))


MODELS = {
    "images": (images, IMAGES, lambda: keras.optimizers.Adam(0.01)),
    "sequences": (
        sequences,
        SEQUENCES,
        lambda: keras.optimizers.RMSprop(
            keras.optimizers.schedules.ExponentialDecay(0.02, 2, 0.5), momentum=0.9
        ),
    ),
    "branched": (
        branched,
        {"a": NUMBERS, "b": NUMBERS[::-1].copy()},
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_momentum=0.9),
    ),
}


def compiled(name):
    make, _, optimizer = MODELS[name]
    model = make()
    model.compile(optimizer(), "mse", metrics=["mae"])
    return model


def train(model, name):
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    return model.fit(MODELS[name][1], TARGETS, **options).history


def outputs(model, name):
    return model.predict(MODELS[name][1], verbose=0)


def trained(name):
    model = compiled(name)
    train(model, name)
    return model


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("away", [True, False], ids=["to NumPy", "from NumPy"])
def test_models_travel(away, name, ending, backend, reference, tmp_path):
    """Outputs are the same, and so are those after more training, dropout included."""
    path = tmp_path / f"model{ending}"

    def save():
        model = trained(name)
        model.save(path)
        before = outputs(model, name)
        return before, train(model, name), outputs(model, name)

    def load():
        model = keras.saving.load_model(path)
        before = outputs(model, name)
        return before, train(model, name), outputs(model, name), model

    def here(fn):
        return on_engine(fn, dtype="float64")

    def there(fn):
        return on_reference(reference, fn)

    before, history, after = (here if away else there)(save)
    found, again, finally_, model = (there if away else here)(load)
    np.testing.assert_allclose(found, before, rtol=1e-9, atol=1e-12)
    assert model.backend.name == (reference if away else backend).name
    if ending == ".h5":
        return  # the legacy format keeps no state of random generators
    for key, values in history.items():
        np.testing.assert_allclose(again[key], values, rtol=1e-8)
    np.testing.assert_allclose(finally_, after, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_weights_travel(name, backend, reference, tmp_path):
    path = tmp_path / "model.weights.h5"

    def save():
        model = trained(name)
        model.save_weights(path)
        return outputs(model, name)

    def load():
        model = compiled(name)
        model.load_weights(path)
        return outputs(model, name)

    saved = on_engine(save, dtype="float64")
    np.testing.assert_allclose(on_reference(reference, load), saved, rtol=1e-9, atol=1e-12)


def test_architectures_travel(backend, reference):
    """As JSON, with weights as arrays."""
    for name, (make, _, _) in MODELS.items():

        def write(make=make, name=name):
            model = make()
            return model.to_json(), model.get_weights(), outputs(model, name)

        text, weights, wanted = on_engine(write, dtype="float64")

        def read(text=text, weights=weights, name=name):
            model = keras.models.model_from_json(text)
            model.set_weights(weights)
            return outputs(model, name)

        np.testing.assert_allclose(on_reference(reference, read), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_low_precision_travels(policy, backend, reference, tmp_path):
    path = tmp_path / "model.keras"

    def save():
        keras.config.set_dtype_policy(policy)
        try:
            model = compiled("images")
            train(model, "images")
        finally:
            keras.config.set_dtype_policy(None)
        model.save(path)
        return model.get_weights(), model.dtype_policy.name

    weights, name = on_engine(save)
    with floats("float32"):
        model = on_reference(reference, lambda: keras.saving.load_model(path), dtype="float32")
    assert name == policy and model.layers[0].dtype_policy.name == policy
    for found, wanted in zip(model.get_weights(), weights):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.view("uint8"), wanted.view("uint8"))
