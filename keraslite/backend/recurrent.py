"""Contract, recurrent layers over batch-major sequences (N, T, C).

Each function returns (sequence, last output, *states): sequence (N, T, units) holds the outputs of
all steps, in the order in which they were computed. `mask` is None or bool (N, T): where False, the
states stay as they are and the output repeats. `activation` and `recurrent_activation` are names of
backend methods of one argument.
"""


class Recurrent:
    """Input projections stand before the loop; the loop is `scan`."""

    def _loop(self, step, states, inputs, mask, reverse):
        """Run `step(states, *slices) -> states` over time; states[0] is the output."""
        xs = [self.swapaxes(x, 0, 1) for x in inputs]
        if mask is not None:
            xs.append(self.expand_dims(self.swapaxes(mask, 0, 1), -1))
        if reverse:
            xs = [self.flip(x, 0) for x in xs]

        def body(carry, x):
            if mask is None:
                new = step(carry, *x)
            else:
                *x, keep = x
                new = step(carry, *x)
                new = tuple(self.where(keep, n, old) for n, old in zip(new, carry))
            return new, (new[0],)

        last, (outputs,) = self.scan(body, tuple(states), tuple(xs), None)
        return self.swapaxes(outputs, 0, 1), last[0], *last

    def _project(self, x, kernel, bias):
        return self.dense(x, kernel, bias)

    def simple_rnn(self, x, h, kernel, recurrent_kernel, bias, mask, reverse, activation):
        """h = activation(x @ kernel + bias + h @ recurrent_kernel)."""
        act = getattr(self, activation)

        def step(states, projected):
            return (act(projected + self.matmul(states[0], recurrent_kernel)),)

        return self._loop(step, (h,), [self._project(x, kernel, bias)], mask, reverse)

    def lstm(
        self, x, h, c, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation,
    ):  # fmt: skip
        """Hochreiter and Schmidhuber, 1997, with forget gate; gates in the order i, f, c, o.

        kernel (C, 4 * units), recurrent_kernel (units, 4 * units), bias (4 * units,) or None.
        """
        act, gate = getattr(self, activation), getattr(self, recurrent_activation)

        def step(states, projected):
            h, c = states
            i, f, g, o = self.split(projected + self.matmul(h, recurrent_kernel), 4, -1)
            c = gate(f) * c + gate(i) * act(g)
            return gate(o) * act(c), c

        return self._loop(step, (h, c), [self._project(x, kernel, bias)], mask, reverse)

    def gru(
        self, x, h, kernel, recurrent_kernel, bias, mask, reverse,
        activation, recurrent_activation, reset_after,
    ):  # fmt: skip
        """Cho et al., 2014; gates in the order z, r, h.

        bias is None, (2, 3 * units) with `reset_after` (the variant that cuDNN computes), or
        (3 * units,) without.
        """
        act, gate = getattr(self, activation), getattr(self, recurrent_activation)
        units = self.shape(h)[-1]
        input_bias, recurrent_bias = bias, None
        if bias is not None and reset_after:
            input_bias, recurrent_bias = self.unstack(bias, 0)

        def step_after(states, projected):
            (h,) = states
            inner = self.dense(h, recurrent_kernel, recurrent_bias)
            xz, xr, xh = self.split(projected, 3, -1)
            hz, hr, hh = self.split(inner, 3, -1)
            z, r = gate(xz + hz), gate(xr + hr)
            new = act(xh + r * hh)
            return (z * h + (1 - z) * new,)

        def step_before(states, projected):
            (h,) = states
            xz, xr, xh = self.split(projected, 3, -1)
            gates = self.matmul(h, self.slice_axis(recurrent_kernel, 1, 0, 2 * units))
            hz, hr = self.split(gates, 2, -1)
            z, r = gate(xz + hz), gate(xr + hr)
            last = self.slice_axis(recurrent_kernel, 1, 2 * units, 3 * units)
            new = act(xh + self.matmul(r * h, last))
            return (z * h + (1 - z) * new,)

        step = step_after if reset_after else step_before
        return self._loop(step, (h,), [self._project(x, kernel, input_bias)], mask, reverse)
