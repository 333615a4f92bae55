"""Initializers: first values of weights."""

from keraslite.core.registry import Family as _Family
from keraslite.initializers.base import Initializer
from keraslite.initializers.constant import Constant, Identity, Ones, Zeros
from keraslite.initializers.random import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)

IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal

_family = _Family(
    "initializer",
    [
        Zeros, Ones, Constant, Identity, RandomNormal, TruncatedNormal, RandomUniform,
        VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform,
        LecunNormal, Orthogonal,
    ],
    {
        "zero": Zeros, "one": Ones, "normal": RandomNormal, "uniform": RandomUniform,
        "IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal,
    },
)  # fmt: skip

get = _family.get
serialize = _family.serialize
deserialize = _family.deserialize

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity",
    "IdentityInitializer", "Initializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal",
    "OrthogonalInitializer", "RandomInitializer", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros", "deserialize", "get", "serialize",
]  # fmt: skip
