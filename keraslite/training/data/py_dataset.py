"""PyDataset: batches by number, made in Python, by several workers if asked."""

from concurrent.futures import ThreadPoolExecutor

from keraslite.random import host


class PyDataset:
    """Base class of data sets that give batch number i.

    Override `__len__` (number of batches) and `__getitem__(i)`, which returns (x, y) or
    (x, y, sample_weight); `on_epoch_end` if something is to change between passes.

    Args:
        workers: threads that make batches ahead.
        use_multiprocessing: accepted for compatibility; batches are made in threads.
        max_queue_size: batches made ahead at most.
    """

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    @property
    def workers(self):
        return self.__dict__.get("_workers", 1)

    @property
    def max_queue_size(self):
        return self.__dict__.get("_max_queue_size", 10)

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index).")

    def __len__(self):
        raise NotImplementedError(f"{type(self).__name__} must define __len__().")

    def on_epoch_end(self):
        """Called after each pass."""


class PyDatasetAdapter:
    """Batches of a PyDataset, in order or shuffled."""

    repeatable = True

    def __init__(self, dataset, shuffle=False, class_weight=None):
        self.dataset = dataset
        self.num_batches = len(dataset)
        if self.num_batches == 0:
            raise ValueError(f"The {type(dataset).__name__} passed as x is empty: its length is 0.")
        self._class_weight = class_weight
        self._shuffle = shuffle
        self._rng = None

    def __iter__(self):
        from keraslite.training.data.generators import _batch

        count = self.num_batches = len(self.dataset)
        order = range(count)
        if self._shuffle:
            self._rng = self._rng or host.generator(path="shuffle")
            order = self._rng.permutation(count).tolist()
        if self.dataset.workers <= 1:
            for index in order:
                yield _batch(self.dataset[index], self._class_weight)
            return
        ahead = max(1, min(self.dataset.max_queue_size, count))
        with ThreadPoolExecutor(self.dataset.workers) as pool:
            waiting = [pool.submit(self.dataset.__getitem__, i) for i in order[:ahead]]
            for position in range(count):
                data = waiting.pop(0).result()
                if position + ahead < count:
                    waiting.append(pool.submit(self.dataset.__getitem__, order[position + ahead]))
                yield _batch(data, self._class_weight)

    def on_epoch_end(self):
        """Tell the data set that a pass is over."""
        self.dataset.on_epoch_end()
