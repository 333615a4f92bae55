"""Rows of the op table: softmax, losses, normalization, attention, convolution, recurrence.

Those without a reference function are held to the inherited composite on NumPy in float64, whose
gradient finite differences check (`test_gradients.py`).
"""

import numpy as np

from conformance_tests.cases import Case, Input, Op

X = Input()
SMALL = Input(-1, 1)
LOGITS = Input(-6, 6)
UNIT = Input(0, 1)
POSITIVE = Input(0.2, 3)
MASK = Input(dtype="bool")


def cases(*rows):
    return tuple(Case(tuple(row[:-1]), row[-1]) for row in rows)


def softmax(x, axis):
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis):
    return np.log(softmax(x, axis))


def cross_entropy(logits, targets):
    return -np.sum(targets * log_softmax(logits, -1), -1)


def sparse_cross_entropy(logits, labels):
    return -np.take_along_axis(log_softmax(logits, -1), labels[..., None], -1)[..., 0]


def sigmoid_cross_entropy(logits, targets):
    return np.logaddexp(logits, 0.0) - targets * logits


OVER = cases(((2, 5), {"axis": -1}), ((2, 3, 4), {"axis": 1}), ((2, 3, 4), {"axis": (1, 2)}))
LOSSES = (
    Op("softmax", "reduction", (LOGITS,), OVER, softmax, twice=True),
    Op("log_softmax", "reduction", (LOGITS,), OVER, log_softmax, twice=True),
    Op(
        "softmax_cross_entropy", "reduction", (LOGITS, UNIT),
        cases(((4, 5), (4, 5), {}), ((2, 3, 7), (2, 3, 7), {})), cross_entropy, twice=True,
    ),
    Op(
        "sparse_softmax_cross_entropy", "reduction", (LOGITS, Input(dtype="int32", ints=(0, 4))),
        cases(((6, 5), (6,), {}), ((2, 3, 5), (2, 3), {})), sparse_cross_entropy, twice=True,
    ),
    Op(
        "sigmoid_cross_entropy", "composed", (LOGITS, UNIT),
        cases(((67,), (67,), {}), ((2, 3), (2, 3), {})), sigmoid_cross_entropy, twice=True,
    ),
)  # fmt: skip


def moments(x, axes, keepdims=False):
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def along(vector, x, axis):
    shape = [1] * x.ndim
    shape[axis] = -1
    return np.reshape(vector, shape)


def batch_normalization(x, mean, variance, offset, scale, axis, epsilon):
    mean, variance, offset, scale = (along(v, x, axis) for v in (mean, variance, offset, scale))
    return (x - mean) / np.sqrt(variance + epsilon) * scale + offset


def batch_normalization_train(x, offset, scale, axis, epsilon):
    axes = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    mean, variance = moments(x, axes)
    y = batch_normalization(x, mean, variance, offset, scale, axis, epsilon)
    return y, mean, variance


def layer_normalization(x, scale, offset, axes, epsilon):
    mean, variance = moments(x, axes, True)
    return (x - mean) / np.sqrt(variance + epsilon) * scale + offset


