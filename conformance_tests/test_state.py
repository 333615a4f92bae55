"""State and gradients: variables' storage, differentiation that nests, compiled steps."""

import numpy as np
import optree
import pytest

FLOATS = ("float16", "bfloat16", "float32", "float64")


def tensor(backend, values, dtype="float64"):
    return backend.asarray(np.asarray(values, dtype))


class Cell:
    """A variable as the contract sees it: a handle that `read` and `assign` take."""

    def __init__(self, backend, value, trainable=False):
        self.backend = backend
        self.handle = backend.make_variable(value, trainable)

    @property
    def value(self):
        return self.backend.read(self.handle)

    def assign(self, value):
        self.handle = self.backend.assign(self.handle, value)

    def numpy(self):
        return self.backend.to_numpy(self.value)


class Cells:
    """The state of a step."""

    version = 0

    def __init__(self, *cells):
        self.cells = cells

    def get(self):
        return [cell.handle for cell in self.cells]

    def set(self, handles):
        for cell, handle in zip(self.cells, handles, strict=True):
            cell.handle = handle


# ---- handles ----


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int32"])
def test_a_variable_holds_a_copy(dtype, trainable, backend):
    array = np.array([1, 2, 3], "float64").astype("float32" if dtype == "bfloat16" else dtype)
    value = backend.cast(backend.asarray(array), dtype)
    cell = Cell(backend, value, trainable and dtype != "int32")
    array[:] = 0
    assert backend.is_tensor(cell.value)
    assert backend.dtype(cell.value) == dtype and tuple(backend.shape(cell.value)) == (3,)
    np.testing.assert_array_equal(cell.numpy().astype("float64"), [1, 2, 3])


def test_a_variable_from_a_numpy_array_does_not_share_its_memory(backend):
    array = np.ones(3, "float32")
    cell = Cell(backend, array, True)
    array[:] = 0
    np.testing.assert_array_equal(cell.numpy(), [1, 1, 1])


@pytest.mark.parametrize("trainable", [False, True])
def test_assign_replaces_the_value_and_keeps_tensors_apart(trainable, backend):
    cell = Cell(backend, np.zeros(2, "float32"), trainable)
    new = tensor(backend, [1.0, 2.0], "float32")
    cell.assign(new)
    np.testing.assert_array_equal(cell.numpy(), [1, 2])
    other = Cell(backend, np.zeros(2, "float32"), trainable)
    other.assign(cell.value)
    cell.assign(tensor(backend, [5.0, 6.0], "float32"))
    np.testing.assert_array_equal(other.numpy(), [1, 2])
    np.testing.assert_array_equal(backend.to_numpy(new), [1, 2])


def test_assign_new_keeps_the_value_and_no_graph(backend):
    cell = Cell(backend, np.zeros(2, "float32"), False)
    before = cell.value
    cell.handle = backend.assign_new(cell.handle, cell.value + 1.0)
    np.testing.assert_array_equal(cell.numpy(), [1, 1])
    np.testing.assert_array_equal(backend.to_numpy(before), [0, 0])
    trained = Cell(backend, np.ones(2, "float32"), True)
    cell.handle = backend.assign_new(cell.handle, trained.value * 3.0)
    trained.handle = backend.assign_new(trained.handle, trained.value * 2.0)
    np.testing.assert_array_equal(cell.numpy(), [3, 3])
    np.testing.assert_array_equal(trained.numpy(), [2, 2])
    assert not getattr(cell.value, "requires_grad", False)


def test_read_and_assign_take_plain_tensors(backend):
    x, y = tensor(backend, [1.0]), tensor(backend, [2.0])
    np.testing.assert_array_equal(backend.to_numpy(backend.read(x)), [1])
    np.testing.assert_array_equal(backend.to_numpy(backend.read(backend.assign(x, y))), [2])
    np.testing.assert_array_equal(backend.to_numpy(x), [1])


# ---- value_and_grad ----


