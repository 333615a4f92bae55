"""The scripts of examples/, run on small files of their data sets' layout."""

import runpy
import sys
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(monkeypatch, name, *arguments):
    """Run an example as a script; returns its global names."""
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_mnist_cnn(monkeypatch, tmp_path, capsys):
    rng = np.random.default_rng(0)
    labels = np.arange(160, dtype="uint8") % 10
    images = np.repeat(labels, 784).reshape(-1, 28, 28) * 25
    noisy = images + rng.integers(0, 6, images.shape, "uint8")
    np.savez(tmp_path / "m.npz", x_train=noisy, y_train=labels, x_test=noisy, y_test=labels)
    arguments = ("--data", tmp_path / "m.npz", "--epochs", 1, "--save", tmp_path / "m.h5")
    names = run(monkeypatch, "mnist_cnn.py", *arguments)
    assert (tmp_path / "m.h5").is_file()
    expected = names["model"].predict(names["x_test"][:10], verbose=0).argmax(axis=1)
    assert np.array_equal(names["digits"], expected)
    assert f"{names['accuracy']:.4f}" in capsys.readouterr().out


def test_imdb_lstm(monkeypatch, tmp_path, capsys):
    reviews = np.fromiter(([5 + i % 2] * (3 + i) for i in range(64)), object, 64)
    labels = np.arange(64) % 2
    np.savez(tmp_path / "i.npz", x_train=reviews, y_train=labels, x_test=reviews, y_test=labels)
    names = run(monkeypatch, "imdb_lstm.py", "--data", tmp_path / "i.npz", "--epochs", 1)
    assert names["x_train"].shape == (64, 100)
    assert 0 <= names["accuracy"] <= 1
    assert f"{names['accuracy']:.4f}" in capsys.readouterr().out
