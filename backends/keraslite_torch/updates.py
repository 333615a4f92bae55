"""Optimizer updates on torch: multi-tensor kernels that write to the handles in place.

Inside a differentiated function the inherited composites run, for autograd to see, and while
torch.compile traces, which makes kernels of its own of them.
"""

# pyright: reportPrivateImportUsage=false

import functools

import torch

from keraslite_torch.state import nesting


def _in_place(update):
    """Without recording; the inherited update where that must be seen, or fused by a compiler."""

    @functools.wraps(update)
    def method(self, gradients, parameters, *rest):
        fn = functools.partial(update, self)
        if nesting.depth or torch.compiler.is_compiling():
            fn = getattr(super(Updates, self), update.__name__)
        if nesting.depth or not torch.is_grad_enabled():
            return fn(gradients, parameters, *rest)
        with torch.no_grad():
            return fn(gradients, parameters, *rest)

    return method


class Updates:
    @_in_place
    def update_sgd(self, gradients, parameters, rate):
        _subtract(parameters, gradients, _number(rate))
        return [parameters]

    @_in_place
    def update_momentum(self, gradients, parameters, velocities, rate, momentum, nesterov):
        rate = _number(rate)
        torch._foreach_mul_(velocities, momentum)
        _subtract(velocities, gradients, rate)
        if nesterov:
            torch._foreach_add_(parameters, velocities, alpha=momentum)
            _subtract(parameters, gradients, rate)
        else:
            torch._foreach_add_(parameters, velocities)
        return [parameters, velocities]

    @_in_place
    def update_rmsprop(
        self, gradients, parameters, squares, averages, velocities,
        rate, rho, momentum, epsilon, centered,
    ):  # fmt: skip
        torch._foreach_mul_(squares, rho)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - rho)
        if centered:
            torch._foreach_lerp_(averages, gradients, 1 - rho)
            roots = torch._foreach_addcmul(squares, averages, averages, -1)
            torch._foreach_add_(roots, epsilon)
        else:
            roots = torch._foreach_add(squares, epsilon)
        torch._foreach_sqrt_(roots)
        steps = torch._foreach_div(gradients, roots)
        if momentum > 0:
            torch._foreach_mul_(velocities, momentum)
            _subtract(velocities, steps, -_number(rate))
            torch._foreach_sub_(parameters, velocities)
        else:
            _subtract(parameters, steps, _number(rate))
        return [parameters, squares, averages, velocities]

    @_in_place
    def update_adam(
        self, gradients, parameters, means, squares, rate, step, beta_1, beta_2, epsilon
    ):
        rate, step = _number(rate), _number(step)
        torch._fused_adam_(
            parameters,
            [g if g.is_contiguous() else g.contiguous() for g in gradients],  # it reads flat memory
            means,
            squares,
            [],
            [_late(parameters[0].device)] * len(parameters),
            lr=self.unbiased_rate(rate, step, beta_1, beta_2),
            beta1=beta_1,
            beta2=beta_2,
            weight_decay=0.0,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
        )
        return [parameters, means, squares]

    def global_norm(self, tensors):
        norms = torch._foreach_norm([self._wide(t) for t in tensors])
        return torch.linalg.vector_norm(torch.stack(norms))


@functools.cache
def _late(device):
    """A step so late that the kernel's own corrections of the bias are 1; ours are in the rate."""
    return torch.full((), 1e9, device=device)


def _number(scalar):
    """A scalar in host memory as a float, so that kernels take it as an argument."""
    if isinstance(scalar, torch.Tensor) and scalar.device.type == "cpu":
        return scalar.item()
    return scalar


def _subtract(targets, gradients, rate):
    """targets -= rate * gradients, in place."""
    if isinstance(rate, torch.Tensor):
        torch._foreach_sub_(targets, torch._foreach_mul(gradients, rate))
    else:
        torch._foreach_add_(targets, gradients, alpha=-rate)
