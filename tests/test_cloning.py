"""clone_model: the same architecture, other weights."""

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def graph():
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = layers.Dense(3, activation="tanh", name="shared")
    both = layers.Concatenate(name="both")([shared(first), shared(second)]) * 2.0
    inner = keras.Sequential([layers.Dense(3, name="deep"), layers.ReLU()], name="inner")
    outputs = {"a": inner(both), "b": ops.sum(both, axis=-1)}
    return keras.Model([first, second], outputs, name="graph")


def stack():
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(2)], name="stack"
    )


def assert_same_but_apart(model, clone, x):
    """Other variables, and with the same weights the same predictions."""
    assert not {id(v) for v in model.variables} & {id(v) for v in clone.variables}
    clone.set_weights(model.get_weights())
    one, two = model.predict(x, verbose=0), clone.predict(x, verbose=0)
    for key in one if isinstance(one, dict) else [...]:
        np.testing.assert_array_equal(one[key], two[key])


def test_stacks_and_graphs():
    clone = keras.models.clone_model(stack())
    assert type(clone) is keras.Sequential and clone.name == "stack"
    assert_same_but_apart(stack(), clone, X)
    model = graph()
    clone = keras.models.clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert len(clone.get_layer("shared")._inbound_nodes) == 2
    assert_same_but_apart(model, clone, [X, 2 * X])


def test_a_stack_that_is_not_built():
    clone = keras.models.clone_model(keras.Sequential([layers.Dense(2, name="d")]))
    assert not clone.built and clone.layers[0].units == 2


def test_layers_may_be_changed_on_the_way():
    def wider(layer):
        config = layer.get_config()
        if isinstance(layer, layers.Dense):
            config["units"] *= 2
        return type(layer).from_config(config)

    clone = keras.models.clone_model(stack(), clone_function=wider)
    assert clone.output_shape == (None, 4)
    with pytest.raises(ValueError, match="must return a layer"):
        keras.models.clone_model(stack(), clone_function=lambda layer: None)


def test_nested_models_are_gone_into_if_asked():
    def wider(layer):
        config = layer.get_config()
        return type(layer).from_config({**config, "units": 6} if layer.name == "deep" else config)

    shallow = keras.models.clone_model(graph(), clone_function=wider)
    assert shallow.get_layer("inner").get_layer("deep").units == 3
    deep = keras.models.clone_model(graph(), clone_function=wider, recursive=True)
    assert deep.get_layer("inner").get_layer("deep").units == 6


def test_calls_may_be_changed_on_the_way():
    seen = []

    def call(layer, *args, **kwargs):
        seen.append(layer.name)
        return layer(*args, **kwargs)

    model = graph()
    clone = keras.models.clone_model(model, call_function=call)
    assert sorted(seen) == ["both", "inner", "shared", "shared"]
    assert_same_but_apart(model, clone, [X, X])
    with pytest.raises(ValueError, match="functional models only"):
        keras.models.clone_model(stack(), call_function=call)


def test_other_inputs():
    first, second = keras.Input((4,), name="new"), keras.Input((4,))
    clone = keras.models.clone_model(graph(), input_tensors=[first, second])
    assert clone.input_names[0] == "new" and clone.inputs[0] is first
    clone = keras.models.clone_model(stack(), input_tensors=first)
    assert clone.inputs[0].shape == (None, 4)
    with pytest.raises(ValueError, match="'graph' has 2 input"):
        keras.models.clone_model(graph(), input_tensors=[first])


class Own(keras.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)


def test_subclassed_models_are_made_from_their_config():
    model = Own(3)
    model(X)
    clone = keras.models.clone_model(model)
    clone(X)
    assert_same_but_apart(model, clone, X)
    with pytest.raises(ValueError, match="Own is a subclassed model"):
        keras.models.clone_model(model, clone_function=lambda layer: layer)
    with pytest.raises(ValueError, match="Unknown argument"):
        keras.models.clone_model(model, speed=3)


def test_frozen_layers_stay_frozen():
    model = graph()
    model.get_layer("shared").trainable = False
    clone = keras.models.clone_model(model)
    assert not clone.get_layer("shared").trainable and clone.get_layer("inner").trainable
