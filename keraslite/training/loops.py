"""fit, evaluate, predict and their single-batch forms: the loops over batches."""

import functools
from typing import Any

import numpy as np

from keraslite.backend.context import temporarily
from keraslite.backend.nests import map_nest
from keraslite.callbacks.callback_list import CallbackList
from keraslite.training.data import (
    make_adapter,
    pack_x_y_sample_weight,
    split_arrays,
    unpack_x_y_sample_weight,
)
from keraslite.training.data.endless import Endless
from keraslite.training.logs import Logs, to_float
from keraslite.training.predictions import Predictions
from keraslite.training.runner import Runner


class Loops:
    """Loops of the trainer."""

    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, verbose: int | str = "auto",
        callbacks=None, validation_split=0.0, validation_data=None, shuffle=True, class_weight=None,
        sample_weight=None, initial_epoch=0, steps_per_epoch=None, validation_steps=None,
        validation_batch_size=None, validation_freq=1,
    ):  # fmt: skip
        """Train for a number of epochs.

        Args:
            x: arrays or tensors (a list or dict for several inputs), a generator or PyDataset or
                other iterable of batches (x, y) or (x, y, sample_weight).
            y: targets, where x does not yield them.
            batch_size: rows in a step, default 32.
            epochs: number of the last epoch.
            verbose: 0 silent, 1 progress bar, 2 a line for each epoch, "auto".
            callbacks: list of callbacks.
            validation_split: fraction of the rows, the last ones, to validate with.
            validation_data: (x, y) or (x, y, sample_weight), or an iterable, to validate with.
            shuffle: whether rows come in a new order each epoch.
            class_weight: {class: weight of its samples}.
            sample_weight: weight of each sample.
            initial_epoch: epoch to start at.
            steps_per_epoch: batches in an epoch; needed for endless generators.
            validation_steps, validation_batch_size: likewise for validation.
            validation_freq: validate every so many epochs, or at the listed epochs.

        Returns:
            History: `history.history` holds each metric's values by epoch.

        Raises:
            ValueError: data that do not fit the model or each other; nothing has changed then.
        """
        self._assert_compiled("fit")
        _check_epochs(epochs=epochs, initial_epoch=initial_epoch)
        with temporarily(backend=self.backend):
            if validation_split and validation_data is None:
                (x, y, sample_weight), validation_data = split_arrays(
                    x, y, sample_weight, validation_split
                )
            data = make_adapter(
                x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
            )
            validation = self._validation(
                validation_data, validation_batch_size or batch_size, validation_steps
            )
            self._ensure_built(_first(data), training=True)
            if validation is not None:
                self._ensure_built(_first(validation), training=False)
            steps = steps_per_epoch or data.num_batches
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks, add_history=True, add_progbar=verbose != 0, verbose=verbose,
                    epochs=epochs, steps=steps, model=self,
                )  # fmt: skip
            self._refuse_nan_data(data)
            self.stop_training = False
            callbacks.on_train_begin()
            endless = Endless(data) if steps_per_epoch and data.repeatable else None
            logs = None
            for epoch in range(initial_epoch, epochs):
                self.reset_metrics()
                callbacks.on_epoch_begin(epoch)
                batches = endless or iter(data)
                logs = self._train_epoch(batches, steps_per_epoch, callbacks, epoch)
                data.on_epoch_end()
                logs = {name: to_float(v, self.backend) for name, v in logs.items()}
                self._refuse_nan(logs, epoch, callbacks)
                if validation is not None and _is_due(epoch + 1, validation_freq):
                    results = self._evaluate(validation, validation_steps, callbacks)
                    logs.update({f"val_{name}": value for name, value in results.items()})
                callbacks.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            if hasattr(self.optimizer, "finalize_variable_values"):
                self.optimizer.finalize_variable_values(self.trainable_weights)
            callbacks.on_train_end(logs)
            return self.history

    def _train_epoch(self, batches, steps, callbacks, epoch):
        """Run one epoch; returns its logs."""
        step, logs = self._run_steps("train", batches, steps, callbacks)
        if not self.stop_training and (step == 0 or (steps is not None and step < steps)):
            raise ValueError(
                f"The data ran out in epoch {epoch + 1} after {step} of"
                f" {steps if steps is not None else 'its'} batches. A generator can be gone"
                " through once: let it yield epochs * steps_per_epoch batches (for example with"
                " `while True`), set steps_per_epoch, or pass arrays or a PyDataset."
            )
        return logs

    def _run_steps(self, kind, batches, steps, callbacks):
        """Steps of "train" or "test" until the batches or `steps` run out: (how many, logs)."""
        watched = callbacks.watch_batches(kind)
        runner = Runner(self, kind, batches, freely=not watched)
        begin = getattr(callbacks, f"on_{kind}_batch_begin")
        end = getattr(callbacks, f"on_{kind}_batch_end")
        step, result = 0, {}
        while runner.prepare(None if steps is None else steps - step):
            begin(step)
            count, result = runner.run(None if steps is None else steps - step)
            step += count
            if watched:  # a callback may keep the logs for later
                result = self._logs(result)
            end(step - 1, Logs(functools.partial(self._logs, result), self.backend))
            if self.stop_training and kind == "train":
                break
        return step, self._logs(result)

    def _call_once(self, kind, batch):
        """One step on one batch; returns its logs, or the predictions."""
        function, data = self._step_function(kind), self._step_data(batch)
        if self.steps_per_execution == 1:
            result = function(data)
        else:
            result = function([data])
            result = result[0] if kind == "predict" else result
        return result if kind == "predict" else self._logs(result)

    def _step_data(self, batch, owned=False):
        """What a step gets: x, (x, y) or (x, y, sample_weight), as the engine takes it best.

        `owned`: whether the arrays are ours alone, see `Backend.feed`.
        """
        backend = self.backend

        def feed(a):
            return a if backend.is_tensor(a) else backend.feed(a, owned)

        return map_nest(feed, pack_x_y_sample_weight(*batch))

    def _tensors(self, nest):
        """NumPy arrays of a batch as tensors on the device; None stays."""
        backend = self.backend
        return map_nest(lambda a: a if backend.is_tensor(a) else backend.asarray(a), nest)

    def _refuse_nan_data(self, data):
        """Raise before the first step if NaN in arrays makes the loss NaN; models that handle
        NaN, as a mask say, pass."""
        place = data.first_nan() if hasattr(data, "first_nan") else None
        if place is None:
            return
        name, row = place
        batch = data.rows_from(row)
        before = [(v, v.numpy()) for v in (*self.variables, *self.metrics_variables)]
        step = self.backend.without_gradients(self._silent_step("test"))
        data = self._tensors(pack_x_y_sample_weight(*batch))
        logs = self._logs(step(data))  # not compiled: fused kernels may hide NaN
        for variable, value in before:
            variable.assign(value)
        if np.isnan(to_float(logs.get("loss", 0), self.backend)):
            raise ValueError(
                f"{name} contains NaN (first in row {row}), and the loss of that row is NaN:"
                " training on it would turn all weights into NaN. Remove or fill such rows first"
                f" (numpy.isnan({name}) finds them)."
            )

    def _refuse_nan(self, logs, epoch, callbacks):
        """Stop with an explanation when the loss is no number any more."""
        loss = logs.get("loss")
        if isinstance(loss, float) and np.isnan(loss) and not callbacks.handles_nan:
            callbacks.on_train_end(logs)
            raise FloatingPointError(
                f"The loss of model {self.name!r} became NaN in epoch {epoch + 1}. Usual causes: a"
                " learning rate that is too high (try a tenth of it), NaN or huge values in x or"
                " y, a loss of probabilities after a layer without softmax or sigmoid (or give it"
                " from_logits=True), indices beyond an Embedding's input_dim, a logarithm or"
                " division at 0 in a custom loss. The callback TerminateOnNaN stops training"
                " without this error."
            )

    def _validation(self, data, batch_size, steps):
        """An adapter for validation_data, checked early; None if there is none."""
        if data is None:
            return None
        if isinstance(data, (tuple, list)) and len(data) in (2, 3):
            x, y, sample_weight = unpack_x_y_sample_weight(tuple(data))
            return make_adapter(x, y, sample_weight, batch_size, steps)
        return make_adapter(data, steps=steps)

    # ---- evaluate ----

    def evaluate(
        self, x=None, y=None, batch_size=None, verbose: int | str = "auto", sample_weight=None,
        steps=None, callbacks=None, return_dict=False, **kwargs,
    ) -> Any:  # fmt: skip
        """Loss and metrics on data; arguments as in `fit`.

        Returns:
            The loss, or [loss, *metrics] if there are metrics; {name: value} with `return_dict`.
        """
        if kwargs:
            raise ValueError(f"Unknown argument(s) for evaluate: {', '.join(kwargs)}.")
        self._assert_compiled("evaluate")
        with temporarily(backend=self.backend):
            data = make_adapter(x, y, sample_weight, batch_size, steps)
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1,
                    steps=steps or data.num_batches, model=self,
                )  # fmt: skip
            results = self._evaluate(data, steps, callbacks)
        return results if return_dict else _flat_results(results)

    def _evaluate(self, data, steps, callbacks):
        self._ensure_built(_first(data), training=False)
        self.reset_metrics()
        callbacks.on_test_begin()
        _, logs = self._run_steps("test", iter(data), steps, callbacks)
        data.on_epoch_end()
        results = {name: to_float(v, self.backend) for name, v in logs.items()}
        callbacks.on_test_end(results)
        return results

    # ---- predict ----

    def predict(self, x, batch_size=None, verbose: int | str = "auto", steps=None, callbacks=None):
        """Outputs for data, in inference mode, as NumPy arrays of all rows.

        Args:
            x: as in `fit`; what an iterable yields besides x is not used.
            batch_size: rows at a time, default 32.
            steps: batches to take from an endless source.
        """
        with temporarily(backend=self.backend):
            data = make_adapter(x, batch_size=batch_size, steps=steps)
            if not isinstance(callbacks, CallbackList):
                callbacks = CallbackList(
                    callbacks, add_progbar=verbose != 0, verbose=verbose, epochs=1,
                    steps=steps or data.num_batches, model=self,
                )  # fmt: skip
            first = _first(data)
            if not self.built:
                self._predicted_spec(first[0])
            callbacks.on_predict_begin()
            collected = Predictions(self.backend, getattr(data, "rows", None))
            runner, step = Runner(self, "predict", iter(data)), 0
            while runner.prepare(None if steps is None else steps - step):
                callbacks.on_predict_batch_begin(step)
                count, outputs = runner.run()
                outputs = [outputs] if self.steps_per_execution == 1 else outputs
                for one in outputs:
                    collected.add(one)
                step += count
                callbacks.on_predict_batch_end(step - 1, {"outputs": outputs})
            callbacks.on_predict_end()
            return collected.result()

    # ---- single batches ----

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One training step on one batch; returns the loss and metrics of this batch."""
        self._assert_compiled("train_on_batch")
        return self._on_batch("train", x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Loss and metrics of one batch."""
        self._assert_compiled("test_on_batch")
        return self._on_batch("test", x, y, sample_weight, None, return_dict)

    def _on_batch(self, kind, x, y, sample_weight, class_weight, return_dict):
        with temporarily(backend=self.backend):
            data = make_adapter(x, y, sample_weight, batch_size=2**62, class_weight=class_weight)
            batch = data.arrays
            self._ensure_built(batch, training=kind == "train")
            self.reset_metrics()
            logs = self._call_once(kind, batch)
            results = {name: to_float(v, self.backend) for name, v in logs.items()}
        return results if return_dict else _flat_results(results)

    def predict_on_batch(self, x):
        """Outputs of one batch as NumPy arrays."""
        with temporarily(backend=self.backend):
            batch = make_adapter(x, batch_size=2**62).arrays
            if not self.built:
                self._predicted_spec(batch[0])
            outputs = self._call_once("predict", batch)
            return map_nest(self.backend.to_numpy, outputs)


def _check_epochs(**numbers):
    """Raise a ValueError for a number of epochs that is none."""
    for name, value in numbers.items():
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{name} must be an int that is not negative, found {value!r}.")


def _first(data):
    """A batch to see shapes by, which the first pass will give again; arrays come whole."""
    if hasattr(data, "peek"):
        return data.peek()
    for batch in data:
        return batch
    raise ValueError("The data passed as x gave no batch at all.")


def _is_due(epoch, frequency):
    return epoch % frequency == 0 if isinstance(frequency, int) else epoch in frequency


def _flat_results(results):
    values = list(results.values())
    return values[0] if len(values) == 1 else values
