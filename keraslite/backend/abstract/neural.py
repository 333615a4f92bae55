"""Shapes of neural network functions: one rule each, in place of running the composite."""

from typing import Any

from keraslite.backend.abstract.movement import window_counts
from keraslite.backend.abstract.shapes import axes_of, axis_of, broadcast, tensor, unify
from keraslite.backend.base import Backend


def _along(self, x, axis):
    axes_of(x.shape, axis)
    return tensor(x.shape, x.dtype)


class AbstractNeural(Backend):
    """See `Neural`."""

    softmax = log_softmax = _along

    def softmax_cross_entropy(self, logits, targets):
        return tensor(broadcast(logits.shape, targets.shape)[:-1], logits.dtype)

    def sparse_softmax_cross_entropy(self, logits, labels):
        what = "Labels must have the shape of the logits without the last axis"
        return tensor(unify(logits.shape[:-1], labels.shape, what), logits.dtype)

    def sigmoid_cross_entropy(self, logits, targets):
        return tensor(broadcast(logits.shape, targets.shape), logits.dtype)

    def batch_normalization(self, x, mean, variance, axis, offset, scale, epsilon):
        size = x.shape[axis_of(x.shape, axis)]
        for vector in (mean, variance, offset, scale):
            if vector is not None:
                unify((size,), vector.shape, f"Cannot normalize axis {axis} of shape {x.shape}")
        return tensor(x.shape, x.dtype)

    def batch_normalization_train(self, x, axis, offset, scale, epsilon):
        moment = tensor((x.shape[axis_of(x.shape, axis)],), x.dtype)
        y = self.batch_normalization(x, moment, moment, axis, offset, scale, epsilon)
        return y, moment, moment

    def layer_normalization(self, x, scale, offset, axes, epsilon):
        places = sorted(axes_of(x.shape, axes))
        sizes = tuple(x.shape[i] for i in places)
        for weight in (scale, offset):
            if weight is not None:
                unify(sizes, weight.shape, f"Cannot normalize axes {axes} of shape {x.shape}")
        return tensor(x.shape, x.dtype)

    def dot_product_attention(self, query, key, value, bias, mask, scale, is_causal):
        shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
        if not len(query.shape) == len(key.shape) == len(value.shape) == 4:
            raise ValueError(
                f"Attention needs tensors (batch, length, heads, size), found {shapes}."
            )
        what = f"Attention cannot combine {shapes}"
        unify(key.shape[:3], value.shape[:3], what)
        unify(query.shape[-1:], key.shape[-1:], what)
        heads, key_heads = query.shape[2], key.shape[2]
        if heads is not None and key_heads is not None and heads % key_heads:
            raise ValueError(f"{what}: {heads} heads are no multiple of {key_heads}.")
        batch = unify(query.shape[:1], key.shape[:1], what)
        scores = (*batch, heads, query.shape[1], key.shape[1])
        for extra in (bias, mask):
            if extra is not None:
                broadcast(scores, extra.shape)
        return tensor((*batch, *query.shape[1:3], value.shape[-1]), query.dtype)


class AbstractConvolution(Backend):
    """See `Convolution`."""

    def conv(self, x, kernel, strides, padding, dilation, groups, bias=None):
        *size, channels, filters = kernel.shape
        counts = window_counts(x, size, strides, dilation, padding)
        found = x.shape[-1]
        if found is not None and channels is not None and found != channels * groups:
            raise ValueError(
                f"Cannot convolve shape {x.shape} with kernel {kernel.shape} in {groups} groups:"
                f" the input has {found} channels, the kernel reads {channels * groups}."
            )
        if filters is not None and filters % groups:
            raise ValueError(f"{filters} filters cannot be divided into {groups} groups.")
        return tensor((x.shape[0], *counts, filters), x.dtype)

    def max_pool(self, x, pool_size, strides, padding):
        counts = window_counts(x, pool_size, strides, (1,) * len(pool_size), padding)
        return tensor((x.shape[0], *counts, x.shape[-1]), x.dtype)

    average_pool = max_pool


class AbstractRecurrent(Backend):
    """See `Recurrent`."""

    def simple_rnn(self, x, h, kernel, recurrent_kernel, bias, mask, reverse, activation):
        return self._outputs(x, (h,), kernel, recurrent_kernel, 1, mask)

    def lstm(self, x, h, c, kernel, recurrent_kernel, bias, mask, *settings, **named):
        return self._outputs(x, (h, c), kernel, recurrent_kernel, 4, mask)

    def gru(self, x, h, kernel, recurrent_kernel, bias, mask, *settings, **named):
        return self._outputs(x, (h,), kernel, recurrent_kernel, 3, mask)

    def _outputs(self, x, states, kernel, recurrent_kernel, gates, mask):
        if len(x.shape) != 3:
            raise ValueError(
                f"A recurrent layer needs (batch, time, features), found shape {x.shape}."
            )
        batch, time, _ = x.shape
        units = recurrent_kernel.shape[0]
        width = None if units is None else gates * units
        what = f"A recurrent kernel of shape {recurrent_kernel.shape} does not fit"
        unify((units, width), recurrent_kernel.shape, what)
        projected: Any = self.dense(x, kernel, None)
        unify((batch, time, width), projected.shape, what)
        if mask is not None:
            unify((batch, time), mask.shape, f"A mask does not fit an input of shape {x.shape}")
        state_shape = (batch, units)
        for state in states:
            state_shape = unify(state_shape, state.shape, what)
        last = tensor(state_shape, x.dtype)
        sequence = tensor((state_shape[0], time, units), x.dtype)
        return sequence, last, *(tensor(state_shape, s.dtype) for s in states)
