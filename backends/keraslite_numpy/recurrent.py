"""NumPy engine, recurrent layers: one loop forward, one back, weight gradients in one product.

`_run` is the loop over time that all layers share: projection of the whole input first, masks,
gradients of input, kernel and bias at the end. A cell is one step: `forward(projected, *states)`
returns the new states and saves what `backward` needs. Gradients of gradients, and activations
other than those in `_ACTIVATIONS`, go through the base class.
"""

import numpy as np

from keraslite.backend.recurrent import Recurrent
from keraslite_numpy.bfloat16 import is_half
from keraslite_numpy.tape import is_nested, record_joint, strip


def _sigmoid(x):
    """In place."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    return np.reciprocal(x, out=x)


# name: (function in place, derivative from the function's value)
_ACTIVATIONS = {
    "tanh": (lambda x: np.tanh(x, out=x), lambda y: 1 - y * y),
    "sigmoid": (_sigmoid, lambda y: y * (1 - y)),
    "relu": (lambda x: np.maximum(x, 0, out=x), lambda y: (y > 0).astype(y.dtype)),
}


class _Cell:
    """One step of a recurrent layer, with what its steps saved."""

    def __init__(self, recurrent_kernel, recurrent_bias, activation, gate="sigmoid"):
        self.kernel, self.bias = recurrent_kernel, recurrent_bias
        self.kernel_turned = np.ascontiguousarray(recurrent_kernel.T)
        self.units = len(recurrent_kernel)
        self.act, self.act_slope = _ACTIVATIONS[activation]
        self.gate, self.gate_slope = _ACTIVATIONS[gate]
        self.saved = []

    def parts(self, x):
        """The gates' columns."""
        return [x[:, i : i + self.units] for i in range(0, x.shape[1], self.units)]

    def prepare_backward(self, activated):
        """Called with all steps' results of `forward`'s work in place on `projected`."""

    def weight_gradients(self, h, d_projected):
        """Of the recurrent kernel and bias, from the steps' h (T, N, units) and d_projected."""
        return _rows(h).T @ _rows(d_projected), None


class _SimpleCell(_Cell):
    def forward(self, z, h):
        z += h @ self.kernel
        self.saved.append(self.act(z))
        return (z,)

    def backward(self, t, dz, before, dh):
        np.multiply(dh, self.act_slope(self.saved[t]), out=dz)
        return (dz @ self.kernel_turned,)


class _LstmCell(_Cell):
    def forward(self, z, h, c):
        units = self.units
        z += h @ self.kernel
        i, f, g, o = self.parts(z)
        self.gate(z[:, : 2 * units])
        self.act(g)
        self.gate(o)
        c = f * c
        c += i * g
        squashed = self.act(c.copy())
        self.saved.append((z, squashed))
        return o * squashed, c

    def prepare_backward(self, activated):
        g = activated[..., 2 * self.units : 3 * self.units]
        self.slopes = self.gate_slope(activated)
        self.slopes[..., 2 * self.units : 3 * self.units] = self.act_slope(g)

    def backward(self, t, dz, before, dh, dc):
        z, squashed = self.saved[t]
        i, f, g, o = self.parts(z)
        through = self.act_slope(squashed)
        through *= dh
        through *= o
        dc = dc + through
        di, df, dg, do = self.parts(dz)
        np.multiply(dc, g, out=di)
        np.multiply(dc, before[1], out=df)
        np.multiply(dc, i, out=dg)
        np.multiply(dh, squashed, out=do)
        dz *= self.slopes[t]
        dc *= f
        return dz @ self.kernel_turned, dc


