"""The `keraslite` command and its demo."""

import re

import numpy as np
import pytest

import keraslite
from keraslite import cli, demo

engine_free = pytest.mark.engine_free


@engine_free
def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"keraslite {keraslite.__version__}\n"


@engine_free
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: command"),
        (["train"], "invalid choice: 'train'"),
        (["demo", "--epochs", "0"], "must be 1 or more, found 0"),
        (["demo", "--epochs", "many"], "argument --epochs"),
    ],
)
def test_wrong_arguments(capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)
    assert message in capsys.readouterr().err


@engine_free
def test_an_unknown_engine_is_one_line_with_the_nearest_name():
    with pytest.raises(SystemExit, match=r"keraslite: Unknown backend 'troch'\. Did you mean"):
        cli.main(["demo", "--backend", "troch"])


@engine_free
def test_backends_are_listed_with_how_to_install_them(capsys, monkeypatch):
    monkeypatch.setenv("KERASLITE_BACKEND", "numpy")
    monkeypatch.setattr(cli.registry, "available_backends", lambda: ["numpy"])
    cli.main(["backends"])
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"\* numpy .* installed$", next(line for line in lines if "numpy" in line))
    jax = next(line for line in lines if "jax" in line)
    assert jax.startswith("  jax") and jax.endswith('pip install "keraslite[jax]"')


@engine_free
def test_images_are_drawn_side_by_side():
    images = np.array([[[0, 1], [0.5, 0]], [[1, 0.25], [0, 0.75]]])
    assert demo.draw(images).splitlines() == ["  ██  ██░░", "▒▒      ▓▓"]


@engine_free
def test_captions_say_what_is_wrong():
    probabilities = np.array([[0.1, 0.9], [0.8, 0.2]])
    found = re.findall(r"\S.*?\)", demo.captions(probabilities, [1, 1]))
    assert found == ["1 (90%)", "0 (80%, is 1)"]


def test_the_demo_learns_saves_loads_and_draws(capsys):
    accuracy = demo.run(epochs=2)
    printed = capsys.readouterr().out
    assert accuracy > 0.85
    assert f"Test accuracy: {accuracy:.4f}" in printed
    assert "Largest difference of its predictions: 0\n" in printed
    assert "█" in printed and re.search(r"\d \(\d+%", printed)
