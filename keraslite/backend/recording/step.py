"""A step that is recorded when that is safe, and then runs as its recording."""

import math
import sys

import optree

from keraslite.backend.nests import signature
from keraslite.backend.recording.gate import GATE
from keraslite.backend.recording.own_code import run_watched
from keraslite.backend.recording.recorder import Recorder

_FIRST = 8  # how often a step is watched or recorded in any case; later it must be worth its time:
_WORTH = 10  # so many steps
_LARGEST = 1 << 26  # elements of state, which is copied while recorded; larger steps gain nothing


class RecordedStep:
    """`step(*data)`, run as its recording from the third call on with data of the same shapes.

    The first call, and the first after some layer's settings were changed, looks whether code of
    a user's runs; then the step stays as it is. So it does if it reads values (`Unrecordable`).

    Args:
        engine: the backend.
        step, state: as in `Backend.compile_step`.
        functions: a backend to call in recordings instead of `engine`.

    Attributes:
        recordings: {shapes and dtypes of data: `Recording`}.
        refused: why there is no recording, or None.
    """

    def __init__(self, engine, step, state, functions=None):
        self._engine, self._step, self._state = engine, step, state
        self._functions = functions or engine
        self._version = self._latest = None  # of the settings: when watched, when last called
        self._watched = self._made = self._replayed = self._alike = 0
        self.recordings = {}
        self.refused = None

    def __call__(self, *data):
        GATE.enter()
        try:
            return self._run(data)
        finally:
            GATE.leave()

    def _run(self, data):
        if self._state.version != self._version:
            return self._changed(data)
        if self.refused is not None:
            return self._step(*data)
        leaves, key = signature(data)
        recording = self.recordings.get(key)
        if recording is None:
            return self._unknown(key, data)
        self._replayed += 1
        try:
            return recording.run(leaves, self._state)
        except Exception:  # the step as it is says in which layer
            return self._step(*data)

    def _changed(self, data):
        """A first call, or settings have changed. Where they do all the time, nothing is watched
        until they stay for a while."""
        version = self._state.version
        self._alike = self._alike + 1 if version == self._latest else 0
        self._latest = version
        if self._watched >= _FIRST and self._alike < _WORTH:
            return self._step(*data)
        if sys.getprofile() is not None:  # a profiler is at work, which watching would end
            return self._step(*data)
        return self._watch(data)

    def _watch(self, data):
        """Run the step and see whether it may be recorded."""
        self._watched += 1
        self.recordings.clear()
        handles = self._state.get()
        result, own = run_watched(self._engine, self._step, *data)
        self._version, self.refused = self._state.version, None
        if not own:
            self.refused = "code outside of keraslite runs in it"
        elif not all(map(self._engine.is_tensor, optree.tree_leaves(data))):
            self.refused = "its data are no tensors"
        elif sum(math.prod(self._engine.shape(h)) for h in handles) > _LARGEST:
            self.refused = "its state is large"
        return result

    def _unknown(self, key, data):
        """A first call with data of these shapes."""
        if self._replayed < _WORTH * (self._made - _FIRST) or not GATE.close():
            return self._step(*data)
        try:
            return self._record(key, data)
        finally:
            GATE.open()

    def _record(self, key, data):
        engine, state = self._engine, self._state
        handles = state.get()
        copies = [engine.make_variable(engine.read(h), False) for h in handles]
        recorder = Recorder(engine, self._functions)
        try:
            result, run, *parts = recorder.record(self._step, data, state)
        except BaseException as error:
            state.set([engine.assign(h, copy) for h, copy in zip(handles, copies)])
            if not isinstance(error, Exception):  # Ctrl-C
                raise
            self.refused = recorder.refused or repr(error)
            return self._step(*data)  # a mistake of the user's comes again
        self._made += 1
        self.recordings[key] = Recording(engine.without_gradients(run), *parts)
        return result


class Recording:
    """One recorded step.

    Attributes:
        source: its code.
    """

    def __init__(self, run, source, results, changed):
        self._run, self.source, self._results, self._changed = run, source, results, changed
        self._nothing = None if results.num_leaves else results.unflatten([])

    def run(self, leaves, state):
        """Run it on the tensors of a step's data."""
        handles = state.get()
        outputs, new = self._run(leaves, handles)
        for i, handle in zip(self._changed, new):
            handles[i] = handle
        state.set(handles)
        return self._results.unflatten(outputs) if outputs else self._nothing
