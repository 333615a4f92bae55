"""Optimizer updates in place, by TensorFlow's training kernels, one for each variable."""

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


def _all_variables(*lists):
    return all(isinstance(handle, tf.Variable) for handles in lists for handle in handles)


class TensorflowUpdates:
    def update_sgd(self, gradients, parameters, rate):
        if not _all_variables(parameters):
            return super().update_sgd(gradients, parameters, rate)  # type: ignore[misc]
        for g, p in zip(gradients, parameters):
            raw.ResourceApplyGradientDescent(var=p.handle, alpha=_scalar(rate, g), delta=g)
        return [parameters]

    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        if not _all_variables(parameters, velocities):
            return super().update_momentum(  # type: ignore[misc]
                gradients, parameters, velocities, rate, momentum, nesterov
            )
        for g, p, v in zip(gradients, parameters, velocities):
            raw.ResourceApplyKerasMomentum(
                var=p.handle,
                accum=v.handle,
                lr=_scalar(rate, g),
                grad=g,
                momentum=_scalar(momentum, g),
                use_nesterov=nesterov,
            )
        return [parameters, velocities]

    def update_adam(
        self, gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
    ):
        if not _all_variables(parameters, means, squares):
            return super().update_adam(  # type: ignore[misc]
                gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
            )
        # The kernel's own bias correction, from powers that it would take in each variable's
        # dtype, is left out by powers of 0.
        rate = rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)
        for g, p, m, s in zip(gradients, parameters, means, squares):
            zero = _scalar(0, g)
            raw.ResourceApplyAdam(
                var=p.handle,
                m=m.handle,
                v=s.handle,
                beta1_power=zero,
                beta2_power=zero,
                lr=_scalar(rate, g),
                beta1=_scalar(beta_1, g),
                beta2=_scalar(beta_2, g),
                epsilon=_scalar(epsilon, g),
                grad=g,
            )
        return [parameters, means, squares]


def _scalar(value, tensor):
    """A rate (tensor or number) as a scalar of the tensor's dtype."""
    return tf.cast(value, tensor.dtype)
