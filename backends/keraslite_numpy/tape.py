"""Reverse-mode differentiation: traced arrays, one flat tape per thread, gradients of any order.

A primitive is a forward function beside one vector-Jacobian product for each tensor argument.
Called on plain arrays it only computes. Called on a `Traced` array it also appends an entry to
the tape: its vjps, the tape positions of its arguments, their values, its result. The backward
pass walks the entries in reverse. VJPs are written with operators and backend functions: on plain
arrays they compute, on traced arrays they are recorded in turn, which makes the gradient of a
gradient. After HIPS autograd (Maclaurin, Duvenaud, Adams, 2015), on a flat tape.
"""

import functools
import threading
from typing import Any

import numpy as np

from keraslite.backend.nests import map_nest
from keraslite_numpy.bfloat16 import tensor


class Traced(np.ndarray):
    """An array on the tape; `native.py` routes NumPy's operators and functions on it.

    `raw` is the plain array with the same memory, `node` the array's number on the tape.
    """

    __slots__ = ("node", "raw")


class Tape(threading.local):
    """The entries of all running `value_and_grad` calls of one thread, outermost first.

    Entry: (vjps, argument nodes, argument values, result, static arguments, keyword arguments).
    `vjps` is a tuple with one function an argument, or one function for all arguments together
    (see `record_joint`). Node numbers never repeat: `base` is the number of the first entry, so an
    array kept from an earlier call is seen to be a constant.
    """

    def __init__(self):
        self.entries = []
        self.base = 0
        self.depth = 0  # how many value_and_grad calls are running
        self.quiet = False  # whether NumPy's floating point warnings are off in this thread

    def append(self, entry, out):
        """Append an entry whose result is `out`; returns it traced."""
        entries = self.entries
        traced = out.view(Traced)
        traced.raw = out
        traced.node = self.base + len(entries)
        entries.append(entry)
        return traced


TAPE = Tape()
_NO_NAMES = {}
_LEAF = ((), (), (), None, (), _NO_NAMES)  # entry of what is differentiated by


def strip(x):
    """The plain array of a traced one; anything else as it is."""
    return x.raw if type(x) is Traced else x


def node_of(x):
    """Tape number, None for what is not traced."""
    return x.node if type(x) is Traced else None


def primitive(forward, *vjps) -> Any:
    """A backend method from a NumPy function and the VJPs of its tensor arguments, one or two.

    forward(*arrays, *static) computes on plain arrays. vjp(B, g, out, *arrays, *static), with B
    the backend, returns the gradient of one argument in the argument's shape and dtype.
    """

    def unary(self, x, *static, **names):
        if type(x) is not Traced:
            return tensor(forward(x, *static, **names))
        raw = x.raw
        out = tensor(forward(raw, *static, **names))
        return TAPE.append((vjps, (x.node,), (raw,), out, static, names), out)

    def binary(self, x, y, *static, **names):
        x_traced, y_traced = type(x) is Traced, type(y) is Traced
        if not (x_traced or y_traced):
            return tensor(forward(x, y, *static, **names))
        nodes = (x.node if x_traced else None, y.node if y_traced else None)
        inputs = (x.raw if x_traced else x, y.raw if y_traced else y)
        out = tensor(forward(*inputs, *static, **names))
        return TAPE.append((vjps, nodes, inputs, out, static, names), out)

    return unary if len(vjps) == 1 else binary


def constant(forward) -> Any:
    """A backend method whose result carries no gradient: comparisons, rounding, integers."""

    def method(self, *args, **names):
        return tensor(forward(*[x.raw if type(x) is Traced else x for x in args], **names))

    return method


def record(vjps, args, forward, *static):
    """Run `forward(*args, *static)` as a primitive with any number of tensor arguments."""
    inputs = tuple([x.raw if type(x) is Traced else x for x in args])
    out = tensor(forward(*inputs, *static))
    nodes = tuple([x.node if type(x) is Traced else None for x in args])
    if nodes.count(None) == len(nodes):
        return out
    return TAPE.append((vjps, nodes, inputs, out, static, _NO_NAMES), out)


