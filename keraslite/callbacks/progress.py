"""ProgbarLogger: the progress that `fit` and the others print."""

from keraslite.callbacks.callback import Callback
from keraslite.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Prints a progress bar (verbose 1) or a line for each epoch (verbose 2).

    The bar is drawn at most ten times a second; between draws no value leaves the device.
    """

    def __init__(self):
        super().__init__()
        self._bar = None
        self._seen = 0
        self._epoch = 0
        self._in_training = False

    @property
    def _verbose(self):
        verbose = self.params.get("verbose", 1)
        return 1 if verbose == "auto" else int(verbose)

    def _begin(self, steps):
        self._bar = Progbar(steps, verbose=self._verbose, unit_name="step")
        self._seen = 0

    def _step(self, batch, logs):
        self._seen = batch + 1
        if self._bar is not None and self._verbose == 1 and self._bar.is_due(self._seen):
            self._bar.update(self._seen, list(logs.items()), finalize=False)

    def _end(self, logs):
        if self._bar is not None:
            if self._bar.target is None:
                self._bar.target = self._seen
            self._bar.update(self._bar.target, list((logs or {}).items()), finalize=True)
            self._bar = None

    def on_train_begin(self, logs=None):
        self._in_training = True

    def on_train_end(self, logs=None):
        self._in_training = False

    def on_epoch_begin(self, epoch, logs=None):
        if self._verbose:
            print(f"Epoch {epoch + 1}/{self.params.get('epochs')}")
        self._begin(self.params.get("steps"))

    def on_train_batch_end(self, batch, logs=None):
        self._step(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._end(logs)

    def on_test_begin(self, logs=None):
        if not self._in_training:
            self._begin(self.params.get("steps"))

    def on_test_batch_end(self, batch, logs=None):
        if not self._in_training:
            self._step(batch, logs)

    def on_test_end(self, logs=None):
        if not self._in_training:
            self._end(logs)

    def on_predict_begin(self, logs=None):
        self._begin(self.params.get("steps"))

    def on_predict_batch_end(self, batch, logs=None):
        self._step(batch, {})

    def on_predict_end(self, logs=None):
        self._end({})
