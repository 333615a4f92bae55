"""Every optimizer with every option, in compiled steps: against NumPy in float64, and against the
formulas written out."""

import numpy as np
import pytest

import keraslite as keras
from conformance_tests.frontend import draw, error, on_engine, on_reference
from keraslite import optimizers
from keraslite.optimizers.schedules import CosineDecay, ExponentialDecay
from keraslite.training.step import StepState

SHAPES = [(3, 2), (4,), ()]
STEPS = 24


def adam(**config):
    return optimizers.Adam(0.05, **config)


RULES = {
    "SGD": lambda **config: optimizers.SGD(0.05, **config),
    "SGD-momentum": lambda **config: optimizers.SGD(0.05, momentum=0.9, **config),
    "SGD-nesterov": lambda **config: optimizers.SGD(0.05, momentum=0.9, nesterov=True, **config),
    "Adam": adam,
    "Adam-amsgrad": lambda **config: adam(amsgrad=True, beta_1=0.8, beta_2=0.7, **config),
    "AdamW": lambda **config: optimizers.AdamW(0.05, **{"weight_decay": 0.1, **config}),
    "RMSprop": lambda **config: optimizers.RMSprop(0.05, **config),
    "RMSprop-centered": lambda **config: optimizers.RMSprop(0.05, centered=True, **config),
    "RMSprop-momentum": lambda **config: optimizers.RMSprop(
        0.05, rho=0.8, momentum=0.9, centered=True, **config
    ),
}
OPTIONS = {
    "clipnorm": {"clipnorm": 0.7},
    "clipvalue": {"clipvalue": 0.4},
    "global_clipnorm": {"global_clipnorm": 0.9},
    "weight_decay": {"weight_decay": 0.1},
    "ema": {"use_ema": True, "ema_momentum": 0.8},
    "ema-overwrite": {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5},
    "accumulation": {"gradient_accumulation_steps": 4},
    "loss_scale_factor": {"loss_scale_factor": 8.0},
}
ALL = {
    "clipnorm": 0.7, "weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.8,
    "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 3,
}  # fmt: skip
CASES = {
    **{name: (rule, {}) for name, rule in RULES.items()},
    **{
        f"{name}-{option}": (RULES[name], config)
        for name in ("SGD-momentum", "Adam")
        for option, config in OPTIONS.items()
    },
    **{f"{name}-all": (rule, ALL) for name, rule in RULES.items()},
    "Adam-exponential": (
        lambda: optimizers.Adam(ExponentialDecay(0.1, 5, 0.5)),
        {},
    ),
    "SGD-staircase": (
        lambda: optimizers.SGD(ExponentialDecay(0.1, 5, 0.5, staircase=True)),
        {},
    ),
    "SGD-cosine": (lambda: optimizers.SGD(CosineDecay(0.1, 15, alpha=0.1)), {}),
    "Adam-warmup": (
        lambda: optimizers.Adam(CosineDecay(0.01, 12, warmup_target=0.1, warmup_steps=5)),
        {},
    ),
    "Adam-function": (lambda: optimizers.Adam(lambda: 0.03), {}),
    "LossScale": (
        lambda: optimizers.LossScaleOptimizer(adam(), initial_scale=8.0, dynamic_growth_steps=6),
        {},
    ),
    "LossScale-all": (
        lambda: optimizers.LossScaleOptimizer(adam(**ALL), initial_scale=8.0),
        {},
    ),
}
OVERFLOWS = (4, 5, 17)  # steps at which a gradient is not finite, with loss scaling


def first_values():
    rng = np.random.default_rng(31)
    return [draw(rng, shape, "float64") for shape in SHAPES]


def all_gradients(name):
    """Gradients of each step, of very different sizes; infinite ones for loss scaling."""
    rng = np.random.default_rng(32)
    steps = [[draw(rng, shape, "float64", -2, 2) for shape in SHAPES] for _ in range(STEPS)]
    steps[3] = [g * 0 for g in steps[3]]
    if name.startswith("LossScale"):
        for step, value in zip(OVERFLOWS, (np.inf, -np.inf, np.nan)):
            steps[step][0][0, 1] = value
    return steps


def run(name, dtype, compiled=True, steps=STEPS):
    """(weights after each step and at the end, optimizer's variables)."""
    rule, config = CASES[name]
    optimizer = rule(**config)
    variables = [keras.Variable(v, dtype=dtype, name=f"w{i}") for i, v in enumerate(first_values())]
    optimizer.build(variables)

    def step(gradients):
        optimizer.apply(gradients, variables)

    backend = optimizer.backend
    if compiled:
        state = StepState([*variables, *optimizer.variables])
        step = backend.compile_step(step, state, "auto")
    curve = []
    for gradients in all_gradients(name)[:steps]:
        step([backend.asarray(g, dtype) for g in gradients])
        curve += [v.numpy() for v in variables]
    optimizer.finalize_variable_values(variables)
    return curve + [v.numpy() for v in variables], [v.numpy() for v in optimizer.variables]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_against_numpy(name, dtype, backend, reference, report):
    weights, state = on_engine(run, name, dtype, dtype=dtype)
    expected, wanted = on_reference(reference, run, name, "float64")
    label = f"optimizers.{name.partition('-')[0]}"
    report.check(label, dtype, "forward", error(weights, expected, dtype), ("eps", 256))
    report.check(label, dtype, "forward", error(state, wanted, dtype), ("eps", 256))


