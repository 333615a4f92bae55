"""Random numbers: the same bits on every engine and device for the same seed."""

from keraslite.random.draws import (
    bernoulli,
    categorical,
    dropout,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from keraslite.random.seed_generator import SeedGenerator

__all__ = [
    "SeedGenerator",
    "bernoulli",
    "categorical",
    "dropout",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
