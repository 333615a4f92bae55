"""TensorFlow: one `tf.function` a step, data in device tensors, the library's Adam kernel."""

import numpy as np
import tensorflow as tf

from benchmarks.competitors import EpochByEpoch
from benchmarks.native.parameters import count, initial, moving, separate
from benchmarks.native.tensorflow_models import MODELS
from benchmarks.workloads import EPSILON, LEARNING_RATE


def classes(logits, y):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    return tf.reduce_mean(losses)


def binary(logits, y):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))


def mse(outputs, y):
    return tf.reduce_mean(tf.math.squared_difference(outputs, y))


LOSSES = {"classes": classes, "binary": binary, "mse": mse}


class Adam:
    """One fused kernel for each variable."""

    def __init__(self, variables):
        self.variables = variables
        self.slots = [[tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2)]
        self.powers = [tf.Variable(beta) for beta in (0.9, 0.999)]  # beta ** step

    def apply(self, gradients):
        for variable, first, second, gradient in zip(self.variables, *self.slots, gradients):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=first.handle, v=second.handle, beta1_power=self.powers[0],
                beta2_power=self.powers[1], lr=LEARNING_RATE, beta1=0.9, beta2=0.999,
                epsilon=EPSILON, grad=tf.convert_to_tensor(gradient),
            )  # fmt: skip
        for power, beta in zip(self.powers, (0.9, 0.999)):
            power.assign(power * beta)


class TensorflowLoop(EpochByEpoch):
    def __init__(self, workload):
        tf.random.set_seed(0)
        self.workload, self.parameters = workload, count(workload)
        self.model, self.loss = MODELS[workload.name], LOSSES[workload.loss]
        x, y = workload.data()
        self.x = tf.nest.map_structure(tf.constant, separate(workload, x))
        self.y = tf.constant(y)
        self.p = {name: tf.Variable(value) for name, value in initial(workload).items()}
        statistics = moving(workload).items()
        self.moving = {name: tf.Variable(value, trainable=False) for name, value in statistics}
        self.adam = Adam(list(self.p.values()))

    @tf.function
    def _step(self, rows):
        x = tf.nest.map_structure(lambda a: tf.gather(a, rows), self.x)
        with tf.GradientTape() as tape:
            loss = self.loss(self.model(self.p, self.moving, x, True), tf.gather(self.y, rows))
        self.adam.apply(tape.gradient(loss, self.adam.variables))
        return loss

    @tf.function(reduce_retracing=True)
    def _forward(self, x):
        outputs = self.model(self.p, self.moving, x, False)
        return tf.sigmoid(outputs) if self.workload.loss == "binary" else outputs

    def first_step(self):
        float(self._step(tf.range(self.workload.batch)))

    def run_epoch(self):
        order = tf.random.shuffle(tf.range(self.workload.rows))
        for rows in tf.unstack(tf.reshape(order, (-1, self.workload.batch))):
            loss = self._step(rows)
        return float(loss)

    def call(self, x):
        return self._forward(tf.nest.map_structure(tf.constant, separate(self.workload, x))).numpy()

    def predict(self, x):
        x, batch = tf.constant(x), self.workload.batch
        outputs = [self._forward(x[i : i + batch]) for i in range(0, len(x), batch)]
        return np.concatenate(outputs)


make = TensorflowLoop
