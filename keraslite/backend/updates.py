"""Contract, optimizer updates over whole lists of variables at once.

Parameters and slots are lists of handles, gradients a list of tensors; rates and step counts are
scalar tensors or Python numbers. Each function returns the new handles, list for list. Gradients
arrive clipped and regularized; weight decay, EMA and accumulation are the optimizers' own.
"""

import math


class Updates:
    """Update rules; an engine overrides with fused or multi-tensor kernels."""

    def _each(self, rule, *lists):
        """Apply `rule` to the values of each variable; assign what it returns, in the lists' order.

        `rule(gradient, *values)` gets lists[0][i] as gradient and the values of the other lists'
        handles; it returns a tuple of new values, one for each of them.
        """
        gradients, *handles = lists
        columns = []
        for gradient, *row in zip(gradients, *handles):
            new = rule(gradient, *(self.read(handle) for handle in row))
            columns.append([self.assign(handle, value) for handle, value in zip(row, new)])
        return [list(column) for column in zip(*columns)]

    def update_sgd(self, gradients, parameters, rate):
        """p -= rate * g. Returns [parameters]."""
        return self._each(lambda g, p: (p - self._like(rate, p) * g,), gradients, parameters)

    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        """v = momentum * v - rate * g; p += v, or momentum * v - rate * g with Nesterov's look
        ahead. Returns [parameters, velocities]."""

        def rule(g, p, v):
            step = self._like(rate, p) * g
            v = momentum * v - step
            return (p + momentum * v - step if nesterov else p + v), v

        return self._each(rule, gradients, parameters, velocities)

    def update_rmsprop(
        self, gradients, parameters, squares, averages, velocities,
        rate, rho, momentum, epsilon, centered,
    ):  # fmt: skip
        """RMSprop (Hinton, 2012): s = rho * s + (1 - rho) * g**2.

        The step is rate * g / sqrt(s - centered * average**2 + epsilon), through a velocity if
        momentum > 0. Lists that are not used are passed and returned as they are.
        Returns [parameters, squares, averages, velocities].
        """

        used = [parameters, squares]
        used += [averages] if centered else []
        used += [velocities] if momentum > 0 else []

        def rule(g, p, s, *rest):
            rest = list(rest)
            s = rho * s + (1 - rho) * (g * g)
            spread = s
            if centered:
                rest[0] = rho * rest[0] + (1 - rho) * g
                spread = s - rest[0] * rest[0]
            step = self._like(rate, p) * g / self.sqrt(spread + epsilon)
            if momentum > 0:
                rest[-1] = step = momentum * rest[-1] + step
            return p - step, s, *rest

        parameters, squares, *rest = self._each(rule, gradients, *used)
        averages = rest.pop(0) if centered else averages
        velocities = rest.pop(0) if momentum > 0 else velocities
        return [parameters, squares, averages, velocities]

    def update_adam(
        self, gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
    ):
        """Adam (Kingma and Ba, 2014) in the form of its section 2.1's last paragraph.

        step is the count of this update, from 1, as a float: the rate is scaled by
        sqrt(1 - beta_2**step) / (1 - beta_1**step). Returns [parameters, means, squares].
        """
        rate = self.unbiased_rate(rate, step, beta_1, beta_2)

        def rule(g, p, m, s):
            m = m + (g - m) * (1 - beta_1)
            s = s + (g * g - s) * (1 - beta_2)
            return p - self._like(rate, p) * m / (self.sqrt(s) + epsilon), m, s

        return self._each(rule, gradients, parameters, means, squares)

    def unbiased_rate(self, rate, step, beta_1, beta_2):
        """rate * sqrt(1 - beta_2**step) / (1 - beta_1**step), Adam's correction of the bias.

        Written with expm1: in float32, 1 - 0.999**1 would keep only four digits.
        """
        if isinstance(step, (int, float)):
            return rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)
        if beta_2:
            rate = rate * self.sqrt(-self.expm1(step * math.log(beta_2)))
        return rate / -self.expm1(step * math.log(beta_1)) if beta_1 else rate

    def _like(self, scalar, tensor):
        """A scalar in the tensor's dtype; Python numbers pass."""
        if isinstance(scalar, (int, float)):
            return scalar
        return self.cast(scalar, self.dtype(tensor))

    def global_norm(self, tensors):
        """Euclidean norm of all elements of all tensors, float32 or wider."""
        squares = [self.sum(w * w) for w in map(self._wide, tensors)]
        return self.sqrt(sum(squares[1:], squares[0]))
