"""CallbackList: all callbacks as one; a hook that none of them overrides costs nothing."""

from keraslite.callbacks.callback import Callback
from keraslite.callbacks.history import History
from keraslite.callbacks.progress import ProgbarLogger

_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


def _nothing(*args, **kwargs):
    """A hook without callbacks."""


_NO_HOOKS = dict.fromkeys(_HOOKS, _nothing)


class CallbackList:
    """Calls each hook of each callback, in order.

    Args:
        callbacks: list of Callbacks (or one, or None).
        add_history: whether to add a History, as `model.history`.
        add_progbar: whether to add a ProgbarLogger.
        model: the model.
        verbose, epochs, steps: settings, for the callbacks' `params`.
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        if callbacks is None:
            callbacks = []
        elif not isinstance(callbacks, (list, tuple)):
            callbacks = [callbacks]
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(
                    f"callbacks must be keraslite.callbacks.Callback objects, found {callback!r}."
                )
        self.callbacks = list(callbacks)
        if add_history and not any(isinstance(c, History) for c in self.callbacks):
            self.callbacks.append(History())
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)
            callback.set_model(model)
        if add_history and model is not None:
            history = next(c for c in self.callbacks if isinstance(c, History))
            model.__dict__["history"] = history  # by __setattr__ it would count as a change
        self._join()

    @property
    def handles_nan(self):
        """True if a callback takes care of a loss that is NaN."""
        return any(getattr(c, "_handles_nan", False) for c in self.callbacks)

    def watch_batches(self, kind):
        """True if a callback's own hooks look at single batches ("train" or "test")."""
        hooks = [f"on_{kind}_batch_begin", f"on_{kind}_batch_end"]
        if kind == "train":
            hooks += ["on_batch_begin", "on_batch_end"]
        return any(
            self._calls_of(callback, hook)
            for callback in self.callbacks
            if not isinstance(callback, ProgbarLogger)
            for hook in hooks
        )

    def append(self, callback):
        """Add a callback."""
        self.callbacks.append(callback)
        self._join()

    def _join(self):
        """Make each hook one function."""
        self.__dict__.update(_NO_HOOKS)
        if self.callbacks:
            self.__dict__.update((hook, self._joined(hook)) for hook in _HOOKS)

    @staticmethod
    def _calls_of(callback, name):
        """[the callback's own method of this name], or []."""
        own = getattr(type(callback), name) is not getattr(Callback, name)
        return [getattr(callback, name)] if own or name in callback.__dict__ else []

    def _joined(self, hook):
        """One function that calls the overrides of a hook, and those of its older name."""
        names = [hook]
        if hook in ("on_train_batch_begin", "on_train_batch_end"):
            names.append(hook.replace("train_", ""))
        calls = [
            call for callback in self.callbacks for name in names
            for call in self._calls_of(callback, name)
        ]  # fmt: skip

        def run(*args, **kwargs):
            for call in calls:
                call(*args, **kwargs)

        return run
