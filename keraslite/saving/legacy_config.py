"""Configs of legacy `.h5` files, in the form that `.keras` files have today."""

from keraslite.saving import operations

_TRAINING = {  # keys of training_config whose classes are named without saying of which kind
    "loss": "keras.losses",
    "metrics": "keras.metrics",
    "weighted_metrics": "keras.metrics",
    "optimizer_config": "keras.optimizers",
}
_COMPILE = ("loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly",
            "steps_per_execution", "jit_compile")  # fmt: skip


def modern_config(config):
    """The config of a model, with what Keras 2 and Keras 3's legacy format leave out or name anew.

    Layers and functions of a graph are told apart by their settings: all layers save `trainable`.
    """
    if isinstance(config, list):
        return [modern_config(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: modern_config(value) for key, value in config.items()}
    settings = config.get("config")
    if "class_name" not in config or not isinstance(settings, dict):
        return config
    shape = settings.pop("batch_input_shape", None)
    if config["class_name"] == "InputLayer":
        settings.setdefault("batch_shape", shape)
    elif shape is not None:
        settings["input_shape"] = shape[1:]
    if config["class_name"] == "Model":
        config["class_name"] = "Functional"
    if "module" not in config and "inbound_nodes" in config and _is_operation(config):
        config["module"] = "keras.src.ops.numpy"
    return config


def _is_operation(config):
    settings = config["config"]
    return (
        "trainable" not in settings
        and "batch_shape" not in settings
        and operations.is_known(config["class_name"])
    )


def modern_training(config):
    """The arguments of `compile`, serialized, from an attribute `training_config`."""
    config = {key: _with_module(value, _TRAINING.get(key)) for key, value in config.items()}
    arguments = {key: config[key] for key in _COMPILE if key in config}
    return {"optimizer": config["optimizer_config"], **arguments}


def _with_module(value, module):
    """Name the module of every class in a nest of losses, metrics or optimizers."""
    if isinstance(value, list):
        return [_with_module(item, module) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" in value and "config" in value:
        return {"module": module, **value}
    return {key: _with_module(item, module) for key, item in value.items()}
