"""The PyTorch engine of keraslite: eager autograd, the library's kernels, multi-tensor updates."""

from keraslite.backend import Backend
from keraslite.backend.memory import keep_freed_memory
from keraslite_torch.arrays import Arrays
from keraslite_torch.contractions import Contractions
from keraslite_torch.control import Control
from keraslite_torch.convolution import Convolution
from keraslite_torch.elementwise import Elementwise
from keraslite_torch.linalg import Linalg
from keraslite_torch.movement import Movement
from keraslite_torch.neural import Neural
from keraslite_torch.randomness import Randomness
from keraslite_torch.recurrent import Recurrent
from keraslite_torch.reductions import Reductions
from keraslite_torch.state import State
from keraslite_torch.updates import Updates


class TorchBackend(
    Arrays,
    Elementwise,
    Reductions,
    Movement,
    Contractions,
    Linalg,
    Control,
    Convolution,
    State,
    Neural,
    Recurrent,
    Randomness,
    Updates,
    Backend,
):
    """Tensors are `torch.Tensor`; handles of trainable variables are `torch.nn.Parameter`."""

    name = "torch"

    def __init__(self):
        super().__init__()
        keep_freed_memory(256 << 20, 256 << 20)
