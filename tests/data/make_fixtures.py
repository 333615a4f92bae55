"""Writes the model files of this folder with real Keras 3.15.1, for tests/test_keras_files.py.

    KERAS_BACKEND=torch python tests/data/make_fixtures.py

Beside each file stand, in an .npz, an input, what Keras predicts for it, and the losses and the
prediction after two more epochs of training in order.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

HERE = Path(__file__).parent
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def stack():
    """Dense and normalization, Adam."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.0),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, normal(6, 4), RNG.integers(0, 2, 6).astype("int32")


def recurrent():
    """Tokens with a mask, layers both ways, RMSprop."""
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(7, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(0.01), keras.losses.BinaryCrossentropy())
    x = RNG.integers(1, 7, (6, 5)).astype("int32")
    x[:2, 3:] = 0
    return model, x, RNG.integers(0, 2, (6, 1)).astype("float32")


def graph():
    """Shared and nested layers, operations, outputs by name, a schedule and momentum."""
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = layers.Dense(3, activation="tanh", name="shared")
    both = layers.Concatenate()([shared(first), shared(second)]) * 2.0 + 1.0
    inner = keras.Sequential([layers.Dense(3), layers.LayerNormalization()], name="inner")
    mixed = ops.concatenate([inner(both), ops.square(both[:, 1:3])], axis=-1)
    mean = ops.mean(mixed, axis=-1, keepdims=True)
    outputs = {"a": layers.Dense(2, name="a")(mixed), "b": ops.maximum(mean, 0.0)}
    model = keras.Model([first, second], outputs)
    rate = keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.9)
    losses = {"a": "mse", "b": keras.losses.MeanAbsoluteError()}
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), losses, metrics={"a": ["mae"]})
    return model, [normal(6, 4), normal(6, 4)], {"a": normal(6, 2), "b": normal(6, 1)}


def attention():
    """Heads with masks from tokens, plain attention, the merges."""
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(7, 4, mask_zero=True)(tokens)
    heads = layers.MultiHeadAttention(2, 3, value_dim=2, use_gate=True, name="heads")
    x = layers.LayerNormalization()(heads(x, x, use_causal_mask=True))
    x = layers.MultiHeadAttention(1, 4, output_shape=6, sliding_window=2)(x, x)
    y = layers.Attention(use_scale=True)([x, x])
    y = layers.GlobalAveragePooling1D()(y)
    z = layers.GlobalAveragePooling1D()(x)
    merged = [layers.Maximum()([y, z]), layers.Minimum()([y, z]), layers.Subtract()([y, z])]
    merged = layers.Concatenate()([*merged, layers.Dot(-1)([y, z]), layers.Average()([y, z])])
    model = keras.Model(tokens, layers.Dense(2)(merged))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = RNG.integers(1, 7, (6, 5)).astype("int32")
    x[:3, 4:] = 0
    return model, x, RNG.integers(0, 2, 6).astype("int32")


def images():
    """Convolution and pooling, AdamW; in the legacy format."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.compile(keras.optimizers.AdamW(0.01), "mse")
    return model, normal(4, 6, 6, 1), normal(4, 2)


class Blocks(keras.Model):
    """Layers in attributes, lists and dicts: what a weights file calls them."""

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


def blocks():
    """A subclassed model; only its weights."""
    model = Blocks()
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model, normal(6, 4), normal(6, 2)


def fit(model, x, y):
    return model.fit(x, y, epochs=2, batch_size=2, shuffle=False, verbose=0).history["loss"]


def arrays(prefix, found):
    """The arrays of a nest under keys that begin with a prefix."""
    if isinstance(found, dict):
        return {f"{prefix}_{key}": value for key, value in found.items()}
    if isinstance(found, list):
        return {f"{prefix}_{number}": value for number, value in enumerate(found)}
    return {prefix: found}


def write(make, ending):
    """Train a little, save, and note what Keras does next."""
    keras.utils.set_random_seed(1)
    model, x, y = make()
    fit(model, x, y)
    path = HERE / f"{make.__name__}{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    expected = {**arrays("x", x), **arrays("y", y), **arrays("p", model.predict(x, verbose=0))}
    expected["losses"] = np.array(fit(model, x, y))
    expected.update(arrays("q", model.predict(x, verbose=0)))
    np.savez(HERE / f"{make.__name__}.npz", **expected)
    print(path.name, path.stat().st_size)


if __name__ == "__main__":
    write(stack, ".keras")
    write(recurrent, ".keras")
    write(graph, ".keras")
    write(images, ".h5")
    write(blocks, ".weights.h5")
    write(attention, ".keras")
