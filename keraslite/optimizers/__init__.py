"""Optimizers: rules that change weights by gradients."""

from keraslite.core.registry import Family as _Family
from keraslite.optimizers import schedules
from keraslite.optimizers.adam import Adam, AdamW
from keraslite.optimizers.loss_scale_optimizer import LossScaleOptimizer
from keraslite.optimizers.optimizer import Optimizer
from keraslite.optimizers.rmsprop import RMSprop
from keraslite.optimizers.sgd import SGD

_classes = [SGD, Adam, AdamW, RMSprop, LossScaleOptimizer]
_family = _Family(
    "optimizer",
    _classes,
    {cls.__name__.lower(): cls for cls in _classes} | {"LossScaleOptimizer": LossScaleOptimizer},
)

serialize = _family.serialize
deserialize = _family.deserialize


def get(identifier):
    """An Optimizer from a name, a config or an Optimizer.

    Raises ValueError for anything else; an unknown name gets its nearest match.
    """
    found = _family.get(identifier)
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(f"Expected an optimizer or its name, found {identifier!r}.")
    return found


__all__ = [
    "Adam", "AdamW", "LossScaleOptimizer", "Optimizer", "RMSprop", "SGD", "deserialize", "get",
    "schedules", "serialize",
]  # fmt: skip
