"""Training curves: the same losses as NumPy, step for step, and the same weights at the end."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import on_engine, on_reference, policy, relative
from keraslite import layers

LIMITS = {"float64": 1e-9, "float32": 1e-4}
ROWS, BATCH, EPOCHS = 176, 16, 10  # 100 steps on 160 rows; 16 rows validate


def mlp():
    # A bias before the normalization would have a gradient of nothing but rounding, which Adam
    # blows up to whole steps.
    return keras.Sequential(
        [
            keras.Input((8,)), layers.Dense(16, use_bias=False), layers.BatchNormalization(),
            layers.Activation("relu"), layers.Dropout(0.3), layers.Dense(16, "gelu"),
            layers.LayerNormalization(), layers.Dropout(0.2), layers.Dense(3, "softmax"),
        ]
    )  # fmt: skip


def cnn():
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(), layers.Conv2D(6, 3, strides=2, use_bias=False),
            layers.BatchNormalization(), layers.Activation("tanh"), layers.Dropout(0.25),
            layers.Flatten(), layers.Dense(3, "softmax", kernel_regularizer="l2"),
        ]
    )  # fmt: skip


def lstm():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"), layers.Embedding(12, 5, mask_zero=True),
            layers.SpatialDropout1D(0.2), layers.LSTM(6, return_sequences=True),
            layers.Bidirectional(layers.GRU(4, dropout=0.2)), layers.Dense(3, "softmax"),
        ]
    )  # fmt: skip


MODELS = {
    "mlp": (mlp, (8,), lambda: keras.optimizers.Adam(0.01)),
    "cnn": (cnn, (8, 8, 2), lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
    "lstm": (lstm, (6,), lambda: keras.optimizers.RMSprop(0.01)),
}


def data(name):
    rng = np.random.default_rng(41)
    shape = (ROWS, *MODELS[name][1])
    y = rng.integers(0, 3, ROWS)
    if name == "lstm":
        return rng.integers(0, 12, shape).astype("int32"), y
    return (rng.normal(size=shape) + y.reshape(-1, *[1] * (len(shape) - 1)) * 0.5), y


class Losses(keras.callbacks.Callback):
    """Collects the loss after each step."""

    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_batch_end(self, batch, logs=None):
        self.values.append(logs["loss"])


def train(name):
    """(loss after each step, metrics by epoch, weights)."""
    make, _, optimizer = MODELS[name]
    x, y = data(name)
    model = make()
    model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = Losses()
    history = model.fit(
        x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[losses],
        validation_split=1 / 11,
    )  # fmt: skip
    return losses.values, history.history, model.get_weights()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MODELS)
def test_same_curve(name, dtype, backend, reference):
    losses, history, weights = on_engine(train, name, dtype=dtype)
    expected, wanted, _ = on_reference(reference, train, name, dtype=dtype)
    assert relative(losses, expected) <= LIMITS[dtype]
    assert relative(history["val_loss"], wanted["val_loss"]) <= LIMITS[dtype]
    if dtype == "float64":
        assert history["accuracy"] == wanted["accuracy"]
    assert all(w.dtype == dtype for w in weights)
    assert len(losses) == 100 and losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_learns(name, backend):
    with policy(name):
        losses, history, weights = on_engine(train, "mlp")
    assert all(w.dtype == "float32" for w in weights)
    assert np.isfinite(losses).all()
    assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_one_seed_gives_one_run(backend):
    first = on_engine(train, "mlp", seed=3)
    again = on_engine(train, "mlp", seed=3)
    other = on_engine(train, "mlp", seed=4)
    assert first[0] == again[0] != other[0]
    for one, two in zip(first[2], again[2]):
        np.testing.assert_array_equal(one, two)
