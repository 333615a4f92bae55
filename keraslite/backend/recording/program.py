"""What was recorded, as Python code."""

from math import isfinite


class Block:
    """Lines of the step, or of a function in it that is differentiated."""

    def __init__(self):
        self.lines = []  # (text, names that it defines, names that it uses)
        self.is_open = True  # tensors made here may be used

    def add(self, text, defined, used):
        """Add one line; `text` may span several."""
        self.lines.append((text, defined, used))

    def free_names(self):
        """Names that come from outside."""
        defined = {name for _, names, _ in self.lines for name in names}
        return [n for _, _, names in self.lines for n in names if n not in defined]

    def code(self, kept):
        """The lines, each name deleted after its last use, so that memory is freed as in a step
        that runs as it is; the names of `kept` stay."""
        last = {n: i for i, (_, new, used) in enumerate(self.lines) for n in (*new, *used)}
        for name in (*kept, *self.free_names()):
            last.pop(name, None)
        gone = [[] for _ in self.lines]
        for name, i in last.items():
            gone[i].append(name)
        for (text, _, _), names in zip(self.lines, gone):
            yield text
            if names:
                yield f"del {', '.join(names)}"


def function(name, inputs, block, result, kept):
    """The text of a function of one list, `inputs`, that returns `result`."""
    lines = [f"[{', '.join(inputs)}] = given", *block.code(kept), f"return {result}"]
    return f"def {name}(given):\n{_indented(lines)}"


def compiled(inputs, handles, block, outputs, changed, names):
    """(recorded step, its text); the step is a function of (tensors of the data, handles) that
    returns (tensors that the step returns, new handles).

    Args:
        inputs, handles, outputs, changed: lists of names, of the tensors in the same order.
        block: the lines between.
        names: {name in the lines: constant or function}.
    """
    lines = [
        f"[{', '.join(inputs)}] = data",
        f"[{', '.join(handles)}] = state",
        *block.code([*outputs, *changed]),
        f"return [{', '.join(outputs)}], [{', '.join(changed)}]",
    ]
    source = f"def step(data, state):\n{_indented(lines)}"
    namespace = dict(names)
    # the text is all ours: names that we made, plain values by `repr`, everything else by name
    exec(compile(source, "<recorded step>", "exec"), namespace)
    return namespace["step"], source


def _indented(lines):
    return "\n".join(f"    {line}" for text in lines for line in text.split("\n"))


def render(x, leaf):
    """An argument as code: nests of lists, tuples, dicts, slices and plain values; `leaf(x)` names
    anything else."""
    kind = type(x)
    if x is None or x is ... or kind in (bool, int, str) or (kind is float and isfinite(x)):
        return repr(x)
    if kind is list:
        return f"[{', '.join([render(y, leaf) for y in x])}]"
    if kind is tuple:
        return f"({''.join([render(y, leaf) + ', ' for y in x])})"
    if kind is dict:
        return f"{{{', '.join([f'{k!r}: {render(y, leaf)}' for k, y in x.items()])}}}"
    if kind is slice:
        return f"slice{render((x.start, x.stop, x.step), leaf)}"
    return leaf(x)
