"""NumPy engine, neural network functions with rules of their own.

Rules written with backend functions serve gradients of any order. The normalizations keep what
their backward pass needs, and leave gradients of gradients to the base class (`is_nested`).
"""

import math

import numpy as np

from keraslite.backend.neural import Neural
from keraslite_numpy.attention import attention
from keraslite_numpy.bfloat16 import is_half, tensor
from keraslite_numpy.elementwise import softplus
from keraslite_numpy.tape import Traced, is_nested, primitive, record_joint, strip


def _softmax(x, axis):
    powers = np.subtract(x, np.maximum.reduce(x, axis, keepdims=True))
    powers = np.exp(powers, out=powers if powers.ndim else None)
    powers /= np.add.reduce(powers, axis, powers.dtype, keepdims=True)
    return powers


def _softmax_vjp(B, g, y, x, axis):
    weighted = g * y
    return weighted - y * B.sum(weighted, axis, True)


def _log_softmax(x, axis):
    shifted = np.subtract(x, np.maximum.reduce(x, axis, keepdims=True))
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis, x.dtype, keepdims=True))
    return shifted


def _log_softmax_vjp(B, g, y, x, axis):
    return g - B.exp(y) * B.sum(g, axis, True)


def _sparse_cross_entropy(logits, labels):
    shifted = np.subtract(logits, np.maximum.reduce(logits, -1, keepdims=True))
    rows = shifted.reshape(-1, shifted.shape[-1])
    chosen = rows[np.arange(len(rows)), labels.reshape(-1)].reshape(labels.shape)
    return np.log(np.add.reduce(np.exp(shifted), -1, shifted.dtype)) - chosen


def _sparse_cross_entropy_vjp(B, g, y, logits, labels):
    classes = logits.shape[-1]
    if type(logits) is Traced:
        hot = B.one_hot(labels, classes, -1, B.dtype(logits))
        return (B.softmax(logits, -1) - hot) * B.expand_dims(g, -1)
    d = _softmax(logits, -1)
    rows = d.reshape(-1, classes)
    rows[np.arange(len(rows)), labels.reshape(-1)] -= 1
    d *= np.expand_dims(g, -1)
    return d


def _softmax_cross_entropy(logits, targets):
    return -np.add.reduce(targets * _log_softmax(logits, -1), -1, logits.dtype)


def _softmax_cross_entropy_vjp(B, g, y, logits, targets):
    total = B.sum(targets, -1, True)
    return (B.softmax(logits, -1) * total - targets) * B.expand_dims(g, -1)


def _widened(fn):
    """A function computed in float32 where arrays among its arguments are 16-bit floats."""

    def wide(x, *others, **names):
        if not is_half(x):
            return fn(x, *others, **names)
        others = [_wide(y) if isinstance(y, np.ndarray) else y for y in others]
        return fn(_wide(x), *others, **names).astype(x.dtype)

    return wide


def _column_sum(rows):
    """Sum over axis 0 as a product with ones, which reads memory in order."""
    return np.ones(len(rows), rows.dtype) @ rows


def _row_sum(rows):
    """Sum over axis 1, kept, as a product with ones: four times as fast for rows of 128."""
    return (rows @ np.ones(rows.shape[1], rows.dtype))[:, None]


def _wide(x):
    return x.astype(np.float32) if is_half(x) else x


