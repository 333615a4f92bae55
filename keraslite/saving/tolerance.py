"""Settings in a file that keraslite's classes lack: harmless at rest, refused when in use."""

import functools
import inspect

_AT_REST = {"implementation": (1, 2), "renorm_momentum": (0.99,)}  # values that say nothing either


def known_arguments(function, config, what):
    """`config` without keys that `function` does not take, as long as they say nothing.

    A key says nothing if its value is None, False, empty, or what `_AT_REST` lists for it. All
    layers take `input_shape`, although not by name.

    Raises ValueError for a setting in use that keraslite lacks.
    """
    names = parameters(function)
    if names is None:
        return config
    unknown = [key for key in config if key not in names and key != "input_shape"]
    for key in unknown:
        value = config[key]
        if value and value not in _AT_REST.get(key, ()):
            raise ValueError(
                f"The file sets {key}={value!r} for {what}, which keraslite does not have."
                f" Known settings: {', '.join(sorted(names))}."
            )
    return {key: value for key, value in config.items() if key not in unknown}


@functools.cache
def parameters(function):
    """Names of the parameters that a function or class takes, through **kwargs of its bases.

    None if that cannot be told.
    """
    if not inspect.isclass(function):
        found = inspect.signature(function).parameters.values()
        return None if _is_open(found) else frozenset(p.name for p in found)
    if getattr(function, "_any_config", False) and _is_open(
        inspect.signature(function.__init__).parameters.values()
    ):
        return None
    names = set()
    for cls in function.__mro__:
        if "__init__" not in vars(cls) or cls is object:
            continue
        found = inspect.signature(cls.__init__).parameters.values()
        names |= {p.name for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        if not _is_open(found):
            break
    return frozenset(names - {"self"})


def _is_open(found):
    return any(p.kind is p.VAR_KEYWORD for p in found)
