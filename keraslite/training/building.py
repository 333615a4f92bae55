"""Building a model and what trains it from one batch, before the first step."""

import contextlib

import optree

from keraslite.backend.context import inferring
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.undo import plain_values_kept, undone_on_error
from keraslite.training.data import pack_x_y_sample_weight


class Building:
    """The part of the trainer that looks at shapes."""

    def _ensure_built(self, batch, training):
        """Build model, loss, metrics and optimizer from one batch, by shapes alone.

        Data that do not fit are found here, before anything has changed.
        """
        x, y, sample_weight = batch
        with undone_on_error(self, self._compiled_loss, self._compiled_metrics):
            y_pred = self._predicted_spec(x, training)
            if y_pred is not None:
                self._match(y, y_pred, sample_weight, training)
            if not self._has_own_step(training):
                self._check_data(x)
        if training and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)
        if self._has_own_step(training):
            self._try_own_step(batch, training)

    def _check_data(self, x):
        """Raise a ValueError for values of x that the model cannot take; models with a graph can
        tell."""

    def _try_own_step(self, batch, training):
        """Run a step of the user's own by shapes, so that what it builds lazily (an optimizer in
        it, say) is there before it is compiled. Errors are left to the real step, and what it
        counts is put back."""
        data = pack_x_y_sample_weight(*optree.tree_map(_spec, batch))
        step = self.train_step if training else self.test_step
        with contextlib.suppress(Exception), plain_values_kept(self), inferring():
            step(data)  # builds layers
            step(data)  # builds optimizers, which find the layers' variables now

    def _match(self, y, y_pred, sample_weight, training):
        """Build loss and metrics for the outputs; check the targets, unless the user's own code
        takes them."""
        loss, metrics = self._compiled_loss, self._compiled_metrics
        if loss is not None:
            if loss.names is None:
                loss.build(y_pred)
            if not self._has_own_step(training):
                loss.check(y, y_pred, sample_weight)
                loss.check_values(y, y_pred, sample_weight)
        if y is not None and metrics is not None and metrics.names is None:
            metrics.build(y, y_pred)

    def _predicted_spec(self, x, training=False):
        """KerasTensors of the model's outputs for a batch; builds the model on the way.

        None if they cannot be had and a step of the user's own may do without.
        """

        try:
            with undone_on_error(self), inferring(training=training):
                return self(optree.tree_map(_spec, x))  # pyright: ignore[reportCallIssue]
        except Exception as error:
            if self.compiled and self._has_own_step(training):
                return None
            if not isinstance(error, (TypeError, AttributeError, NotImplementedError)):
                raise
        few = optree.tree_map(lambda a: a[:2], x)  # native code that needs real values
        return self._predict(self._tensors(few), training=False)


def _spec(array):
    """KerasTensor of a batch like this array, of any number of rows."""
    return KerasTensor((None, *array.shape[1:]), array.dtype)