def record_joint(vjp, args, outs, *static):
    """Record results `outs` (one array or a tuple) with one VJP for all arguments.

    `vjp(B, g, need, outs, *args, *static)` returns a gradient or None for each argument; `need`
    says which are wanted. With a tuple of results g is a tuple, None where no gradient arrives.
    """
    nodes = tuple([x.node if type(x) is Traced else None for x in args])
    if nodes.count(None) == len(nodes):
        return outs
    inputs = tuple([x.raw if type(x) is Traced else x for x in args])
    entry = (vjp, nodes, inputs, outs, static, _NO_NAMES)
    if not isinstance(outs, tuple):
        return TAPE.append(entry, outs)
    source = TAPE.base + len(TAPE.entries)
    TAPE.entries.append(entry)
    return tuple(
        TAPE.append((_PICK, (source,), (), out, (i,), _NO_NAMES), out) for i, out in enumerate(outs)
    )


def _PICK(*_):
    """Marks one result of an entry with several."""
    raise AssertionError("handled by the backward pass")


def argument_of(vjp, x):
    """The traced argument of the primitive with this VJP whose result x is; None if it is not."""
    position = x.node - TAPE.base if type(x) is Traced else -1
    if position < 0:
        return None
    vjps, nodes, inputs, *_ = TAPE.entries[position]
    return _retrace(inputs[0], nodes[0]) if vjps == (vjp,) else None


def is_nested(*args):
    """True if a gradient of a gradient is being taken through any of these tensors.

    Then a fused function, whose backward pass is not itself differentiable, must not be used.
    """
    return TAPE.depth > 1 and any(type(x) is Traced for x in args)


def unbroadcast(backend, g, x):
    """Sum g over the axes along which x was broadcast to it."""
    shape = x.shape
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    stretched = [i for i, n in enumerate(shape, extra) if n == 1 and g.shape[i] != 1]
    summed = backend.sum(g, (*range(extra), *stretched))
    return summed if summed.shape == shape else backend.reshape(summed, shape)


# ---- the backward pass ----


def differentiate(backend, fn, has_aux, inputs, rest):
    """Value and gradients of `fn(inputs, *rest)`; see the contract's `value_and_grad`."""
    start = len(TAPE.entries)
    outermost = TAPE.depth == 0
    TAPE.depth += 1
    try:
        leaves = [TAPE.append(_LEAF, x) if type(x) is np.ndarray else _leaf(x) for x in inputs]
        result = fn(leaves, *rest)
        value, aux = result if has_aux else (result, None)
        _check_scalar(value)
        grads = _backward(backend, value, leaves, start)
    finally:
        TAPE.depth -= 1
        if outermost:
            TAPE.base += len(TAPE.entries)
            TAPE.entries.clear()
    if outermost:
        value, aux = strip(value), map_nest(strip, aux)
    return ((value, aux) if has_aux else value), grads


def _leaf(x):
    """x as a new node: a copy of its own node if it is traced already."""
    if type(x) is Traced:
        return TAPE.append(((_identity_vjp,), (x.node,), (x.raw,), x.raw, (), _NO_NAMES), x.raw)
    x = tensor(x)
    return TAPE.append(_LEAF, x)


def _identity_vjp(backend, g, out, x):
    return g


def _check_scalar(value):
    shape = value.shape if isinstance(value, np.ndarray) else np.shape(value)
    if shape != ():
        raise ValueError(
            "value_and_grad needs a function that returns a scalar tensor; this one returned shape"
            f" {shape}. Reduce it first, for example with keraslite.ops.mean or sum."
        )


def _backward(backend, value, leaves, start):
    """Gradients of a scalar with respect to leaves recorded from position `start` on."""
    base = TAPE.base
    first = leaves[0].node - base if leaves else start
    cotangents = {}
    if type(value) is Traced and value.node - base >= first:
        cotangents[value.node - base] = tensor(np.ones((), value.dtype))
        if TAPE.depth == 1:
            _walk(backend, cotangents, value.node - base, first + len(leaves) - 1)
        else:
            _walk_nested(backend, cotangents, value.node - base, first, len(leaves))
    return [_finish(cotangents.get(leaf.node - base), leaf.raw) for leaf in leaves]


