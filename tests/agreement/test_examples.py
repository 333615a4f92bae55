"""`examples/same_numbers.py` on every installed engine, in one process."""

import runpy
import sys
from pathlib import Path

import numpy as np

from keraslite.backend import available_backends

SCRIPT = Path(__file__).parents[2] / "examples" / "same_numbers.py"


def test_same_numbers(monkeypatch, tmp_path, capsys):
    picture = tmp_path / "curves.png"
    monkeypatch.setattr(sys, "argv", ["same_numbers.py", "--epochs", "2", "--plot", str(picture)])
    curves = runpy.run_path(str(SCRIPT), run_name="__main__")["curves"]
    assert set(curves) == set(available_backends()) > {"numpy"}
    for curve in curves.values():
        assert len(curve) == 90 and curve[-1] < curve[0]
        np.testing.assert_allclose(curve, curves["numpy"], rtol=1e-4)
    assert picture.stat().st_size > 0
    assert "largest relative difference" in capsys.readouterr().out
