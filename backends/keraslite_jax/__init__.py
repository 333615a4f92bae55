"""keraslite on JAX: `jax.numpy` and `lax` functions, steps compiled by `jax.jit`.

float64 and int64 are exact on every keraslite engine, so creating the adapter sets JAX's
`jax_enable_x64`. Nothing here widens by it: every dtype is given or kept.

Devices: `KERASLITE_DEVICE` ("cpu", "cuda", "cuda:1") becomes `jax_default_device`, otherwise JAX's
own default stays. Inside `with keraslite.device(...)` new arrays are committed to that device.
"""

import os

import jax

from keraslite.backend import Backend
from keraslite.backend.memory import keep_freed_memory
from keraslite_jax.arrays import Arrays, find_device
from keraslite_jax.contractions import Contractions
from keraslite_jax.control import Control
from keraslite_jax.convolution import Convolution
from keraslite_jax.elementwise import Elementwise
from keraslite_jax.linalg import Linalg
from keraslite_jax.movement import Movement
from keraslite_jax.neural import Neural
from keraslite_jax.randomness import Randomness
from keraslite_jax.recurrent import Recurrent
from keraslite_jax.reductions import Reductions
from keraslite_jax.state import State


class JaxBackend(
    Arrays,
    Elementwise,
    Reductions,
    Movement,
    Contractions,
    Linalg,
    Control,
    State,
    Neural,
    Convolution,
    Recurrent,
    Randomness,
    Backend,
):
    name = "jax"

    def __init__(self):
        jax.config.update("jax_enable_x64", True)
        device = os.environ.get("KERASLITE_DEVICE")
        if device:
            jax.config.update("jax_default_device", find_device(device))
        keep_freed_memory(1 << 30, 1 << 30)


__all__ = ["JaxBackend"]
