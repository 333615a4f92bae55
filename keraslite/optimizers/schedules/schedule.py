"""LearningRateSchedule: the learning rate as a function of the number of updates."""


class LearningRateSchedule:
    """Base class: override `__call__(step)`, which returns a scalar tensor, and `get_config`.

    `step` is an int32 scalar tensor, so write it with `keraslite.ops`.
    """

    def __call__(self, step):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step).")

    def get_config(self):
        raise NotImplementedError(f"{type(self).__name__} must define get_config to be saved.")

    @classmethod
    def from_config(cls, config):
        return cls(**config)