NORMALIZATION = (
    Op(
        "moments", "reduction", (X,),
        cases(((4, 3), {"axes": (0,)}), ((2, 3, 4), {"axes": (0, 2), "keepdims": True})), moments,
    ),
    Op(
        "batch_normalization", "normalization", (X, X, POSITIVE, X, X),
        cases(
            ((6, 3), (3,), (3,), (3,), (3,), {"axis": -1, "epsilon": 1e-3}),
            ((2, 3, 4), (3,), (3,), (3,), (3,), {"axis": 1, "epsilon": 1e-3}),
        ),
        batch_normalization,
        lambda f, x, m, v, o, s, axis, epsilon: f(x, m, v, axis, o, s, epsilon), twice=True,
    ),
    Op(
        "batch_normalization", "normalization", (X, X, POSITIVE),
        cases(((6, 3), (3,), (3,), {"axis": -1, "epsilon": 1e-3})),
        lambda x, m, v, axis, epsilon: (x - m) / np.sqrt(v + epsilon),
        lambda f, x, m, v, axis, epsilon: f(x, m, v, axis, None, None, epsilon),
        label="batch_normalization-plain",
    ),
    Op(
        "batch_normalization_train", "normalization", (X, X, X),
        cases(
            ((8, 3), (3,), (3,), {"axis": -1, "epsilon": 1e-3}),
            ((2, 4, 3, 3), (3,), (3,), {"axis": -1, "epsilon": 1e-3}),
            ((4, 3, 4), (3,), (3,), {"axis": 1, "epsilon": 1e-3}),
        ),
        batch_normalization_train,
        lambda f, x, o, s, axis, epsilon: f(x, axis, o, s, epsilon), twice=True,
    ),
    Op(
        "batch_normalization_train", "normalization", (X,),
        cases(((8, 3), {"axis": -1, "epsilon": 1e-3})), None,
        lambda f, x, axis, epsilon: f(x, axis, None, None, epsilon),
        label="batch_normalization_train-plain",
    ),
    Op(
        "layer_normalization", "normalization", (X, X, X),
        cases(
            ((4, 6), (6,), (6,), {"axes": (-1,), "epsilon": 1e-3}),
            ((2, 3, 4), (3, 4), (3, 4), {"axes": (1, 2), "epsilon": 1e-3}),
        ),
        layer_normalization, twice=True,
    ),
    Op(
        "layer_normalization", "normalization", (X,),
        cases(((4, 6), {"axes": (-1,), "epsilon": 1e-3})), None,
        lambda f, x, axes, epsilon: f(x, None, None, axes, epsilon),
        label="layer_normalization-plain",
    ),
)  # fmt: skip


