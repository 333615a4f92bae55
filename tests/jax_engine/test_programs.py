"""How many programs JAX compiles: each takes milliseconds and a MiB."""

import contextlib

import jax
import numpy as np

import keraslite as keras
from keraslite import layers


@contextlib.contextmanager
def programs():
    """A list that gets an entry for each program compiled inside."""
    found = []

    def noted(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            found.append(duration)

    jax.monitoring.register_event_duration_secs_listener(noted)
    try:
        yield found
    finally:
        jax.monitoring.unregister_event_duration_listener(noted)


def test_the_counter_counts():
    with programs() as compiled:
        jax.jit(lambda x: x * 3 + 1)(np.ones(17, "float32"))
    assert len(compiled) == 1


def test_a_model_is_made_and_trained_by_few_programs():
    keras.ops.zeros(())
    x, y = np.ones((32, 19), "float32"), np.ones((32, 1), "float32")
    with programs() as compiled:
        model = keras.Sequential(
            [keras.Input((19,)), layers.Dense(23, "relu"), layers.Dense(29), layers.Dense(1)]
        )
        model.compile("adam", "mse", metrics=["mae"])
        model.optimizer.build(model.trainable_variables)
    assert len(compiled) <= 1  # six weights and their slots: a program for each would be 18
    with programs() as compiled:
        model.fit(x, y, verbose=0)
    assert len(compiled) <= 5  # the step, and what reading the metrics takes