@pytest.mark.parametrize("dtype", FLOATS)
def test_value_and_gradients(dtype, backend):
    x = backend.cast(tensor(backend, [1.0, 2.0]), dtype)
    y = backend.cast(tensor(backend, 3.0), dtype)
    loss = lambda v, z: backend.sum(v[0] * v[0]) * v[1] + z
    value, gradients = backend.value_and_grad(loss)([x, y], backend.ones((), dtype))
    assert backend.to_numpy(value) == 16
    assert isinstance(gradients, list)
    assert [backend.dtype(g) for g in gradients] == [dtype, dtype]
    np.testing.assert_array_equal(backend.to_numpy(gradients[0]).astype("float64"), [6, 12])
    assert backend.to_numpy(gradients[1]) == 5


def test_the_rest_of_the_arguments_may_be_any_nest(backend):
    loss = lambda v, data, flag: backend.sum(v[0] * data["x"][0]) if flag else v[0]
    data = {"x": (tensor(backend, [2.0, 3.0]), None)}
    _, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [1.0, 1.0])], data, True)
    np.testing.assert_array_equal(backend.to_numpy(gradient), [2, 3])


def test_gradients_of_what_is_not_used_are_zeros(backend):
    inputs = [tensor(backend, [1.0, 2.0]), tensor(backend, [[3.0]], "float32")]
    loss = lambda v: backend.sum(v[0])
    _, gradients = backend.value_and_grad(loss)(inputs)
    np.testing.assert_array_equal(backend.to_numpy(gradients[1]), np.zeros((1, 1), "float32"))
    assert backend.dtype(gradients[1]) == "float32"


def test_a_value_that_depends_on_no_input_has_zero_gradients(backend):
    constant = tensor(backend, 4.0)
    value, (gradient,) = backend.value_and_grad(lambda v: constant * 2)([tensor(backend, [1.0])])
    assert backend.to_numpy(value) == 8
    np.testing.assert_array_equal(backend.to_numpy(gradient), [0])
    loss = lambda v: backend.stop_gradient(backend.sum(v[0]))
    _, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [1.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [0])


def test_an_input_may_be_the_value_itself(backend):
    value, (gradient,) = backend.value_and_grad(lambda v: v[0])([tensor(backend, 2.0)])
    assert backend.to_numpy(value) == 2 and backend.to_numpy(gradient) == 1


def test_no_inputs_give_no_gradients(backend):
    value, gradients = backend.value_and_grad(lambda v: tensor(backend, 2.0))([])
    assert backend.to_numpy(value) == 2 and gradients == []


def test_a_tensor_that_is_given_twice_counts_as_two_inputs(backend):
    x = tensor(backend, 3.0)
    _, gradients = backend.value_and_grad(lambda v: v[0] * v[0] * v[1])([x, x])
    assert [float(backend.to_numpy(g)) for g in gradients] == [18, 9]


def test_the_closures_own_reference_to_an_input_is_a_constant(backend):
    x = tensor(backend, 3.0)
    _, (gradient,) = backend.value_and_grad(lambda v: v[0] * x)([x])
    assert backend.to_numpy(gradient) == 3


def test_aux_is_any_nest_and_free_of_the_trace(backend):
    def loss(v):
        y = v[0] * v[0]
        return backend.sum(y), {"y": y, "more": (backend.argmax(y, 0), [None, v[0]])}

    (value, aux), (gradient,) = backend.value_and_grad(loss, has_aux=True)(
        [tensor(backend, [1.0, 3.0])]
    )
    np.testing.assert_array_equal(backend.to_numpy(gradient), [2, 6])
    assert backend.to_numpy(value) == 10
    np.testing.assert_array_equal(backend.to_numpy(aux["y"]), [1, 9])
    assert backend.to_numpy(aux["more"][0]) == 1 and aux["more"][1][0] is None
    np.testing.assert_array_equal(backend.to_numpy(aux["more"][1][1]), [1, 3])
    # Used in a later computation, aux is a number like any other.
    _, (later,) = backend.value_and_grad(lambda v: backend.sum(v[0] * aux["y"]))(
        [tensor(backend, [1.0, 1.0])]
    )
    np.testing.assert_array_equal(backend.to_numpy(later), [1, 9])


