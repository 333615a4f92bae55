"""Finding the variables and sublayers of a layer.

Nothing is registered when an attribute is set: attributes are read when someone asks, lists and
dicts inside included, and the answer is kept until the structure of any layer may have changed.
"""

import keraslite.core.layer as layers
from keraslite.core.variable import Variable

HIDDEN = frozenset(
    ("_inbound_nodes", "_auto_config", "_build_config", "_losses", "_tracked", "_hidden", "backend")
)


class _Structure:
    version = 0  # goes up whenever a layer, a variable or a container is added anywhere
    settings = 0  # goes up whenever a plain attribute of a layer changes


def changed():
    """Say that the structure of some layer may have changed."""
    _Structure.version += 1


def setting_changed():
    """Say that a number, string or the like of some layer has changed."""
    _Structure.settings += 1


def settings_version():
    """Differs from what it was if any layer may compute something else than it did."""
    return _Structure.version, _Structure.settings


class Tracked:
    """What one layer holds directly, in the order of its attributes.

    Attributes:
        version: the structure version that this was read at.
        own: Variables (trainable or not) that the layer made or holds as attributes.
        layers: sublayers.
        seeds: SeedGenerators.
        metrics, optimizers: such.
        cache: results of questions about the whole tree below, by name.
    """

    __slots__ = ("cache", "layers", "metrics", "optimizers", "own", "seeds", "version")

    def __init__(self, layer):
        self.version = _Structure.version
        self.own, self.layers, self.seeds, self.metrics, self.optimizers = [], [], [], [], []
        self.cache = {}
        seen = {id(layer)}
        hidden = type(layer)._hidden
        for name, value in layer.__dict__.items():
            if name not in HIDDEN and name not in hidden:
                self._read(value, seen)

    def _read(self, value, seen):
        if isinstance(value, (str, int, float, type(None))) or id(value) in seen:
            return
        if isinstance(value, Variable):
            self.own.append(value)
        elif isinstance(value, layers.Layer):
            self.layers.append(value)
        elif getattr(value, "_is_seed_generator", False):
            self.seeds.append(value)
        elif getattr(value, "_is_metric", False):
            self.metrics.append(value)
        elif getattr(value, "_is_optimizer", False):
            self.optimizers.append(value)
        elif isinstance(value, (list, tuple, set)):
            for item in value:
                self._read(item, seen)
        elif isinstance(value, dict):
            for item in value.values():
                self._read(item, seen)
        else:
            return
        seen.add(id(value))


def tracked(layer):
    """The layer's `Tracked`, read anew if anything has changed since."""
    found = layer._tracked
    if found is None or found.version != _Structure.version:
        found = Tracked(layer)
        layer.__dict__["_tracked"] = found  # by __setattr__ it would count as a change
    return found


def unique(items):
    """Items without repeats, by identity, in order."""
    return list({id(item): item for item in items}.values())


def flat_layers(layer):
    """The layer and all layers below it, each once, parents first."""
    cache = tracked(layer).cache
    if "flat" not in cache:
        found = {id(layer): layer}
        stack = list(reversed(layer._sublayers()))
        while stack:
            one = stack.pop()
            if id(one) not in found:
                found[id(one)] = one
                stack.extend(reversed(one._sublayers()))
        cache["flat"] = list(found.values())
    return cache["flat"]
