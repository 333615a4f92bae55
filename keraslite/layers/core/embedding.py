"""Embedding."""

import numpy as np

from keraslite import ops
from keraslite.backend.context import context
from keraslite.backend.dtypes import is_int
from keraslite.layers.checks import positive_int
from keraslite.layers.weight_settings import LayerWithSettings


class Embedding(LayerWithSettings):
    """Vectors looked up by integer.

    Args:
        input_dim: number of vectors; indices lie in [0, input_dim).
        output_dim: size of each.
        embeddings_initializer: of the table (input_dim, output_dim).
        embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether index 0 is padding, which a mask hides from later layers.
        weights: list with one array, the table to start with.

    Inputs: int (...). Outputs: float (..., output_dim).

    >>> import keraslite as keras
    >>> tuple(keras.layers.Embedding(10, 4)(keras.ops.zeros((2, 3), "int32")).shape)
    (2, 3, 4)
    """

    _weight_names = ("embeddings",)

    def __init__(
        self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
        embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None,
        lora_alpha=None, quantization_config=None, **kwargs,
    ):  # fmt: skip
        kwargs.pop("input_length", None)  # an argument of older versions, without effect
        super().__init__(**kwargs)
        if lora_rank is not None or lora_alpha is not None or quantization_config is not None:
            raise ValueError("Embedding: keraslite has no LoRA or quantization yet.")
        self.input_dim = positive_int(input_dim, "input_dim", self)
        self.output_dim = positive_int(output_dim, "output_dim", self)
        self._keep_settings(locals())
        self.mask_zero = mask_zero
        self._produces_mask = bool(mask_zero)
        self.supports_masking = bool(mask_zero)
        self.autocast = False
        self.input_dtype = "int32"
        if weights is not None:
            self.build()
            self.set_weights([weights[0] if isinstance(weights, (list, tuple)) else weights])

    def build(self, input_shape=None):
        self.embeddings = self._add("embeddings", (self.input_dim, self.output_dim))
        self.built = True

    def call(self, inputs):
        if not is_int(context.backend.dtype(inputs)):
            inputs = ops.cast(inputs, "int32")
        return ops.take(self.embeddings, inputs, axis=0)

    def _check_data(self, indices):
        """Refuse indices in a NumPy array that are out of range; engines do not all do that."""
        if not isinstance(indices, np.ndarray) or indices.dtype.kind not in "iu":
            return
        low, high = int(indices.min(initial=0)), int(indices.max(initial=0))
        if low < 0 or high >= self.input_dim:
            raise ValueError(
                f"Embedding {self.name!r} takes indices in [0, {self.input_dim}), but x contains"
                f" {low if low < 0 else high}. input_dim must be the largest index + 1."
            )

    def compute_mask(self, inputs, previous_mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def get_config(self):
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            **self._settings_config(),
            "mask_zero": self.mask_zero,
        }
