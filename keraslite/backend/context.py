"""What is active right now, per thread: the backend, the device, the autocast dtype.

Everything that asks "which engine?" reads `context.backend` here; nothing else keeps a copy.
A value set on the class is the process's default, a value set on the instance is this thread's.
"""

import threading
from typing import Any


class _FirstUse:
    """Stands for the backend until something asks it for a method: then the configured one loads.

    So `import keraslite` imports no engine, and the hot path needs no check.
    """

    def __getattr__(self, name):
        from keraslite.backend.registry import active_backend

        return getattr(active_backend(), name)


NOT_LOADED = _FirstUse()


class _Context(threading.local):
    backend: Any = NOT_LOADED  # a Backend
    device: str | None = None  # "cpu", "cuda", "cuda:1"; None leaves it to the engine
    autocast_dtype: str | None = None  # float Variables read themselves in this dtype
    call_context: Any = None  # the outermost running Layer.__call__ (core/layer.py)
    assignments: Any = None  # Variables assigned while a function is differentiated


context = _Context()


def set_default(name, value):
    """Set one field for every thread that has not set its own, and for this one."""
    setattr(_Context, name, value)
    context.__dict__.pop(name, None)


class temporarily:
    """`with temporarily(backend=b):` sets fields of this thread's context and puts them back."""

    __slots__ = ("_values", "_saved")

    def __init__(self, **values):
        self._values = values

    def __enter__(self):
        own = context.__dict__
        self._saved = {name: own.get(name, _UNSET) for name in self._values}
        own.update(self._values)

    def __exit__(self, *exc):
        own = context.__dict__
        for name, value in self._saved.items():
            if value is _UNSET:
                own.pop(name, None)
            else:
                own[name] = value


_UNSET = object()
