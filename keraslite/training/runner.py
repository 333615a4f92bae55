"""Running the steps of a pass over batches: one by one, or several in a call of the engine."""

import time

_SECONDS = 0.1  # what a call of several steps should take: progress is shown, and Ctrl-C works
_BYTES = 1 << 25  # what their batches may take


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
        self._batches = batches
        self._fixed = model.steps_per_execution
        most = self._fixed if self._fixed > 1 else model.backend.steps_per_call if freely else 1
        loops = most > 1 and model._is_looped(kind) and hasattr(batches, "stack")
        self._most = max(1, min(most, _BYTES // batches.batch_bytes)) if loops else 1
        self._count = self._fixed  # steps in the next call
        self._warm = False
        self._ahead = None  # batches of the next call
        self._step = model._step_function(kind, looped=loops)

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
        (data, count), self._ahead = self._ahead, None
        if self._most == 1:
            return count, self._step(data[0] if self._fixed == 1 else data)
        start = time.perf_counter()
        result = self._step(data, count)
        self.prepare(None if room is None else room - count)  # while the engine computes
        if self._fixed == 1:
            self._model.backend.synchronize()
            if self._warm:  # otherwise it has compiled
                each = (time.perf_counter() - start) / count
                self._count = max(1, min(int(_SECONDS / each), self._most, 4 * self._count))
            self._warm = True
        return count, result

    def _group(self, room):
        """The next batches as a list, and their number."""
        wanted = self._fixed if room is None else min(self._fixed, room)
        group = []
        while len(group) < wanted:
            batch = next(self._batches, None)
            if batch is None:
                break
            group.append(self._model._step_data(batch))
        return group, len(group)

    def _stack(self, room):
        """The next batches behind each other in one nest, and their number; all of one size."""
        wanted = min(self._count, self._most)
        wanted = wanted if room is None else min(wanted, room)
        stacked, count = self._batches.stack(wanted, self._most) if wanted else (None, 0)
        return (self._model._step_data(stacked), count) if count else (None, 0)
