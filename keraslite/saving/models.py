"""From the config in a file to a model, compiled as it was."""

from keraslite.saving.registration import CustomObjectScope
from keraslite.saving.serialization import deserialize_keras_object


def made_model(config, source, custom_objects=None, compile=True):
    """The model of a config, with new weights.

    Args:
        config: dict, as `serialize_keras_object` wrote it.
        source: what messages call the file.
        custom_objects: {name: class or function} that the config may name.
        compile: whether to compile the model as it was when saved.

    Raises ValueError for a config that is damaged or needs what is not known here.
    """
    from keraslite.models import Model

    if not isinstance(config, dict):
        raise ValueError(f"{source} is damaged: its config is no dict.")
    compile_config = config.get("compile_config")
    config = {key: value for key, value in config.items() if key != "compile_config"}
    if not compile:
        config = without_compiling(config)
    with CustomObjectScope(custom_objects):
        try:
            model = deserialize_keras_object(config)
        except Exception as error:
            raise _explained(f"{source}: the model cannot be made", error) from error
        if not isinstance(model, Model):
            raise ValueError(f"{source} holds a {type(model).__name__}, not a model.")
        if compile and compile_config:
            try:
                model.compile_from_config(compile_config)
            except Exception as error:
                raise _explained(
                    f"{source}: the model cannot be compiled as it was (load_model with"
                    " compile=False leaves that out)",
                    error,
                ) from error
    return model


def _explained(what, error):
    detail = f"its config lacks {error}" if isinstance(error, KeyError) else error
    return ValueError(f"{what}: {detail}")


def without_compiling(config):
    """A config without what it says about compiling, in nested models too."""
    if isinstance(config, dict):
        return {k: without_compiling(v) for k, v in config.items() if k != "compile_config"}
    if isinstance(config, list):
        return [without_compiling(item) for item in config]
    return config


def model_from_json(json_string, custom_objects=None):
    """The model, with new weights, of a JSON text that `Model.to_json` wrote.

    Args:
        json_string: the text.
        custom_objects: {name: class or function} for what is not keraslite's own.

    Raises ValueError for unknown classes or text that is no JSON.

    >>> import keraslite as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.models.model_from_json(model.to_json()).count_params()
    8
    """
    import json

    try:
        config = json.loads(json_string)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"The text is no JSON: {error}") from None
    return made_model(config, "The text", custom_objects)
