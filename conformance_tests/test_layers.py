"""Every layer on the engine under test against NumPy in float64."""

import inspect
import json

import numpy as np
import optree
import pytest

import keraslite as keras
from conformance_tests.frontend import (
    draw,
    error,
    on_engine,
    on_reference,
    policy,
    to_numpy,
)
from conformance_tests.layers_table import CASES, TwoStates
from conformance_tests.measure import eps
from keraslite import layers, ops, saving
from keraslite.backend import standardize_dtype
from keraslite.backend.dtypes import FLOATS

ALL = [pytest.param(case, id=case.id) for case in CASES]


def is_shape(x):
    return isinstance(x, tuple)


def arrays_of(case, dtype):
    """The arguments of a call: a list of NumPy arrays, and of lists of them."""
    rng = np.random.default_rng(11)
    arrays = optree.tree_map(
        lambda shape: draw(rng, shape, dtype), list(case.inputs), is_leaf=is_shape
    )
    if case.ints:
        arrays[0] = rng.integers(0, case.ints, case.inputs[0]).astype("int32")
    return arrays


def keywords_of(case):
    """Keyword arguments of a call: the case's own, and a mask with steps left out at the start,
    inside and at the end."""
    if not case.mask:
        return case.keywords
    mask = np.random.default_rng(12).random(case.inputs[0][:2]) < 0.6
    mask[0, 0], mask[0, -1] = False, True
    mask[1, 0], mask[1, -1] = True, False
    return {"mask": mask, **case.keywords}


def random_weights(layer, dtype):
    """New values for all weights; those that are variances or factors are positive."""
    rng = np.random.default_rng(13)

    def values(variable):
        positive = variable.name in ("moving_variance", "gamma")
        return draw(rng, variable.shape, dtype, 0.5 if positive else -0.8, 1.5 if positive else 0.8)

    return [values(v) for v in layer.weights]


def symbols_of(case, arrays):
    """Inputs of a functional model, of any batch size where the layer takes any."""
    return optree.tree_map(
        lambda x: keras.Input(
            batch_shape=(None, *x.shape[1:]) if case.any_batch else x.shape, dtype=x.dtype.name
        ),
        arrays,
    )


def built(case, dtype):
    """A layer that was called on symbols only, and the values of its first weights."""
    layer = case.make()
    layer(*symbols_of(case, arrays_of(case, dtype)), **case.keywords)
    return layer, layer.get_weights()


def to_tensors(nest):
    return optree.tree_map(ops.convert_to_tensor, nest)


def total(outputs):
    """Sum of all outputs, each element times a fixed number."""
    rng = np.random.default_rng(14)
    terms = []
    for output in optree.tree_leaves(outputs):
        weights = draw(rng, tuple(output.shape), "float64", 0.5, 1.5)
        weights *= np.where(rng.random(weights.shape) < 0.5, -1, 1)
        terms.append(ops.sum(output * ops.cast(weights, output.dtype)))
    return sum(terms[1:], terms[0])


def run(case, dtype):
    """What a layer computes, as dict of lists of NumPy arrays."""
    layer, first = built(case, dtype)
    layer.set_weights(random_weights(layer, dtype))
    arrays, keywords = to_tensors(arrays_of(case, dtype)), keywords_of(case)
    results = {"initial": first}
    results["forward"] = to_numpy([layer(*arrays, training=False, **keywords)])
    inputs = [x for x in optree.tree_leaves(arrays) if ops.is_tensor(x) and is_float(x)]
    places = {id(x): i for i, x in enumerate(inputs)}

    def loss(parts):
        given = parts[1]
        args = optree.tree_map(lambda x: given[places[id(x)]] if id(x) in places else x, arrays)
        outputs = layer(*args, training=True, **keywords)
        return sum(layer.losses, total(outputs)), outputs

    outputs, gradients = [], []
    for _ in range(case.calls):
        (_, aux), found = ops.value_and_grad(loss, has_aux=True)(
            [layer.trainable_variables, inputs]
        )
        outputs.append(aux)
        gradients.append(found)
    results["training"] = to_numpy(outputs)
    results["gradient"] = to_numpy(gradients)
    results["state"] = [v.numpy() for v in layer.variables]
    return results


def is_float(x):
    return standardize_dtype(x.dtype) in FLOATS


def test_the_table_has_every_layer():
    cases = {case.layer for case in CASES}
    exported = {
        cls.__name__
        for cls in map(layers.__dict__.get, layers.__all__)
        if inspect.isclass(cls) and issubclass(cls, layers.Layer)
    }
    assert exported - {"Layer", "InputLayer"} <= cases


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", ALL)
def test_numbers(case, dtype, backend, reference, report):
    """Outputs, gradients by inputs and weights, and state, in inference and training."""
    expected = on_reference(reference, run, case, "float64")
    found = on_engine(run, case, dtype, dtype=dtype)
    for name in ("forward", "training", "state"):
        worst = error(found[name], expected[name], dtype)
        report.check(f"layers.{case.layer}", dtype, "forward", worst, ("eps", case.forward))
    # Terms cancel, so what an error is large or small against is the largest of the gradients.
    worst = error(found["gradient"], expected["gradient"], dtype, expected["gradient"])
    report.check(f"layers.{case.layer}", dtype, "gradient", worst, ("eps", case.gradient))


