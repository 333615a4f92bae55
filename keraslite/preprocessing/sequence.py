"""Sequences of different lengths as one array."""

import numpy as np


def pad_sequences(
    sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0
):
    """Sequences cut or filled up to one length.

    Args:
        sequences: sequences of numbers, strings, or equally shaped arrays.
        maxlen: the length; default: the longest sequence's.
        dtype: dtype of the result; `object` for strings of different lengths.
        padding: "pre" or "post": on which side to fill up.
        truncating: "pre" or "post": on which side to cut.
        value: what to fill up with.

    Returns:
        Array of shape (number of sequences, maxlen, *shape of an element).

    Raises:
        ValueError: a sequence is not one, its elements have another shape than the first one's,
            or an argument is not among its choices.

    >>> pad_sequences([[1], [2, 3, 4]], maxlen=2).tolist()
    [[0, 1], [3, 4]]
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post', found {side!r}.")
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"The string {value!r} cannot fill an array of {dtype}: use dtype=object.")
    try:
        lengths = [len(sequence) for sequence in sequences]
    except TypeError as error:
        raise ValueError(f"pad_sequences needs a list of sequences: {error}.") from None
    if maxlen is None:
        maxlen = max(lengths, default=0)
    first = next((sequence for sequence in sequences if len(sequence)), ())
    shape = np.asarray(first).shape[1:]
    padded = np.full((len(lengths), maxlen, *shape), value, dtype)
    for row, sequence, length in zip(padded, sequences, lengths):
        cut = max(length - maxlen, 0)
        kept = sequence[cut:] if truncating == "pre" else sequence[: length - cut]
        kept = np.asarray(kept, dtype)
        if len(kept) and kept.shape[1:] != shape:
            raise ValueError(
                f"pad_sequences: elements of shape {kept.shape[1:]} found after elements of"
                f" shape {shape}; all sequences need elements of one shape."
            )
        if padding == "pre":
            row[maxlen - len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return padded
