"""Work in blocks that fit the cache, on all cores."""

from keraslite_numpy.parallel import split


def in_blocks(fn, count, step, work):
    """`fn(block)` for slices of `step` that make up range(count); arguments as of `split`.

    Many passes over a block then find it in the cache.
    """

    def part(of):
        for start in range(of.start, of.stop, step):
            fn(slice(start, min(start + step, of.stop)))

    split(part, count, work)
