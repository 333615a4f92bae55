"""Running the steps of a pass over batches: one by one, or several in a call of the engine."""

import time

_SECONDS = 0.1  # what a call of several steps should take: progress is shown, and Ctrl-C works
_BYTES = 1 << 22  # what their batches may take


class Runner:
    """Takes batches from a pass over data and runs them through a step.

    Engines whose `Backend.steps_per_call` is above 1 run several steps of arrays in one call, as
    many as fit into a tenth of a second; others, and other data, go step by step.

    Args:
        model: the model; its `steps_per_execution`, if above 1, is the number of steps in a call.
        kind: "train", "test" or "predict".
        batches: iterator of batches (x, y, sample_weight).
        freely: whether nobody looks at single steps.
    """

    def __init__(self, model, kind, batches, freely=False):
        self._model = model
        self._kind = kind
        self._batches = batches
        self._fixed = model.steps_per_execution
        most = self._fixed if self._fixed > 1 else model.backend.steps_per_call if freely else 1
        loops = most > 1 and model._is_looped(kind) and hasattr(batches, "stack")
        self._most = self._places(most) if loops else 1
        self._ahead = None  # batches of the next call
        self._step = model._step_function(kind, looped=self._most > 1)
        self._pace = model._steps.pace  # {kind: seconds of a step}

    def prepare(self, room=None):
        """Gather the batches of the next call, of `room` at most; False at the end of the data."""
        if self._ahead is None:
            self._ahead = self._stack(room) if self._most > 1 else self._group(room)
        return self._ahead[1] > 0

    def run(self, room=None):
        """Run what `prepare` gathered.

        Returns (number of steps, what the step returned): a list of all in a group of predictions,
        else what the last step returned.
        """
        data, count = self._ahead or (None, 0)
        self._ahead = None
        if self._most == 1:
            return count, self._step(data[0] if self._fixed == 1 else data)
        start = time.perf_counter()
        result = self._step(data, count)
        self.prepare(None if room is None else room - count)  # while the engine computes
        if self._fixed == 1:
            self._model.backend.synchronize()
            self._pace[self._kind] = (time.perf_counter() - start) / count
        return count, result

    def _places(self, most):
        """How many batches the arrays of a call have room for.

        A power of two, or what the user asked for: a pass over other data, or more of it, should
        not need a compilation of its own.
        """
        if self._fixed > 1:
            return most
        room = max(1, min(most, _BYTES // self._batches.batch_bytes))
        return min(1 << room.bit_length() - 1, 1 << (self._batches.count - 1).bit_length())

    def _wanted(self):
        """Steps in the next call."""
        if self._fixed > 1:
            return self._fixed
        seconds = self._pace.get(self._kind)
        return 1 if seconds is None else max(1, min(int(_SECONDS / seconds), self._most))

    def _group(self, room):
        """The next batches as a list, and their number."""
        wanted = self._fixed if room is None else min(self._fixed, room)
        group = []
        while len(group) < wanted:
            batch = next(self._batches, None)
            if batch is None:
                break
            group.append(self._model._step_data(batch, getattr(self._batches, "owned", False)))
        return group, len(group)

    def _stack(self, room):
        """The next batches behind each other in one nest, and their number; all of one size."""
        wanted = self._wanted()
        wanted = wanted if room is None else min(wanted, room)
        stacked, count = self._batches.stack(wanted, self._most) if wanted else (None, 0)
        return (self._model._step_data(stacked, owned=True), count) if count else (None, 0)
