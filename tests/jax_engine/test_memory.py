"""What JAX's steps get from the system, and give back to it."""

import platform
import resource

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tells glibc's malloc")


def resident_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() >> 20


def wide_model():
    """(model, x, y): a step takes some 200 MiB of temporaries."""
    model = keras.Sequential(
        [keras.Input((128,), dtype="int32"), layers.Embedding(50, 128), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return model, np.zeros((1024, 128), "int32"), np.zeros((1024, 128, 1), "float32")


@glibc
def test_large_temporaries_are_not_fetched_anew_at_each_step():
    model, x, y = wide_model()
    for _ in range(5):
        model.train_on_batch(x, y)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        model.train_on_batch(x, y)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults * resource.getpagesize() / 5 < 16 << 20  # bytes a step


@glibc
def test_resident_memory_does_not_grow_with_the_number_of_steps():
    model, x, y = wide_model()
    for _ in range(10):
        model.train_on_batch(x, y)
    before = resident_mib()
    for _ in range(40):
        model.train_on_batch(x, y)
    assert resident_mib() - before < 400  # the temporaries may come to lie at two more places
