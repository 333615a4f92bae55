"""Layers."""

from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer
from keraslite.layers.activations.activation import Activation, ReLU, Softmax
from keraslite.layers.attention.attention import Attention
from keraslite.layers.attention.multi_head_attention import MultiHeadAttention
from keraslite.layers.convolutional.conv import Conv1D, Conv2D
from keraslite.layers.core.dense import Dense
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.core.embedding import Embedding
from keraslite.layers.core.input_layer import Input, InputLayer
from keraslite.layers.core.masking import Masking
from keraslite.layers.merging.dot import Dot
from keraslite.layers.merging.merge import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from keraslite.layers.normalization.batch_normalization import BatchNormalization
from keraslite.layers.normalization.layer_normalization import LayerNormalization
from keraslite.layers.pooling.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
)
from keraslite.layers.pooling.pooling import AveragePooling2D, MaxPooling1D, MaxPooling2D
from keraslite.layers.preprocessing.rescaling import Rescaling
from keraslite.layers.regularization.dropout import Dropout, SpatialDropout1D
from keraslite.layers.regularization.gaussian_noise import GaussianNoise
from keraslite.layers.reshaping.reshaping import Flatten, Permute, RepeatVector, Reshape
from keraslite.layers.reshaping.up_sampling import UpSampling2D
from keraslite.layers.reshaping.zero_padding import ZeroPadding2D
from keraslite.layers.rnn.bidirectional import Bidirectional
from keraslite.layers.rnn.cells import GRUCell, LSTMCell, SimpleRNNCell
from keraslite.layers.rnn.recurrent import GRU, LSTM, SimpleRNN
from keraslite.layers.rnn.rnn import RNN
from keraslite.layers.rnn.time_distributed import TimeDistributed

Convolution1D, Convolution2D = Conv1D, Conv2D
MaxPool1D, MaxPool2D, AvgPool2D = MaxPooling1D, MaxPooling2D, AveragePooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D


def serialize(layer):
    """The JSON-ready form of a layer."""
    from keraslite.saving import serialize_keras_object

    return serialize_keras_object(layer)


def deserialize(config, custom_objects=None):
    """The inverse of `serialize`."""
    from keraslite.saving import deserialize_keras_object

    return deserialize_keras_object(config, custom_objects)


def add(inputs, **kwargs):
    """The sum of a list of tensors, by an `Add` layer.

    >>> from keraslite import layers, ops
    >>> layers.add([ops.array([1.0]), ops.array([2.0])]).tolist()
    [3.0]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first of two tensors less the second, by a `Subtract` layer."""
    return Subtract(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of a list of tensors, by an `Average` layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of a list of tensors, elementwise, by a `Maximum` layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of a list of tensors, elementwise, by a `Minimum` layer."""
    return Minimum(**kwargs)(inputs)


def dot(inputs, axes=-1, **kwargs):
    """Products of two tensors summed along axes, by a `Dot` layer."""
    return Dot(axes=axes, **kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of a list of tensors, by a `Multiply` layer.

    >>> from keraslite import layers, ops
    >>> layers.multiply([ops.array([2.0]), ops.array([3.0])]).tolist()
    [6.0]
    """
    return Multiply(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """Tensors joined along an axis, by a `Concatenate` layer.

    >>> from keraslite import layers, ops
    >>> layers.concatenate([ops.array([[1.0]]), ops.array([[2.0]])]).tolist()
    [[1.0, 2.0]]
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


__all__ = [
    "Bidirectional",
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "RNN",
    "SimpleRNN",
    "SimpleRNNCell",
    "Activation",
    "Add",
    "Attention",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Convolution1D",
    "Convolution2D",
    "Dense",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "LayerNormalization",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "Subtract",
    "TimeDistributed",
    "UpSampling2D",
    "ZeroPadding2D",
    "add",
    "deserialize",
    "serialize",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
