"""Layers that change shapes: Flatten, Reshape, Permute, RepeatVector."""

import math

from keraslite import config, ops
from keraslite.core.input_spec import InputSpec
from keraslite.core.layer import Layer
from keraslite.layers.checks import positive_int


class Flatten(Layer):
    """All axes but the first merged into one.

    Args:
        data_format: "channels_first" moves the channels last before merging.

    >>> import keraslite as keras
    >>> tuple(keras.layers.Flatten()(keras.ops.ones((2, 3, 4))).shape)
    (2, 12)
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)
        self.built = True

    def call(self, inputs):
        if self.data_format == "channels_first" and len(inputs.shape) > 2:
            inputs = ops.moveaxis(inputs, 1, -1)
        size = self.compute_output_shape(tuple(inputs.shape))[1]
        if size is None:
            return ops.reshape(inputs, (ops.shape(inputs)[0], -1))
        return ops.reshape(inputs, (-1, size))

    def compute_output_shape(self, input_shape):
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(sizes))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Each sample in another shape.

    Args:
        target_shape: shape without the batch axis; one entry may be -1.

    >>> import keraslite as keras
    >>> tuple(keras.layers.Reshape((-1, 2))(keras.ops.ones((2, 6))).shape)
    (2, 3, 2)
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        if sum(n == -1 for n in self.target_shape) > 1:
            raise ValueError(
                f"Reshape {self.name!r}: only one entry of target_shape may be -1, found"
                f" {self.target_shape}."
            )
        self.built = True

    def call(self, inputs):
        known = self.compute_output_shape(tuple(inputs.shape))[1:]
        sizes = known if None not in known else self.target_shape
        return ops.reshape(inputs, (ops.shape(inputs)[0], *sizes))

    def compute_output_shape(self, input_shape):
        sizes, target = input_shape[1:], self.target_shape
        if None in sizes:
            return (input_shape[0], *(None if n == -1 else n for n in target))
        total, known = math.prod(sizes), math.prod(n for n in target if n != -1)
        if (-1 in target and (known == 0 or total % known)) or (
            -1 not in target and total != known
        ):
            raise ValueError(
                f"Reshape {self.name!r}: samples of shape {tuple(sizes)} ({total} elements) do not"
                f" fit target_shape {target}."
            )
        return (input_shape[0], *(total // known if n == -1 else n for n in target))

    def get_config(self):
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """The axes of each sample in another order.

    Args:
        dims: order of the axes, counted from 1 (the batch axis is not counted).

    >>> import keraslite as keras
    >>> tuple(keras.layers.Permute((2, 1))(keras.ops.ones((2, 3, 4))).shape)
    (2, 4, 3)
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"Permute {self.name!r}: dims must hold each of 1..{len(self.dims)} once, found"
                f" {self.dims}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)
        self.built = True

    def call(self, inputs):
        return ops.transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def get_config(self):
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """(batch, features) repeated along a new axis: (batch, n, features).

    Args:
        n: how often.
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = positive_int(n, "n", self)
        self.input_spec = InputSpec(ndim=2)
        self.built = True

    def call(self, inputs):
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self):
        return {**super().get_config(), "n": self.n}
