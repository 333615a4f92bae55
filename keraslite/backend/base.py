"""The contract that an engine fulfils, put together.

Implement the abstract methods of the classes below (`Arrays`, `Elementwise`, ...: "to implement"
in each file) and every other function is inherited. Override a composite where the engine has a
faster kernel; the method here stays the reference that the conformance suite compares it with.
"""

from keraslite.backend.arrays import Arrays
from keraslite.backend.contractions import Contractions
from keraslite.backend.control import Control
from keraslite.backend.convolution import Convolution
from keraslite.backend.elementwise import Elementwise
from keraslite.backend.linalg import Linalg
from keraslite.backend.movement import Movement
from keraslite.backend.neural import Neural
from keraslite.backend.randomness import Randomness
from keraslite.backend.recurrent import Recurrent
from keraslite.backend.reductions import Reductions
from keraslite.backend.state import State
from keraslite.backend.updates import Updates


class Backend(
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
    Updates,
):
    """One engine. There is one instance for each engine in a process; it keeps no model state."""

    name = ""
    is_abstract = False  # True only for the backend of shape inference

    def __repr__(self):
        return f"<keraslite backend {self.name}>"

    def __reduce__(self):
        from keraslite.backend.registry import get_backend

        return get_backend, (self.name,)


PRIMITIVES = frozenset(Backend.__abstractmethods__)
COMPOSITES = frozenset(
    name
    for name in dir(Backend)
    if not name.startswith("_") and callable(getattr(Backend, name)) and name not in PRIMITIVES
)
