"""Objects as JSON-ready configs, in Keras 3's format, and back.

Reading a config never imports what it names: classes come from keraslite's own public modules and
from what the user registered or passed.
"""

import difflib
import functools
import importlib
import inspect
from typing import Any

import numpy as np

from keraslite.backend.context import context
from keraslite.backend.dtypes import standardize_dtype
from keraslite.core.naming import find
from keraslite.saving.registration import (
    CustomObjectScope,
    get_registered_name,
    get_registered_object,
)
from keraslite.saving.tolerance import known_arguments, parameters

_CODE = (
    "The file holds a Python lambda, that is, code; keraslite runs no code from files. Replace the"
    " lambda in the model by a registered function and save it again."
)
_REGISTER = (
    "Register it with keraslite.saving.register_keras_serializable, or pass it in custom_objects."
)
_PLAIN = (str, bool, int, float, type(None))
_MODULES = (
    "layers", "models", "initializers", "regularizers", "constraints", "losses", "metrics",
    "optimizers", "optimizers.schedules", "dtype_policies", "random", "activations",
)  # fmt: skip


def serialize_keras_object(obj) -> Any:
    """A JSON-ready form of an object with `get_config`, a function, a number, or a nest of these.

    Raises ValueError for what has no such form; lambdas are refused, since a file must not hold
    code.
    """
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, dict):
        return {str(key): serialize_keras_object(item) for key, item in obj.items()}
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf8")}}
    if isinstance(obj, (np.integer, np.floating, np.bool_)):
        return obj.item()
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": None}
    if isinstance(obj, slice):
        parts = {
            key: serialize_keras_object(getattr(obj, key)) for key in ("start", "stop", "step")
        }
        return {"class_name": "__slice__", "config": parts}
    if isinstance(obj, np.dtype) or (inspect.isclass(obj) and issubclass(obj, np.generic)):
        return np.dtype(obj).name
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _serialize_instance(obj)
    if inspect.isfunction(obj) or inspect.isbuiltin(obj):
        return _serialize_function(obj)
    if hasattr(obj, "__array__"):
        array = context.backend.to_numpy(obj) if context.backend.is_tensor(obj) else np.asarray(obj)
        config = {"value": array.tolist(), "dtype": array.dtype.name}
        return {"class_name": "__numpy__", "config": config}
    raise ValueError(f"Cannot save {obj!r}: it has no get_config method and is no plain value.")


def _serialize_instance(obj):
    config = serialize_keras_object(obj.get_config())
    module, class_name, registered = _public_name(type(obj))
    saved = {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": registered,
    }
    build = obj.get_build_config() if hasattr(obj, "get_build_config") else None
    if build is not None:
        saved["build_config"] = serialize_keras_object(build)
    if getattr(obj, "compiled", False) and hasattr(obj, "get_compile_config"):
        compile_config = obj.get_compile_config()
        if compile_config is not None:
            saved["compile_config"] = compile_config
    return saved


def _serialize_function(function):
    if function.__name__ == "<lambda>":
        raise ValueError(
            "A lambda cannot be saved: a model file holds no code. Write a named function and"
            " register it with keraslite.saving.register_keras_serializable."
        )
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(function),
        "registered_name": "function",
    }


@functools.cache
def _public_functions():
    """{name: function} of what files may name: activations, losses, metrics, operations."""
    table = {}
    for module in ("ops", "metrics", "losses", "activations"):
        members = vars(importlib.import_module(f"keraslite.{module}"))
        table.update({n: f for n, f in members.items() if inspect.isfunction(f) and n[0] != "_"})
    for name in ("get", "serialize", "deserialize", "as_loss"):
        table.pop(name, None)
    return table


@functools.cache
def public_classes():
    """{kind: {class name: class}} of what files may name, kind being "layers", "losses", ..."""
    table = {}
    for module in _MODULES:
        members = vars(importlib.import_module(f"keraslite.{module}"))
        classes = {n: c for n, c in members.items() if hasattr(c, "from_config") and n[0] != "_"}
        table[module.split(".")[-1]] = classes
    from keraslite.models import Functional, Model, Sequential

    table["models"] = {"Functional": Functional, "Model": Model, "Sequential": Sequential}
    return table