def attention_weights(query, key, bias, mask, is_causal):
    key = key.repeat(query.shape[2] // key.shape[2], 2)
    logits = np.einsum("btnh,bsnh->bnts", query, key) * 0.5 + bias
    mask = mask & np.tri(*logits.shape[-2:], dtype=bool) if is_causal else mask
    powers = np.exp(np.where(mask, logits, -1e30) - logits.max(-1, keepdims=True))
    powers = np.where(np.any(mask & np.ones_like(powers, bool), -1, keepdims=True), powers, 1.0)
    return powers / powers.sum(-1, keepdims=True)


QKV = ((2, 5, 2, 4), (2, 6, 2, 4), (2, 6, 2, 4))
ATTENTION = (
    Op(
        "dot_product_attention", "network", (X, X, X),
        cases(
            (*QKV, {"scale": None, "is_causal": False}),
            ((2, 5, 2, 4), (2, 5, 2, 4), (2, 5, 2, 4), {"scale": 0.3, "is_causal": True}),
            ((1, 3, 4, 2), (1, 5, 2, 2), (1, 5, 2, 2), {"scale": None, "is_causal": False}),
        ),
        None, lambda f, q, k, v, scale, is_causal: f(q, k, v, None, None, scale, is_causal),
        twice=True,
    ),
    Op(
        "dot_product_attention", "network", (X, X, X, X, MASK),
        cases(
            (*QKV, (2, 5, 6), (2, 1, 5, 6), {"is_causal": False}),
            (*QKV, (1, 2, 5, 6), (5, 6), {"is_causal": True}),
        ),
        None, lambda f, q, k, v, bias, mask, is_causal: f(q, k, v, bias, mask, None, is_causal),
        label="dot_product_attention-masked",
    ),
    Op(
        "attention_weights", "network", (X, X, X, MASK),
        cases(
            (*QKV[:2], (2, 5, 6), (2, 1, 5, 6), {"is_causal": False}),
            ((1, 3, 4, 2), (1, 5, 2, 2), (1, 4, 3, 5), (3, 5), {"is_causal": True}),
        ),
        attention_weights, lambda f, q, k, b, mask, is_causal: f(q, k, b, mask, 0.5, is_causal),
        twice=True,
    ),
    Op(
        "attend", "contraction", (X, X),
        cases(((2, 2, 5, 6), (2, 6, 2, 4), {}), ((1, 4, 3, 5), (1, 5, 2, 2), {})),
        lambda w, v: np.einsum("bnts,bsnh->btnh", w, v.repeat(w.shape[1] // v.shape[2], 2)),
    ),
)  # fmt: skip


def conv_params(strides, padding, dilation=None, groups=1):
    dilation = dilation or (1,) * len(strides)
    return {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}


def pool_params(pool_size, strides, padding):
    return {"pool_size": pool_size, "strides": strides, "padding": padding}


POOLED = cases(
    ((2, 6, 6, 3), pool_params((2, 2), (2, 2), "valid")),
    ((2, 5, 7, 2), pool_params((2, 3), (2, 2), "same")),
    ((2, 7, 3), pool_params((3,), (1,), "valid")),
    ((1, 5, 5, 1), pool_params((3, 3), (2, 1), ((1, 1), (0, 1)))),
)
CONVOLUTION = (
    Op(
        "conv", "contraction", (X, X),
        cases(
            ((2, 6, 6, 3), (3, 3, 3, 4), conv_params((1, 1), "valid")),
            ((2, 6, 5, 3), (3, 2, 3, 4), conv_params((2, 2), "same")),
            ((1, 7, 7, 2), (3, 3, 2, 2), conv_params((1, 1), "same", (2, 2))),
            ((1, 5, 5, 4), (3, 3, 2, 6), conv_params((2, 1), ((1, 0), (1, 2)), groups=2)),
            ((2, 9, 2), (3, 2, 4), conv_params((2,), "same")),
            ((2, 9, 2), (3, 2, 4), conv_params((1,), ((4, 0),), (2,))),
            ((1, 4, 4, 4, 2), (2, 2, 2, 2, 3), conv_params((1, 2, 1), "valid")),
            ((2, 4, 4, 3), (1, 1, 3, 5), conv_params((1, 1), "valid")),
        ),
        twice=True,
    ),
    Op(
        "conv", "contraction", (X, X, X),
        cases(
            ((2, 6, 5, 3), (3, 2, 3, 4), (4,), conv_params((2, 2), "same")),
            ((1, 5, 5, 4), (3, 3, 2, 6), (6,), conv_params((1, 1), "valid", groups=2)),
            ((2, 9, 2), (3, 2, 4), (4,), conv_params((1,), ((4, 0),), (2,))),
            ((2, 4, 4, 3), (1, 1, 3, 5), (5,), conv_params((1, 1), "valid")),
        ),
        call=lambda conv, x, kernel, bias, **params: conv(x, kernel, bias=bias, **params),
        twice=True,
        label="conv-with-bias",
    ),
    Op("max_pool", "exact", (X,), POOLED, twice=True),
    Op("average_pool", "reduction", (X,), POOLED, twice=True),
)  # fmt: skip


def recurrent_rows(name, gates, state_count, params, bias_shape=None, label=""):
    """Rows for a layer of 3 units over (2, 5, 4): with bias, and with mask and reversed."""
    units, features = 3, 4
    bias_shape = bias_shape or (gates * units,)
    shapes = (
        (2, 5, features), *((2, units),) * state_count,
        (features, gates * units), (units, gates * units),
    )  # fmt: skip
    inputs = (X, *(SMALL,) * state_count, SMALL, SMALL)

    def with_bias(method, x, *rest, **params):
        return method(x, *rest, None, False, **params)

    def masked(method, x, *rest, **params):
        return method(x, *rest[:-1], None, rest[-1], True, **params)

    return (
        Op(
            name, "network", (*inputs, SMALL), (Case((*shapes, bias_shape), params),), None,
            with_bias, twice=True, label=label or name,
        ),
        Op(
            name, "network", (*inputs, MASK), (Case((*shapes, (2, 5)), params),), None, masked,
            label=f"{label or name}-masked-reversed",
        ),
    )  # fmt: skip


TANH = {"activation": "tanh"}
GATED = {"activation": "tanh", "recurrent_activation": "sigmoid"}
OTHER = {"activation": "relu", "recurrent_activation": "hard_sigmoid"}
RECURRENT = (
    *recurrent_rows("simple_rnn", 1, 1, TANH),
    *recurrent_rows("lstm", 4, 2, GATED),
    *recurrent_rows("lstm", 4, 2, OTHER, label="lstm-other-activations"),
    *recurrent_rows("gru", 3, 1, {**GATED, "reset_after": True}, (2, 9), "gru-reset-after"),
    *recurrent_rows("gru", 3, 1, {**GATED, "reset_after": False}, label="gru-reset-before"),
)

ROWS = (*LOSSES, *NORMALIZATION, *ATTENTION, *CONVOLUTION, *RECURRENT)
