"""Small callbacks: a rate by epoch, functions as hooks, an end to training on NaN."""

import math

from keraslite.callbacks.callback import Callback


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch.

    Args:
        schedule: function of (epoch, current rate) to the new rate, a float.
        verbose: 1 prints the rate.

    >>> from keraslite import callbacks
    >>> halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    """

    def __init__(self, schedule, verbose=0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = float(self.model.backend.to_numpy(_value(optimizer.learning_rate)))
        try:
            new = self.schedule(epoch, rate)
        except TypeError:  # the older form of one argument
            new = self.schedule(epoch)
        try:
            new = float(new)
        except (TypeError, ValueError):
            raise ValueError(
                f"LearningRateScheduler: the schedule must return a float, found {new!r}."
            ) from None
        optimizer.learning_rate = new
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {new}.")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            rate = _value(self.model.optimizer.learning_rate)
            logs["learning_rate"] = float(self.model.backend.to_numpy(rate))


def _value(rate):
    return getattr(rate, "value", rate)


class LambdaCallback(Callback):
    """Hooks from functions.

    Args:
        on_epoch_begin, on_epoch_end, on_train_begin, on_train_end, on_train_batch_begin,
            on_train_batch_end: functions of the hooks' arguments.
        **kwargs: functions for other hooks.

    >>> from keraslite import callbacks
    >>> show = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
    >>> show.on_epoch_end(0, {"loss": 0.5})
    0 {'loss': 0.5}
    """

    def __init__(
        self, on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None,
        on_train_batch_begin=None, on_train_batch_end=None, **kwargs,
    ):  # fmt: skip
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in hooks.items():
            if not hasattr(Callback, name):
                raise ValueError(f"LambdaCallback: {name!r} is no hook of callbacks.")
            if function is not None:
                self.__dict__[name] = function


class TerminateOnNaN(Callback):
    """Stops training as soon as the loss of a batch is not finite.

    It reads the loss after each batch, which makes the device wait.

    >>> from keraslite import callbacks
    >>> guard = callbacks.TerminateOnNaN()
    """

    _handles_nan = True

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            print(f"Batch {batch}: the loss is {loss}, training stops.")
            self.model.stop_training = True
