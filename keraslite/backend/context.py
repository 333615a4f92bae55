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
    real_backend: Any = None  # the engine that was active when shape inference began
    device: str | None = None  # "cpu", "cuda", "cuda:1"; None leaves it to the engine
    autocast_dtype: str | None = None  # float Variables read themselves in this dtype
    training: bool | None = None  # what the running Layer.__call__ passes on to the layers inside
    call_depth: int = 0  # how many Layer.__call__ are running inside each other
    name_scope: str = ""  # path of the layer that is being built
    seed_path: str | None = None  # path of the Variable whose first value is being drawn
    assignments: Any = None  # Variables assigned while a function is differentiated
    compiled_step: Any = None  # name of the model whose compiled step is running or being traced
    budget: Any = None  # how large new Variables may be while a file is read (saving.budget)


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


def inferring(**values):
    """`with inferring():` runs code on the abstract backend: shapes and dtypes, no values."""
    from keraslite.backend.abstract import ABSTRACT

    return temporarily(backend=ABSTRACT, real_backend=real_backend(), **values)


def real_backend():
    """The active engine; while shapes are inferred, the one that was active before."""
    backend = context.backend
    if backend is NOT_LOADED:
        from keraslite.backend.registry import active_backend

        return active_backend()
    return context.real_backend if backend.is_abstract else backend
