"""Optimizer updates in place, by TensorFlow's training kernels, one for each variable."""

import functools

from keraslite_tensorflow.arrays import raw
from keraslite_tensorflow.engine import tf


def _all_variables(*lists):
    return all(isinstance(handle, tf.Variable) for handles in lists for handle in handles)


def _scalars(*values):
    """A function of a dtype: rates (tensors or numbers) as scalars of it, made once for each."""

    @functools.cache
    def of_dtype(dtype):
        return [
            tf.cast(v, dtype) if isinstance(v, tf.Tensor) else tf.constant(v, dtype) for v in values
        ]

    return of_dtype


class TensorflowUpdates:
    def update_sgd(self, gradients, parameters, rate):
        if not _all_variables(parameters):
            return super().update_sgd(gradients, parameters, rate)  # type: ignore[misc]
        scalars = _scalars(rate)
        for g, p in zip(gradients, parameters):
            (alpha,) = scalars(g.dtype)
            raw.ResourceApplyGradientDescent(var=p.handle, alpha=alpha, delta=g)
        return [parameters]

    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        if not _all_variables(parameters, velocities):
            return super().update_momentum(  # type: ignore[misc]
                gradients, parameters, velocities, rate, momentum, nesterov
            )
        scalars = _scalars(rate, momentum)
        for g, p, v in zip(gradients, parameters, velocities):
            lr, decay = scalars(g.dtype)
            raw.ResourceApplyKerasMomentum(
                var=p.handle,
                accum=v.handle,
                lr=lr,
                grad=g,
                momentum=decay,
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
        # The kernel corrects the bias in each variable's own dtype; powers of 0 leave that out.
        rate = rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)
        scalars = _scalars(rate, beta_1, beta_2, epsilon, 0)
        for g, p, m, s in zip(gradients, parameters, means, squares):
            lr, decay_1, decay_2, small, zero = scalars(g.dtype)
            raw.ResourceApplyAdam(
                var=p.handle,
                m=m.handle,
                v=s.handle,
                beta1_power=zero,
                beta2_power=zero,
                lr=lr,
                beta1=decay_1,
                beta2=decay_2,
                epsilon=small,
                grad=g,
            )
        return [parameters, means, squares]