class NumpyNeural(Neural):
    softmax = primitive(_widened(_softmax), _softmax_vjp)
    log_softmax = primitive(_widened(_log_softmax), _log_softmax_vjp)
    softmax_cross_entropy = primitive(
        _widened(_softmax_cross_entropy),
        _softmax_cross_entropy_vjp,
        lambda B, g, y, logits, targets: -B.log_softmax(logits, -1) * B.expand_dims(g, -1),
    )
    sparse_softmax_cross_entropy = primitive(
        _widened(_sparse_cross_entropy), _sparse_cross_entropy_vjp
    )
    sigmoid_cross_entropy = primitive(
        _widened(lambda logits, targets: softplus(logits) - targets * logits),
        lambda B, g, y, logits, targets: g * (B.sigmoid(logits) - targets),
        lambda B, g, y, logits, targets: -g * logits,
    )

    def batch_normalization_train(self, x, axis, offset, scale, epsilon):
        if is_nested(x, offset, scale):
            return super().batch_normalization_train(x, axis, offset, scale, epsilon)
        raw = np.moveaxis(strip(x), axis, -1)
        rows = _wide(raw.reshape(-1, raw.shape[-1]))
        count = len(rows)
        mean = _column_sum(rows) / count
        normal = rows - mean
        variance = _column_sum(normal * normal) / count
        inverse = 1 / np.sqrt(variance + epsilon)
        normal *= inverse
        gain = None if scale is None else _wide(strip(scale))
        y = normal if gain is None else normal * gain
        if offset is not None:
            y = y + _wide(strip(offset))

        def moved(rows):
            return np.moveaxis(rows.astype(raw.dtype, copy=False).reshape(raw.shape), -1, axis)

        def backward(B, g, need, out, *inputs):
            g = _wide(np.moveaxis(g, axis, -1).reshape(rows.shape))
            total, matched = _column_sum(g), _column_sum(g * normal)
            dx = None
            if need[0]:
                dx = g - normal * (matched / count)
                dx -= total / count
                dx *= inverse if gain is None else inverse * gain
                dx = moved(dx)
            return dx, total.astype(raw.dtype), matched.astype(raw.dtype)

        out = record_joint(backward, (x, offset, scale), tensor(moved(y)))
        return out, tensor(mean.astype(raw.dtype)), tensor(variance.astype(raw.dtype))

    def layer_normalization(self, x, scale, offset, axes, epsilon):
        rank = x.ndim
        kept = sorted(a % rank for a in axes)
        if is_nested(x, scale, offset) or kept != list(range(rank - len(kept), rank)):
            return super().layer_normalization(x, scale, offset, axes, epsilon)
        raw = strip(x)
        inner = raw.shape[kept[0] :]
        size = math.prod(inner)
        rows = _wide(raw.reshape(-1, size))
        normal = rows - _row_sum(rows) / size
        square = np.vecdot(normal, normal)[:, None]
        inverse = 1 / np.sqrt(square / size + epsilon)
        normal *= inverse
        gain = None if scale is None else _wide(strip(scale).reshape(size))
        y = normal if gain is None else normal * gain
        if offset is not None:
            y = y + _wide(strip(offset).reshape(size))

        def shaped(array, shape):
            return tensor(array.astype(raw.dtype, copy=False).reshape(shape))

        def backward(B, g, need, out, *inputs):
            g = _wide(g.reshape(rows.shape))
            d_scale = shaped(_column_sum(g * normal), inner) if need[1] else None
            d_offset = shaped(_column_sum(g), inner) if need[2] else None
            if not need[0]:
                return None, d_scale, d_offset
            d = g if gain is None else g * gain
            dx = normal * (np.vecdot(d, normal)[:, None] / size)
            np.subtract(d, dx, dx)
            dx -= _row_sum(d) / size
            dx *= inverse
            return shaped(dx, raw.shape), d_scale, d_offset

        return record_joint(backward, (x, scale, offset), shaped(y, raw.shape))

    def dot_product_attention(self, query, key, value, bias, mask, scale, is_causal):
        inputs = (query, key, value)
        if (
            is_nested(*inputs, bias) or type(bias) is Traced or is_half(query)
            or query.shape[2] != key.shape[2]
        ):  # fmt: skip
            return super().dot_product_attention(query, key, value, bias, mask, scale, is_causal)
        if scale is None:
            scale = 1 / math.sqrt(query.shape[-1])
        if is_causal:
            causal = self.tri_mask(query.shape[1], key.shape[1], 0)
            mask = causal if mask is None else mask & causal
        return attention(*inputs, bias, mask, scale)
