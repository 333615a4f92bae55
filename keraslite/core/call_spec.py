"""What the signature of a layer's `call` and `build` says, read once for each class."""

import functools
import inspect


class CallSpec:
    """Facts about a `call` method.

    Attributes:
        names: its parameters in order, without self.
        takes_training, takes_mask: whether it has such a parameter.
        training_default: default of `training`.
        mask_names: {"x_mask": "x"}: parameters that take the mask of another one.
    """

    def __init__(self, call):
        parameters = inspect.signature(call).parameters
        self.signature = inspect.signature(call)
        self.names = [
            p.name for p in parameters.values() if p.kind is not p.VAR_KEYWORD and p.name != "self"
        ]
        free = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        self.takes_training = "training" in self.names
        self.takes_anything = free
        default = parameters["training"].default if self.takes_training else None
        self.training_default = None if default is inspect.Parameter.empty else default
        first = self.names[0] if self.names else None
        self.first = first
        self.takes_mask = "mask" in self.names
        self.mask_names = {
            n: n[:-5] for n in self.names if n.endswith("_mask") and n[:-5] in self.names
        }
        if self.takes_mask and first:
            self.mask_names["mask"] = first
        self.training_position = (
            self.names.index("training") if self.takes_training else len(self.names)
        )
        self.has_masks = bool(self.mask_names)


@functools.cache
def call_spec(cls):
    """The CallSpec of a layer class."""
    return CallSpec(cls.call)


@functools.cache
def build_parameters(cls):
    """Names of the shapes that `build` takes, without self."""
    parameters = inspect.signature(cls.build).parameters.values()
    return [
        p.name
        for p in parameters
        if p.name != "self" and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
