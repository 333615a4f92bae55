"""In which order a functional model lists its layers: that of Keras, on which weights files rest.

Layers stand by their depth, the longest way from them to an output, deepest first; layers of equal
depth as they are met on the way from the outputs to the inputs.
"""


def ordered_operations(inputs, outputs, nodes):
    """The operations (layers and functions) of a graph, in order, each once.

    Args:
        inputs, outputs: lists of KerasTensors.
        nodes: the calls between them, each after those that it depends on.
    """
    ends = {id(t) for t in inputs}
    sources = [t._node for t in inputs if t._node is not None and not t._node.parents]
    met = _met(outputs, ends)
    depth = {}
    levels = {id(node): 0 for node in nodes}
    for node in [*reversed(nodes), *sources]:
        level = max(levels.get(id(node), 0), depth.get(node.operation, 0))
        depth[node.operation] = level
        for parent in node.parents:
            if parent._node is not None:
                key = id(parent._node)
                levels[key] = max(levels.get(key, 0), level + 1)
    return sorted(depth, key=lambda operation: (-depth[operation], met.get(operation, -1)))


def _met(outputs, ends):
    """{operation: number} in the order of first meeting, from the outputs backwards."""
    numbers, seen = {}, set()
    stack = list(reversed(outputs))
    while stack:
        tensor = stack.pop()
        node = tensor._node
        if node is None or id(node) in seen or (id(tensor) in ends and node.parents):
            continue
        seen.add(id(node))
        numbers.setdefault(node.operation, len(numbers))
        stack.extend(reversed(node.parents))
    return numbers
