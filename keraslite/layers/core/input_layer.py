"""Input: where a functional model begins."""

from keraslite.backend.dtypes import standardize_dtype
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.core.operation import Node


class InputLayer(Layer):
    """The layer behind `keraslite.Input`; made by it rather than by hand.

    Args:
        shape: shape of one sample.
        batch_size: size of the batch axis, None if any.
        dtype: dtype name of the data.
        batch_shape: shape with the batch axis, in place of shape and batch_size.
        name: name.

    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.layers.InputLayer((3,)), keras.layers.Dense(1)])
    >>> model.output_shape
    (None, 1)
    """

    def __init__(
        self, shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None,
        input_tensor=None, optional=False, name=None, **kwargs,
    ):  # fmt: skip
        super().__init__(name=name)
        if sparse or ragged:
            raise ValueError("keraslite has no sparse or ragged inputs.")
        shape = kwargs.pop("input_shape", shape)
        if kwargs:
            raise ValueError(f"Unknown argument(s) for Input: {', '.join(kwargs)}.")
        if (shape is None) == (batch_shape is None) and input_tensor is None:
            raise ValueError(
                "Input needs either `shape` (without the batch axis) or `batch_shape`."
            )
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        elif batch_shape is None:
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            batch_shape = (batch_size, *shape)
        for size in batch_shape:
            if size is not None and (not isinstance(size, int) or size < 0):
                raise ValueError(
                    f"Input sizes must be non-negative ints or None, found {tuple(batch_shape)}."
                )
        self.batch_shape = tuple(batch_shape)
        self._dtype = standardize_dtype(dtype)
        self.optional = optional
        self.built = True
        output = KerasTensor(self.batch_shape, self._dtype, name=self.name)
        Node(self, (), {}, output)

    def call(self):
        return self.output

    def get_config(self):
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None,
    name=None, tensor=None, optional=False,
):  # fmt: skip
    """A symbolic tensor to draw a model from.

    Args:
        shape: shape of one sample, None for sizes that vary.
        batch_size: size of the batch axis, None (the default) for any.
        dtype: dtype name, default `floatx()`.
        batch_shape: shape with the batch axis, in place of the two.
        name: name of the input.

    >>> import keraslite as keras
    >>> x = keras.Input((4,))
    >>> keras.Model(x, keras.layers.Dense(2)(x)).output_shape
    (None, 2)
    """
    return InputLayer(
        shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name
    ).output
