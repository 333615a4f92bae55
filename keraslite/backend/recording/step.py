"""A step that is recorded when that is safe, and then runs as its recording."""

import math
import sys
import threading

import optree

from keraslite.backend.recording.own_code import run_watched
from keraslite.backend.recording.recorder import Recorder

_FIRST = 8  # recordings that are made in any case; later ones must be worth their time
_WORTH = 10  # steps that one must have replaced
_LARGEST = 1 << 26  # elements of state, which is copied while recorded; larger steps gain nothing


class _Gate:
    """Lets steps of all threads run at the same time, and one be recorded only while no other
    runs: that one changes what they share, the engine's functions and the global seed."""

    def __init__(self):
        self._lock, self._running = threading.RLock(), 0

    def enter(self):
        with self._lock:
            self._running += 1

    def leave(self):
        with self._lock:
            self._running -= 1

    def close(self):
        """Keep others out until `open`; False if some are inside."""
        self._lock.acquire()
        if self._running > 1:
            self._lock.release()
            return False
        return True

    def open(self):
        self._lock.release()


_gate = _Gate()


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
        self._version = None
        self._made = self._replayed = 0
        self.recordings = {}
        self.refused = None

    def __call__(self, *data):
        _gate.enter()
        try:
            return self._run(data)
        finally:
            _gate.leave()

    def _run(self, data):
        if self._state.version != self._version:
            return self._watched(data)
        if self.refused is not None:
            return self._step(*data)
        leaves, structure = optree.tree_flatten(data)
        key = (structure, *[(x.shape, x.dtype) for x in leaves])
        recording = self.recordings.get(key)
        if recording is not None:
            self._replayed += 1
            return recording.run(leaves, self._state)
        if self._replayed < _WORTH * (self._made - _FIRST) or not _gate.close():
            return self._step(*data)
        try:
            return self._recorded(key, data)
        finally:
            _gate.open()

    def _watched(self, data):
        """Run the step and see whether it may be recorded."""
        if sys.getprofile() is not None:  # a profiler is at work, which watching would end
            return self._step(*data)
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

    def _recorded(self, key, data):
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
