"""BatchNormalization."""

from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.input_spec import InputSpec
from keraslite.layers.weight_settings import LayerWithSettings


class BatchNormalization(LayerWithSettings):
    """Normalizes each channel by the batch's mean and variance in training, by their moving
    averages in inference. Ioffe and Szegedy, 2015.

    A frozen layer (`trainable = False`) runs in inference mode.

    Args:
        axis: the channel axis.
        momentum: of the moving averages.
        epsilon: added to the variance.
        center, scale: whether there is an offset (beta) and a factor (gamma).
        beta_initializer, gamma_initializer: of these.
        moving_mean_initializer, moving_variance_initializer: of the averages.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: projections after each update.
        synchronized: accepted for compatibility; there is one device.
        renorm: not available.

    >>> from keraslite import layers, ops
    >>> layer = layers.BatchNormalization(epsilon=0.0)
    >>> layer(ops.array([[1.0], [3.0]]), training=True).tolist()
    [[-1.0], [1.0]]
    """

    _weight_names = ("beta", "gamma", "moving_mean", "moving_variance")

    def __init__(
        self, axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True,
        beta_initializer="zeros", gamma_initializer="ones", moving_mean_initializer="zeros",
        moving_variance_initializer="ones", beta_regularizer=None, gamma_regularizer=None,
        beta_constraint=None, gamma_constraint=None, synchronized=False, **kwargs,
    ):  # fmt: skip
        for name in ("renorm", "renorm_clipping", "renorm_momentum"):
            if kwargs.pop(name, None) and name == "renorm":
                raise ValueError("BatchNormalization: keraslite has no batch renormalization.")
        super().__init__(**kwargs)
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center, self.scale = center, scale
        self.synchronized = synchronized
        self._keep_settings(locals())
        self.supports_masking = True
        self.gamma = self.beta = None

    def build(self, input_shape):
        size = input_shape[self.axis]
        if size is None:
            raise ValueError(
                f"BatchNormalization {self.name!r}: the size of axis {self.axis} must be known,"
                f" found shape {tuple(input_shape)}."
            )
        if self.scale:
            self.gamma = self._add("gamma", (size,), autocast=False)
        if self.center:
            self.beta = self._add("beta", (size,), autocast=False)
        fixed = {"trainable": False, "autocast": False}
        self.moving_mean = self._add("moving_mean", (size,), **fixed)
        self.moving_variance = self._add("moving_variance", (size,), **fixed)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})
        self.built = True

    def call(self, inputs, training=None, mask=None):
        backend = context.backend
        dtype = backend.dtype(inputs)
        # In 16 bits the moments would lose what they measure, so they are taken in float32.
        x = ops.cast(inputs, self.variable_dtype) if dtype != self.variable_dtype else inputs
        gamma = None if self.gamma is None else self.gamma.value
        beta = None if self.beta is None else self.beta.value
        if training and self.trainable:
            if mask is None:
                y, mean, variance = backend.batch_normalization_train(
                    x, self.axis, beta, gamma, self.epsilon
                )
            else:
                mean, variance = self._masked_moments(x, mask)
                y = backend.batch_normalization(
                    x, mean, variance, self.axis, beta, gamma, self.epsilon
                )
                mean, variance = ops.stop_gradient(mean), ops.stop_gradient(variance)
            self._track(self.moving_mean, mean)
            self._track(self.moving_variance, variance)
        else:
            y = backend.batch_normalization(
                x, self.moving_mean.value, self.moving_variance.value, self.axis, beta, gamma,
                self.epsilon,
            )  # fmt: skip
        return y if dtype == self.variable_dtype else ops.cast(y, dtype)

    def _track(self, average, value):
        average.assign(average.value * self.momentum + value * (1.0 - self.momentum))

    def _masked_moments(self, x, mask):
        """Mean and variance over the positions that the mask keeps."""
        rank = len(x.shape)
        axes = tuple(i for i in range(rank) if i != self.axis % rank)
        weights = ops.cast(ops.expand_dims(mask, tuple(range(len(mask.shape), rank))), x.dtype)
        weights = ops.broadcast_to(weights, ops.shape(x))
        count = ops.sum(weights, axis=axes) + 1e-7
        mean = ops.sum(x * weights, axis=axes) / count
        shape = [1] * rank
        shape[self.axis] = -1
        distance = x - ops.reshape(mean, shape)
        return mean, ops.sum(distance * distance * weights, axis=axes) / count

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self._settings_config(),
            "synchronized": self.synchronized,
        }
