"""Random initializers: plain distributions, and those scaled by the numbers of connections."""

import math

import numpy as np

from keraslite.initializers.base import Initializer

_NAMES = ("fan_in", "fan_out", "fan_avg")
_TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal limited to two standard deviations


def truncated_normal(rng, shape, mean, stddev):
    """Normal draws, drawn again where they lie beyond two standard deviations."""
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return mean + stddev * values


class RandomInitializer(Initializer):
    """Base of initializers that draw.

    Args:
        seed: int (the same values each time), or None (from the global seed and the weight's path).
    """

    def __init__(self, seed=None):
        self.seed = seed

    def get_config(self):
        return {"seed": self.seed}


class RandomNormal(RandomInitializer):
    """Normal with a mean and a standard deviation."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, shape, rng):
        return rng.normal(self.mean, self.stddev, shape)

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev, **super().get_config()}


class TruncatedNormal(RandomNormal):
    """Normal, limited to two standard deviations."""

    def draw(self, shape, rng):
        return truncated_normal(rng, shape, self.mean, self.stddev)


class RandomUniform(RandomInitializer):
    """Uniform between two numbers."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, shape, rng):
        return rng.uniform(self.minval, self.maxval, shape)

    def get_config(self):
        return {"minval": self.minval, "maxval": self.maxval, **super().get_config()}


class VarianceScaling(RandomInitializer):
    """Draws whose variance is `scale / n`, n being the number of connections.

    Args:
        scale: positive number.
        mode: n is "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: as `RandomInitializer`.
        input_axes, output_axes: the weight's axes that the inputs and the outputs run along, for
            weights that are not (*window, in, out); both or neither.
    """

    def __init__(
        self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None,
        input_axes=None, output_axes=None,
    ):  # fmt: skip
        super().__init__(seed)
        self.input_axes, self.output_axes = input_axes, output_axes
        if scale <= 0:
            raise ValueError(f"VarianceScaling needs a positive scale, found {scale}.")
        if mode not in _NAMES:
            raise ValueError(f"mode must be one of {_NAMES}, found {mode!r}.")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                "distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform', found"
                f" {distribution!r}."
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def draw(self, shape, rng):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0.0, math.sqrt(variance), shape)
        return truncated_normal(rng, shape, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV)

    def get_config(self):
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            **super().get_config(),
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }

    def along(self, input_axes, output_axes):
        """This one for a weight with these axes, unless it has been told them already."""
        if self.input_axes is not None and self.output_axes is not None:
            return self
        config = {**self.get_config(), "input_axes": input_axes, "output_axes": output_axes}
        return type(self).from_config(config)


class _Scaled(VarianceScaling):
    """A VarianceScaling with fixed settings, which its config leaves out."""

    _settings = (1.0, "fan_in", "truncated_normal")

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self._settings, seed, input_axes, output_axes)

    def get_config(self):
        config = super().get_config()
        return {name: config[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(_Scaled):
    """Uniform, variance 2 / (fan_in + fan_out). Glorot and Bengio, 2010."""

    _settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal, variance 2 / (fan_in + fan_out). Glorot and Bengio, 2010."""

    _settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform, variance 2 / fan_in. He et al., 2015."""

    _settings = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal, variance 2 / fan_in. He et al., 2015."""

    _settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform, variance 1 / fan_in. LeCun et al., 1998."""

    _settings = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal, variance 1 / fan_in. LeCun et al., 1998."""

    _settings = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """A matrix with orthonormal rows or columns, times `gain`. Saxe et al., 2014.

    Weights of higher rank are seen as matrices of (all axes but the last, last axis).
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def draw(self, shape, rng):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal needs at least 2 axes, found the shape {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))  # makes the draw uniform
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self):
        return {"gain": self.gain, **super().get_config()}


def compute_fans(shape, input_axes=None, output_axes=None):
    """(fan_in, fan_out) of a weight: the sizes of its axes for either, multiplied.

    Without axes it is a kernel (*window, in, out), and the window's size counts for both.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[i] for i in input_axes), math.prod(shape[i] for i in output_axes)
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window
