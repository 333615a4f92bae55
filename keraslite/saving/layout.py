"""Where each object's variables stand in a weights file: Keras 3's layout.

An object's variables are in the group `<path>/vars`; a sublayer in an attribute has the path of the
attribute, one in a list (or dict) the list's path and its class name, numbered.
"""

import collections

from keraslite.core.layer import Layer
from keraslite.core.naming import to_snake_case

_NOT_SAVED = frozenset(
    ("_inbound_nodes", "_tracked", "_auto_config", "_build_config", "backend", "_made", "_losses",
     "_functional", "_layers", "_loss_tracker", "_compiled_loss", "_compiled_metrics", "_steps",
     "history", "optimizer", "_compile_arguments")
)  # fmt: skip


def saved_objects(model):
    """[(path, object)] of everything in a model that has variables of its own to save.

    The optimizer stands last, under "optimizer".
    """
    found, seen = [], set()
    _walk(model, "", found, seen)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        found.append(("optimizer", optimizer))
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
        elif isinstance(child, (list, tuple, dict, set)):
            _walk_container(child, inner, found, seen)


def _children(thing):
    from keraslite.models import Functional, Sequential

    if isinstance(thing, (Functional, Sequential)):
        yield "layers", thing.layers
    attributes = vars(thing)
    for name in sorted(attributes):
        if name not in _NOT_SAVED and not name.startswith("__"):
            yield name, attributes[name]


def _walk_container(container, path, found, seen):
    used = collections.Counter()
    for child in container.values() if isinstance(container, dict) else container:
        if not _is_saved(child) or id(child) in seen:
            continue
        name = to_snake_case(type(child).__name__)
        used[name] += 1
        count = used[name] - 1
        _walk(child, f"{path}/{name}_{count}" if count else f"{path}/{name}", found, seen)


def _is_saved(thing):
    return isinstance(thing, Layer) or getattr(thing, "_is_seed_generator", False)
