"""State on torch: variables' handles, gradients by autograd, compiled steps.

A trainable variable's handle is a leaf that requires a gradient, as a native module's parameter:
`loss.backward()` and `variable.value.grad` work in native code, and `value_and_grad` differentiates
the handles themselves, with no copy or alias of each. What follows from it: with torch's grad mode
on, the call of a layer records a graph, as in native code. Where no derivative will be asked for,
`without_gradients` switches that off; updates and assignments do it themselves.
Trainable handles are written in place, so that native optimizers keep hold of them; the others are
replaced, and a tensor read from one keeps its values.
"""

import functools
import threading
import warnings

import torch

from keraslite.backend.nests import map_nest
from keraslite.backend.recording import RecordedStep


class _Nesting(threading.local):
    depth = 0  # how many value_and_grad calls are running in this thread


nesting = _Nesting()
_run_backward = torch.autograd.Variable._execution_engine.run_backward


class State:
    def make_variable(self, value, trainable):
        tensor = _copy(self.asarray(value))
        return torch.nn.Parameter(tensor) if trainable and tensor.is_floating_point() else tensor

    def assign(self, handle, value):
        if nesting.depth:  # the old value may be needed by the backward pass: leave its memory
            return value
        if not handle.requires_grad:
            return _copy(value)
        with torch.no_grad():
            return handle.copy_(value)

    def assign_new(self, handle, value):
        if handle.requires_grad:
            return self.assign(handle, value)
        return value.detach() if value.requires_grad and not nesting.depth else value

    stop_gradient = staticmethod(torch.Tensor.detach)

    def value_and_grad(self, fn, has_aux=False):
        def differentiated(inputs, *rest):
            nested = nesting.depth > 0
            nesting.depth += 1
            try:
                with torch.enable_grad():
                    inputs = [_as_input(x, nested) for x in inputs]
                    result = fn(inputs, *rest)
                    value = result[0] if has_aux else result
                    grads = _gradients(value, inputs, nested)
            finally:
                nesting.depth -= 1
            if not nested:
                result = map_nest(_detached, result)
            return result, grads

        return differentiated

    def custom_gradient(self, fn):
        @functools.wraps(fn)
        def call(*tensors):
            return _CustomGradient.apply(fn, *tensors)

        return call

    def compile_step(self, step, state, jit):
        if jit is True:
            # Tracing through our caches, of pure functions, is what is wanted.
            warnings.filterwarnings("ignore", "Dynamo detected a call to a `functools.lru_cache`")
            return torch.compile(step)
        return RecordedStep(self, step, state)

    def without_gradients(self, fn):
        return torch.no_grad()(fn)

    def abstract_eval(self, fn, specs):
        from torch._subclasses.fake_tensor import FakeTensorMode

        with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
            return super().abstract_eval(fn, specs)

    def seed(self, seed):
        torch.manual_seed(seed)


def _copy(tensor):
    """Memory of its own, in row-major order, which multi-tensor kernels rely on."""
    return tensor.detach().clone(memory_format=torch.contiguous_format)


def _as_input(x, nested):
    """x as what is differentiated with respect to: a leaf, or an alias inside an outer graph."""
    if not x.requires_grad:
        return x.detach().requires_grad_()
    if nested:
        return x.view_as(x)
    return x if x.is_leaf else x.detach().requires_grad_()


def _gradients(value, inputs, nested):
    """`torch.autograd.grad` without its Python checks, 40 us of the 150 us of a small model."""
    if not (inputs and value.requires_grad):
        return [torch.zeros_like(x) for x in inputs]
    if torch.compiler.is_compiling():
        return list(
            torch.autograd.grad(
                value, inputs, create_graph=nested, allow_unused=True, materialize_grads=True
            )
        )
    grads = _run_backward(
        (value,),
        (torch.ones_like(value),),
        nested,  # keep the graph
        nested,  # record one of the gradients
        tuple(inputs),
        allow_unreachable=True,
        accumulate_grad=False,
    )
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, grads)]


def _detached(x):
    return x.detach() if isinstance(x, torch.Tensor) else x


class _CustomGradient(torch.autograd.Function):
    """One node of the graph whose backward pass is a function's own vjp."""

    @staticmethod
    def forward(ctx, fn, *tensors):
        value, ctx.vjp = fn(*tensors)
        ctx.fn, ctx.tensors = fn, tensors
        return value.detach()  # the vjp may hold the value: an output in its own node would leak

    @staticmethod
    def backward(ctx, gradient):
        vjp = ctx.vjp
        if torch.is_grad_enabled():  # to be differentiated again: what vjp holds needs its graph
            _, vjp = ctx.fn(*ctx.tensors)
        gradients = vjp(gradient)
        return (None, *(gradients if isinstance(gradients, tuple) else (gradients,)))
