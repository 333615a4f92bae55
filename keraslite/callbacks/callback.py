"""Callback: hooks that `fit`, `evaluate` and `predict` call."""


class Callback:
    """Base class: override the hooks that are needed.

    Attributes:
        model: the model in training.
        params: {"verbose", "epochs", "steps"} of the running call.

    `logs` in batch hooks fetch a value from the device when it is read, and only then.

    >>> import keraslite as keras
    >>> class Printer(keras.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    """

    def __init__(self):
        self.params = {}
        self._model = None

    @property
    def model(self):
        return self.__dict__.get("_model")

    def set_params(self, params):
        """Called with the settings of the running call."""
        self.params = params

    def set_model(self, model):
        """Called with the model."""
        self._model = model

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch of training; epochs count from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch: logs holds its metrics, those of validation with the prefix val_."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a step of training."""

    def on_train_batch_end(self, batch, logs=None):
        """After a step of training."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of evaluation."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of prediction; logs["outputs"] holds its outputs."""

    def on_train_begin(self, logs=None):
        """When training begins."""

    def on_train_end(self, logs=None):
        """When training ends."""

    def on_test_begin(self, logs=None):
        """When evaluation begins."""

    def on_test_end(self, logs=None):
        """When evaluation ends."""

    def on_predict_begin(self, logs=None):
        """When prediction begins."""

    def on_predict_end(self, logs=None):
        """When prediction ends."""

    def on_batch_begin(self, batch, logs=None):
        """An older name of on_train_batch_begin."""

    def on_batch_end(self, batch, logs=None):
        """An older name of on_train_batch_end."""
