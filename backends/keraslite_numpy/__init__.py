"""The NumPy engine of keraslite: ndarrays, with gradients of its own."""

import functools

from keraslite.backend.base import Backend
from keraslite.backend.memory import keep_freed_memory
from keraslite_numpy.arrays import NumpyArrays
from keraslite_numpy.contractions import NumpyContractions
from keraslite_numpy.control import NumpyControl
from keraslite_numpy.convolution import NumpyConvolution
from keraslite_numpy.elementwise import NumpyElementwise
from keraslite_numpy.linalg import NumpyLinalg
from keraslite_numpy.movement import NumpyMovement
from keraslite_numpy.native import install
from keraslite_numpy.neural import NumpyNeural
from keraslite_numpy.randomness import NumpyRandomness
from keraslite_numpy.recurrent import NumpyRecurrent
from keraslite_numpy.reductions import NumpyReductions
from keraslite_numpy.state import NumpyState
from keraslite_numpy.tape import quiet
from keraslite_numpy.updates import NumpyUpdates


class Engine(
    NumpyArrays,
    NumpyElementwise,
    NumpyReductions,
    NumpyMovement,
    NumpyContractions,
    NumpyLinalg,
    NumpyControl,
    NumpyState,
    NumpyNeural,
    NumpyConvolution,
    NumpyRecurrent,
    NumpyRandomness,
    NumpyUpdates,
    Backend,
):
    """The functions themselves, which leave NumPy's floating point warnings as they are."""

    name = "numpy"

    def __init__(self):
        self.engine = self


class NumpyBackend(Engine):
    """Plain NumPy arrays on the CPU, without floating point warnings, as on the other engines.

    See `tape.py` for how functions are differentiated. Inside `value_and_grad` and compiled steps
    warnings are off as a whole, and operators and VJPs use an `Engine`, which does not check.
    """

    def __init__(self):
        self.engine = Engine()
        install(self.engine)
        keep_freed_memory(256 << 20, 32 << 20)


# Functions that silence what they call themselves, and those that compute no floats.
_SILENT_ALREADY = frozenset(
    [
        "value_and_grad",
        "custom_gradient",
        "compile_step",
        "feed",
        "stop_gradient",
        "without_gradients",
        "is_tensor",
        "to_numpy",
        "dtype",
        "shape",
        "ndim",
        "read",
        "assign",
        "synchronize",
        "device_names",
        "reshape",
        "transpose",
        "expand_dims",
        "squeeze",
        "getitem",
        "zeros",
        "ones",
        "full",
        "zeros_like",
        "ones_like",
    ]
)


def _silence():
    """Run every function of the contract without NumPy's floating point warnings."""
    for name in dir(Engine):
        method = getattr(Engine, name)
        if name.startswith("_") or not callable(method) or name in _SILENT_ALREADY:
            continue
        silent = quiet(method)
        documented = getattr(Backend, name, method)
        functools.update_wrapper(silent, documented, ("__name__", "__qualname__", "__doc__"), ())
        setattr(NumpyBackend, name, silent)


_silence()
