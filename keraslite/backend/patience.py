"""Several steps in one call, but not before that is worth a compilation of its own."""

from keraslite.backend.nests import signature

_PATIENCE = 500  # steps; a compilation takes as long as a loop gains in about so many


def patient(loop, singly, compiled):
    """A function of (batches, count) that calls `loop`, or first, where single steps are compiled
    for such batches already, `singly`.

    Args:
        loop, singly: do the same, see `State.compile_loop`.
        compiled: keys (`signature` of a step's arguments) that single steps are compiled for.
    """
    left = {}  # steps to do singly, by the batches' key

    def run(batches, count):
        _, key = signature((batches,))
        if key not in left:
            structure, *types = key
            batch = (structure, *[(shape[1:], dtype) for shape, dtype in types])
            left[key] = _PATIENCE if batch in compiled else 0
        if left[key] <= 0:
            return loop(batches, count)
        left[key] -= count
        return singly(batches, count)

    return run
