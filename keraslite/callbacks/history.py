"""History: what `fit` returns."""

from keraslite.callbacks.callback import Callback


class History(Callback):
    """Keeps each metric's value of each epoch.

    Attributes:
        epoch: list of epoch numbers.
        history: {metric name: list of floats}.

    >>> import numpy as np
    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.zeros((4, 2)), np.zeros((4, 1)), epochs=2, verbose=0)
    >>> history.history["loss"]
    [0.0, 0.0]
    """

    def __init__(self):
        super().__init__()
        self.epoch = []
        self.history = {}

    def on_train_begin(self, logs=None):
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