class _GruCell(_Cell):
    """reset_after=True: the reset gate scales the projected state."""

    def forward(self, z, h):
        units = self.units
        inner = h @ self.kernel
        if self.bias is not None:
            inner += self.bias
        z[:, : 2 * units] += inner[:, : 2 * units]
        self.gate(z[:, : 2 * units])
        update, reset, new = self.parts(z)
        hidden = inner[:, 2 * units :]
        new += reset * hidden
        self.act(new)
        self.saved.append((z, hidden))
        return (update * (h - new) + new,)

    def backward(self, t, dz, before, dh):
        z, hidden = self.saved[t]
        update, reset, new = self.parts(z)
        d_update, d_reset, d_new = self.parts(dz)
        np.multiply(dh, before[0] - new, out=d_update)
        np.multiply(dh, 1 - update, out=d_new)
        d_new *= self.act_slope(new)
        np.multiply(d_new, hidden, out=d_reset)
        dz[:, : 2 * self.units] *= self.gate_slope(z[:, : 2 * self.units])
        d_inner = dz.copy()
        d_inner[:, 2 * self.units :] *= reset
        self.saved[t] = d_inner
        return (d_inner @ self.kernel_turned + dh * update,)

    def weight_gradients(self, h, d_projected):
        d_inner = np.concatenate(self.saved)
        return _rows(h).T @ d_inner, np.add.reduce(d_inner, 0)


class _GruBeforeCell(_Cell):
    """reset_after=False: the reset gate scales the state before its projection."""

    def __init__(self, *args):
        super().__init__(*args)
        self.gates = self.kernel[:, : 2 * self.units]
        self.last = self.kernel[:, 2 * self.units :]

    def forward(self, z, h):
        gates = z[:, : 2 * self.units]
        gates += h @ self.gates
        self.gate(gates)
        update, reset, new = self.parts(z)
        kept = reset * h
        new += kept @ self.last
        self.act(new)
        self.saved.append((z, kept))
        return (update * (h - new) + new,)

    def backward(self, t, dz, before, dh):
        z, _ = self.saved[t]
        update, reset, new = self.parts(z)
        d_update, d_reset, d_new = self.parts(dz)
        np.multiply(dh, before[0] - new, out=d_update)
        np.multiply(dh, 1 - update, out=d_new)
        d_new *= self.act_slope(new)
        d_kept = d_new @ self.last.T
        np.multiply(d_kept, before[0], out=d_reset)
        dz[:, : 2 * self.units] *= self.gate_slope(z[:, : 2 * self.units])
        return (dz[:, : 2 * self.units] @ self.gates.T + d_kept * reset + dh * update,)

    def weight_gradients(self, h, d_projected):
        dz = _rows(d_projected)
        kept = np.concatenate([kept for _, kept in self.saved])
        gates = _rows(h).T @ dz[:, : 2 * self.units]
        return np.concatenate([gates, kept.T @ dz[:, 2 * self.units :]], 1), None


def _rows(x):
    return x.reshape(-1, x.shape[-1])


def _time_major(x, reverse):
    """(N, T, C) as (T, N, C), in the order of the computation."""
    x = x.swapaxes(0, 1)
    return x[::-1] if reverse else x


def _run(cell, x, states, kernel, bias, mask, reverse):
    """Forward over all steps: (results, backward).

    `backward(need_x, *grads of results)` returns the gradients of x, states, kernel, recurrent
    kernel, bias, recurrent bias.
    """
    x = np.ascontiguousarray(_time_major(x, reverse))
    steps, batch, _ = x.shape
    projected = (_rows(x) @ kernel).reshape(steps, batch, -1)
    if bias is not None:
        projected += bias
    keep = None if mask is None else _time_major(mask, reverse)[..., None]
    outputs = np.empty((steps, batch, states[0].shape[-1]), x.dtype)
    history = []
    for t in range(steps):
        history.append(states)
        new = cell.forward(projected[t], *states)
        if keep is not None:
            new = tuple(np.where(keep[t], n, old) for n, old in zip(new, states))
        outputs[t] = new[0]
        states = new
    results = (outputs.swapaxes(0, 1), states[0], *states)

    def backward(need_x, g_outputs, g_last, *g_states):
        d_states = [np.zeros_like(s) if g is None else g for g, s in zip(g_states, states)]
        if g_last is not None:
            d_states[0] = d_states[0] + g_last
        d_projected = np.empty_like(projected)
        cell.prepare_backward(projected)
        for t in reversed(range(steps)):
            if g_outputs is not None:
                d_states[0] = d_states[0] + g_outputs[:, t]
            skipped = None
            if keep is not None:
                skipped = [np.where(keep[t], 0, d) for d in d_states]
                d_states = [np.where(keep[t], d, 0) for d in d_states]
            d_states = list(cell.backward(t, d_projected[t], history[t], *d_states))
            if skipped is not None:
                d_states = [d + s for d, s in zip(d_states, skipped)]
        before = np.concatenate([history[0][0][None], outputs[:-1]])
        rows = _rows(d_projected)
        dx = None
        if need_x:
            dx = (rows @ kernel.T).reshape(x.shape)
            dx = (dx[::-1] if reverse else dx).swapaxes(0, 1)
        d_kernel = _rows(x).T @ rows
        d_recurrent, d_recurrent_bias = cell.weight_gradients(before, d_projected)
        return dx, d_states, d_kernel, d_recurrent, np.add.reduce(rows, 0), d_recurrent_bias

    return results, backward


