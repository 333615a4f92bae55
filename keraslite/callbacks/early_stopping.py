"""EarlyStopping."""

import math

from keraslite.callbacks.callback import Callback
from keraslite.callbacks.monitor import better_is_higher, monitored


class EarlyStopping(Callback):
    """Stops training when a metric has stopped improving.

    Args:
        monitor: name of the metric.
        min_delta: smallest change that counts as an improvement.
        patience: epochs without one before training stops.
        verbose: 1 prints when it stops.
        mode: "min", "max" or "auto" (by the metric's name).
        baseline: value that has to be beaten at all.
        restore_best_weights: put back the weights of the best epoch.
        start_from_epoch: epochs to wait before watching.

    >>> from keraslite import callbacks
    >>> stop = callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=True)
    """

    def __init__(
        self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
        restore_best_weights=False, start_from_epoch=0,
    ):  # fmt: skip
        super().__init__()
        if patience < 0:
            raise ValueError(f"EarlyStopping: patience must not be negative, found {patience}.")
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._sign = 1 if better_is_higher(mode, monitor, "EarlyStopping") else -1
        self.on_train_begin()

    def on_train_begin(self, logs=None):
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0

    def _improves(self, value, reference):
        if reference is None:
            return not math.isnan(value)
        return self._sign * (value - reference) > self.min_delta

    def on_epoch_end(self, epoch, logs=None):
        value = monitored(logs, self.monitor, "EarlyStopping")
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
