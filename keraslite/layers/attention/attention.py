"""Attention: without heads and projections."""

from keraslite import ops
from keraslite.backend.context import context
from keraslite.core.keras_tensor import KerasTensor
from keraslite.core.layer import Layer
from keraslite.layers.checks import one_of, rate
from keraslite.layers.regularization.dropout import Dropout


class Attention(Layer):
    """softmax(scores of query and key) @ value, for inputs [query, value] or [query, value, key].

    query (batch, T, features), value (batch, S, any), key like value in all but the features, by
    default value. The mask is [query's (batch, T), value's (batch, S)], either may be None: places
    of value that it leaves out are not attended to, places of query give zeros. With
    `return_attention_scores` the call returns (outputs, scores (batch, T, S)).

    Args:
        use_scale: whether scores are multiplied by a trained number, 1 at first.
        score_mode: "dot" (Luong et al., 2015), or "concat": a trained number times the sum of
            tanh(query + key) over the features.
        dropout: fraction of the scores that training drops.
        seed: of the dropout.

    >>> import keraslite as keras
    >>> query, value = keras.ops.ones((1, 2, 4)), keras.ops.ones((1, 3, 4))
    >>> tuple(keras.layers.Attention()([query, value]).shape)
    (1, 2, 4)
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = one_of(score_mode, ("dot", "concat"), "score_mode", self)
        self.dropout = rate(dropout, "dropout", self)
        self.seed = seed
        self.supports_masking = True
        self.scale = self.concat_score_weight = None
        if self.dropout > 0:
            self._dropout_layer = Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, input_shape):
        self._check_shapes(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def call(
        self, inputs, mask=None, training=False, return_attention_scores=False,
        use_causal_mask=False,
    ):  # fmt: skip
        self._check_shapes([tuple(x.shape) for x in inputs])
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        backend, scores = context.backend, None
        query, bias = self._scaled(query, key)
        query, key, value = (backend.expand_dims(x, 2) for x in (query, key, value))  # one head
        if value_mask is not None:
            value_mask = ops.cast(ops.expand_dims(value_mask, (1, 2)), "bool")
        drops = training and self.dropout > 0
        if drops or return_attention_scores:
            scores = backend.attention_weights(query, key, bias, value_mask, 1.0, use_causal_mask)
            scores = self._dropout_layer(scores, training=training) if drops else scores
            found = backend.attend(scores, value)
        else:
            found = backend.dot_product_attention(
                query, key, value, bias, value_mask, 1.0, use_causal_mask
            )
        outputs = backend.squeeze(found, 2)
        if query_mask is not None:
            outputs = outputs * ops.cast(ops.expand_dims(query_mask, -1), self.compute_dtype)
        return (outputs, backend.squeeze(scores, 1)) if return_attention_scores else outputs

    def _scaled(self, query, key):
        """The query and a bias (batch, 1, T, S) or None, such that query @ key + bias scores."""
        backend = context.backend
        if self.score_mode == "dot":
            return (query if self.scale is None else query * self.scale.value), None
        both = backend.expand_dims(query, 2) + backend.expand_dims(key, 1)
        both = backend.tanh(both if self.scale is None else both * self.scale.value)
        bias = backend.sum(both, -1) * self.concat_score_weight.value
        return backend.zeros_like(query), backend.expand_dims(bias, 1)

    def _check_shapes(self, shapes):
        """Raise a ValueError if inputs of these shapes cannot attend to each other."""
        if (
            not isinstance(shapes, (list, tuple))
            or len(shapes) not in (2, 3)
            or not all(isinstance(s, (list, tuple)) and len(s) == 3 for s in shapes)
        ):
            raise ValueError(
                f"Attention {self.name!r} takes [query, value] or [query, value, key], each of"
                f" shape (batch, time, features), found {shapes}."
            )
        query, value, key = (*shapes, shapes[1])[:3]
        for what, sizes in (
            ("query, value and key must have one batch size", (query[0], value[0], key[0])),
            ("value and key must have one length", (value[1], key[1])),
            ("query and key must have one number of features", (query[2], key[2])),
        ):
            if len({n for n in sizes if isinstance(n, int)}) > 1:
                raise ValueError(f"Attention {self.name!r}: {what}, found {list(shapes)}.")

    def compute_mask(self, inputs, previous_mask):
        return [previous_mask[0] if isinstance(previous_mask, (list, tuple)) else None]

    def compute_output_shape(self, input_shape):
        self._check_shapes(input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self, inputs, mask=None, return_attention_scores=False, training=None,
        use_causal_mask=False,
    ):  # fmt: skip
        shapes = [x.shape for x in inputs]
        outputs = KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return outputs
        scores = (*shapes[0][:-1], shapes[1][1])
        return outputs, KerasTensor(scores, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }
