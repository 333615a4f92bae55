"""Neural network functions on torch's fused kernels."""

import torch
from torch.nn import functional as F

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
        differentiated = mean.requires_grad or variance.requires_grad
        if differentiated or x.dtype in _HALVES or x.ndim < 2:
            return super().batch_normalization(x, mean, variance, axis, offset, scale, epsilon)
        y = F.batch_norm(x.movedim(axis, 1), mean, variance, scale, offset, False, 0.0, epsilon)
        return y.movedim(1, axis)

    def batch_normalization_train(self, x, axis, offset, scale, epsilon):
        channels = x.shape[axis]
        count = x.numel() // max(channels, 1)
        if x.dtype in _HALVES or count < 2:
            return super().batch_normalization_train(x, axis, offset, scale, epsilon)
        # With momentum 1 the "running" moments become the batch's; torch's variance is unbiased.
        moments = x.new_zeros((2, channels))
        mean, variance = moments.unbind(0)
        y = F.batch_norm(x.movedim(axis, 1), mean, variance, scale, offset, True, 1.0, epsilon)
        return y.movedim(1, axis), mean, variance * ((count - 1) / count)

    def layer_normalization(self, x, scale, offset, axes, epsilon):
        axes = sorted(a % x.ndim for a in axes)
        if axes != list(range(x.ndim - len(axes), x.ndim)):
            return super().layer_normalization(x, scale, offset, tuple(axes), epsilon)
        return F.layer_norm(x, x.shape[axes[0] :], scale, offset, epsilon)

    def dot_product_attention(self, query, key, value, bias, mask, scale, is_causal):
        if bias is not None or (is_causal and mask is not None):
            return super().dot_product_attention(query, key, value, bias, mask, scale, is_causal)
        heads_first = (t.transpose(1, 2) for t in (query, key, value))
        attended = F.scaled_dot_product_attention(
            *heads_first,
            attn_mask=mask,
            is_causal=is_causal,
            scale=scale,
            enable_gqa=query.shape[2] != key.shape[2],
        )
        return attended.transpose(1, 2)
