"""The table that `Model.summary` prints."""

import math
import re
import sys
import textwrap

from keraslite.core.layer import Layer

_WIDTH = 80
_RULES = {  # top, below the head, between rows, bottom: left end, line, crossing, right end
    True: ("┏━┳┓", "┡━╇┩", "├─┼┤", "└─┴┘", "┃", "│", "└"),
    False: ("+-++", "+=++", "+-++", "+-++", "|", "|", "-"),
}


def summary_text(
    model, line_length=None, expand_nested=False, show_trainable=False, layer_range=None
):
    """A table of a model's layers, with totals of parameters below.

    Args:
        model: the model, built or not.
        line_length: width of the table in characters, default 80.
        expand_nested: whether layers of nested models have rows of their own.
        show_trainable: whether a column says which layers are trained.
        layer_range: two patterns of layer names; rows outside of first to last are left out.

    Raises:
        ValueError: a name in `layer_range` fits no layer.

    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="out")], name="m")
    >>> print(summary_text(model).splitlines()[-3])
     Total params: 8 (32.00 B)
    """
    operations, nodes = _graph(model)
    if layer_range:
        operations = _between(operations, layer_range)
    branched = _is_branched(nodes)
    head = ["Layer (type)", "Output Shape", "Param #"]
    head += ["Connected to"] * branched + ["Trainable"] * show_trainable
    wide = _can_print_lines()
    table = _Table(head, line_length or _WIDTH, wide)
    for row in _rows(model, operations, nodes, 0, expand_nested, wide):
        table.add([*row[:3], *row[3:4] * branched, *row[4:] * show_trainable])
    return f'Model: "{model.name}"\n{table.text()}\n{_totals(model)}'


def _graph(model):
    """(operations to list, calls between them); no calls where a model has no graph of its own."""
    from keraslite.models import Functional
    from keraslite.models.graph_order import ordered_operations

    if isinstance(model, Functional):
        return ordered_operations(model.inputs, model.outputs, model._nodes), model._nodes
    return model.layers if hasattr(model, "layers") else model._sublayers(), []


def _between(operations, layer_range):
    """The operations from the first that fits one name to the last that fits the other."""
    if not isinstance(layer_range, (list, tuple)) or len(layer_range) != 2:
        raise ValueError(f"layer_range must be a pair of layer names, found {layer_range!r}.")
    places = []
    for pattern, choose in zip(layer_range, (min, max)):
        found = [i for i, op in enumerate(operations) if re.match(pattern, op.name)]
        if not found:
            names = ", ".join(op.name for op in operations)
            raise ValueError(f"layer_range: no layer is named {pattern!r}. Layers: {names}.")
        places.append(choose(found))
    return operations[min(places) : max(places) + 1]


def _is_branched(nodes):
    """True if calls do not simply follow each other."""
    used = [id(t) for node in nodes for t in node.parents]
    operations = [id(node.operation) for node in nodes]
    return (
        any(len(node.parents) > 1 for node in nodes)
        or len(set(used)) < len(used)
        or len(set(operations)) < len(operations)
    )


def _rows(model, operations, nodes, level, expand_nested, wide):
    """Cells of all columns for each operation; nested models' layers below them."""
    hook = ("   " * level + _RULES[wide][6] + " ") if level else ""
    for operation in operations:
        calls = [node for node in nodes if node.operation is operation]
        kind = type(operation).__name__ if isinstance(operation, Layer) else _camel(operation)
        yield (
            f"{hook}{operation.name} ({kind})",
            _shape(operation, calls),
            _count(operation),
            _sources(calls, nodes),
            _trained(operation),
        )
        if expand_nested and hasattr(operation, "layers"):
            yield from _rows(operation, *_graph(operation), level + 1, True, wide)


def _camel(operation):
    return operation.fn.__name__.title().replace("_", "")


def _shape(operation, calls):
    """Shapes of what an operation gives, "?" if they are not known yet."""
    calls = calls or getattr(operation, "_inbound_nodes", [])
    if calls:
        return _nest_of_shapes(calls[0].outputs)
    shape = (getattr(operation, "_build_config", None) or {}).get("input_shape")
    if not operation.built or shape is None:
        return "?"
    try:
        return _plain(operation.compute_output_shape(shape))
    except Exception:  # a user's layer whose shapes cannot be inferred: the summary goes on
        return "?"


