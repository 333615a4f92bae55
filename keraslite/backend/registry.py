"""Finding, loading and activating engines.

An engine is a `Backend` subclass that a distribution names under the entry point group
`keraslite.backends`. The engines that ship use the same door as a stranger's. Nothing is imported
until it is chosen.
"""

import contextlib
import difflib
import functools
import importlib.metadata
import importlib.util

from keraslite.backend.context import NOT_LOADED, context, set_default, temporarily
from keraslite.loading import uncollected

GROUP = "keraslite.backends"

_instances = {}


@functools.cache
def registered_backends():
    """Entry points of all engines that installed distributions register, by name."""
    return {e.name: e for e in importlib.metadata.entry_points(group=GROUP)}


def _is_importable(name):
    """True if the library behind an engine is installed; a stranger's engine counts as such.

    An adapter that ships carries its library's import name as its own.
    """
    entry = registered_backends()[name]
    if entry.dist is not None and entry.dist.name != "keraslite":
        return True
    return importlib.util.find_spec(name) is not None


def available_backends():
    """Names of the engines whose libraries are installed, NumPy first, in a safe import order.

    TensorFlow comes last: imported before torch, some builds of the two crash the process.
    """
    found = [name for name in registered_backends() if _is_importable(name)]
    return sorted(found, key=lambda n: (n != "numpy", n == "tensorflow", n))


def loaded_backends():
    """The Backend instances that exist in this process."""
    return list(_instances.values())


def get_backend(name):
    """The engine of that name, imported on first use.

    Raises:
        ValueError: no such engine; lists the ones found.
        ImportError: the engine's library is not installed; says how to install it.
    """
    if name in _instances:
        return _instances[name]
    entries = registered_backends()
    if name not in entries:
        near = difflib.get_close_matches(str(name), entries, n=1)
        raise ValueError(
            f"Unknown backend {name!r}."
            + (f" Did you mean {near[0]!r}?" if near else "")
            + f" Backends installed here: {', '.join(available_backends())};"
            f" known: {', '.join(sorted(entries))}."
            " Set KERASLITE_BACKEND or call keraslite.use_backend(...) with one of these."
        )
    if not _is_importable(name):
        raise ImportError(
            f"The {name!r} backend needs a library that is not installed. Install it with"
            f'  pip install "keraslite[{name}]"  . Backends installed here:'
            f" {', '.join(available_backends())}."
        )
    with uncollected():
        backend = entries[name].load()()
    from keraslite.config import matmul_precision

    backend.set_matmul_precision(matmul_precision())
    return _instances.setdefault(name, backend)


def active_backend():
    """The engine that operations run on now; the configured one is loaded at first use."""
    if context.backend is NOT_LOADED:
        from keraslite.config import configured_backend

        set_default("backend", get_backend(configured_backend()))
    return context.backend


class use_backend:
    """Make an engine active: for good as a call, for a block as a context manager.

    Args:
        name: "numpy", "torch", "jax", "tensorflow" or another registered engine.

    >>> import keraslite
    >>> with keraslite.use_backend("numpy"):
    ...     keraslite.backend.backend()
    'numpy'
    """

    def __init__(self, name):
        self._previous = context.backend
        backend = get_backend(name) if isinstance(name, str) else name
        self._scope = temporarily(backend=backend)
        set_default("backend", backend)

    def __enter__(self):
        set_default("backend", self._previous)
        self._scope.__enter__()

    def __exit__(self, *exc):
        self._scope.__exit__(*exc)


class device:
    """`with keraslite.device("cpu"):` creates and computes on that device.

    Args:
        name: "cpu", "cuda" (or "gpu"), or with a number: "cuda:1".

    Raises:
        ValueError: the active engine has no such device; lists those it has.
    """

    def __init__(self, name):
        self._name = standardize_device(name)

    def __enter__(self):
        self._scopes = contextlib.ExitStack()
        self._scopes.enter_context(temporarily(device=self._name))
        self._scopes.enter_context(active_backend().device_scope(self._name))

    def __exit__(self, *exc):
        self._scopes.__exit__(*exc)


def standardize_device(name):
    """Check a device name against the active engine; "gpu" means "cuda", ":0" may be left out."""
    wanted = str(name).lower().replace("gpu", "cuda").removesuffix(":0")
    names = active_backend().device_names()
    if wanted not in names:
        raise ValueError(
            f"The {active_backend().name} backend has no device {name!r} here."
            f" Devices: {', '.join(names)}."
        )
    return wanted