@pytest.mark.parametrize("name", ["SGD-momentum-all", "Adam", "RMSprop-momentum", "LossScale"])
def test_uncompiled_steps_give_the_same_numbers(name, backend):
    compiled = on_engine(run, name, "float64", True, 6, dtype="float64")
    eager = on_engine(run, name, "float64", False, 6, dtype="float64")
    for found, wanted in zip(eager, compiled):
        assert error(found, wanted, "float64") <= 16


class Formula:
    """The rules and options written out for NumPy arrays.

    Accumulation, clipping and decay come first, then the rule; averages follow all weights at
    each call and begin after the first.
    """

    def __init__(self, name, rate=0.05):
        self.rule, _, rest = name.partition("-")
        self.variant = rest.partition("-")[0]
        self.config = {"weight_decay": 0.1} if self.rule == "AdamW" else {}
        self.config.update(CASES[name][1])
        self.rate = rate
        self.weights = first_values()
        self.slots = {}
        self.calls = self.updates = 0

    def slot(self, key, index):
        return self.slots.get((key, index), np.zeros(SHAPES[index]))

    def apply(self, gradients):
        config, steps = self.config, self.config.get("gradient_accumulation_steps", 1)
        gradients = [g / config.get("loss_scale_factor", 1) for g in gradients]
        sums = [self.slot("sum", i) + g for i, g in enumerate(gradients)]
        due = (self.calls + 1) % steps == 0
        for i, total in enumerate(sums):
            self.slots["sum", i] = total * (not due)
        if due:
            self.update([g / steps for g in sums])
        if config.get("use_ema"):
            self.average()
        self.calls += 1
        self.updates = self.calls // steps

    def update(self, gradients):
        config = self.config
        if limit := config.get("clipvalue"):
            gradients = [np.clip(g, -limit, limit) for g in gradients]
        if limit := config.get("clipnorm"):
            gradients = [g * limit / max(limit, np.linalg.norm(g)) for g in gradients]
        if limit := config.get("global_clipnorm"):
            norm = np.sqrt(sum(np.sum(g * g) for g in gradients))
            gradients = [g * limit / max(limit, norm) for g in gradients]
        for i, gradient in enumerate(gradients):
            weight = self.weights[i] * (1 - config.get("weight_decay", 0) * self.rate)
            self.weights[i] = weight - getattr(self, self.rule)(gradient, i)

    def average(self):
        momentum = self.config["ema_momentum"] if self.updates else 0.0
        frequency = self.config.get("ema_overwrite_frequency")
        for i, weight in enumerate(self.weights):
            mean = momentum * self.slot("mean", i) + (1 - momentum) * weight
            self.slots["mean", i] = mean
            if frequency and (self.updates + 1) % frequency == 0:
                self.weights[i] = mean

    def finalize(self):
        if self.config.get("use_ema"):
            self.weights = [self.slot("mean", i) for i in range(len(SHAPES))]

    def SGD(self, g, i):
        if self.variant not in ("momentum", "nesterov"):
            return self.rate * g
        velocity = 0.9 * self.slot("velocity", i) + self.rate * g
        self.slots["velocity", i] = velocity
        return 0.9 * velocity + self.rate * g if self.variant == "nesterov" else velocity

    def Adam(self, g, i):
        amsgrad = self.variant == "amsgrad"
        one, two = (0.8, 0.7) if amsgrad else (0.9, 0.999)
        mean = one * self.slot("first", i) + (1 - one) * g
        square = two * self.slot("second", i) + (1 - two) * g * g
        largest = np.maximum(self.slot("largest", i), square) if amsgrad else square
        for key, value in (("first", mean), ("second", square), ("largest", largest)):
            self.slots[key, i] = value
        count = self.updates + 1
        rate = self.rate * np.sqrt(1 - two**count) / (1 - one**count)
        return rate * mean / (np.sqrt(largest) + 1e-7)

    AdamW = Adam

    def RMSprop(self, g, i):
        rho = 0.8 if self.variant == "momentum" else 0.9
        square = rho * self.slot("square", i) + (1 - rho) * g * g
        self.slots["square", i], spread = square, square
        if self.variant in ("centered", "momentum"):
            mean = rho * self.slot("gradient", i) + (1 - rho) * g
            self.slots["gradient", i], spread = mean, square - mean * mean
        step = self.rate * g / np.sqrt(spread + 1e-7)
        if self.variant == "momentum":
            step = self.slots["step", i] = 0.9 * self.slot("step", i) + step
        return step


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n][0] in RULES.values()])
def test_against_the_formulas(name, backend):
    weights, _ = on_engine(run, name, "float64", dtype="float64")
    formula = Formula(name)
    expected = []
    for gradients in all_gradients(name):
        formula.apply(gradients)
        expected += formula.weights
    formula.finalize()
    for found, wanted in zip(weights, expected + formula.weights):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)


