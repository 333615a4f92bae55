"""What the tests of wrong input share: a model in training, and `refused`."""

import contextlib

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers
from keraslite.random.seed_generator import global_generator

rng = np.random.default_rng(101)
X = rng.normal(size=(12, 4)).astype("float32")
LABELS = rng.integers(0, 3, 12)
NUMBERS = rng.normal(size=(12, 1)).astype("float32")


def state_of(model):
    """All that a model and its training hold, as arrays by name."""
    found = {f"variable {i}": v.numpy() for i, v in enumerate(model.variables)}
    for name, held in (("optimizer", model.optimizer), ("metrics", None)):
        variables = held.variables if held is not None else []
        variables = model.metrics_variables if name == "metrics" else variables
        found.update({f"{name} {i}": v.numpy() for i, v in enumerate(variables)})
    found["global seed"] = global_generator().state.numpy()
    found["built"] = np.array([layer.built for layer in (model, *model.layers)])
    return found


@contextlib.contextmanager
def refused(*words, error=ValueError, model=None):
    """The block raises an error with all the words in it, and `model` stays as it was."""
    before = state_of(model) if model is not None else {}
    with pytest.raises(error) as caught:
        yield
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    missing = [word for word in words if str(word) not in text]
    assert not missing, f"{missing} not in: {text}"
    after = state_of(model) if model is not None else {}
    assert list(after) == list(before)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)


def classifier(loss="sparse_categorical_crossentropy", units=3, **config):
    """A model in the middle of its training, with state of all kinds."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(5, name="first"), layers.Dropout(0.2),
         layers.BatchNormalization(), layers.Dense(units, "softmax", name="last")],
        name="classifier",
    )  # fmt: skip
    model.compile(keras.optimizers.Adam(0.01), loss, **{"metrics": ["accuracy"], **config})
    return model
