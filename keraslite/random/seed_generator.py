"""SeedGenerator: the state behind in-graph random numbers."""

import numpy as np

from keraslite.backend.context import context, real_backend
from keraslite.core.variable import Variable
from keraslite.random import host


class SeedGenerator:
    """Gives a new key at each call of a random function; the state is a Variable, so it is saved,
    restored and traced like any other.

    Args:
        seed: int; default: derived from the global seed.
        name: name.

    >>> import keraslite as keras
    >>> seeds = keras.random.SeedGenerator(7)
    >>> x, y = keras.random.uniform((2,), seed=seeds), keras.random.uniform((2,), seed=seeds)
    >>> bool((x == y).any())
    False
    """

    _is_seed_generator = True

    def __init__(self, seed=None, name=None, **kwargs):
        if kwargs:
            raise ValueError(f"Unknown argument(s) for SeedGenerator: {', '.join(kwargs)}.")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise ValueError(f"A seed must be an int or None, found {seed!r}.")
        if seed is not None and seed < 0:
            raise ValueError(f"A seed must not be negative, found {seed}.")
        self.name = name or "seed_generator"
        self._given = seed
        self.seed = host.derived_seed(self.name, 32) if seed is None else int(seed)
        self.state = Variable(
            seed_key(self.seed), dtype="int32", trainable=False, name="seed_generator_state"
        )

    def next(self):
        """A key (int32 tensor of 2) that was not given out before."""
        backend = context.backend
        if backend.is_abstract:
            return self.state.value
        key = self.state.value
        self.state.assign(backend.fold_in(key, 1))
        return key

    def get_config(self):
        return {"seed": self._given, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def seed_key(seed):
    """The key of an int seed: 64 bits of it, mixed, as int32 (2,)."""
    words = np.random.SeedSequence(int(seed)).generate_state(2, np.uint32)
    return words.view(np.int32)


_global_generators = {}


def global_generator():
    """The generator of the active engine for draws that name no seed."""
    backend = real_backend()
    if backend.name not in _global_generators:
        _global_generators[backend.name] = SeedGenerator(_global_seed(), "global_seed_generator")
    return _global_generators[backend.name]


def _global_seed():
    return host.derived_seed("global_seed_generator", 32, counted=False)


def reset_global_generators():
    """Derive new ones from the global seed at next use."""
    for generator in _global_generators.values():
        generator.state.assign(seed_key(_global_seed()))


def draw_key(seed):
    """The key for one draw from `seed`: an int (constant), a SeedGenerator, or None (global)."""
    if seed is None:
        seed = global_generator()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"seed must be an int, a SeedGenerator or None, found {seed!r}.")
    return context.backend.asarray(seed_key(seed), "int32")
