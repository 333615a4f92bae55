"""Recurrent layers by `lax.scan`, with a gradient written by hand.

A step is one matrix product and an elementwise function. Going back, the function is computed
again from the product's results, and the recurrent kernel's gradient is one product over all steps
after the loop. Measured on a CPU core, forward and gradient of an LSTM, batch 32, against JAX's own
gradient of the composite: 14 ms to 20 ms (100 steps, 100 units), 127 ms to 180 ms (50, 512).

Activations are applied to all gates in one piece: XLA vectorizes whole arrays, not their slices.
"""

import jax
import jax.numpy as jnp
from jax import lax


def _scan(step, reverse, states, inputs, others, keep, kernel, trace):
    """`states = step(states, input + states[0] @ kernel, other)` over the leading axis.

    Where the bool `keep` (T, N, 1) is False, the states stay as they are. Returns the last states
    and, in the order of the inputs, states[0] after each step and what `trace` makes of
    (states, products).
    """

    def body(states, slices):
        x, other, kept = slices
        product = x + states[0] @ kernel
        new = _masked(step, kept)(states, product, other)
        return new, (new[0], trace(states, product))

    last, (outputs, traced) = lax.scan(body, states, (inputs, others, keep), reverse=reverse)
    return (last, outputs), traced


def _masked(step, kept):
    if kept is None:
        return step

    def masked(states, product, other):
        new = step(states, product, other)
        return tuple(jnp.where(kept, n, old) for n, old in zip(new, states))

    return masked


def _recur_plain(step, reverse, states, inputs, others, keep, kernel):
    return _scan(step, reverse, states, inputs, others, keep, kernel, lambda *_: None)[0]


_recur = jax.custom_vjp(_recur_plain, nondiff_argnums=(0, 1))


def _recur_forward(step, reverse, states, inputs, others, keep, kernel):
    results, traced = _scan(
        step, reverse, states, inputs, others, keep, kernel, lambda *traced: traced
    )
    return results, (traced, others, keep, kernel)


def _recur_backward(step, reverse, residuals, gradients):
    (before, products), others, keep, kernel = residuals
    last, outputs = gradients
    transposed = kernel.T

    def body(gradient, slices):
        states, product, other, kept, output = slices
        _, vjp = jax.vjp(_masked(step, kept), states, product, other)
        states, product, other = vjp((gradient[0] + output, *gradient[1:]))
        return (states[0] + product @ transposed, *states[1:]), (product, other)

    slices = (before, products, others, keep, outputs)
    states, (inputs, others) = lax.scan(body, last, slices, reverse=not reverse)
    return states, inputs, others, None, jnp.einsum("tni,tnj->ij", before[0], inputs)


_recur.defvjp(_recur_forward, _recur_backward)


class Recurrent:
    def _run(self, step, states, inputs, others, mask, reverse, kernel):
        keep = None if mask is None else mask.T[:, :, None]
        last, outputs = _recur(step, reverse, states, inputs, others, keep, kernel)
        outputs = outputs[::-1] if reverse else outputs
        return outputs.swapaxes(0, 1), last[0], *last

    def simple_rnn(self, x, h, kernel, recurrent_kernel, bias, mask, reverse, activation):
        act = getattr(self, activation)
        inputs = self.dense(x.swapaxes(0, 1), kernel, bias)
        step = lambda states, product, _: (act(product),)
        return self._run(step, (h,), inputs, None, mask, reverse, recurrent_kernel)

    def lstm(
        self, x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation,
    ):  # fmt: skip
        act, gate = getattr(self, activation), getattr(self, recurrent_activation)
        units = h.shape[-1]

        def step(states, product, _):
            i, f, _, o = jnp.split(gate(product), 4, -1)
            c = f * states[1] + i * act(product[:, 2 * units : 3 * units])
            return o * act(c), c

        inputs = self.dense(x.swapaxes(0, 1), kernel, bias)
        return self._run(step, (h, c), inputs, None, mask, reverse, recurrent_kernel)

    def gru(
        self, x, h, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation, reset_after,
    ):  # fmt: skip
        if not reset_after:  # two products a step
            return super().gru(
                x, h, kernel, recurrent_kernel, bias, mask, reverse,
                activation, recurrent_activation, reset_after,
            )  # fmt: skip
        act, gate = getattr(self, activation), getattr(self, recurrent_activation)
        units = h.shape[-1]

        def step(states, product, candidate):
            z, r, _ = jnp.split(gate(product), 3, -1)
            return (z * states[0] + (1 - z) * act(candidate + r * product[:, 2 * units :]),)

        input_bias, recurrent_bias = (None, 0) if bias is None else bias
        projected = self.dense(x.swapaxes(0, 1), kernel, input_bias)
        # The gates' projection and the recurrent bias join the recurrent product; the candidate's
        # projection stays apart, as the reset gate does not apply to it.
        inputs = projected.at[..., 2 * units :].set(0) + recurrent_bias
        candidate = projected[..., 2 * units :]
        return self._run(step, (h,), inputs, candidate, mask, reverse, recurrent_kernel)
