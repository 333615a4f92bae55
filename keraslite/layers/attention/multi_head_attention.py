"""MultiHeadAttention."""

from keraslite import constraints, initializers, ops, regularizers
from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.layers.checks import positive_int, rate
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.regularization.dropout import Dropout


class MultiHeadAttention(Layer):
    """Attention in several heads, each on its own projection of the inputs. Vaswani et al., 2017.

    query (batch, T, features) and value (batch, S, features) give (batch, T, features of query);
    key, like value in all but the features, is value by default. With `return_attention_scores`
    the call returns (outputs, scores), the scores (batch, num_heads, T, S) after softmax and
    dropout.

    Masks are bool or 0 and 1, with True where a place counts: query_mask (batch, T), value_mask and
    key_mask (batch, S), and attention_mask, which broadcasts to (batch, T, S). A place that may
    attend to none attends to all alike.

    Args:
        num_heads: number of heads.
        key_dim: size of a head's queries and keys.
        value_dim: size of a head's values, by default key_dim.
        dropout: fraction of the scores that training drops.
        use_bias: whether the projections have biases.
        output_shape: size of the outputs' last axis, by default the query's; int or (int,).
        attention_axes: None or (1,): attention runs along axis 1.
        sliding_window: n to attend to places less than n away only.
        flash_attention: a hint, which changes no value: the engine chooses its kernel.
        kernel_initializer, bias_initializer: of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties of the projections.
        kernel_constraint, bias_constraint: projections after each update.
        use_gate: whether to multiply what the heads find by the sigmoid of one more projection of
            the query.
        seed: of the dropout.

    >>> import keraslite as keras
    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    >>> query, value = keras.ops.ones((1, 5, 4)), keras.ops.ones((1, 6, 8))
    >>> tuple(layer(query, value).shape)
    (1, 5, 4)
    >>> outputs, scores = layer(query, value, return_attention_scores=True)
    >>> tuple(scores.shape)
    (1, 2, 5, 6)
    """

    def __init__(
        self, num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None,
        attention_axes=None, sliding_window=None, flash_attention=None,
        kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
        bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
        bias_constraint=None, use_gate=False, seed=None, **kwargs,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = positive_int(num_heads, "num_heads", self)
        self.key_dim = positive_int(key_dim, "key_dim", self)
        value_dim = key_dim if value_dim is None else value_dim
        self.value_dim = positive_int(value_dim, "value_dim", self)
        self.dropout = rate(dropout, "dropout", self)
        self.use_bias = use_bias
        self._output_size = self._checked_output(output_shape)
        self.attention_axes = self._checked_axes(attention_axes)
        self.sliding_window = (
            None if sliding_window is None else positive_int(sliding_window, "sliding_window", self)
        )
        self.flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self._projections_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        if self.dropout > 0:
            self._dropout_layer = Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)

    def _checked_output(self, shape):
        """The last axis's size from `output_shape`, or None."""
        if isinstance(shape, (list, tuple)) and len(shape) == 1:
            (shape,) = shape
        return None if shape is None else positive_int(shape, "output_shape", self)

    def _checked_axes(self, axes):
        given = (axes,) if isinstance(axes, int) else axes
        if given is not None and tuple(given) not in ((1,), (-2,)):
            raise ValueError(
                f"MultiHeadAttention {self.name!r}: attention_axes must be None or (1,), for inputs"
                f" (batch, time, features), found {axes!r}. Reshape inputs of higher rank."
            )
        return (1,)

    # ---- weights ----

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        heads, size = self.num_heads, self._output_size or query_shape[-1]
        inner = (heads, self.value_dim)
        self.query_dense = self._projection("query", (heads, self.key_dim), query_shape)
        self.key_dense = self._projection("key", (heads, self.key_dim), key_shape)
        if self.use_gate:
            self._gate_dense = self._projection("gate", inner, query_shape, "sigmoid")
        self.value_dense = self._projection("value", inner, value_shape)
        self.output_dense = self._projection("attention_output", (size,), (None, None, *inner))
        self.built = True

    def _projection(self, name, sizes, input_shape, activation=None):
        """A built EinsumDense from all axes of an input but the first two to axes of `sizes`."""
        summed, added = "cd"[: len(input_shape) - 2], "ef"[: len(sizes)]
        layer = EinsumDense(
            f"ab{summed},{summed}{added}->ab{added}", (None, *sizes), activation,
            added if self.use_bias else None, self.kernel_initializer, self.bias_initializer,
            self.kernel_regularizer, self.bias_regularizer, self._projections_regularizer,
            self.kernel_constraint, self.bias_constraint, name=name, dtype=self.dtype_policy,
        )  # fmt: skip
        layer.build(input_shape)
        return layer

    def _check_shapes(self, query, value, key):
        """Raise a ValueError if inputs of these shapes cannot attend to each other."""
        found = f"found query {tuple(query)}, value {tuple(value)}, key {tuple(key)}."
        if not len(query) == len(value) == len(key) == 3:
            raise ValueError(
                f"MultiHeadAttention {self.name!r} takes query, value and key of shape (batch,"
                f" time, features), {found}"
            )
        batches = {n for n in (query[0], value[0], key[0]) if isinstance(n, int)}
        lengths = {n for n in (value[1], key[1]) if isinstance(n, int)}
        if len(batches) > 1 or len(lengths) > 1:
            raise ValueError(
                f"MultiHeadAttention {self.name!r}: query, value and key must have one batch size,"
                f" value and key one length, {found}"
            )

    # ---- calling ----

    def call(
        self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None,
        attention_mask=None, return_attention_scores=False, training=None, use_causal_mask=False,
    ):  # fmt: skip
        key = value if key is None else key
        self._check_shapes(query.shape, value.shape, key.shape)
        mask = self._mask(query, value, query_mask, value_mask, key_mask, attention_mask)
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        backend, scores = context.backend, None
        drops = training and self.dropout > 0
        if drops or return_attention_scores:
            scores = backend.attention_weights(query, key, None, mask, None, use_causal_mask)
            scores = self._dropout_layer(scores, training=training) if drops else scores
            found = backend.attend(scores, value)
        else:
            found = backend.dot_product_attention(
                query, key, value, None, mask, None, use_causal_mask
            )
        outputs = self.output_dense(found if gate is None else found * gate)
        return (outputs, scores) if return_attention_scores else outputs

    def _mask(self, query, value, query_mask, value_mask, key_mask, attention_mask):
        """Where all masks are True, broadcastable to (batch, heads, T, S); None without masks."""
        backend = context.backend
        parts = [
            None if query_mask is None else ops.expand_dims(query_mask, (1, 3)),
            None if value_mask is None else ops.expand_dims(value_mask, (1, 2)),
            None if key_mask is None else ops.expand_dims(key_mask, (1, 2)),
            None if attention_mask is None else self._by_head(attention_mask),
        ]
        if self.sliding_window is not None:
            sizes, window = (backend.shape(query)[1], backend.shape(value)[1]), self.sliding_window
            parts.append(backend.tri_mask(*sizes, window - 1))
            parts.append(backend.logical_not(backend.tri_mask(*sizes, -window)))
        mask = None
        for part in parts:
            if part is not None:
                part = ops.cast(part, "bool")
                mask = part if mask is None else backend.logical_and(mask, part)
        return mask

    def _by_head(self, mask):
        """A mask that broadcasts to (batch, T, S) with an axis for the heads."""
        if len(mask.shape) > 3:
            raise ValueError(
                f"MultiHeadAttention {self.name!r}: attention_mask must broadcast to (batch, T, S),"
                f" found shape {tuple(mask.shape)}."
            )
        return ops.expand_dims(mask, 1) if len(mask.shape) == 3 else mask

    def compute_mask(self, query, previous_mask):
        return [previous_mask]  # of the outputs; the scores have none

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        self._check_shapes(
            query_shape, value_shape, value_shape if key_shape is None else key_shape
        )
        return (*query_shape[:-1], self._output_size or query_shape[-1])

    def compute_output_spec(
        self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None,
        attention_mask=None, return_attention_scores=False, training=None, use_causal_mask=False,
    ):  # fmt: skip
        key_shape = None if key is None else key.shape
        shape = self.compute_output_shape(query.shape, value.shape, key_shape)
        outputs = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return outputs
        scores = (query.shape[0], self.num_heads, query.shape[1], value.shape[1])
        return outputs, KerasTensor(scores, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "output_shape": None if self._output_size is None else (self._output_size,),
            "attention_axes": self.attention_axes,
            "sliding_window": self.sliding_window,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self._projections_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "use_gate": self.use_gate,
            "seed": self.seed,
        }
