"""Taking back what a failed build has changed."""

from keraslite.core import tracking
from keraslite.random import host


class undone_on_error:
    """`with undone_on_error(layer):` puts things back as they were if the block raises.

    That is: the attributes of the layer and of those below it that are not built, those of `others`
    (objects or None), and the seeds that first weights are drawn from.
    """

    def __init__(self, layer, *others):
        things = [one for one in tracking.flat_layers(layer) if not one.built]
        things += [one for one in others if one is not None]
        self._saved = [(thing, _copied(vars(thing))) for thing in things]

    def __enter__(self):
        self._counts = host.counts()

    def __exit__(self, kind, error, traceback):
        if kind is None:
            return
        host.set_counts(self._counts)
        for thing, attributes in self._saved:
            vars(thing).clear()
            vars(thing).update(attributes)
        tracking.changed()


def _copied(attributes):
    """Attributes, their lists and dicts as copies that later changes leave alone."""
    return {k: v.copy() if type(v) in (list, dict) else v for k, v in attributes.items()}
