"""Dtype policies: in which dtype a layer keeps its weights, and in which it computes."""

from keraslite import config
from keraslite.backend.dtypes import standardize_dtype

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """A pair of dtypes, by name.

    Args:
        name: a dtype name (both dtypes), "mixed_float16" or "mixed_bfloat16" (computes in 16 bits,
            keeps weights in float32); default: the global policy.

    >>> DTypePolicy("mixed_bfloat16").compute_dtype
    'bfloat16'
    """

    def __init__(self, name=None):
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            name = standardize_dtype(name)
        self.name = name
        if name in _MIXED:
            self.compute_dtype, self.variable_dtype = _MIXED[name], "float32"
        else:
            try:
                self.compute_dtype = self.variable_dtype = standardize_dtype(name)
            except ValueError as error:
                raise ValueError(
                    f"Unknown dtype policy {name!r}: expected a dtype, 'mixed_float16' or"
                    f" 'mixed_bfloat16'. {error}"
                ) from None

    quantization_mode = None

    def get_config(self):
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


FloatDTypePolicy = DTypePolicy
Policy = DTypePolicy

_global_policy = None


def dtype_policy():
    """The policy of layers that name none: the one set, else `floatx()` for both dtypes."""
    return _global_policy or DTypePolicy(config.floatx())


def set_dtype_policy(policy):
    """Set the global policy: a DTypePolicy or a name; None goes back to `floatx()`."""
    global _global_policy
    _global_policy = None if policy is None else get(policy)


def get(identifier):
    """A DTypePolicy from a policy, a name, a dtype, a config, or None (the global policy)."""
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return DTypePolicy(**identifier.get("config", identifier))
    return dtype_policy() if identifier is None else DTypePolicy(identifier)


def serialize(policy):
    """The policy as a JSON-ready dict, in Keras's format."""
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": policy.get_config(),
        "registered_name": None,
    }


def deserialize(config, custom_objects=None):
    """The inverse of `serialize`."""
    return get(config)
