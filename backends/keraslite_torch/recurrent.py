"""Recurrent layers on torch's fused kernels, for the activations that those know, unmasked.

Inside nested `value_and_grad` calls the inherited loops run: cuDNN's cannot be derived twice.
"""

import torch

from keraslite_torch.state import nesting


class Recurrent:
    def simple_rnn(self, x, h, kernel, recurrent_kernel, bias, mask, reverse, activation):
        if not _fusible(mask) or activation not in ("tanh", "relu"):
            return super().simple_rnn(
                x, h, kernel, recurrent_kernel, bias, mask, reverse, activation
            )
        fused = torch.rnn_tanh if activation == "tanh" else torch.rnn_relu
        weights = [kernel.mT, recurrent_kernel.mT]
        if bias is not None:
            weights += [bias, torch.zeros_like(bias)]
        return _run(fused, x, (h,), weights, reverse)

    def lstm(
        self, x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation,
    ):  # fmt: skip
        if not _fusible(mask) or (activation, recurrent_activation) != ("tanh", "sigmoid"):
            return super().lstm(
                x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
                activation, recurrent_activation,
            )  # fmt: skip
        weights = [kernel.mT, recurrent_kernel.mT]
        if bias is not None:
            weights += [bias, torch.zeros_like(bias)]
        return _run(torch.lstm, x, (h, c), weights, reverse)

    def gru(
        self, x, h, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation, reset_after,
    ):  # fmt: skip
        fusible = reset_after and _fusible(mask)
        if not fusible or (activation, recurrent_activation) != ("tanh", "sigmoid"):
            return super().gru(
                x, h, kernel, recurrent_kernel, bias, mask, reverse,
                activation, recurrent_activation, reset_after,
            )  # fmt: skip
        weights = [_reset_first(kernel).mT, _reset_first(recurrent_kernel).mT]
        if bias is not None:
            weights += _reset_first(bias).unbind(0)
        return _run(torch.gru, x, (h,), weights, reverse)


def _fusible(mask):
    return mask is None and nesting.depth < 2


def _reset_first(weights):
    """Gates in torch's order, r, z, h, from z, r, h."""
    z, r, h = weights.chunk(3, -1)
    return torch.cat((r, z, h), -1)


def _run(fused, x, states, weights, reverse):
    """One layer, one direction, batch first: (sequence, last output, *states)."""
    x = torch.flip(x, (1,)) if reverse else x
    # Views of one block of memory, as cuDNN wants them.
    block = torch.cat([w.reshape(-1) for w in weights])
    parts = block.split([w.numel() for w in weights])
    weights = [part.view(w.shape) for part, w in zip(parts, weights)]
    states = [s.unsqueeze(0) for s in states]
    outputs, *last = fused(
        x,
        states if len(states) > 1 else states[0],
        weights,
        has_biases=len(weights) == 4,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=False,
        batch_first=True,
    )
    last = [s.squeeze(0) for s in last]
    return outputs, last[0], *last
