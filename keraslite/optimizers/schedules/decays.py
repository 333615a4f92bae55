"""Schedules of the learning rate."""

import math

from keraslite import config, ops
from keraslite.optimizers.schedules.schedule import LearningRateSchedule


def _float(step):
    return ops.cast(step, config.floatx())


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate ** (step / decay_steps).

    Args:
        initial_learning_rate: rate at step 0.
        decay_steps: positive number of steps for one factor of decay_rate.
        decay_rate: factor.
        staircase: whether step / decay_steps is rounded down.
        name: name.

    >>> round(float(ExponentialDecay(0.1, 10, 0.5)(20)), 3)
    0.025
    """

    def __init__(
        self, initial_learning_rate, decay_steps, decay_rate, staircase=False,
        name="ExponentialDecay",
    ):  # fmt: skip
        if decay_steps <= 0:
            raise ValueError(
                f"ExponentialDecay: decay_steps must be positive, found {decay_steps}."
            )
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        power = _float(step) / self.decay_steps
        power = ops.floor(power) if self.staircase else power
        return self.initial_learning_rate * ops.power(float(self.decay_rate), power)

    def get_config(self):
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to alpha times it, after a linear warm-up if asked.

    Loshchilov and Hutter, 2016.

    Args:
        initial_learning_rate: rate at step 0.
        decay_steps: positive number of steps of the decay.
        alpha: the last rate as a fraction of the first (with warm-up: of the target).
        name: name.
        warmup_target: rate at the end of the warm-up, or None.
        warmup_steps: steps of the warm-up.

    >>> from keraslite.optimizers.schedules import CosineDecay
    >>> round(float(CosineDecay(0.1, decay_steps=100)(50)), 4)
    0.05
    """

    def __init__(
        self, initial_learning_rate, decay_steps, alpha=0.0, name="CosineDecay",
        warmup_target=None, warmup_steps=0,
    ):  # fmt: skip
        if decay_steps <= 0:
            raise ValueError(f"CosineDecay: decay_steps must be positive, found {decay_steps}.")
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = _float(step)
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        rise = self.warmup_target - self.initial_learning_rate
        warm = self.initial_learning_rate + rise * ops.minimum(
            step / max(self.warmup_steps, 1), 1.0
        )
        decayed = self._decayed(step - self.warmup_steps, self.warmup_target)
        return ops.where(ops.less(step, self.warmup_steps), warm, decayed)

    def _decayed(self, step, rate):
        part = ops.minimum(step, self.decay_steps) / self.decay_steps
        cosine = 0.5 * (1 + ops.cos(part * math.pi))
        return rate * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self):
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }
