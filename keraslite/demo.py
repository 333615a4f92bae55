"""`keraslite demo`: a small convolutional network learns handwritten digits in the terminal."""

import tempfile
import time
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers

_SHADES = " ░▒▓█"


def run(epochs=10):
    """Train on `datasets.digits`, test, save, load back, and draw what it was least sure of.

    Returns:
        The accuracy on the test images; 0.97 or better after 10 epochs.
    """
    keras.utils.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    print(
        f"keraslite {keras.__version__} on {keras.config.backend()}: {len(x_train)} digits to learn"
        f" from, {len(x_test)} to be tested on"
    )
    x_train, x_test = as_input(x_train), as_input(x_test)

    model = small_cnn()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    model.fit(x_train, y_train, batch_size=32, epochs=epochs)
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"Test accuracy: {accuracy:.4f} after {seconds:.1f} s of training")

    loaded = saved_and_loaded(model)
    expected = model.predict(x_test, verbose=0)
    probabilities = loaded.predict(x_test, verbose=0)
    print(f"Largest difference of its predictions: {np.abs(probabilities - expected).max():g}")

    print("The digits that it was least sure of, and what it takes them for:")
    unsure = np.argsort(probabilities.max(axis=1))[:4]
    print(draw(x_test[unsure, :, :, 0]))
    print(captions(probabilities[unsure], y_test[unsure]))
    return accuracy


def as_input(images):
    """uint8 images (n, 8, 8) from 0 to 16 as float32 (n, 8, 8, 1) from 0 to 1."""
    return images[..., None] / np.float32(16)


def small_cnn():
    """Two convolutions, one pooling, two dense layers."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def saved_and_loaded(model):
    """The model as it comes back from a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.keras"
        model.save(path)
        print(f"Saved to {path.name} ({path.stat().st_size / 1000:.0f} kB) and loaded back.")
        return keras.saving.load_model(path)


def draw(images):
    """Images (n, height, width) from 0 to 1 side by side, in characters."""
    levels = np.rint(np.clip(images, 0, 1) * (len(_SHADES) - 1)).astype(int)
    rows = (
        "  ".join("".join(_SHADES[v] * 2 for v in row) for row in line) for line in zip(*levels)
    )
    return "\n".join(rows)


def captions(probabilities, labels):
    """What each drawn image is taken for, how surely, and what it is if that is wrong."""
    texts = []
    for row, label in zip(probabilities, labels):
        guess = int(row.argmax())
        truth = "" if guess == label else f", is {label}"
        texts.append(f"{guess} ({row[guess]:.0%}{truth})".center(16))
    return "  ".join(texts)
