"""ModelCheckpoint."""

import os

from keraslite.callbacks.callback import Callback
from keraslite.callbacks.monitor import better_is_higher, monitored


class ModelCheckpoint(Callback):
    """Saves the model, or its weights, while it trains. A crash leaves the last file whole.

    Args:
        filepath: path, with fields if wanted: "{epoch:02d}-{val_loss:.2f}.keras". Must end in
            ".keras", or in ".weights.h5" with `save_weights_only`.
        monitor: name of the metric that `save_best_only` goes by.
        verbose: 1 prints what is saved.
        save_best_only: save only when the metric is the best so far.
        save_weights_only: save weights instead of the model.
        mode: "min", "max" or "auto" (by the metric's name).
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: value that the metric has to beat for the first save.

    >>> from keraslite import callbacks
    >>> best = callbacks.ModelCheckpoint("best.keras", monitor="val_loss", save_best_only=True)
    """

    def __init__(
        self, filepath, monitor="val_loss", verbose=0, save_best_only=False,
        save_weights_only=False, mode="auto", save_freq="epoch", initial_value_threshold=None,
    ):  # fmt: skip
        super().__init__()
        self.filepath = os.fspath(filepath)
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.best = initial_value_threshold
        self._sign = 1 if better_is_higher(mode, monitor, "ModelCheckpoint") else -1
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                "ModelCheckpoint: save_freq must be 'epoch' or a positive int, found"
                f" {save_freq!r}."
            )
        self.save_freq = save_freq
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"ModelCheckpoint: filepath must end in {' or '.join(endings)}, found"
                f" {self.filepath!r}."
            )
        self._epoch = 0
        self._last = -1  # number of the last batch seen in this epoch
        self._batches = 0  # batches since the last save

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self._batches += batch - self._last
        self._last = batch
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, dict(logs or {}), batch)

    def on_epoch_end(self, epoch, logs=None):
        self._last = -1
        if self.save_freq == "epoch":
            self._save(epoch, logs or {}, None)

    def _save(self, epoch, logs, batch):
        path = self._path(epoch, logs, batch)
        if self.save_best_only:
            value = monitored(logs, self.monitor, "ModelCheckpoint")
            if self.best is not None and self._sign * (value - self.best) <= 0:
                if self.verbose:
                    print(
                        f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {self.best:.5f}"
                    )
                return
            self.best = value
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: saving model to {path}")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, epoch, logs, batch):
        fields = {"epoch": epoch + 1, **logs}
        if batch is not None:
            fields["batch"] = batch + 1
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            raise ValueError(
                f"ModelCheckpoint: the file name {self.filepath!r} has the field {error}, which is"
                f" not among {', '.join(fields)}."
            ) from None