def _public_name(cls):
    """(module, class name, registered name) under which a file names a class."""
    registered = get_registered_name(cls)
    if ">" in registered:
        return cls.__module__, cls.__name__, registered
    for kind, classes in public_classes().items():
        if classes.get(cls.__name__) is cls:
            module = {
                "models": "keras.src.models.functional"
                if cls.__name__ == "Functional"
                else "keras",
                "schedules": "keras.optimizers.schedules",
                "dtype_policies": "keras",
            }.get(kind, f"keras.{kind}")
            return module, cls.__name__, None
    return cls.__module__, cls.__name__, cls.__name__


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, **kwargs) -> Any:
    """The inverse of `serialize_keras_object`.

    Args:
        config: what it returned.
        custom_objects: {name: class or function} that the config may name.
        safe_mode: kept for compatibility; code in a config is refused always.

    Raises:
        ValueError: an unknown class (with the nearest match), or code in the config.
    """
    if custom_objects:
        with CustomObjectScope(custom_objects):
            return deserialize_keras_object(config)
    if isinstance(config, (list, tuple)):
        return [deserialize_keras_object(item) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_keras_object(item) for key, item in config.items()}
    name, inner = config["class_name"], config["config"]
    if str(name).startswith("__"):
        return _special(name, inner)
    if name == "function":
        return _function(config)
    return _instance(config, name, inner)


def _special(name, inner):
    if name == "__lambda__":
        raise ValueError(_CODE)
    if name == "__numpy__":
        return _array(inner)
    if name == "__tensor__":
        from keraslite import ops

        return ops.convert_to_tensor(_array(inner))
    if name == "__bytes__":
        return inner["value"].encode("utf8")
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__slice__":
        return slice(*(deserialize_keras_object(inner[k]) for k in ("start", "stop", "step")))
    raise ValueError(f"Unknown kind of value in a config: {name!r}.")


def _array(inner):
    """An array of numbers, whose dtype is one that tensors have."""
    dtype = standardize_dtype(inner["dtype"])
    if dtype == "bfloat16":
        import ml_dtypes

        dtype = ml_dtypes.bfloat16
    return np.array(inner["value"], dtype=dtype)


def _function(config):
    name = config["config"]
    found = get_registered_object(name) or _public_functions().get(name)
    if found is None:
        raise ValueError(
            f"The file names the function {name!r}, which is not known here. {_REGISTER}"
        )
    return found


def _instance(config, name, inner):
    if name == "Lambda":
        _refuse_code(inner)
    cls = find_class(config.get("module") or "", name, config.get("registered_name"))
    if not hasattr(cls, "from_config"):
        raise ValueError(f"Class {name!r} has no from_config method.")
    known = _known_config(cls, inner)
    made = cls.from_config(known)
    for key in (inner.keys() - known.keys()) & _BASE.keys():
        setattr(made, _BASE[key], inner[key])
    build = config.get("build_config")
    if build and hasattr(made, "build_from_config") and not getattr(made, "built", True):
        made.build_from_config(build)
    if config.get("compile_config") and hasattr(made, "compile_from_config"):
        made.compile_from_config(config["compile_config"])
    return made


def _refuse_code(config):
    """Raise if a config holds a function as bytecode, in the form of Keras 3 or of Keras 2."""
    if isinstance(config, dict):
        if config.get("class_name") == "__lambda__" or config.get("function_type") == "lambda":
            raise ValueError(_CODE)
        for value in config.values():
            _refuse_code(value)


_BASE = {"name": "name", "trainable": "trainable", "dtype": "dtype_policy"}  # of every layer


def _known_config(cls, config):
    """A copy of a config without keys that the class does not take and need not take.

    These are, for keraslite's own classes, settings at rest that only Keras has; for users'
    classes, the settings of every layer where `__init__` does not pass them on.
    """
    from keraslite.core.layer import Layer
    from keraslite.models import Model

    if not isinstance(config, dict):
        raise ValueError(f"The config of {cls.__name__!r} in the file is no dict: {config!r}.")
    if not cls.__module__.startswith("keraslite."):
        taken = parameters(cls) if issubclass(cls, Layer) and _makes_from_config(cls) else None
        return {k: v for k, v in config.items() if taken is None or k in taken or k not in _BASE}
    if issubclass(cls, Model):
        return dict(config)
    return known_arguments(cls, config, f"{cls.__name__} {config.get('name', '')!r}")


def _makes_from_config(cls):
    """True if a class is made by handing its config to `__init__`."""
    return cls.from_config.__func__.__module__.startswith("keraslite.")


def find_class(module, name, registered=None):
    """The class that a file names, from the user's objects or keraslite's public ones.

    Raises ValueError for any other, with the nearest match.
    """
    found = get_registered_object(registered or name) or get_registered_object(name)
    if found is not None:
        return found
    table = public_classes()
    parts = module.split(".")
    kinds = [kind for kind in reversed(table) if kind in parts]
    for kind in kinds or table:
        if name in table[kind]:
            return table[kind][name]
    known = {n: c for classes in table.values() for n, c in classes.items()}
    if parts[0] in ("keras", "tf_keras", "tensorflow", "keraslite"):
        return find(name, known, "class in the file")
    if not parts[0] and name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"The file names the class {name!r} (of module {module!r}), which is not known"
        f" here.{hint} {_REGISTER}"
    )
