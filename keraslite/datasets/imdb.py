"""IMDB: 50,000 film reviews as lists of word numbers, good or bad (Maas et al., 2011)."""

import json

import numpy as np

from keraslite.datasets.cache import dataset_file
from keraslite.datasets.npz import read_npz


def load_data(
    path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2,
    index_from=3,
):  # fmt: skip
    """The reviews and their labels.

    A word is its rank by frequency (1 is the most frequent one) plus `index_from`; 0 is left for
    padding.

    Args:
        path: an `.npz` file in this layout, or a name in `$KERASLITE_HOME/datasets`, where the
            canonical file is downloaded to unless it is there or in `~/.keras/datasets`.
        num_words: numbers from this one on become `oov_char`; default: the largest number (so
            that the rarest word becomes `oov_char`, as in Keras).
        skip_top: numbers below this one become `oov_char`.
        maxlen: reviews of this length or longer, `start_char` included, are left out.
        seed: of the shuffles of the two halves (`numpy.random.RandomState`, as in Keras).
        start_char: first number of every review; None for none.
        oov_char: what words out of the vocabulary become; None to leave them out.
        index_from: what is added to the ranks.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: object arrays of lists of int, and int64 labels
        (n,), 1 for a good review. The canonical file has 25,000 and 25,000.

    Raises:
        FileNotFoundError: the file is nowhere, and cannot be downloaded.
        ValueError: the file is damaged or another one than expected, or `maxlen` leaves nothing.
    """
    digest = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
    file = dataset_file(path, "imdb.npz", digest)
    x_train, y_train, x_test, y_test = read_npz(file, ["x_train", "y_train", "x_test", "y_test"])
    rng = np.random.RandomState(seed)
    halves = []
    for x, y in ((x_train, y_train), (x_test, y_test)):
        order = np.arange(len(x))
        rng.shuffle(order)
        reviews = _Reviews([x[i] for i in order], y[order])
        reviews.number(start_char, index_from)
        if maxlen:
            reviews.drop_from(maxlen)
        halves.append(reviews)
    if not num_words:
        num_words = max(half.words.max(initial=0) for half in halves)
    train, test = (half.in_vocabulary(skip_top, num_words, oov_char) for half in halves)
    return train, test


class _Reviews:
    """Reviews end to end in one vector, so that each step is one NumPy expression."""

    def __init__(self, reviews, labels):
        self.words = np.concatenate(reviews)
        self.lengths = np.array([len(review) for review in reviews])
        self.labels = labels

    def number(self, start_char, index_from):
        """Add `index_from` to the ranks, and put `start_char` in front of each review."""
        self.words = self.words + (index_from or 0)
        if start_char is not None:
            starts = np.cumsum(self.lengths) - self.lengths
            self.words = np.insert(self.words, starts, start_char)
            self.lengths = self.lengths + 1

    def drop_from(self, maxlen):
        """Keep the reviews shorter than `maxlen`."""
        short = self.lengths < maxlen
        if not short.any():
            raise ValueError(
                f"No review is shorter than maxlen={maxlen}; the shortest has"
                f" {self.lengths.min()} words. Increase maxlen."
            )
        self.words = self.words[np.repeat(short, self.lengths)]
        self.lengths, self.labels = self.lengths[short], self.labels[short]

    def in_vocabulary(self, low, high, oov_char):
        """(object array of lists, labels), words outside [low, high) replaced or left out."""
        known = (low <= self.words) & (self.words < high)
        if oov_char is None:
            review = np.repeat(np.arange(len(self.lengths)), self.lengths)
            lengths = np.bincount(review[known], minlength=len(self.lengths))
            words = self.words[known].tolist()
        else:
            lengths = self.lengths
            words = np.where(known, self.words, oov_char).tolist()
        ends = np.cumsum(lengths).tolist()
        lists = (words[start:end] for start, end in zip([0, *ends], ends))
        return np.fromiter(lists, object, len(ends)), self.labels


def get_word_index(path="imdb_word_index.json"):
    """Words and their ranks, 1 for the most frequent one (before `index_from` is added).

    Args:
        path: as in `load_data`.
    """
    digest = "bfafd718b763782e994055a2d397834f"  # MD5; its publisher names no other
    return json.loads(dataset_file(path, "imdb_word_index.json", digest).read_text("utf8"))
