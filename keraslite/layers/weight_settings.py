"""What layers say about each of their weights: how it begins, is penalized and is constrained."""

from keraslite import constraints, initializers, regularizers
from keraslite.core.layer import Layer

_FAMILIES = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


class LayerWithSettings(Layer):
    """Base of layers whose arguments are named `kernel_initializer`, `bias_constraint`, ..."""

    _weight_names = ("kernel", "bias")

    def _keep_settings(self, arguments):
        """Keep, as attributes, those of `arguments` (the locals of an `__init__`)."""
        for key, family in self._setting_keys():
            if key in arguments:
                setattr(self, key, family.get(arguments[key]))

    def _setting_keys(self):
        return [(f"{n}_{kind}", f) for kind, f in _FAMILIES.items() for n in self._weight_names]

    def _add(self, weight, shape, **options):
        """A new weight by its settings; `options` go to `add_weight`, in their place or beside."""
        settings = {kind: self.__dict__.get(f"{weight}_{kind}") for kind in _FAMILIES}
        return self.add_weight(shape, **{**settings, "name": weight, **options})

    def _settings_config(self):
        """The settings as JSON-ready values."""
        return {
            key: family.serialize(self.__dict__[key])
            for key, family in self._setting_keys() if key in self.__dict__
        }  # fmt: skip
