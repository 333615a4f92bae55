"""The models, written once: `keras` is keraslite or Keras itself, and nothing else differs."""

from benchmarks.workloads import TABLE_ROWS, TABLES, TIMESTEPS, VOCABULARY


def cnn(keras, workload):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10),
        ]
    )


def mlp(keras, workload):
    return _dense(keras, 784, [512, 512], 10)


def tiny_mlp(keras, workload):
    return _dense(keras, 16, [32, 32], 1)


def growth(keras, workload):
    return _dense(keras, 64, [64] * workload.depth, 10)


def _dense(keras, inputs, hidden, outputs):
    inner = [keras.layers.Dense(units, activation="relu") for units in hidden]
    return keras.Sequential([keras.Input((inputs,)), *inner, keras.layers.Dense(outputs)])


def lstm(keras, workload):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((TIMESTEPS["lstm"],), dtype="int32"),
            layers.Embedding(VOCABULARY, 32),
            layers.SpatialDropout1D(0.2),
            layers.LSTM(100),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def transformer(keras, workload, width=128, heads=4):
    layers = keras.layers
    length = TIMESTEPS["transformer"]

    class Positions(layers.Layer):
        """Adds a trained vector at each position."""

        def build(self, input_shape):
            self.table = self.add_weight(
                shape=(length, width), initializer="random_normal", name="table"
            )

        def call(self, x):
            return x + self.table

    inputs = keras.Input((length,), dtype="int32")
    x = Positions()(layers.Embedding(VOCABULARY, width)(inputs))
    for _ in range(2):
        attended = layers.MultiHeadAttention(heads, width // heads)(x, x)
        x = layers.LayerNormalization(epsilon=1e-6)(layers.add([x, attended]))
        hidden = layers.Dense(4 * width, activation="gelu")(x)
        x = layers.LayerNormalization(epsilon=1e-6)(layers.add([x, layers.Dense(width)(hidden)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def resnet20(keras, workload):
    layers = keras.layers

    def convolution(x, filters, strides=1):
        return layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)

    def block(x, filters, strides):
        y = layers.ReLU()(layers.BatchNormalization()(convolution(x, filters, strides)))
        y = layers.BatchNormalization()(convolution(y, filters))
        if strides > 1:
            x = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
            x = layers.BatchNormalization()(x)
        return layers.ReLU()(layers.add([x, y]))

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(layers.BatchNormalization()(convolution(inputs, 16)))
    for stage, filters in enumerate([16, 32, 64]):
        for i in range(3):
            x = block(x, filters, 2 if stage and not i else 1)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def dlrm(keras, workload):
    layers = keras.layers
    numbers = keras.Input((13,), name="numbers")
    columns = [keras.Input((1,), dtype="int32", name=f"c{i}") for i in range(TABLES)]
    bottom = layers.Dense(16, activation="relu")(layers.Dense(64, activation="relu")(numbers))
    vectors = [layers.Flatten()(layers.Embedding(TABLE_ROWS, 16)(column)) for column in columns]
    x = layers.concatenate([bottom, *vectors])
    for units in (64, 32):
        x = layers.Dense(units, activation="relu")(x)
    inputs = {"numbers": numbers, **{f"c{i}": column for i, column in enumerate(columns)}}
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


MODELS = {
    model.__name__: model
    for model in (cnn, mlp, tiny_mlp, growth, lstm, transformer, resnet20, dlrm)
}
