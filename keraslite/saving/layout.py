"""Where each object's variables stand in a weights file: Keras 3's layout.

An object's variables are in the group `<path>/vars`. A sublayer in an attribute has the path of the
attribute; one in a list or dict, the container's path and its class name, numbered.
"""

import collections

from keraslite.core.layer import Layer
from keraslite.core.naming import to_snake_case
from keraslite.core.tracking import HIDDEN
from keraslite.optimizers import Optimizer

_INTERNAL = HIDDEN | {
    "_made", "_made_weights", "_layers", "_functional", "_loss_tracker", "_compiled_loss",
    "_compiled_metrics", "_compile_arguments", "_steps", "history", "optimizer",
}  # fmt: skip
_CONTAINERS = (list, tuple, dict, set)


def saved_objects(model):
    """[(path, object)] of everything in a model that may have variables of its own to save.

    Objects are layers, seed generators, and the optimizers of compiled models, once built.
    """
    found, seen = [], set()
    _walk(model, "", found, seen)
    return found


def _walk(thing, path, found, seen):
    if id(thing) in seen:
        return
    seen.add(id(thing))
    found.append((path, thing))
    for name, child in _children(thing):
        inner = f"{path}/{name}" if path else name
        if _is_saved(child):
            _walk(child, inner, found, seen)
        elif isinstance(child, _CONTAINERS):
            _walk_container(child, inner, found, seen)


def _children(thing):
    """(name, value) of what an object holds, in the order in which Keras goes through it.

    That order matters for what is held twice: the first name counts. It is alphabetical, private
    names last, and a model's list of layers is among them.
    """
    from keraslite.models import Functional, Model, Sequential

    if isinstance(thing, (Functional, Sequential)):
        yield "layers", thing.layers
    names = {*vars(thing), *_own_properties(type(thing))}
    if isinstance(thing, Model):
        names.add("layers")
        optimizer = getattr(thing, "optimizer", None)
        if optimizer is not None and optimizer.built:
            yield "optimizer", optimizer
    names -= _INTERNAL
    names.difference_update(getattr(thing, "_hidden", ()))
    for name in sorted(names, key=lambda name: f"~{name}" if name.startswith("_") else name):
        try:
            value = getattr(thing, name)
        except Exception:  # a property of the user's that cannot answer yet
            continue
        yield name, value


def _own_properties(cls):
    """Names of the properties that a user's class adds: Keras saves what they return."""
    for base in cls.__mro__:
        if not base.__module__.startswith("keraslite."):
            yield from (name for name, value in vars(base).items() if isinstance(value, property))


def _walk_container(container, path, found, seen):
    used = collections.Counter()
    for child in container.values() if isinstance(container, dict) else container:
        saved = _is_saved(child)
        if not saved and not isinstance(child, _CONTAINERS):
            continue
        name = to_snake_case(type(child).__name__) if saved else "container"
        count = used[name]
        used[name] += 1
        inner = f"{path}/{name}_{count}" if count else f"{path}/{name}"
        if saved:
            _walk(child, inner, found, seen)
        else:
            _walk_container(child, inner, found, seen)


def _is_saved(thing):
    return isinstance(thing, Layer) or is_seed_generator(thing) or isinstance(thing, Optimizer)


def is_seed_generator(thing):
    """True for SeedGenerators, whose state is saved too."""
    return getattr(thing, "_is_seed_generator", False)
