"""Named families (losses, initializers, ...): from a name, config or object to an object."""

import inspect
from typing import Any

from keraslite.core.naming import find, to_snake_case


class Family:
    """A family of classes (and functions) that users name by strings.

    Args:
        kind: what a member is, in the singular, for messages ("initializer").
        classes: the classes.
        aliases: more names, {name: class or function}.
    """

    def __init__(self, kind, classes, aliases=None):
        self.kind = kind
        self.table = {cls.__name__: cls for cls in classes}
        self.table.update({to_snake_case(cls.__name__): cls for cls in classes})
        self.table.update(aliases or {})

    def get(self, identifier) -> Any:
        """A member: an object is returned as it is, a class or name is made, a config read.

        Raises ValueError for an unknown name (with the nearest match) or for what is no member.
        """
        if identifier is None:
            return None
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, str):
            from keraslite.saving.registration import get_registered_object

            found = get_registered_object(identifier) or find(identifier, self.table, self.kind)
        else:
            found = identifier
        if inspect.isclass(found):
            found = found()
        if callable(found) or hasattr(found, "get_config"):
            return found
        raise ValueError(
            f"Expected a {self.kind}: a name, a config, an object or a function; found"
            f" {identifier!r}."
        )

    def serialize(self, member):
        """The JSON-ready form of a member; None stays None."""
        from keraslite.saving import serialize_keras_object

        return serialize_keras_object(member)

    def deserialize(self, config, custom_objects=None):
        """The inverse of `serialize`; also reads {"class_name": ..., "config": ...}."""
        from keraslite.saving import deserialize_keras_object

        return deserialize_keras_object(config, custom_objects=custom_objects)
