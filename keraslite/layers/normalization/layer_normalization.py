"""LayerNormalization."""

from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.layers.weight_settings import LayerWithSettings


class LayerNormalization(LayerWithSettings):
    """Normalizes each sample over one or more axes. Ba et al., 2016.

    Args:
        axis: axis or list of axes.
        epsilon: added to the variance.
        center, scale: whether there is an offset (beta) and a factor (gamma).
        beta_initializer, gamma_initializer: of these.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: projections after each update.

    >>> import keraslite as keras
    >>> tuple(keras.layers.LayerNormalization()(keras.ops.ones((2, 3))).shape)
    (2, 3)
    """

    _weight_names = ("beta", "gamma")

    def __init__(
        self, axis=-1, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
        gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None,
        beta_constraint=None, gamma_constraint=None, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"LayerNormalization {self.name!r}: axis must be an int or a list of"
                            f" ints, found {axis!r}.")  # fmt: skip
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = float(epsilon)
        self.center, self.scale = center, scale
        self._keep_settings(locals())
        self.supports_masking = True
        self.gamma = self.beta = None

    def build(self, input_shape):
        rank = len(input_shape)
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        self._axes = tuple(sorted(axis % rank for axis in given))
        shape = tuple(input_shape[axis] for axis in self._axes)
        if self.scale:
            self.gamma = self._add("gamma", shape, autocast=False)
        if self.center:
            self.beta = self._add("beta", shape, autocast=False)
        self.input_spec = InputSpec(ndim=rank, axes=dict(zip(self._axes, shape)))
        self.built = True

    def call(self, inputs):
        backend = context.backend
        dtype = backend.dtype(inputs)
        x = ops.cast(inputs, self.variable_dtype) if dtype != self.variable_dtype else inputs
        gamma = None if self.gamma is None else self.gamma.value
        beta = None if self.beta is None else self.beta.value
        y = backend.layer_normalization(x, gamma, beta, self._axes, self.epsilon)
        return y if dtype == self.variable_dtype else ops.cast(y, dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self._settings_config(),
        }
