"""Pass after pass over the same data."""


class Endless:
    """Iterator of the batches of one pass after another.

    It has what the passes have: `stack`, `batch_bytes` and `count` where they are of arrays.

    Args:
        data: a data adapter that can be gone through again and again.
    """

    def __init__(self, data):
        self._data = data
        self._pass = iter(data)

    def __iter__(self):
        return self

    def __next__(self):
        batch = next(self._pass, None)
        if batch is None:
            self._pass = iter(self._data)
            batch = next(self._pass)
        return batch

    def __getattr__(self, name):
        found = getattr(self._pass, name)
        return self._stack if name == "stack" else found

    def _stack(self, count, places):
        stacked = self._pass.stack(count, places)
        if stacked[1] == 0:
            self._pass = iter(self._data)
            stacked = self._pass.stack(count, places)
        return stacked
