"""What is compared, under one interface.

A competitor has

    parameters              count of the numbers that it trains
    first_step()            trains on the first batch
    run_epochs(count)       trains; [(seconds, last or mean loss as a float)] of each epoch
    call(x)                 the model's outputs for x as NumPy, by one call of the compiled model
    predict(x)              NumPy to NumPy for any number of rows, in the workload's batches

and one module of it `make(workload)`. Reading the loss as a float waits for the device, so an
epoch's time is complete. Every epoch has its own order of the rows.
"""

import importlib
import time

from benchmarks.workloads import EPSILON, LEARNING_RATE

NAMES = ["keraslite", "keras", "native", "sklearn"]
LOSSES = {
    "classes": lambda keras: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "binary": lambda keras: keras.losses.BinaryCrossentropy(),
    "mse": lambda keras: keras.losses.MeanSquaredError(),
}
NATIVE = {
    "numpy": "torch_loop",  # the rival of the NumPy engine is eager torch on the same cores
    "torch": "torch_loop",
    "jax": "jax_loop",
    "tensorflow": "tensorflow_loop",
}


def rivals(engine, workload):
    """Names of those whom keraslite meets on an engine and a workload, themselves after it."""
    found = ["keras", "native"]
    if engine == "numpy":
        if workload not in ("cnn", "mlp"):
            found.remove("keras")  # it cannot train on NumPy, only predict
        if workload in ("mlp", "tiny_mlp"):
            found.append("sklearn")
    return found


def library(engine, competitor):
    """Import names: the engine's, and what comes on top of it (None for native loops)."""
    if competitor in ("keraslite", "keras"):
        return engine, competitor
    module = "sklearn.neural_network" if competitor == "sklearn" else NATIVE[engine]
    return module.removesuffix("_loop"), None


def make(engine, competitor, workload):
    """The competitor, its model made and compiled."""
    if competitor in ("keraslite", "keras"):
        return KerasApi(importlib.import_module(competitor), workload)
    name = "sklearn_loop" if competitor == "sklearn" else NATIVE[engine]
    return importlib.import_module(f"benchmarks.native.{name}").make(workload)


class EpochByEpoch:
    """`run_epochs` of a loop that has `run_epoch() -> last loss as a float`."""

    def run_epochs(self, count):
        return [self._timed_epoch() for _ in range(count)]

    def _timed_epoch(self):
        start = time.perf_counter()
        loss = self.run_epoch()
        return time.perf_counter() - start, loss


class KerasApi:
    """keraslite or Keras, by one piece of code."""

    def __init__(self, keras, workload):
        from benchmarks.keras_models import MODELS

        self.keras, self.batch = keras, workload.batch
        self.x, self.y = workload.data()
        keras.utils.set_random_seed(0)
        self.model = MODELS[workload.name](keras, workload)
        adam = keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON)
        self.model.compile(adam, LOSSES[workload.loss](keras))

    @property
    def parameters(self):
        return sum(self._size(v.shape) for v in self.model.trainable_variables)

    @staticmethod
    def _size(shape):
        size = 1
        for length in shape:
            size *= length
        return size

    def first_step(self):
        x, y = (first_rows(data, self.batch) for data in (self.x, self.y))
        self.model.fit(x, y, batch_size=self.batch, epochs=1, verbose=0)

    def run_epochs(self, count):
        """One `fit`: what it does before the first epoch is part of that epoch's time."""
        epochs, start = [], time.perf_counter()

        class EpochEnds(self.keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                nonlocal start
                loss, now = float(logs["loss"]), time.perf_counter()
                epochs.append((now - start, loss))
                start = now

        self.model.fit(
            self.x, self.y, batch_size=self.batch, epochs=count, verbose=0, callbacks=[EpochEnds()]
        )
        return epochs

    def call(self, x):
        return self.keras.ops.convert_to_numpy(self.model(x))

    def predict(self, x):
        return self.model.predict(x, batch_size=self.batch, verbose=0)


def first_rows(data, count):
    """The first rows of an array or of each array of a dict."""
    if isinstance(data, dict):
        return {name: array[:count] for name, array in data.items()}
    return data[:count]