@pytest.mark.parametrize("case", ALL)
def test_first_weights_have_the_same_bits(case, backend, reference):
    def first():
        return built(case, "float32")[1]

    found = on_engine(first)
    expected = on_reference(reference, first, dtype="float32")
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected):
        assert one.dtype == "float32"
        np.testing.assert_array_equal(one, wanted)


@pytest.mark.parametrize("case", ALL)
def test_shapes(case, backend):
    """What is said about outputs before there are any, and what a model makes of the layer."""
    layer = case.make()
    arrays = arrays_of(case, "float32")
    said = layer.compute_output_shape(*optree.tree_map(np.shape, arrays))
    symbols = symbols_of(case, arrays)
    outputs = layer(*symbols, **case.keywords)
    model = keras.Model(optree.tree_leaves(symbols), outputs)
    actual = optree.tree_leaves(model(optree.tree_leaves(to_tensors(arrays))))
    shapes = [tuple(x.shape) for x in actual]
    count = 1 if "return_attention_scores" in case.keywords else len(shapes)
    assert optree.tree_leaves(said, is_leaf=is_shape_of_ints) == shapes[:count]
    for symbol, tensor in zip(optree.tree_leaves(outputs), actual):
        batch = None if case.any_batch else tensor.shape[0]
        assert symbol.shape == (batch, *tensor.shape[1:])
        assert symbol.dtype == standardize_dtype(tensor.dtype)


def is_shape_of_ints(x):
    return isinstance(x, tuple) and all(n is None or isinstance(n, int) for n in x)


@pytest.mark.parametrize("case", ALL)
def test_config(case, backend):
    """A layer made from its config, by way of JSON, computes the same with the same weights."""
    layer, _ = built(case, "float32")
    layer.set_weights(random_weights(layer, "float32"))
    custom = {"TwoStates": TwoStates}
    arrays, keywords = to_tensors(arrays_of(case, "float32")), keywords_of(case)
    with saving.CustomObjectScope(custom):
        config = json.loads(json.dumps(saving.serialize_keras_object(layer)))
        copy = saving.deserialize_keras_object(config)
        again = json.loads(json.dumps(saving.serialize_keras_object(copy)))
    assert type(copy) is type(layer) and copy.name == layer.name
    assert again == config
    assert copy.built and [v.shape for v in copy.weights] == [v.shape for v in layer.weights]
    assert [v.name for v in copy.weights] == [v.name for v in layer.weights]
    copy.set_weights(layer.get_weights())
    found, expected = copy(*arrays, **keywords), layer(*arrays, **keywords)
    for one, wanted in zip(to_numpy(found), to_numpy(expected), strict=True):
        np.testing.assert_array_equal(one, wanted)


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("case", ALL)
def test_mixed_precision(case, name, backend, reference):
    """Outputs come in 16 bits, weights stay in float32, gradients come in float32."""
    half = name.removeprefix("mixed_")

    def compute():
        layer, _ = built(case, "float32")
        layer.set_weights(random_weights(layer, "float32"))
        arrays, keywords = to_tensors(arrays_of(case, "float32")), keywords_of(case)

        def loss(_):
            outputs = layer(*arrays, training=True, **keywords)
            return ops.cast(total(outputs), "float32"), outputs

        (_, outputs), gradients = ops.value_and_grad(loss, has_aux=True)(layer.trainable_variables)
        return layer, outputs, gradients

    with policy(name):
        layer, outputs, gradients = on_engine(compute)
    _, expected, _ = on_reference(reference, compute)
    assert all(variable.dtype == "float32" for variable in layer.weights)
    for gradient, variable in zip(gradients, layer.trainable_variables):
        assert standardize_dtype(gradient.dtype) == "float32"
        assert np.all(np.isfinite(ops.convert_to_numpy(gradient))), variable.path
    for output, wanted in zip(optree.tree_leaves(outputs), to_numpy(expected)):
        assert standardize_dtype(output.dtype) == half
        found = np.asarray(ops.convert_to_numpy(output)).astype("float64")
        np.testing.assert_allclose(found, wanted, atol=64 * eps(half), rtol=64 * eps(half))


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.LSTM, layers.GRU])
def test_own_activations_are_not_mistaken_for_ours(kind, backend):
    def tanh(x):  # a name that a fused kernel knows
        return x * 0.0 + 0.25

    fused, own = kind(2), kind(2, activation=tanh)
    assert fused.cell.is_fusable and not own.cell.is_fusable
    x = backend.asarray(np.ones((1, 3, 2), "float32"))
    assert not np.allclose(backend.to_numpy(fused(x)), backend.to_numpy(own(x)))
    if kind is layers.SimpleRNN:
        np.testing.assert_array_equal(backend.to_numpy(own(x)), 0.25)
