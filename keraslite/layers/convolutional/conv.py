"""Convolution layers."""

from keraslite import activations, config, ops
from keraslite.backend.convolution import output_size
from keraslite.core.input_spec import InputSpec
from keraslite.layers.checks import one_of, positive_int, tuple_of
from keraslite.layers.weight_settings import LayerWithSettings
from keraslite.ops.convolution import convolved


class BaseConv(LayerWithSettings):
    """What convolutions of any rank share; `rank` is the number of spatial axes.

    Args:
        rank: number of spatial axes.
        filters: size of the output's channel axis.
        kernel_size, strides, dilation_rate: int or `rank` ints.
        padding: "valid", "same", or (1D) "causal".
        data_format: "channels_last" or "channels_first".
        groups: groups of channels that are convolved separately.
        activation: activation function or its name.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: of kernel (*size, in // groups, filters), bias.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: projections after each update.
    """

    def __init__(
        self, rank, filters, kernel_size, strides=1, padding="valid", data_format=None,
        dilation_rate=1, groups=1, activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.rank = rank
        self.filters = positive_int(filters, "filters", self)
        self.kernel_size = tuple_of(kernel_size, rank, "kernel_size", self)
        self.strides = tuple_of(strides, rank, "strides", self)
        self.dilation_rate = tuple_of(dilation_rate, rank, "dilation_rate", self)
        allowed = ("valid", "same", "causal") if rank == 1 else ("valid", "same")
        self.padding = one_of(padding, allowed, "padding", self)
        self.data_format = config.standardize_data_format(data_format)
        self.groups = positive_int(groups, "groups", self)
        if self.filters % self.groups:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: filters ({filters}) must be a multiple of"
                f" groups ({groups})."
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: strides and dilation_rate cannot both be"
                f" above 1, found {self.strides} and {self.dilation_rate}."
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._keep_settings(locals())
        self.input_spec = InputSpec(ndim=rank + 2)
        self.bias = None

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else 1

    def build(self, input_shape):
        channels = input_shape[self._channel_axis]
        if channels is None or channels % self.groups:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: the number of channels must be known and a"
                f" multiple of groups ({self.groups}), found input shape {tuple(input_shape)} with"
                f" data_format {self.data_format!r}."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self._add("kernel", shape)
        if self.use_bias:
            self.bias = self._add("bias", (self.filters,))
        self.built = True

    def call(self, inputs):
        padding = self.padding
        if padding == "causal":
            inputs, padding = self._padded_before(inputs), "valid"
        outputs = convolved(
            inputs, self.kernel, None if self.bias is None else self.bias.value, self.strides,
            padding, self.data_format, self.dilation_rate,
        )  # fmt: skip
        return outputs if self.activation is activations.linear else self.activation(outputs)

    def _padded_before(self, inputs):
        """The inputs with zeros before the first step, so that no output sees a later one."""
        width = (self.dilation_rate[0] * (self.kernel_size[0] - 1), 0)
        if self.data_format == "channels_last":
            return ops.pad(inputs, ((0, 0), width, (0, 0)))
        return ops.pad(inputs, ((0, 0), (0, 0), width))

    def compute_output_shape(self, input_shape):
        first = self.data_format == "channels_first"
        spatial = input_shape[2:] if first else input_shape[1:-1]
        padding = "same" if self.padding == "causal" else self.padding
        out = tuple(
            map(
                output_size, spatial, self.kernel_size, self.strides, self.dilation_rate,
                (padding,) * self.rank,
            )
        )  # fmt: skip
        if any(n is not None and n <= 0 for n in out):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: the input {tuple(input_shape)} is smaller"
                f" than the kernel {self.kernel_size} (dilation {self.dilation_rate}). Use"
                " padding='same', a smaller kernel, or larger inputs."
            )
        if first:
            return (input_shape[0], self.filters, *out)
        return (input_shape[0], *out, self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self._settings_config(),
        }


class Conv1D(BaseConv):
    """Convolution over time: (N, T, C) -> (N, T', filters); arguments as `BaseConv`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.Conv1D(4, 3, padding="causal")(keras.ops.ones((2, 9, 1))).shape)
    (2, 9, 4)
    """

    def __init__(
        self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
        groups=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
        bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
        activity_regularizer=None, kernel_constraint=None, bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            1, filters, kernel_size, strides, padding, data_format, dilation_rate, groups,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip


class Conv2D(BaseConv):
    """Convolution over images: (N, H, W, C) -> (N, H', W', filters); arguments as `BaseConv`.

    >>> import keraslite as keras
    >>> tuple(keras.layers.Conv2D(4, 3, padding="same")(keras.ops.ones((2, 8, 8, 3))).shape)
    (2, 8, 8, 4)
    """

    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
        dilation_rate=(1, 1), groups=1, activation=None, use_bias=True,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(
            2, filters, kernel_size, strides, padding, data_format, dilation_rate, groups,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