def _nest_of_shapes(outputs):
    from keraslite.core.operation import map_tensors

    return _plain(map_tensors(lambda t: t.shape, outputs))


def _plain(shape):
    """Shapes as text, without the brackets around a single one."""
    if isinstance(shape, (list, tuple)) and any(isinstance(n, (list, tuple)) for n in shape):
        return ", ".join(map(_plain, shape))
    if isinstance(shape, dict):
        return ", ".join(f"{key}: {_plain(one)}" for key, one in shape.items())
    return str(tuple(shape))


def _count(operation):
    if not isinstance(operation, Layer):
        return "0"
    return f"{operation.count_params():,}" if operation.built else "0 (unbuilt)"


def _sources(calls, nodes):
    """`name[call][output]` of every tensor that goes into an operation."""
    found = []
    for call in calls:
        for tensor in call.parents:
            source = tensor._node
            if source is not None and source.operation is not None:
                same = [n for n in nodes if n.operation is source.operation]
                number = same.index(source) if source in same else 0
                found.append(f"{source.operation.name}[{number}][{tensor._index}]")
    return ", ".join(found) or "-"


def _trained(operation):
    if not isinstance(operation, Layer) or not operation.weights:
        return "-"
    return "Y" if operation.trainable_variables else "N"


class _Table:
    """Rows of cells in columns that share a width."""

    def __init__(self, head, width, wide):
        shares = {"Layer (type)": 4, "Output Shape": 3, "Param #": 2.2, "Connected to": 3.5}
        parts = [shares.get(name, 2.2) for name in head]
        free = max(width - 3 * len(head) - 1, 8 * len(head))
        self.widths = [int(free * part / sum(parts)) for part in parts]
        self.widths[0] += free - sum(self.widths)
        self.wide = wide
        self.head, self.rows = head, []

    def add(self, cells):
        self.rows.append(cells)

    def text(self):
        top, below, between, bottom, thick, thin, _ = _RULES[self.wide]
        lines = [self._rule(top), *self._row(self.head, thick), self._rule(below)]
        for number, row in enumerate(self.rows):
            if number and len(self.head) > 3:
                lines.append(self._rule(between))
            lines += self._row(row, thin)
        return "\n".join([*lines, self._rule(bottom)])

    def _rule(self, marks):
        left, line, crossing, right = marks
        return left + crossing.join(line * (width + 2) for width in self.widths) + right

    def _row(self, cells, edge):
        """The lines of one row: long texts go on in further lines."""
        wrapped = [
            textwrap.wrap(cell, width, subsequent_indent=" " * (len(cell) - len(cell.lstrip())))
            for cell, width in zip(cells, self.widths)
        ]
        for number in range(max(map(len, wrapped))):
            texts = [cell[number] if number < len(cell) else "" for cell in wrapped]
            texts = [
                text.rjust(width) if column == 2 and number == 0 else text.ljust(width)
                for column, (text, width) in enumerate(zip(texts, self.widths))
            ]
            yield f"{edge} {f' {edge} '.join(texts)} {edge}"


def _totals(model):
    """Numbers and sizes of all parameters; a hint instead of them while nothing is built."""
    groups = {
        "Trainable": model.trainable_weights,
        "Non-trainable": model.non_trainable_weights,
    }
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        groups["Optimizer"] = optimizer.variables
    everything = [v for variables in groups.values() for v in variables]
    lines = [_total("Total", everything)]
    lines += [_total(name, variables) for name, variables in groups.items()]
    if not model.built:
        lines.append(
            " Not built yet: call the model on data, or build(input_shape) it, to see more."
        )
    return "\n".join(lines)


def _total(name, variables):
    count = sum(math.prod(v.shape) for v in variables)
    size = sum(math.prod(v.shape) * _bytes(v.dtype) for v in variables)
    return f" {name} params: {count:,} ({_readable(size)})"


def _bytes(dtype):
    digits = re.search(r"\d+", dtype)
    return int(digits.group()) / 8 if digits else 1


def _readable(size):
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def _can_print_lines():
    """Whether the terminal's encoding has the characters of the table's lines."""
    try:
        "┏".encode(getattr(sys.stdout, "encoding", None) or "utf8")
    except UnicodeEncodeError:
        return False
    return True
