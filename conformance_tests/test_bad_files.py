"""Damaged files and weights of another model are refused, and the model stays as it was."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.refusals import LABELS, X, classifier, refused
from keraslite import layers


@pytest.fixture(scope="module")
def model(backend):
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    return model


# ---- files and weights ----


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "whole.keras")
    model.save(tmp_path / "whole.h5")
    model.save_weights(tmp_path / "whole.weights.h5")
    return tmp_path


def other():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(6, name="first"), layers.Dense(3, name="last")]
    )
    model.compile("sgd", "mse")
    return model


DAMAGES = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "noise": lambda data: np.random.default_rng(3).bytes(len(data)),
    "text": lambda data: b"<html>404: not found</html>",
    "overwritten": lambda data: data[:1000] + b"\xff" * (len(data) - 2000) + data[-1000:],
}


@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files(damage, ending, backend, model, saved):
    path = saved / f"damaged{ending}"
    path.write_bytes(DAMAGES[damage]((saved / f"whole{ending}").read_bytes()))
    with refused("damaged", model=model):
        model.load_weights(path)
    if ending != ".weights.h5":
        with refused("damaged"):
            keras.saving.load_model(path)


def test_missing_files_and_wrong_endings(backend, model, tmp_path):
    with refused("gone.keras", error=FileNotFoundError):
        keras.saving.load_model(tmp_path / "gone.keras")
    with refused("gone.weights.h5", error=FileNotFoundError, model=model):
        model.load_weights(tmp_path / "gone.weights.h5")
    with refused(".keras", "model.pkl"):
        model.save(tmp_path / "model.pkl")
    with refused(".weights.h5", "weights.npz"):
        model.save_weights(tmp_path / "weights.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5"])
def test_weights_of_another_model(ending, backend, saved):
    model = other()
    with refused("first", "expected", "found", model=model):
        model.load_weights(saved / f"whole{ending}")


def test_arrays_as_weights(backend, model):
    weights = model.get_weights()
    with refused(len(weights), len(weights) - 1, model=model):
        model.set_weights(weights[:-1])
    wrong = [*weights[:-1], np.ones(5)]
    with refused("last", "(3,)", "(5,)", model=model):
        model.set_weights(wrong)
    with refused("first", "(4, 5)", "(5, 4)", model=model):
        model.layers[0].kernel.assign(np.ones((5, 4)))
    with refused("'frist'", "'first'"):
        model.get_layer("frist")
