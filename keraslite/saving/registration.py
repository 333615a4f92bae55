"""Users' own classes and functions, by name: what a file may refer to beside keraslite's own."""

import inspect
import threading

_registered = {}  # "package>Name" -> class or function
_names = {}  # class or function -> "package>Name"


class _Scopes(threading.local):
    """Custom objects of this thread, the innermost scope last."""

    def __init__(self):
        self.stack = []


_scopes = _Scopes()


class CustomObjectScope:
    """`with CustomObjectScope({"Name": Class}):` makes names known while a file is read.

    Args:
        custom_objects: {name: class or function}.
    """

    def __init__(self, custom_objects):
        self.custom_objects = custom_objects or {}

    def __enter__(self):
        _scopes.stack.append(self.custom_objects)
        return self

    def __exit__(self, *exc):
        _scopes.stack.pop()


custom_object_scope = CustomObjectScope


def get_custom_objects():
    """The dict of registered names, which may be changed."""
    return _registered


def register_keras_serializable(package="Custom", name=None):
    """A decorator that makes a class or function known to saved files.

    Args:
        package: first part of its name.
        name: second part, default the object's own name.

    Raises ValueError for a class without `get_config`.

    >>> import keraslite as keras
    >>> @keras.saving.register_keras_serializable("docs")
    ... def double(x):
    ...     return 2 * x
    >>> keras.saving.get_registered_name(double)
    'docs>double'
    """

    def decorate(thing):
        full = f"{package}>{name or thing.__name__}"
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(
                f"Cannot register class {thing.__name__}: it has no get_config method, so it"
                " could not be saved."
            )
        _registered[full] = thing
        _names[thing] = full
        return thing

    return decorate


def get_registered_name(thing):
    """The registered name of a class or function, else its own name."""
    return _names.get(thing, thing.__name__)


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The class or function of a name, or None."""
    for table in (custom_objects, *reversed(_scopes.stack), _registered, module_objects):
        if table and name in table:
            return table[name]
    return None