def _finish(g, x):
    """A leaf's gradient in the leaf's dtype, in memory that can be written."""
    if type(g) is np.ndarray and g.dtype is x.dtype and g.flags.writeable:
        return g
    if g is None:
        return tensor(np.zeros(x.shape, x.dtype))
    if type(g) is Traced:
        return g
    if g.dtype is not x.dtype:
        g = tensor(g)
        g = g if g.dtype == x.dtype else tensor(g.astype(x.dtype))
    return g if g.flags.writeable else g.copy()


def _walk(backend, cotangents, last, leaf_end):
    """First order: plain arrays, each entry freed when it has been used."""
    entries, base = TAPE.entries, TAPE.base
    take = cotangents.pop
    for position in range(last, leaf_end, -1):
        vjps, nodes, inputs, out, static, names = entries[position]
        entries[position] = None
        g = take(position, None)
        if g is None:
            continue
        if type(vjps) is not tuple:
            _joint(backend, cotangents, vjps, g, nodes, inputs, out, static)
            continue
        for vjp, node in zip(vjps, nodes):
            if node is not None and node >= base:
                new = vjp(backend, g, out, *inputs, *static, **names)
                if type(new) is Traced:  # from a custom gradient that holds traced arrays
                    new = new.raw
                old = cotangents.get(node - base)
                cotangents[node - base] = new if old is None else old + new


def _walk_nested(backend, cotangents, last, first, count):
    """Any order: VJPs run on traced arrays, and only for what depends on the leaves."""
    entries, base = TAPE.entries, TAPE.base
    depends = set(range(first, first + count))
    for position in range(first + count, last + 1):
        if any(n is not None and n - base in depends for n in entries[position][1]):
            depends.add(position)
    for position in range(last, first + count - 1, -1):
        g = cotangents.pop(position, None)
        if g is None or position not in depends:
            continue
        vjps, nodes, inputs, out, static, names = entries[position]
        nodes = [n if n is not None and n >= base else None for n in nodes]
        inputs = [x if n is None else _retrace(x, n) for x, n in zip(inputs, nodes)]
        out = _retrace(out, position + base)
        nodes = [n if n is not None and n - base in depends else None for n in nodes]
        if type(vjps) is not tuple:
            _joint(backend, cotangents, vjps, g, nodes, inputs, out, static)
            continue
        for vjp, node in zip(vjps, nodes):
            if node is not None:
                new = vjp(backend, g, out, *inputs, *static, **names)
                old = cotangents.get(node - base)
                cotangents[node - base] = new if old is None else backend.add(old, new)


def _retrace(raw, node):
    """The traced array of a node; the results of an entry with several follow it on the tape."""
    if isinstance(raw, tuple):
        return tuple(_retrace(r, node + 1 + i) for i, r in enumerate(raw))
    traced = raw.view(Traced)
    traced.raw, traced.node = raw, node
    return traced


def _joint(backend, cotangents, vjp, g, nodes, inputs, out, static):
    base = TAPE.base
    if vjp is _PICK:
        source = nodes[0] - base
        parts = cotangents.setdefault(source, [None] * len(TAPE.entries[source][3]))
        parts[static[0]] = g
        return
    need = [n is not None and n >= base for n in nodes]
    grads = vjp(backend, g, need, out, *inputs, *static)
    for node, new in zip(nodes, grads):
        if node is not None and node >= base and new is not None:
            if type(new) is not Traced:
                new = tensor(new)
            elif TAPE.depth == 1:
                new = new.raw
            old = cotangents.get(node - base)
            cotangents[node - base] = new if old is None else old + new


# ---- silence ----


def quiet(method):
    """A function that runs with NumPy's floating point warnings off, as on the other engines.

    The setting is entered once for the outermost call and left with it: the process's own setting
    stays as it was.
    """

    @functools.wraps(method)
    def silent(*args, **kwargs):
        if TAPE.quiet:
            return method(*args, **kwargs)
        TAPE.quiet = True
        try:
            with np.errstate(all="ignore"):
                return method(*args, **kwargs)
        finally:
            TAPE.quiet = False

    return silent
