"""When JAX's steps hand memory back to the system."""

import keraslite_jax.state
import numpy as np
import pytest

import keraslite as keras
from keraslite import layers


@pytest.fixture
def returns(monkeypatch):
    """A list that gets an entry each time freed memory is handed back."""
    found = []
    monkeypatch.setattr(keraslite_jax.state, "return_freed_memory", lambda: found.append(1))
    return found


def test_memory_is_returned_after_compilations_only(returns):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 3)), np.ones((8, 1))
    model.train_on_batch(x, y)
    assert len(returns) == 1
    for _ in range(10):
        model.train_on_batch(x, y)
    assert len(returns) == 1
    model.train_on_batch(x[:5], y[:5])  # other shapes, another program
    assert len(returns) == 2


def test_memory_is_returned_after_a_loop_is_compiled(returns):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((64, 3)), np.ones((64, 1))
    model.fit(x, y, batch_size=8, verbose=0)
    assert len(returns) == 1
    model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    assert len(returns) == 1
