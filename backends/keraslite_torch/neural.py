"""Neural network functions on torch's fused kernels.

Some of the kernels cannot be differentiated twice; inside nested `value_and_grad` calls the
inherited composites stand in for them.
"""

import torch
from torch.nn import functional as F

from keraslite_torch.state import nesting

_HALVES = (torch.float16, torch.bfloat16)


class Neural:
    def softmax(self, x, axis):
        return torch.softmax(x, axis) if isinstance(axis, int) else super().softmax(x, axis)

    def log_softmax(self, x, axis):
        return torch.log_softmax(x, axis) if isinstance(axis, int) else super().log_softmax(x, axis)

    def sparse_softmax_cross_entropy(self, logits, labels):
        rows = logits.reshape(-1, logits.shape[-1])
        loss = F.cross_entropy(rows, labels.reshape(-1).to(torch.int64), reduction="none")
        return loss.reshape(labels.shape)

    def batch_normalization(self, x, mean, variance, axis, offset, scale, epsilon):
        differentiated = mean.requires_grad or variance.requires_grad or nesting.depth > 1
        if differentiated or x.dtype in _HALVES or x.ndim < 2:
            return super().batch_normalization(x, mean, variance, axis, offset, scale, epsilon)
        y = F.batch_norm(x.movedim(axis, 1), mean, variance, scale, offset, False, 0.0, epsilon)
        return y.movedim(1, axis)

    def batch_normalization_train(self, x, axis, offset, scale, epsilon):
        channels = x.shape[axis]
        count = x.numel() // max(channels, 1)
        if x.dtype in _HALVES or count < 2 or nesting.depth > 1:
            return super().batch_normalization_train(x, axis, offset, scale, epsilon)
        # With momentum 1 the "running" moments become the batch's; torch's variance is unbiased.
        mean, variance = x.new_zeros((2, channels)).unbind(0)
        y = F.batch_norm(x.movedim(axis, 1), mean, variance, scale, offset, True, 1.0, epsilon)
        return y.movedim(1, axis), mean, variance * ((count - 1) / count)

    def layer_normalization(self, x, scale, offset, axes, epsilon):
        axes = sorted(a % x.ndim for a in axes)
        if nesting.depth > 1 or axes != list(range(x.ndim - len(axes), x.ndim)):
            return super().layer_normalization(x, scale, offset, tuple(axes), epsilon)
        return F.layer_norm(x, x.shape[axes[0] :], scale, offset, epsilon)

    def dot_product_attention(self, query, key, value, bias, mask, scale, is_causal):
        if nesting.depth > 1:
            return super().dot_product_attention(query, key, value, bias, mask, scale, is_causal)
        query, key, value = (t.transpose(1, 2) for t in (query, key, value))
        if is_causal and (bias is not None or mask is not None):
            causal = self.tri_mask(query.shape[2], key.shape[2], 0)
            mask, is_causal = causal if mask is None else mask & causal, False
        if mask is not None:
            query, bias = _masked(query, bias, mask)
        attended = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=bias,
            is_causal=is_causal,
            scale=scale,
            enable_gqa=query.shape[1] != key.shape[1],
        )
        return attended.transpose(1, 2)


def _masked(query, bias, mask):
    """The query and what to pass as `attn_mask`.

    A query that may attend to nothing attends to all alike, as the softmax of equal numbers does;
    torch has zeros there. So its vector and its biases become 0, and its mask True.
    """
    attends = mask.any(-1, keepdim=True)
    query, mask = torch.where(attends, query, 0), mask | ~attends
    if bias is None:
        return query, mask
    return query, torch.where(mask, torch.where(attends, bias, 0), -torch.inf)
