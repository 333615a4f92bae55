"""Taking back what a failed build, or a trial, has changed."""

import copy

import numpy as np

from keraslite.core import tracking
from keraslite.core.keras_tensor import KerasTensor
from keraslite.random import host

_PLAIN = (str, bytes, int, float, complex, type(None), np.ndarray, np.generic)
_OF_BUILDING = ("built", "_path", "_seed_path", "_build_config", "_in_build")


class undone_on_error:
    """`with undone_on_error(layer):` puts things back as they were if the block raises.

    That is: the attributes of the layer and of those below it that are not built, those of `others`
    (objects or None), and the seeds that first weights are drawn from.
    """

    def __init__(self, layer, *others):
        things = [one for one in tracking.flat_layers(layer) if not one.built]
        things += [one for one in others if one is not None]
        self._saved = [(thing, _copied(vars(thing))) for thing in things]

    def __enter__(self):
        self._counts = host.counts()

    def __exit__(self, kind, error, traceback):
        if kind is None:
            return
        host.set_counts(self._counts)
        for thing, attributes in self._saved:
            vars(thing).clear()
            vars(thing).update(attributes)
        tracking.changed()


class plain_values_kept:
    """`with plain_values_kept(layer):` puts the counters, lists and other plain values that user
    code keeps as attributes of a layer back to what they were; layers, variables and optimizers
    that are made inside stay."""

    def __init__(self, layer):
        self._attributes: dict = layer.__dict__

    def __enter__(self):
        self._before = copy.deepcopy(self._found(_PLAIN))
        self._others = self._attributes.keys() - self._before.keys()

    def __exit__(self, *exc):
        for name in self._found((*_PLAIN, KerasTensor)).keys() - self._others:
            if name in self._before:
                self._attributes[name] = self._before[name]
            else:
                del self._attributes[name]

    def _found(self, kinds):
        found = {k: v for k, v in self._attributes.items() if k not in _OF_BUILDING}
        return {k: v for k, v in found.items() if _holds_only(v, kinds)}


def _holds_only(value, kinds):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple, set)):
        return isinstance(value, kinds)
    return all(_holds_only(item, kinds) for item in value)


def _copied(attributes):
    """Attributes, their lists and dicts as copies that later changes leave alone."""
    return {k: v.copy() if type(v) in (list, dict) else v for k, v in attributes.items()}
