"""One model with dropout and batch normalization, trained on every installed engine in turn.

    python examples/same_numbers.py --epochs 3 --plot curves.png

Prints the loss curves with their largest difference, and draws them into one picture (in the
terminal; with --plot and matplotlib, into a file).
"""

import argparse

import numpy as np

import keraslite as keras

layers = keras.layers
BLOCKS = " ▁▂▃▄▅▆▇█"


class Curve(keras.callbacks.Callback):
    """Keeps the loss that the progress bar shows after each batch."""

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def loss_curve(backend, epochs):
    """Train the model on one engine from seed 0; the loss after each batch."""
    with keras.use_backend(backend):
        keras.utils.set_random_seed(0)
        (x_train, y_train), _ = keras.datasets.digits.load_data()
        model = keras.Sequential(
            [
                keras.Input((64,)),
                layers.Dense(64, activation="relu"),
                layers.BatchNormalization(),
                layers.Dropout(0.3),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        x_train = x_train.reshape(-1, 64) / np.float32(16)
        curve = Curve()
        model.fit(x_train, y_train, epochs=epochs, callbacks=[curve], verbose=0)
        return np.array(curve.losses)


def sparkline(curve, top, width=60):
    """A curve in one line of characters."""
    means = [part.mean() for part in np.array_split(curve, min(width, len(curve)))]
    return "".join(BLOCKS[min(int(mean / top * 9), 8)] for mean in means)


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--plot", help="draw the curves into this file (needs matplotlib)")
arguments = parser.parse_args()

backends = keras.backend.available_backends()
curves = {backend: loss_curve(backend, arguments.epochs) for backend in backends}
reference = curves[backends[0]]
top = reference.max()

print(f"{'engine':12} {'first':>11} {'last':>11} {'largest relative difference':>29}")
for backend, curve in curves.items():
    difference = np.max(np.abs(curve - reference) / reference)
    print(f"{backend:12} {curve[0]:11.7f} {curve[-1]:11.7f} {difference:29.1e}")
print()
for backend, curve in curves.items():
    print(f"{backend:12} {sparkline(curve, top)}")

if arguments.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    for number, (backend, curve) in enumerate(curves.items()):
        width = 2 * (len(curves) - number)  # thinner on top, so that equal curves all show
        pyplot.plot(curve, label=backend, linewidth=width)
    pyplot.xlabel("batch")
    pyplot.ylabel("loss")
    pyplot.legend()
    pyplot.savefig(arguments.plot)
    print(f"\nDrawn into {arguments.plot}")
