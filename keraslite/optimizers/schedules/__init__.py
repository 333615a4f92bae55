"""Learning rate schedules."""

from keraslite.core.registry import Family as _Family
from keraslite.optimizers.schedules.decays import CosineDecay, ExponentialDecay
from keraslite.optimizers.schedules.schedule import LearningRateSchedule

_family = _Family("learning rate schedule", [ExponentialDecay, CosineDecay])

get = _family.get
serialize = _family.serialize
deserialize = _family.deserialize

__all__ = ["CosineDecay", "ExponentialDecay", "LearningRateSchedule", "deserialize", "serialize"]
