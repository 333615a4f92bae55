"""Models and data of the sizes that people train on a laptop."""

import numpy as np

import keraslite as keras

layers = keras.layers


def _data(shape, classes, rows):
    rng = np.random.default_rng(0)
    return rng.random((rows, *shape), np.float32), rng.integers(0, classes, rows)


def _logits_loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def tiny_mlp():
    x, _ = _data((16,), 2, 3200)
    model = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )
    return model, x, x[:, :1], "mse", 32


def mlp():
    x, y = _data((784,), 10, 6400)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(10),
        ]
    )
    return model, x, y, _logits_loss(), 128


def cnn():
    x, y = _data((28, 28, 1), 10, 2560)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10),
        ]
    )
    return model, x, y, _logits_loss(), 128


def lstm():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 10000, (960, 100), np.int32), rng.integers(0, 2, 960)
    model = keras.Sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(10000, 32),
            layers.SpatialDropout1D(0.2),
            layers.LSTM(100),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    return model, x, y, "binary_crossentropy", 32


WORKLOADS = {"tiny MLP": tiny_mlp, "MLP": mlp, "CNN": cnn, "LSTM": lstm}
