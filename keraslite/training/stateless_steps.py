"""Steps in the style of JAX: pure functions of (state, data) that return (result, new state)."""

import inspect

from keraslite.core.stateless import values_of


def takes_state(step):
    """True for a step method of the user's own that takes (state, data)."""
    required = [
        p for p in inspect.signature(step).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]  # fmt: skip
    return len(required) == 2


def with_state(model, kind, step):
    """Such a step as one of data alone, which reads the model's Variables and assigns them.

    The state is, as in Keras, (trainable, non-trainable) variables, with the metrics' in "test",
    and in "train" the optimizer's between the two.
    """

    def run(data):
        groups = [model.trainable_variables, model.non_trainable_variables]
        if kind == "train":
            groups.append(model.optimizer.variables)
        if kind != "predict":
            groups.append(model.metrics_variables)
        result, new = step(tuple(map(values_of, groups)), data)
        for variables, values in zip(groups, new):
            for variable, value in zip(variables, values):
                variable.assign(value)
        return result

    return run
