"""The backend of shape inference: its tensors are KerasTensors, a shape and a dtype.

Each function of the contract is interpreted once more here, as a rule for shapes in which None
stands for a size that is not known yet. Shapes that cannot fit raise ValueError, which is how a
mistake in a symbolic model shows itself while the model is drawn, before any engine runs.

>>> from keraslite.core.keras_tensor import KerasTensor
>>> images = KerasTensor((None, 28, 28, 1))
>>> ABSTRACT.max_pool(images, (2, 2), (2, 2), "same")
<KerasTensor shape=(None, 14, 14, 1), dtype=float32>
"""

from keraslite.backend.abstract.arrays import (
    AbstractArrays,
    AbstractControl,
    AbstractRandomness,
    AbstractState,
)
from keraslite.backend.abstract.elementwise import AbstractElementwise, AbstractReductions
from keraslite.backend.abstract.movement import AbstractMovement
from keraslite.backend.abstract.neural import (
    AbstractConvolution,
    AbstractNeural,
    AbstractRecurrent,
)
from keraslite.backend.abstract.products import AbstractContractions, AbstractLinalg
from keraslite.backend.base import Backend

__all__ = ["ABSTRACT", "AbstractBackend"]


class AbstractBackend(
    AbstractArrays,
    AbstractElementwise,
    AbstractReductions,
    AbstractMovement,
    AbstractContractions,
    AbstractLinalg,
    AbstractControl,
    AbstractState,
    AbstractNeural,
    AbstractConvolution,
    AbstractRecurrent,
    AbstractRandomness,
    Backend,
):
    """Shapes and dtypes in place of values; `ABSTRACT` is the one instance."""

    name = "abstract"
    is_abstract = True

    def __reduce__(self):
        return "ABSTRACT"


ABSTRACT = AbstractBackend()