def derivative(backend, function):
    return lambda x: backend.value_and_grad(lambda v: function(v[0]))([x])[1][0]


def test_derivatives_nest_four_deep(backend):
    function = lambda x: backend.exp(x * 0.5) + x * x * x
    expected = [lambda x: 0.5, lambda x: 0.25, lambda x: 0.125, lambda x: 0.0625]
    for order in range(1, 5):
        function = derivative(backend, function)
        exact = expected[order - 1](0) * np.exp(0.35) + [3 * 0.49, 4.2, 6.0, 0.0][order - 1]
        found = backend.to_numpy(function(tensor(backend, 0.7)))
        np.testing.assert_allclose(found, exact, rtol=1e-12)


def test_an_inner_gradient_with_respect_to_another_variable(backend):
    """d/dx (d/dy x**2 * y**3) = 6 * x * y**2: no confusion of the two levels."""

    def outer(v):
        inner = derivative(backend, lambda y: v[0] * v[0] * y * y * y)
        return inner(tensor(backend, 2.0))

    value, (gradient,) = backend.value_and_grad(outer)([tensor(backend, 3.0)])
    assert backend.to_numpy(value) == 108 and backend.to_numpy(gradient) == 72


def test_perturbations_are_not_confused(backend):
    """d/dx (x * d/dy (x + y)) = 1."""
    function = lambda x: x * derivative(backend, lambda y: x + y)(tensor(backend, 1.0))
    assert backend.to_numpy(derivative(backend, function)(tensor(backend, 5.0))) == 1


