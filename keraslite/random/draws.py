"""Random tensors, drawn inside the graph: the same bits on every engine and device."""

import math

from keraslite.backend.context import context
from keraslite.backend.dtypes import FLOATS, standardize_dtype
from keraslite.ops.dispatch import op, tensor
from keraslite.random import host
from keraslite.random.seed_generator import draw_key


def _float(dtype, name):
    dtype = standardize_dtype(dtype)
    if dtype not in FLOATS:
        raise ValueError(f"keraslite.random.{name} draws floats; found dtype {dtype!r}.")
    return dtype


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Uniform draws from [minval, maxval).

    Args:
        shape: tuple of int.
        minval, maxval: bounds, numbers or tensors that broadcast.
        dtype: float dtype name, default `floatx()`.
        seed: int, SeedGenerator, or None for the global generator.

    >>> import keraslite as keras
    >>> tuple(keras.random.uniform((2, 3), seed=1).shape)
    (2, 3)
    """
    dtype = _float(dtype, "uniform")
    unit = context.backend.random_uniform(draw_key(seed), tuple(shape), dtype)
    return unit if (minval, maxval) == (0.0, 1.0) else unit * (maxval - minval) + minval


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal draws (Box and Muller, 1958); arguments as `uniform`."""
    dtype = _float(dtype, "normal")
    unit = context.backend.random_normal(draw_key(seed), tuple(shape), dtype)
    return unit if (mean, stddev) == (0.0, 1.0) else unit * stddev + mean


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal draws limited to two standard deviations, by inversion of the distribution."""
    from keraslite import ops

    dtype = _float(dtype, "truncated_normal")
    wide = dtype if dtype == "float64" else "float32"
    inside = math.erf(math.sqrt(2.0))  # P(|Z| < 2)
    backend = context.backend
    unit = backend.random_uniform(draw_key(seed), tuple(shape), wide)
    spread = (2 * unit - 1) * inside
    drawn = backend.clip(ops.erfinv(spread) * math.sqrt(2.0), -2.0, 2.0)
    return backend.cast(drawn * stddev + mean, dtype)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers from [minval, maxval); arguments as `uniform`."""
    if int(maxval) <= int(minval):
        raise ValueError(f"randint needs minval < maxval, found {minval} and {maxval}.")
    dtype = standardize_dtype(dtype)
    key = draw_key(seed)
    return context.backend.random_int(key, tuple(shape), int(minval), int(maxval), dtype)


def bernoulli(shape, p=0.5, dtype="bool", seed=None):
    """True with probability p (rounded to a multiple of 2**-16), elementwise."""
    keep = context.backend.random_keep(draw_key(seed), tuple(shape), float(p))
    return context.backend.cast(keep, standardize_dtype(dtype))


@op
def dropout(inputs, rate, noise_shape=None, seed=None):
    """Inputs with a fraction `rate` set to 0 and the rest scaled by 1 / (1 - rate).

    Args:
        inputs: float tensor.
        rate: number in [0, 1).
        noise_shape: shape of the mask, broadcast to the inputs; None entries take their size.
        seed: int, SeedGenerator, or None.
    """
    backend = context.backend
    if not 0 <= rate < 1:
        raise ValueError(f"dropout needs a rate in [0, 1), found {rate!r}.")
    inputs = tensor(inputs)
    shape = backend.shape(inputs)
    if noise_shape is not None:
        shape = tuple(s if n is None else n for n, s in zip(noise_shape, shape))
    return backend.dropout(inputs, rate, draw_key(seed), shape)


@op
def shuffle(x, axis=0, seed=None):
    """The slices of x along an axis in random order."""
    backend = context.backend
    x = tensor(x)
    order = backend.random_permutation(draw_key(seed), backend.shape(x)[axis])
    return backend.take(x, order, axis)


@op
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Draws from categorical distributions (the Gumbel maximum).

    Args:
        logits: (batch, classes), unnormalized log-probabilities.
        num_samples: draws for each row.

    Returns:
        int tensor (batch, num_samples).
    """
    backend = context.backend
    logits = tensor(logits)
    if backend.ndim(logits) != 2:
        raise ValueError(
            "categorical needs logits of shape (batch, classes), found rank"
            f" {backend.ndim(logits)}."
        )
    batch, classes = backend.shape(logits)
    unit = backend.random_uniform(draw_key(seed), (batch, num_samples, classes), "float32")
    noise = -backend.log(-backend.log(unit + 2.0**-26))
    scores = backend.expand_dims(backend.cast(logits, "float32"), 1) + noise
    return backend.cast(backend.argmax(scores, -1), standardize_dtype(dtype))


def set_random_seed(seed):
    """Seed everything: initial weights, shuffles, dropout, and NumPy's, Python's and the engines'
    own generators for code that uses them.

    Args:
        seed: non-negative int.

    >>> import keraslite as keras
    >>> keras.utils.set_random_seed(1)
    >>> a = keras.layers.Dense(2).compute_output_shape((None, 3))
    """
    import random

    import numpy as np

    from keraslite.backend.registry import loaded_backends
    from keraslite.random.seed_generator import reset_global_generators

    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed needs a non-negative int, found {seed!r}.")
    host.set_seed(int(seed))
    random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)
    for backend in loaded_backends():
        backend.seed(int(seed))
    reset_global_generators()