def test_loss_scaling_leaves_out_steps_that_overflow(backend):
    weights, state = on_engine(run, "LossScale", "float64", dtype="float64")
    by_step = np.array([np.concatenate([w.ravel() for w in weights[i : i + 3]])
                        for i in range(0, 3 * STEPS, 3)])  # fmt: skip
    assert np.isfinite(by_step).all()
    same = [i for i in range(1, STEPS) if (by_step[i] == by_step[i - 1]).all()]
    assert same == list(OVERFLOWS)
    count, scale, iterations = state[:3]
    # 8, halved twice, doubled after 6 (step 11), at step 17 halved, doubled after 6 (step 23).
    assert (int(count), float(scale), int(iterations)) == (0, 4.0, STEPS - len(OVERFLOWS))


SCHEDULES = {
    "exponential": (ExponentialDecay(0.1, 5, 0.5), lambda n: 0.1 * 0.5 ** (n / 5)),
    "staircase": (ExponentialDecay(0.1, 5, 0.5, staircase=True), lambda n: 0.1 * 0.5 ** (n // 5)),
    "cosine": (
        CosineDecay(0.1, 15, alpha=0.1),
        lambda n: 0.1 * (0.9 * 0.5 * (1 + np.cos(np.pi * min(n, 15) / 15)) + 0.1),
    ),
    "warm-up": (
        CosineDecay(0.01, 12, warmup_target=0.1, warmup_steps=5),
        lambda n: (
            0.01 + 0.09 * n / 5 if n < 5 else 0.05 * (1 + np.cos(np.pi * min(n - 5, 12) / 12))
        ),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name, backend):
    schedule, formula = SCHEDULES[name]
    steps = range(0, 24)
    found = on_engine(lambda: [float(schedule(n)) for n in steps], dtype="float64")
    np.testing.assert_allclose(found, [formula(n) for n in steps], rtol=1e-12, atol=1e-16)
    again = type(schedule).from_config(schedule.get_config())
    assert again.get_config() == schedule.get_config()
    optimizer = optimizers.SGD(schedule)
    assert float(optimizer.learning_rate) == pytest.approx(formula(0), rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_config(name, backend):
    rule, config = CASES[name]
    if name == "Adam-function":
        with pytest.raises(ValueError, match="lambda"):
            optimizers.serialize(rule(**config))
        return
    first = optimizers.serialize(rule(**config))
    again = optimizers.deserialize(first)
    assert type(again) is type(rule(**config))
    assert optimizers.serialize(again) == first


def test_variables_left_out_of_decay_and_without_gradient(backend):
    variables = [keras.Variable(np.ones(2, "float32"), name=n) for n in ("kernel", "bias", "idle")]
    optimizer = optimizers.SGD(0.5, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    zeros = [backend.asarray(np.zeros(2, "float32"))] * 2
    optimizer.apply([*zeros, None], variables)
    found = [v.numpy().tolist() for v in variables]
    np.testing.assert_allclose(found, [[0.95, 0.95], [1, 1], [1, 1]], rtol=1e-6)
    optimizer.apply(zeros[:1], variables[1:2])
    assert int(optimizer.iterations) == 2


def test_slots_follow_their_variables(backend):
    """Gradients may come in another order than the variables were built in."""
    values = [np.ones(2, "float32"), np.full(2, 2, "float32")]
    gradients = [backend.asarray(np.full(2, g, "float32")) for g in (1.0, 3.0)]

    def trained(turned):
        optimizer = optimizers.SGD(0.1, momentum=0.9)
        variables = [keras.Variable(v) for v in values]
        optimizer.build(variables)
        for _ in range(3):
            pairs = list(zip(gradients, variables))
            optimizer.apply_gradients(pairs[::-1] if turned else pairs)
            turned = not turned if turned else turned
        return [v.numpy() for v in variables]

    for found, wanted in zip(trained(True), trained(False)):
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_constraints_follow_updates(backend):
    variable = keras.Variable(np.array([[3.0, 0.1], [4.0, 0.1]], "float32"))
    variable.constraint = keras.constraints.MaxNorm(1.0)
    optimizer = optimizers.SGD(0.0)
    optimizer.apply([backend.asarray(np.zeros((2, 2), "float32"))], [variable])
    np.testing.assert_allclose(variable.numpy(), [[0.6, 0.1], [0.8, 0.1]], rtol=1e-5)


def test_the_learning_rate_can_be_set(backend):
    optimizer = optimizers.SGD(0.5)
    variable = keras.Variable(np.zeros((), "float32"))
    one = [backend.asarray(np.ones((), "float32"))]
    optimizer.apply(one, [variable])
    optimizer.learning_rate = 0.25
    optimizer.apply(one, [variable])
    assert float(variable) == -0.75 and float(optimizer.learning_rate) == 0.25
    scheduled = optimizers.SGD(ExponentialDecay(0.1, 5, 0.5))
    with pytest.raises(TypeError, match="schedule"):
        scheduled.learning_rate = 0.5
