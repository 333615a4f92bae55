"""History: what `fit` returns."""

from keraslite.callbacks.callback import Callback


class History(Callback):
    """Keeps each metric's value of each epoch.

    Attributes:
        epoch: list of epoch numbers.
        history: {metric name: list of floats}.
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
