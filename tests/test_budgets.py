"""Budgets that are counted, so that they hold on any machine: Python calls, and what is imported.

Calls are counted in keraslite's own files (frontend and adapters): what an engine does inside its
own Python is its own.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import keraslite as keras

CALLS = 60
HEAVY = ["torch", "jax", "tensorflow", "h5py", "rich", "pandas", "matplotlib"]


def calls_of(fn):
    """Number of Python functions of keraslite that are entered while fn runs."""
    count = 0

    def seen(frame, event, _):
        nonlocal count
        parts = Path(frame.f_code.co_filename).parts
        count += event == "call" and any(part.startswith("keraslite") for part in parts)

    sys.setprofile(seen)
    try:
        fn()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("activation", [None, "relu"])
def test_calls_of_a_built_dense(activation):
    layer = keras.layers.Dense(4, activation)
    x = keras.ops.convert_to_tensor(np.ones((2, 3), "float32"))
    layer(x), layer(x)
    assert 0 < calls_of(lambda: layer(x)) <= CALLS


def test_the_counter_counts():
    def once(n):
        return keras.config.floatx() if n else None

    assert calls_of(lambda: once(0)) == 0 and calls_of(lambda: once(1)) == 1


@pytest.mark.engine_free
def test_import_brings_in_no_engine():
    code = f"import sys, keraslite; print(*[n for n in {HEAVY} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
