"""TensorFlow adapter: eager tensors, `tf.Variable` handles, steps compiled by `tf.function`."""

from keraslite.backend import Backend
from keraslite_tensorflow.arrays import TensorflowArrays
from keraslite_tensorflow.contractions import TensorflowContractions
from keraslite_tensorflow.control import TensorflowControl
from keraslite_tensorflow.convolution import TensorflowConvolution
from keraslite_tensorflow.elementwise import TensorflowElementwise
from keraslite_tensorflow.linalg import TensorflowLinalg
from keraslite_tensorflow.movement import TensorflowMovement
from keraslite_tensorflow.neural import TensorflowNeural
from keraslite_tensorflow.randomness import TensorflowRandomness
from keraslite_tensorflow.recurrent import TensorflowRecurrent
from keraslite_tensorflow.reductions import TensorflowReductions
from keraslite_tensorflow.state import TensorflowState
from keraslite_tensorflow.updates import TensorflowUpdates


class TensorflowBackend(
    TensorflowArrays,
    TensorflowElementwise,
    TensorflowReductions,
    TensorflowMovement,
    TensorflowContractions,
    TensorflowLinalg,
    TensorflowControl,
    TensorflowState,
    TensorflowNeural,
    TensorflowConvolution,
    TensorflowRecurrent,
    TensorflowRandomness,
    TensorflowUpdates,
    Backend,
):
    name = "tensorflow"


__all__ = ["TensorflowBackend"]
