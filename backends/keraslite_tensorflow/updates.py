"""Optimizer updates in place, by TensorFlow's training kernels, one for each variable."""

import functools
from typing import Any

import numpy as np

from keraslite_tensorflow.arrays import raw, scalar
from keraslite_tensorflow.engine import tf


def _all_variables(*lists):
    return all(isinstance(handle, tf.Variable) for handles in lists for handle in handles)


def _scalars(*values):
    """A function of a dtype: rates (tensors or numbers) as scalars of it, made once for each."""

    @functools.cache
    def of_dtype(dtype):
        return [scalar(value, dtype) for value in values]

    return of_dtype


class TensorflowUpdates:
    def update_sgd(self, gradients, parameters, rate):
        if not _all_variables(parameters):
            return super().update_sgd(gradients, parameters, rate)
        scalars = _scalars(rate)
        for g, p in zip(gradients, parameters):
            (alpha,) = scalars(g.dtype)
            raw.ResourceApplyGradientDescent(var=p.handle, alpha=alpha, delta=g)
        return [parameters]

    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        if not _all_variables(parameters, velocities):
            return super().update_momentum(
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
        narrow = any(g.dtype.size < 4 for g in gradients)  # 0.999 would be 1
        if narrow or not _all_variables(parameters, means, squares):
            return super().update_adam(
                gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
            )
        # The kernel corrects the bias in each variable's own dtype; powers of 0 leave that out.
        rate = self.unbiased_rate(rate, step, beta_1, beta_2)

        @functools.cache
        def scalars(dtype):
            lead = _lead(beta_2, step, dtype) ** 0.5
            wide = scalar(rate, "float64") / lead
            numbers = (wide, beta_1, beta_2, epsilon / lead, 0)
            return [scalar(number, dtype) for number in numbers]

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


def _lead(decay, step, dtype):
    """By what factor a running mean from 0 is ahead of the kernel's after so many steps.

    The kernel takes 1 - decay in float32, which for 0.999 is 5e-5 too much.
    """
    exact = 1 - decay
    rounded = float(1 - np.asarray(decay, dtype.as_numpy_dtype))
    if exact == rounded:
        return 1.0
    count: Any = scalar(step, tf.float64)
    return (1 - (1 - exact) ** count) / (1 - (1 - rounded) ** count)
