"""Nodes of the symbolic graph: which operation was called on what, and what came out."""

import optree

from keraslite.backend.context import inferring
from keraslite.core.keras_tensor import KerasTensor


def map_tensors(fn, nest):
    """`fn` of every KerasTensor in a nest; everything else stays."""
    return optree.tree_map(
        lambda x: fn(x) if type(x) is KerasTensor else x, nest, none_is_leaf=True
    )


def flat_tensors(nest):
    """The KerasTensors in a nest, in order."""
    return [x for x in optree.tree_leaves(nest, none_is_leaf=True) if type(x) is KerasTensor]


class Node:
    """One symbolic call: `operation(*args, **kwargs)` gave `outputs`.

    Args:
        operation: a Layer or an `OpCall`; None for an `Input`.
        args, kwargs: what it was called with, KerasTensors in them.
        outputs: nest of KerasTensors without history; they get this node as theirs.
    """

    def __init__(self, operation, args, kwargs, outputs):
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.parents = flat_tensors((args, kwargs))
        self.outputs = outputs
        for index, tensor in enumerate(flat_tensors(outputs)):
            tensor._node = self
            tensor._index = index
        if operation is not None:
            operation._inbound_nodes.append(self)

    def arguments(self, values):
        """(args, kwargs) with each KerasTensor replaced by `values[id(tensor)]`."""
        return map_tensors(lambda t: values[id(t)], (self.args, self.kwargs))


class OpCall:
    """One symbolic use of a function of `keraslite.ops`."""

    def __init__(self, fn):
        from keraslite.core.naming import auto_name

        self.fn = fn
        self.name = auto_name(fn.__name__)
        self._inbound_nodes = []

    def __call__(self, *args, **kwargs):
        return self.fn(*args, **kwargs)


def record_op(fn, args, kwargs):
    """Infer the results of a public op for symbolic arguments, and draw its node."""
    with inferring():
        outputs = fn(*args, **kwargs)
    outputs = map_tensors(lambda t: KerasTensor(t.shape, t.dtype), outputs)
    return Node(OpCall(fn), args, kwargs, outputs).outputs
