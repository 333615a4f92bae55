"""Dense: the fully connected layer."""

from keraslite import activations
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.layers.checks import positive_int
from keraslite.layers.weight_settings import LayerWithSettings


class Dense(LayerWithSettings):
    """activation(inputs @ kernel + bias) over the last axis.

    Args:
        units: size of the output's last axis.
        activation: activation function or its name; None: none.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: of kernel (in, units) and bias (units,).
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: projections after each update.

    Inputs: float (..., in), rank 2 or more. Outputs: (..., units).

    >>> import keraslite as keras
    >>> tuple(keras.layers.Dense(3, activation="relu")(keras.ops.ones((2, 4))).shape)
    (2, 3)
    """

    def __init__(
        self, units, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
        bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
        activity_regularizer=None, kernel_constraint=None, bias_constraint=None, lora_rank=None,
        lora_alpha=None, quantization_config=None, **kwargs,
    ):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if lora_rank is not None or lora_alpha is not None or quantization_config is not None:
            raise ValueError("Dense: keraslite has no LoRA or quantization yet.")
        self.units = positive_int(units, "units", self)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._keep_settings(locals())
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True
        self.bias = None

    def build(self, input_shape):
        size = input_shape[-1]
        if size is None:
            raise ValueError(
                f"Layer {self.name!r} (Dense) needs a known size of its input's last axis, found"
                f" shape {tuple(input_shape)}."
            )
        self.kernel = self._add("kernel", (size, self.units))
        if self.use_bias:
            self.bias = self._add("bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.built = True

    def call(self, inputs, training=None):
        bias = None if self.bias is None else self.bias.value
        outputs = context.backend.dense(inputs, self.kernel.value, bias)
        return outputs if self.activation is activations.linear else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self._settings_config(),
        }
