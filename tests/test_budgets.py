"""Budgets that are counted, so that they hold on any machine: calls, compilations, objects, memory,
transfers, imports."""

import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.backend.context import context

CALLS = 60
STEP_CALLS = 450
HEAVY = ["torch", "jax", "tensorflow", "h5py", "rich", "pandas", "matplotlib"]


def calls_of(fn, own=True):
    """Number of Python functions that are entered while fn runs; of keraslite's own, or of all."""
    count = 0

    def seen(frame, event, _):
        nonlocal count
        parts = Path(frame.f_code.co_filename).parts
        count += event == "call" and (not own or any(p.startswith("keraslite") for p in parts))

    sys.setprofile(seen)
    try:
        fn()
    finally:
        sys.setprofile(None)
    return count


def tiny_mlp():
    model = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(32, "relu"),
            layers.Dense(32, "relu"),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    return model


def data(rows, width=16):
    rng = np.random.default_rng(rows)
    return rng.random((rows, width), np.float32), rng.random((rows, 1), np.float32)


# ---- Python calls ----


@pytest.mark.parametrize("activation", [None, "relu"])
def test_calls_of_a_built_dense(activation):
    """What an engine does inside its own Python is its own."""
    layer = layers.Dense(4, activation)
    x = keras.ops.convert_to_tensor(np.ones((2, 3), "float32"))
    layer(x), layer(x)
    assert 0 < calls_of(lambda: layer(x)) <= CALLS


def test_calls_of_a_training_step():
    """All calls, NumPy's own too; other engines leave out the work of gradients, or all of it."""
    model, (x, y) = tiny_mlp(), data(32 * 20)
    model.fit(x, y, verbose=0)
    few = calls_of(lambda: model.fit(x[: 32 * 10], y[: 32 * 10], verbose=0), own=False)
    many = calls_of(lambda: model.fit(x, y, verbose=0), own=False)
    assert (many - few) / 10 <= STEP_CALLS


def test_the_counter_counts():
    def once(n):
        return keras.config.floatx() if n else None

    assert calls_of(lambda: once(0)) == 0 and calls_of(lambda: once(1)) == 1


# ---- growth ----


def resident_bytes():
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_nothing_grows_with_the_number_of_steps():
    model, (x, y) = tiny_mlp(), data(32 * 250 + 5)
    model.fit(x, y, epochs=2, verbose=0)
    gc.collect()
    objects = len(gc.get_objects())
    model.fit(x, y, epochs=4, verbose=0)
    gc.collect()
    assert len(gc.get_objects()) - objects < 200


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_resident_memory_does_not_grow_with_the_number_of_steps():
    model, (x, y) = tiny_mlp(), data(32 * 250 + 5)
    model.fit(x, y, epochs=4, verbose=0)
    before = resident_bytes()
    model.fit(x, y, epochs=8, verbose=0)
    assert resident_bytes() - before < 8 << 20


# ---- compilations ----


class Traced(layers.Layer):
    """Counts how often Python runs its `call` on traced tensors: once a trace."""

    def __init__(self):
        super().__init__()
        self.traces = 0

    def call(self, inputs):
        self.traces += not context.backend.is_abstract
        return inputs


def compiles():
    """True on engines that compile: their steps do not run Python code again."""
    runs = []

    class State:
        version = 0

        def get(self):
            return []

        def set(self, handles):
            pass

    def step(x):
        runs.append(1)
        return x + 1.0

    function = context.backend.compile_step(step, State(), "auto")
    x = keras.ops.ones((2,))
    function(x), function(x)
    return len(runs) == 1


def counted(width=16):
    layer = Traced()
    model = keras.Sequential([keras.Input((width,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    layer.traces = 0
    return model, layer


def test_a_short_last_batch_costs_one_compilation():
    keras.ops.zeros(())
    if not compiles():
        pytest.skip("this engine does not compile")
    model, layer = counted()
    x, y = data(32 * 5 + 7)
    model.fit(x, y, epochs=3, verbose=0)
    assert layer.traces <= 2
    layer.traces = 0
    model.fit(x, y, epochs=2, verbose=0)
    assert layer.traces == 0
    model.evaluate(x, y, verbose=0)
    assert layer.traces <= 2
    layer.traces = 0
    model.predict(x, verbose=0)
    assert layer.traces <= 2
    layer.traces = 0
    for _ in range(3):
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
    assert layer.traces == 0


def test_other_lengths_of_data_cost_no_more():
    keras.ops.zeros(())
    if not compiles():
        pytest.skip("this engine does not compile")
    model, layer = counted()
    for batches in (10, 13, 12, 9, 16, 11):
        model.fit(*data(32 * batches), verbose=0)
    assert layer.traces <= 2


def test_single_batches_before_a_fit_cost_no_more():
    keras.ops.zeros(())
    if not compiles():
        pytest.skip("this engine does not compile")
    model, layer = counted()
    x, y = data(32 * 10)
    model.fit(x[:32], y[:32], verbose=0)
    model.train_on_batch(x[:32], y[:32])
    model.fit(x, y, epochs=3, verbose=0)
    model.fit(x[:32], y[:32], verbose=0)
    assert layer.traces <= 2


def test_each_length_of_sequences_is_traced_once_at_most():
    keras.ops.zeros(())
    if not compiles():
        pytest.skip("this engine does not compile")
    layer = Traced()
    model = keras.Sequential([layers.Embedding(9, 4), layer, layers.LSTM(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    lengths = (5, 6, 7, 8) * 3
    batches = [(np.ones((4, n), "int32"), np.ones((4, 1))) for n in lengths]
    model.train_on_batch(*batches[0])
    layer.traces = 0
    model.fit(iter(batches), verbose=0)
    assert layer.traces <= 1 + len(set(lengths))
    layer.traces = 0
    model.fit(iter(batches), verbose=0)
    assert layer.traces == 0


# ---- transfers ----


def test_an_epoch_moves_nothing_to_the_host(monkeypatch):
    """Logs are read once, when an epoch ends."""
    model, (x, y) = tiny_mlp(), data(32 * 20)
    model.fit(x, y, verbose=0)
    read = []
    to_numpy = type(model.backend).to_numpy
    monkeypatch.setattr(
        type(model.backend), "to_numpy", lambda self, t: read.append(1) or to_numpy(self, t)
    )
    begin = keras.callbacks.LambdaCallback(on_train_begin=lambda logs=None: read.clear())
    model.fit(x, y, epochs=3, verbose=0, callbacks=[begin])
    assert len(read) == 3  # the loss of each epoch


# ---- imports ----


@pytest.mark.engine_free
def test_import_brings_in_no_engine():
    code = f"import sys, keraslite; print(*[n for n in {HEAVY} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_import_collects_no_garbage():
    """Beside torch's objects a full collection, due while modules are made, takes longer than
    making them."""
    code = (
        "import contextlib, gc, importlib; seen = [];"
        "gc.callbacks.append(lambda phase, info: seen.append(phase)); gc.set_threshold(100);"
        "import keraslite; print(len(seen), gc.isenabled())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    collections, enabled = found.stdout.split()
    assert int(collections) < 100  # before `keraslite.loading` is imported; 1,200 in all else
    assert enabled == "True"
