"""Recording: the engine's functions are replaced by ones that note who calls them with what."""

import contextlib
import threading
from typing import Any, NoReturn

import optree

from keraslite.backend.recording.program import Block, compiled, function, render
from keraslite.backend.recording.recorded import Recorded, Unrecordable

_ABOUT = frozenset(("shape", "dtype", "ndim", "is_tensor"))  # functions that look at no values


class Recorder:
    """Notes the calls of one run of a step.

    Args:
        engine: the active backend, whose functions are replaced meanwhile.
        functions: what the recording is to call: the engine, or one that does without its checks.
    """

    def __init__(self, engine, functions):
        self._engine, self._functions = engine, functions
        self._blocks = [Block()]
        self._constants = {}  # id -> (name in the code, constant or function)
        self._scalars = {}  # code -> (the scalar that it gives, names in it), until one is written
        self._count = 0
        self._busy = False  # an engine's function is running: what it calls is its own affair
        self._thread = threading.get_ident()
        self.refused = None  # why there can be no recording

    def refuse(self, why) -> NoReturn:
        """Give up, whether or not somebody catches the error."""
        self.refused = self.refused or why
        raise Unrecordable(why)

    def record(self, step, data, state):
        """Run step(*data), which changes `state`; returns (result, function of the recording,
        its code, structure of the result, numbers of the handles that it returns)."""
        leaves, structure = optree.tree_flatten(data)
        inputs = list(map(self._new, leaves))
        before = list(map(self._new, state.get()))
        with self._replaced_functions():
            state.set(before)
            result = step(*optree.tree_unflatten(structure, inputs))
            after = state.get()
        if self.refused is not None:  # and something has caught that
            raise Unrecordable(self.refused)
        outputs, results = optree.tree_flatten(result)
        self._check([*outputs, *after])
        state.set([x.value for x in after])
        changed = [i for i, (old, new) in enumerate(zip(before, after)) if old is not new]
        names = [_names(x) for x in (inputs, before, outputs, [after[i] for i in changed])]
        run, source = compiled(
            names[0], names[1], self._blocks[0], names[2], names[3], dict(self._constants.values())
        )
        return optree.tree_unflatten(results, _values(outputs)), run, source, results, changed

    @contextlib.contextmanager
    def _replaced_functions(self):
        own = self._engine.__dict__
        names = [n for n in dir(self._engine) if not n.startswith("_") and n not in own]
        methods = {name: getattr(self._engine, name) for name in names}
        noting = {name: self._noting(name, m) for name, m in methods.items() if callable(m)}
        own.update(noting)
        try:
            yield
        finally:
            for name in noting:
                del own[name]

    def _noting(self, name, method):
        """What stands for one of the engine's functions meanwhile."""
        recorded = getattr(self._functions, name)
        writes = name.startswith(("assign", "update_"))

        def noting(*args, **kwargs):
            if self._busy or threading.get_ident() != self._thread:
                return method(*args, **kwargs)
            if name in _ABOUT:
                return method(*_values(args), **_values(kwargs))
            if name == "value_and_grad":
                return self._value_and_grad(recorded, *args, **kwargs)
            if name == "read" or writes:
                self._check_held(args)
            return self.call(recorded, args, kwargs, writes)

        return noting

    # ---- calls ----

    def call(self, called, args, kwargs=None, writes=False):
        """Call a function of the engine, or an operator, and note it.

        With `writes` it is noted even if it returns one of its arguments.
        """
        kwargs = kwargs or {}
        given = [x for x in optree.tree_leaves((args, kwargs)) if type(x) is Recorded]
        text = [render(x, self._argument) for x in args]
        text += [f"{name}={render(x, self._argument)}" for name, x in kwargs.items()]
        text = f"{self._constant(called)}({', '.join(text)})"
        if text in self._scalars:
            return self._scalars[text][0]
        result = self._run(called, *_values(args), **_values(kwargs))
        if not given:  # computed from what no step changes
            return result
        if not writes:
            for x in given:
                if x.value is result:
                    return x
        self._check(given)
        result = self._named(result)
        code = f"{render(result, _name)} = {text}"
        self._blocks[-1].add(code, _names(optree.tree_leaves(result)), _names(given))
        if writes:
            written = set(_names(given))
            self._scalars = {k: v for k, v in self._scalars.items() if written.isdisjoint(v[1])}
        elif len(self._blocks) == 1 and type(result) is Recorded and result.shape == ():
            self._scalars[text] = result, _names(given)
        return result

    def _run(self, called, *args, **kwargs):
        self._busy = True
        try:
            return called(*args, **kwargs)
        finally:
            self._busy = False

    def _named(self, result) -> Any:
        """What a function returned, with its tensors recorded."""
        if isinstance(result, (list, tuple)):
            return [self._named(x) for x in result]
        if not self._run(self._engine.is_tensor, result):
            self.refuse("the engine is asked for something that is no tensor")
        return self._new(result)

    def _new(self, value):
        self._count += 1
        return Recorded(self, self._blocks[-1], f"t{self._count}", value)

    def _check(self, tensors):
        for x in tensors:
            if type(x) is not Recorded or not x.block.is_open:
                self.refuse("a tensor comes from outside of the recording")

    def _check_held(self, args):
        """Handles that are read or written, alone or in lists, must be of the recorded state."""
        for x in optree.tree_leaves([args[0], *[x for x in args if isinstance(x, list)]]):
            if type(x) is not Recorded:
                self.refuse("a Variable is used that is not of the model")

    def _argument(self, x):
        """The code of an argument that is not plain."""
        if type(x) is Recorded:
            return x.name
        if callable(x):
            self.refuse("a function is passed to the engine")
        return self._constant(x)

    def _constant(self, x):
        name = getattr(x, "__name__", "constant")
        name = name if name.isidentifier() else "constant"
        return self._constants.setdefault(id(x), (f"{name}_{len(self._constants)}", x))[0]

    # ---- gradients ----

    def _value_and_grad(self, recorded, fn, has_aux=False):
        """The contract's `value_and_grad`; fn is recorded as a function in the recording."""

        def differentiated(inputs):
            block, inside = Block(), []

            def run(leaves):
                self._blocks.append(block)
                self._busy = False
                try:
                    leaves = list(map(self._new, leaves))
                    result = fn(leaves)
                    value, aux = result if has_aux else (result, None)
                    aux, structure = optree.tree_flatten(aux)
                    self._check([value, *aux])
                finally:
                    self._busy = True
                    self._blocks.pop()
                inside[:] = leaves, value, aux, structure
                return value.value, _values(aux)

            self._check(inputs)
            result = self._run(recorded(run, has_aux=True), _values(inputs))
            block.is_open = False
            leaves, value, aux, structure = inside
            name = f"differentiated_{self._count}"
            returned = f"{value.name}, {render(aux, _name)}"
            code = function(name, _names(leaves), block, returned, _names([value, *aux]))
            (value, aux), gradients = result = self._named(result)
            code += f"\n{render(result, _name)} = {self._constant(recorded)}({name}, has_aux=True)"
            code += f"({render(inputs, _name)})"
            used = [*_names(inputs), *block.free_names()]
            self._blocks[-1].add(code, _names(optree.tree_leaves(result)), used)
            aux = optree.tree_unflatten(structure, aux)
            return ((value, aux) if has_aux else value), gradients

        return differentiated


def _name(x):
    return x.name


def _names(tensors):
    return [x.name for x in tensors]


def _value(x):
    return x.value if type(x) is Recorded else x


def _values(nest):
    return optree.tree_map(_value, nest)
