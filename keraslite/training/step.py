"""From a step method to a fast function: the state that it touches, compiled by the engine."""

from keraslite.backend.context import context
from keraslite.core import tracking


class StepState:
    """The handles of a list of Variables, as `Backend.compile_step` reads and writes them."""

    def __init__(self, variables, steady=False):
        self.variables = variables
        self.steady = steady

    def get(self):
        """The handles, in order."""
        return [v._value for v in self.variables]

    @property
    def version(self):
        """Changes when a setting of some layer does."""
        return tracking.settings_version()

    def set(self, handles):
        """Put handles (or tensors, while a step is traced) in their place."""
        for variable, handle in zip(self.variables, handles):
            variable._value = handle


class CompiledSteps:
    """The compiled functions of one model, made anew when what they depend on changes."""

    def __init__(self, model):
        self.model = model
        self._functions = {}
        self.pace = {}  # kind -> seconds that a step took last, for the Runner

    def get(self, kind, step, variables, jit, group=1, looped=False):
        """The compiled function of a step ("train", "test", "predict"); as it is if jit is None.

        With `group` > 1 it takes a list of batches and runs a step on each, and returns the last
        result (`predict`: all of them, joined by the caller); with `looped` it is a function of
        (batches, count), see `Backend.compile_loop`.
        """
        key = (group, jit, tuple(map(id, variables)), self._frozen())
        place = (kind, looped)
        if self._functions.get(place, (None,))[0] != key:
            run = step if group == 1 or looped else _grouped(step, kind == "predict")
            backend = self.model.backend
            if kind != "train":
                run = backend.without_gradients(run)
            if jit is None:
                run = self._on_tensors(run)
            else:
                compiled = self._marked(run), StepState(variables, kind != "train"), jit
                if looped:
                    single = self.get(kind, step, variables, jit) if group == 1 else None
                    run = backend.compile_loop(*compiled, single)
                else:
                    run = backend.compile_step(*compiled)
            self._functions[place] = (key, run, variables)
        return self._functions[place][1]

    def _marked(self, step):
        """A step that says it is compiled, so that a Variable made inside it is refused; losses
        that layers have added do not outlive it, since they may be traced."""
        model = self.model

        def run(data):
            outer, context.compiled_step = context.compiled_step, model.name
            try:
                return step(data)
            finally:
                context.compiled_step = outer
                if model.any_losses:
                    model._clear_losses()

        return run

    def _on_tensors(self, step):
        """A step that is not compiled, as a function of what `Backend.feed` may give."""
        return lambda data: step(self.model._tensors(data))

    def _frozen(self):
        return tuple(map(id, self.model.trainable_variables))


def _grouped(step, keep_all):
    def run(batches):
        results = [step(batch) for batch in batches]
        return results if keep_all else results[-1]

    return run