class NumpyRecurrent(Recurrent):
    def _fused(self, make_cell, x, states, kernel, recurrent_kernel, bias, mask, reverse):
        """Run a cell's loop and record it as one entry of the tape."""
        arguments = (x, *states, kernel, recurrent_kernel, bias)
        raw_x, *raw_states, raw_kernel, raw_recurrent, raw_bias = map(strip, arguments)
        two_biases = np.ndim(raw_bias) == 2
        input_bias, recurrent_bias = raw_bias if two_biases else (raw_bias, None)
        cell = make_cell(raw_recurrent, recurrent_bias)
        results, backward = _run(
            cell, raw_x, tuple(raw_states), raw_kernel, input_bias, strip(mask), reverse
        )

        def vjp(B, g, need, out, *inputs):
            dx, d_states, d_kernel, d_recurrent, d_bias, d_recurrent_bias = backward(need[0], *g)
            if two_biases:
                d_bias = np.stack([d_bias, d_recurrent_bias])
            return dx, *d_states, d_kernel, d_recurrent, d_bias

        return record_joint(vjp, arguments, results)

    def _is_fusible(self, tensors, *activations):
        return not is_nested(*tensors) and all(a in _ACTIVATIONS for a in activations)

    def _through_float32(self, name, count, args):
        """A 16-bit layer computed in float32; the first `count` arguments are tensors or None."""
        dtype = self.dtype(args[0])
        wide = [None if x is None else self.cast(x, "float32") for x in args[:count]]
        return tuple(self.cast(y, dtype) for y in getattr(self, name)(*wide, *args[count:]))

    def simple_rnn(self, x, h, kernel, recurrent_kernel, bias, mask, reverse, activation):
        args = (x, h, kernel, recurrent_kernel, bias, mask, reverse, activation)
        if is_half(x):
            return self._through_float32("simple_rnn", 5, args)
        if not self._is_fusible(args[:5], activation):
            return super().simple_rnn(*args)
        make = lambda weights, extra: _SimpleCell(weights, extra, activation)
        return self._fused(make, x, (h,), kernel, recurrent_kernel, bias, mask, reverse)

    def lstm(
        self, x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation,
    ):  # fmt: skip
        args = (x, h, c, kernel, recurrent_kernel, bias, mask, reverse)
        names = (activation, recurrent_activation)
        if is_half(x):
            return self._through_float32("lstm", 6, (*args, *names))
        if not self._is_fusible(args[:6], *names):
            return super().lstm(*args, *names)
        make = lambda weights, extra: _LstmCell(weights, extra, *names)
        return self._fused(make, x, (h, c), kernel, recurrent_kernel, bias, mask, reverse)

    def gru(
        self, x, h, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation, reset_after,
    ):  # fmt: skip
        args = (x, h, kernel, recurrent_kernel, bias, mask, reverse)
        names = (activation, recurrent_activation)
        if is_half(x):
            return self._through_float32("gru", 5, (*args, *names, reset_after))
        if not self._is_fusible(args[:5], *names):
            return super().gru(*args, *names, reset_after)
        kind = _GruCell if reset_after else _GruBeforeCell
        make = lambda weights, extra: kind(weights, extra, *names)
        return self._fused(make, x, (h,), kernel, recurrent_kernel, bias, mask, reverse)