def test_inner_value_and_aux_are_differentiated_by_the_outer_call(backend):
    def outer(v):
        inner = lambda w: (backend.sum(w[0] * v[0]), v[0] * v[0])
        (value, aux), (gradient,) = backend.value_and_grad(inner, has_aux=True)([v[0] * 2])
        return backend.sum(aux) + value + backend.sum(gradient)  # x*x + 2*x*x + x

    _, (gradient,) = backend.value_and_grad(outer)([tensor(backend, [3.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [19])


def test_an_exception_leaves_nothing_behind(backend):
    def broken(v):
        y = v[0] * v[0]
        raise RuntimeError(f"no luck with {backend.ndim(y)}")

    x = tensor(backend, [1.0, 2.0])
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no luck"):
            backend.value_and_grad(broken)([x])
    loss = lambda v: backend.sum(v[0] * 3)
    value, (gradient,) = backend.value_and_grad(loss)([x])
    assert backend.to_numpy(value) == 9
    np.testing.assert_array_equal(backend.to_numpy(gradient), [3, 3])
    np.testing.assert_array_equal(backend.to_numpy(x * 2), [2, 4])


def test_an_exception_inside_leaves_the_outer_call_whole(backend):
    def broken(v):
        raise RuntimeError(str(backend.ndim(v[0] * 2)))

    def outer(v):
        with pytest.raises(RuntimeError):
            backend.value_and_grad(broken)([v[0]])
        return backend.sum(v[0] * v[0])

    _, (gradient,) = backend.value_and_grad(outer)([tensor(backend, [2.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [4])


def test_the_gradient_of_many_uses_of_one_tensor_adds_up(backend):
    def loss(v):
        total = v[0]
        for _ in range(50):
            total = total + v[0] * 0.5
        return backend.sum(total)

    _, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [1.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [26])


def test_inputs_are_handles_values(backend):
    cell = Cell(backend, np.array([1.0, 2.0], "float32"), trainable=True)
    _, (gradient,) = backend.value_and_grad(lambda v: backend.sum(v[0] * v[0]))([cell.value])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [2, 4])


def test_without_gradients_runs_the_function(backend):
    function = backend.without_gradients(lambda x, y: {"z": x * y})
    found = function(tensor(backend, [2.0]), y=tensor(backend, [3.0]))
    np.testing.assert_array_equal(backend.to_numpy(found["z"]), [6])
    loss = lambda v: backend.sum(v[0] * v[0])  # and only that function
    _, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [2.0])])
    np.testing.assert_array_equal(backend.to_numpy(gradient), [4])


# ---- stop_gradient, custom_gradient ----


def test_stop_gradient(backend):
    loss = lambda v: backend.sum(v[0] * backend.stop_gradient(v[0] * v[0]))
    value, (gradient,) = backend.value_and_grad(loss)([tensor(backend, [2.0, 3.0])])
    assert backend.to_numpy(value) == 35
    np.testing.assert_array_equal(backend.to_numpy(gradient), [4, 9])
    x = tensor(backend, [1.0])
    np.testing.assert_array_equal(backend.to_numpy(backend.stop_gradient(x)), [1])


def test_custom_gradient_of_one_argument(backend):
    @backend.custom_gradient
    def tripled(x):
        return x * 1, lambda g: g * 3

    value, (gradient,) = backend.value_and_grad(lambda v: backend.sum(tripled(v[0])))(
        [tensor(backend, [1.0, 2.0])]
    )
    assert backend.to_numpy(value) == 3
    np.testing.assert_array_equal(backend.to_numpy(gradient), [3, 3])
    np.testing.assert_array_equal(backend.to_numpy(tripled(tensor(backend, [4.0]))), [4])


def test_custom_gradient_of_two_arguments(backend):
    @backend.custom_gradient
    def product(x, y):
        return x * y, lambda g: (g * y * 10, g * x * 100)

    loss = lambda v: backend.sum(product(v[0], v[1]) * 2)
    inputs = [tensor(backend, [1.0, 2.0]), tensor(backend, [3.0, 4.0])]
    _, gradients = backend.value_and_grad(loss)(inputs)
    np.testing.assert_array_equal(backend.to_numpy(gradients[0]), [60, 80])
    np.testing.assert_array_equal(backend.to_numpy(gradients[1]), [200, 400])


def test_custom_gradient_nests(backend):
    """The derivative of a vjp written with backend functions is the derivative of what it does."""

    @backend.custom_gradient
    def square(x):
        return x * x, lambda g: g * x * x * x  # stands for x**3 on purpose

    function = lambda x: square(x)
    first = derivative(backend, function)
    second = derivative(backend, first)
    x = tensor(backend, 2.0)
    assert backend.to_numpy(first(x)) == 8
    assert backend.to_numpy(second(x)) == 12


# ---- compile_step ----


def linear_step(backend, weight, count):
    """One step of gradient descent on mean((x * w - y)**2), that counts its calls."""

    def step(x, y, sample_weight):
        def loss(v):
            error = backend.square(x * v[0] - y)
            return backend.mean(error if sample_weight is None else error * sample_weight)

        value, (gradient,) = backend.value_and_grad(loss)([weight.value])
        weight.assign(weight.value - 0.1 * gradient)
        count.assign(count.value + 1)
        return {"loss": value, "count": (count.value, [x * 2])}

    return step


def linear_reference(w, batches):
    losses = []
    for x, y, s in batches:
        s = np.ones_like(x) if s is None else s
        losses.append(np.mean((x * w - y) ** 2 * s))
        w = w - 0.1 * np.mean(2 * x * (x * w - y) * s)
    return w, losses


def batches(sizes, weighted):
    rng = np.random.default_rng(0)
    for n in sizes:
        x = rng.uniform(0.5, 1.5, n)
        yield x, 3 * x, rng.uniform(0.5, 1, n) if weighted else None


@pytest.mark.parametrize("jit", [False, "auto"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("trainable", [False, True])
def test_a_compiled_step_does_what_the_step_does(trainable, weighted, jit, backend):
    weight = Cell(backend, np.array(0.5), trainable)
    count = Cell(backend, np.array(0, "int32"))
    step = linear_step(backend, weight, count)
    compiled = backend.compile_step(step, Cells(weight, count), jit)
    data = list(batches([8, 8, 8, 3, 8, 3], weighted))  # the last batch of an epoch is short
    found = []
    for batch in data:
        tensors = [None if a is None else tensor(backend, a) for a in batch]
        logs = compiled(*tensors)
        found.append(float(backend.to_numpy(logs["loss"])))
        doubled = logs["count"][1][0]
        np.testing.assert_array_equal(backend.to_numpy(doubled), 2 * batch[0])
    expected, losses = linear_reference(0.5, data)
    np.testing.assert_allclose(found, losses, rtol=1e-12)
    np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-12)
    assert count.numpy() == 6 and backend.to_numpy(logs["count"][0]) == 6


@pytest.mark.parametrize("jit", [False, "auto"])
@pytest.mark.parametrize("silent", [False, True])
def test_a_compiled_loop_takes_the_first_batches(silent, jit, backend):
    weight = Cell(backend, np.array(0.5), True)
    count = Cell(backend, np.array(0, "int32"))
    step = linear_step(backend, weight, count)

    def run(batch):
        logs = step(batch["x"], batch["y"], None)
        return None if silent else logs

    loop = backend.compile_loop(run, Cells(weight, count), jit)
    data = list(batches([8] * 5, False))
    stacked = {"x": np.stack([x for x, *_ in data]), "y": np.stack([y for _, y, _ in data])}
    stacked = {name: tensor(backend, a) for name, a in stacked.items()}
    w = 0.5
    for number in (2, 5, 1):  # places behind them are left alone
        logs = loop(stacked, number)
        w, losses = linear_reference(w, data[:number])
        np.testing.assert_allclose(weight.numpy(), w, rtol=1e-12)
        if silent:
            assert logs is None
        else:
            np.testing.assert_allclose(backend.to_numpy(logs["loss"]), losses[-1], rtol=1e-12)
    assert count.numpy() == 8


def test_a_loop_goes_on_where_single_steps_stopped(backend):
    """An engine may call the first steps one by one, where these are compiled already."""
    total = Cell(backend, np.zeros(2, "float32"))
    calls = []

    def step(x):
        calls.append(None)
        total.assign(total.value + x)

    cells = Cells(total)
    single = backend.compile_step(step, cells, "auto")
    loop = backend.compile_loop(step, cells, "auto", single)
    rows = np.arange(1024, dtype="float32").reshape(512, 2)
    single(tensor(backend, rows[0], "float32"))
    expected, steps = rows[0].copy(), 1
    for count in (1, 300, 512, 7):
        loop(tensor(backend, rows, "float32"), count)
        single(tensor(backend, rows[1], "float32"))
        expected += rows[:count].sum(0) + rows[1]
        steps += count + 1
        np.testing.assert_array_equal(total.numpy(), expected)
    assert len(calls) <= 4 or len(calls) == steps, f"{len(calls)} traces"


def test_a_loop_whose_step_raises_leaves_its_state_readable(backend):
    total = Cell(backend, np.ones(2, "float32"))

    def step(x):
        raise RuntimeError("in this step")

    loop = backend.compile_loop(step, Cells(total), "auto")
    with pytest.raises(RuntimeError, match="in this step"):
        loop(tensor(backend, [[1.0, 2.0]], "float32"), 1)
    np.testing.assert_array_equal(total.numpy(), [1, 1])


def test_state_may_be_changed_between_compiled_steps(backend):
    total = Cell(backend, np.zeros(2, "float32"))

    def step(x):
        total.assign(total.value + x)
        return total.value

    compiled = backend.compile_step(step, Cells(total), "auto")
    one = tensor(backend, [1.0, 2.0], "float32")
    first = compiled(one)
    kept = total.value
    total.assign(backend.asarray(np.array([10, 10], "float32")))
    second = compiled(one)
    third = compiled(one)
    for result, expected in [
        (first, [1, 2]),
        (kept, [1, 2]),
        (second, [11, 12]),
        (third, [12, 14]),
    ]:
        np.testing.assert_array_equal(backend.to_numpy(result), expected)
    np.testing.assert_array_equal(total.numpy(), [12, 14])
    np.testing.assert_array_equal(backend.to_numpy(one), [1, 2])


def test_two_compiled_steps_share_their_state(backend):
    count = Cell(backend, np.array(0, "int32"))
    add = backend.compile_step(lambda x: count.assign(count.value + x), Cells(count), "auto")
    read = backend.compile_step(lambda x: count.value * x, Cells(count), "auto")
    two = tensor(backend, 2, "int32")
    add(two)
    add(two)
    assert backend.to_numpy(read(two)) == 8
    add(two)
    assert backend.to_numpy(read(two)) == 12


@pytest.mark.parametrize("looped", [False, True])
def test_a_steady_step_changes_what_it_assigns(looped, backend):
    """A state that says it is steady is one that most steps leave alone; what changes, changes."""
    weight = Cell(backend, np.array(3.0), True)
    copied, count = Cell(backend, np.array(1.0)), Cell(backend, np.array(0, "int32"))
    cells = Cells(weight, copied, count)
    cells.steady = True

    def step(x):
        count.assign(count.value + 1)
        copied.assign(weight.value)
        return weight.value * x

    if looped:
        loop = backend.compile_loop(step, cells, "auto")
        found = loop(tensor(backend, [2.0, 5.0, 7.0]), 2)
    else:
        compiled = backend.compile_step(step, cells, "auto")
        found = [compiled(tensor(backend, x)) for x in (2.0, 5.0)][-1]
    assert backend.to_numpy(found) == 15 and count.numpy() == 2
    assert weight.numpy() == copied.numpy() == 3

    def train(x):
        weight.assign(weight.value + x)

    backend.compile_step(train, Cells(weight, copied, count), "auto")(tensor(backend, 1.0))
    assert weight.numpy() == 4 and copied.numpy() == 3


@pytest.mark.parametrize("jit", [False, "auto"])
def test_steps_take_what_feed_gives(jit, backend):
    """Data may change as soon as the step was called."""
    data = np.zeros(64 * 16 + 16, "float32")
    data = data[-data.ctypes.data // 4 % 16 :][: 64 * 16].reshape(64, 16)  # where engines may view
    large = tensor(backend, np.eye(300), "float32")

    def step(x, large):
        slow = large
        for _ in range(20):
            slow = backend.matmul(slow, large)
        return x * slow[0, 0]

    compiled = backend.compile_step(step, Cells(), jit)
    for value in range(4):
        data[:] = value
        found = compiled(backend.feed(data), large)
        again = compiled(backend.feed(data.copy(), owned=True), large)
        data[:] = -1
        for result in (found, again):
            np.testing.assert_array_equal(backend.to_numpy(result), np.full((64, 16), value))


def test_a_compiled_step_that_raises_changes_no_state(backend):
    count = Cell(backend, np.array(3, "int32"))

    def step(x, y):
        if y is None:
            raise ValueError("y is missing")
        count.assign(count.value + 1)
        return x * 2

    compiled = backend.compile_step(step, Cells(count), "auto")
    x = tensor(backend, np.ones(2))
    compiled(x, x)
    with pytest.raises(ValueError, match="y is missing"):
        compiled(x, None)
    assert count.numpy() == 4
    compiled(x, x)
    assert count.numpy() == 5


def test_a_short_last_batch_costs_one_more_trace_at_most(backend):
    """A step that is traced runs its Python code once or twice for each of the two sizes."""
    total = Cell(backend, np.array(0.0))
    calls = []

    def step(x, y):
        calls.append(None)
        total.assign(total.value + backend.sum(x))
        return backend.mean(x)

    compiled = backend.compile_step(step, Cells(total), "auto")
    sizes = [8, 8, 8, 3] * 5
    for size in sizes:
        compiled(tensor(backend, np.ones(size)), None)
    assert total.numpy() == sum(sizes)
    assert len(calls) <= 4 or len(calls) == len(sizes), f"{len(calls)} traces"


def test_results_of_a_compiled_step_are_tensors_in_the_same_nest(backend):
    def step(nest):
        return optree.tree_map(lambda t: t + 1, nest)

    nest = {"a": tensor(backend, 1, "int32"), "b": (tensor(backend, [1.0]), [])}
    found = backend.compile_step(step, Cells(), "auto")(nest)
    assert optree.tree_structure(found) == optree.tree_structure(nest)
    assert all(backend.is_tensor(leaf) for leaf in optree.tree_leaves(found))
    assert backend.to_numpy(found["a"]) == 2
