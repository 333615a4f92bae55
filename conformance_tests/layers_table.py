"""Every layer in several configurations: what test_layers.py runs on the engine and on NumPy."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from keraslite import layers, models

FLAT, SEQUENCE, IMAGE = (3, 4), (2, 5, 4), (2, 5, 6, 4)
FIRST_1D, FIRST_2D = (2, 4, 5), (2, 4, 5, 6)
STATE = (2, 3)


@dataclass(frozen=True)
class LayerCase:
    """A layer and what it is called on.

    Attributes:
        id: the class's name, a dash, what is special.
        make: function without arguments that makes the layer.
        inputs: list of the arguments of the call, each a shape or a list of shapes (a list of
            tensors).
        ints: if given, the first input holds ints in [0, ints).
        mask: whether it is called with a mask over the first input's first two axes.
        forward, gradient: bounds, in ulps of the largest magnitude.
        calls: how often it is called, for layers that keep state.
        any_batch: whether it takes batches of any size.
        keywords: further arguments of the call.
    """

    id: str
    make: Callable
    inputs: tuple
    ints: int | None = None
    mask: bool = False
    forward: float = 32
    gradient: float = 64
    calls: int = 1
    any_batch: bool = True
    keywords: dict = field(default_factory=dict)

    @property
    def layer(self):
        """The class's name."""
        return self.id.partition("-")[0]


def case(id, make, *inputs, **options):
    return LayerCase(id, make, inputs, **options)


CORE = [
    case("Dense", lambda: layers.Dense(3), FLAT),
    case("Dense-relu", lambda: layers.Dense(3, "relu", use_bias=False), SEQUENCE),
    case(
        "Dense-penalties",
        lambda: layers.Dense(
            3, "softmax", kernel_regularizer="l2", bias_regularizer="l1",
            activity_regularizer="l1_l2", kernel_constraint="max_norm",
        ),
        FLAT,
    ),
    case("EinsumDense", lambda: layers.EinsumDense("abc,cd->abd", (None, 3), "tanh", "d"),
         SEQUENCE),
    case("EinsumDense-heads", lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3),
                                                        bias_axes="de"), SEQUENCE),
    case("EinsumDense-ellipsis", lambda: layers.EinsumDense("...x,xy->...y", 3), IMAGE),
    case("EinsumDense-mixing", lambda: layers.EinsumDense("abc,bd->adc", (3, 4), bias_axes="d"),
         SEQUENCE),
    case("Embedding", lambda: layers.Embedding(7, 3), (2, 5), ints=7),
    case("Embedding-normal", lambda: layers.Embedding(
        7, 3, "normal", embeddings_regularizer="l2", mask_zero=True), (2, 5), ints=7),
    case("Activation", lambda: layers.Activation("gelu"), FLAT),
    case("ReLU", lambda: layers.ReLU(), FLAT),
    case("ReLU-all", lambda: layers.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2), FLAT),
    case("Softmax", lambda: layers.Softmax(), SEQUENCE),
    case("Softmax-axes", lambda: layers.Softmax(axis=[1, 2]), SEQUENCE),
    case("Rescaling", lambda: layers.Rescaling(0.5, offset=-1.0), FLAT),
    case("Rescaling-channels", lambda: layers.Rescaling([0.5, 1.0, 2.0, 4.0], [0.0, 1.0, 2.0, 3.0]),
         FLAT),
    case("Rescaling-ints", lambda: layers.Rescaling(1 / 255), (2, 5), ints=255),
    case("Dropout", lambda: layers.Dropout(0.3), (16, 16)),
    case("Dropout-seed", lambda: layers.Dropout(0.5, noise_shape=(None, 1, 4), seed=3), SEQUENCE),
    case("Dropout-all", lambda: layers.Dropout(1.0), FLAT),
    case("GaussianNoise", lambda: layers.GaussianNoise(0.3), (16, 16)),
    case("GaussianNoise-seed", lambda: layers.GaussianNoise(0.5, seed=3), SEQUENCE),
    case("Masking", lambda: layers.Masking(), SEQUENCE),
    case("Masking-ints", lambda: models.Sequential([layers.Masking(1.0), layers.LSTM(3)]),
         (3, 4, 1), ints=3),
    case("SpatialDropout1D", lambda: layers.SpatialDropout1D(0.5), SEQUENCE),
]  # fmt: skip

CONVOLUTION = [
    case("Conv1D", lambda: layers.Conv1D(3, 2), SEQUENCE),
    case("Conv1D-same", lambda: layers.Conv1D(3, 3, 2, "same", activation="relu"), SEQUENCE),
    case("Conv1D-causal", lambda: layers.Conv1D(3, 2, padding="causal", dilation_rate=2), SEQUENCE),
    case("Conv1D-first", lambda: layers.Conv1D(3, 2, data_format="channels_first"), FIRST_1D),
    case("Conv1D-causal-first", lambda: layers.Conv1D(
        3, 3, padding="causal", data_format="channels_first"), FIRST_1D),
    case("Conv1D-groups", lambda: layers.Conv1D(6, 2, groups=2, use_bias=False), SEQUENCE),
    case("Conv2D", lambda: layers.Conv2D(3, 2), IMAGE),
    case("Conv2D-same", lambda: layers.Conv2D(3, (3, 2), (2, 1), "same", activation="tanh"), IMAGE),
    case("Conv2D-strides", lambda: layers.Conv2D(3, 3, 2), IMAGE),
    case("Conv2D-dilation", lambda: layers.Conv2D(3, 2, dilation_rate=(2, 3), padding="same"),
         IMAGE),
    case("Conv2D-groups", lambda: layers.Conv2D(6, 2, groups=2), IMAGE),
    case("Conv2D-first", lambda: layers.Conv2D(
        3, (2, 3), (1, 2), "same", data_format="channels_first"), FIRST_2D),
    case("Conv2D-first-groups", lambda: layers.Conv2D(
        4, 3, groups=4, data_format="channels_first", kernel_regularizer="l2"), FIRST_2D),
    case("ZeroPadding2D", lambda: layers.ZeroPadding2D(), IMAGE),
    case("ZeroPadding2D-pairs", lambda: layers.ZeroPadding2D(((1, 0), (0, 2))), IMAGE),
    case("ZeroPadding2D-first", lambda: layers.ZeroPadding2D((1, 2), "channels_first"), FIRST_2D),
]  # fmt: skip

POOLING = [
    case("MaxPooling1D", lambda: layers.MaxPooling1D(), SEQUENCE),
    case("MaxPooling1D-same", lambda: layers.MaxPooling1D(3, 2, "same"), SEQUENCE),
    case("MaxPooling1D-first", lambda: layers.MaxPooling1D(data_format="channels_first"), FIRST_1D),
    case("MaxPooling2D", lambda: layers.MaxPooling2D(), IMAGE),
    case("MaxPooling2D-same", lambda: layers.MaxPooling2D((3, 2), 2, "same"), IMAGE),
    case("MaxPooling2D-overlap", lambda: layers.MaxPooling2D(3, 1), IMAGE),
    case("MaxPooling2D-first", lambda: layers.MaxPooling2D(
        padding="same", data_format="channels_first"), FIRST_2D),
    case("AveragePooling2D", lambda: layers.AveragePooling2D(2), IMAGE),
    case("AveragePooling2D-same", lambda: layers.AveragePooling2D((3, 2), 2, "same"), IMAGE),
    case("AveragePooling2D-overlap", lambda: layers.AveragePooling2D(3, 1, "same"), IMAGE),
    case("AveragePooling2D-first", lambda: layers.AveragePooling2D(
        2, data_format="channels_first"), FIRST_2D),
    case("GlobalAveragePooling1D", lambda: layers.GlobalAveragePooling1D(), SEQUENCE),
    case("GlobalAveragePooling1D-mask", lambda: layers.GlobalAveragePooling1D(), SEQUENCE,
         mask=True),
    case("GlobalAveragePooling1D-keepdims", lambda: layers.GlobalAveragePooling1D(
        keepdims=True, data_format="channels_first"), FIRST_1D),
    case("GlobalMaxPooling1D", lambda: layers.GlobalMaxPooling1D(), SEQUENCE),
    case("GlobalMaxPooling1D-first", lambda: layers.GlobalMaxPooling1D("channels_first"), FIRST_1D),
    case("GlobalAveragePooling2D", lambda: layers.GlobalAveragePooling2D(keepdims=True), IMAGE),
    case("GlobalAveragePooling2D-first", lambda: layers.GlobalAveragePooling2D("channels_first"),
         FIRST_2D),
    case("GlobalMaxPooling2D", lambda: layers.GlobalMaxPooling2D(), IMAGE),
    case("GlobalMaxPooling2D-first", lambda: layers.GlobalMaxPooling2D(
        "channels_first", keepdims=True), FIRST_2D),
]  # fmt: skip

NORMALIZATION = [
    case("BatchNormalization", lambda: layers.BatchNormalization(), FLAT, gradient=512),
    case("BatchNormalization-image", lambda: layers.BatchNormalization(momentum=0.5, epsilon=1e-2),
         IMAGE, gradient=512),
    case("BatchNormalization-first", lambda: layers.BatchNormalization(axis=1, scale=False),
         FIRST_2D, gradient=512),
    case("BatchNormalization-plain", lambda: layers.BatchNormalization(center=False, scale=False),
         SEQUENCE, gradient=512),
    case("BatchNormalization-mask", lambda: layers.BatchNormalization(
        gamma_regularizer="l2", beta_constraint="non_neg"), SEQUENCE, mask=True, gradient=512),
    case("BatchNormalization-twice", lambda: layers.BatchNormalization(momentum=0.9), FLAT, calls=2,
         gradient=512),
    case("LayerNormalization", lambda: layers.LayerNormalization(), FLAT, gradient=512),
    case("LayerNormalization-axes", lambda: layers.LayerNormalization(axis=[1, 2]), SEQUENCE,
         gradient=512),
    case("LayerNormalization-inner", lambda: layers.LayerNormalization(axis=1, center=False),
         SEQUENCE, gradient=512),
    case("LayerNormalization-plain", lambda: layers.LayerNormalization(
        epsilon=1e-5, center=False, scale=False), IMAGE, gradient=512),
]  # fmt: skip

STEPS = [np.arange(10).reshape(2, 5) % 3 > 0, np.arange(10).reshape(2, 5) > 1]
MERGING = [
    case("Add", lambda: layers.Add(), [FLAT, FLAT, FLAT]),
    case("Add-broadcast", lambda: layers.Add(), [(2, 5, 4), (2, 1, 4)]),
    case("Add-ranks", lambda: layers.Add(), [(2, 5, 4), (2, 4)]),
    case("Multiply", lambda: layers.Multiply(), [FLAT, FLAT, FLAT]),
    case("Multiply-broadcast", lambda: layers.Multiply(), [(2, 5, 1), (2, 1, 4)]),
    case("Multiply-mask", lambda: layers.Multiply(), [SEQUENCE, SEQUENCE],
         keywords={"mask": STEPS}),
    case("Subtract", lambda: layers.Subtract(), [SEQUENCE, (2, 1, 4)]),
    case("Average", lambda: layers.Average(), [FLAT, FLAT, FLAT]),
    case("Maximum", lambda: layers.Maximum(), [FLAT, FLAT, FLAT]),
    case("Maximum-mask", lambda: layers.Maximum(), [SEQUENCE, SEQUENCE, SEQUENCE],
         keywords={"mask": [*STEPS, None]}),
    case("Minimum", lambda: layers.Minimum(), [SEQUENCE, (2, 4)]),
    case("Dot", lambda: layers.Dot(1), [SEQUENCE, (2, 5, 3)]),
    case("Dot-vectors", lambda: layers.Dot(-1, normalize=True), [FLAT, FLAT]),
    case("Dot-ranks", lambda: layers.Dot((3, 1), normalize=True), [IMAGE, (2, 4)]),
    case("Concatenate", lambda: layers.Concatenate(), [FLAT, FLAT]),
    case("Concatenate-axis", lambda: layers.Concatenate(axis=1), [SEQUENCE, (2, 3, 4), (2, 1, 4)]),
]  # fmt: skip

CROSS = (2, 3, 4)  # a sequence of another length than SEQUENCE
ATTENDED = np.array([[[1, 0, 1]] * 5, [[0, 1, 1]] * 4 + [[0, 0, 0]]], bool)
ATTENTION = [
    case("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3), SEQUENCE, CROSS),
    case("MultiHeadAttention-causal", lambda: layers.MultiHeadAttention(2, 3, use_bias=False),
         SEQUENCE, SEQUENCE, keywords={"use_causal_mask": True}),
    case("MultiHeadAttention-all", lambda: layers.MultiHeadAttention(
        2, 3, value_dim=5, output_shape=6, sliding_window=2, use_gate=True), SEQUENCE, CROSS,
        (2, 3, 7)),
    case("MultiHeadAttention-mask", lambda: layers.MultiHeadAttention(2, 3), SEQUENCE, CROSS,
         keywords={"attention_mask": ATTENDED, "key_mask": np.array([[1, 1, 0], [1, 1, 1]])}),
    case("MultiHeadAttention-dropout", lambda: layers.MultiHeadAttention(2, 3, dropout=0.3),
         SEQUENCE, SEQUENCE, keywords={"use_causal_mask": True, "return_attention_scores": True}),
    case("MultiHeadAttention-penalties", lambda: layers.MultiHeadAttention(
        1, 3, dropout=0.5, seed=4, kernel_regularizer="l2", bias_regularizer="l1",
        activity_regularizer="l2", kernel_constraint="max_norm", bias_initializer="ones"),
        SEQUENCE, CROSS),
    case("Attention", lambda: layers.Attention(), [SEQUENCE, CROSS]),
    case("Attention-scale", lambda: layers.Attention(use_scale=True, dropout=0.3),
         [SEQUENCE, (2, 3, 6), CROSS], keywords={"return_attention_scores": True}),
    case("Attention-concat", lambda: layers.Attention(True, "concat"), [SEQUENCE, CROSS],
         keywords={"use_causal_mask": True}),
    case("Attention-mask", lambda: layers.Attention(), [SEQUENCE, CROSS],
         keywords={"mask": [np.array([[1, 1, 1, 1, 0], [0, 1, 1, 1, 1]], bool), ATTENDED[:, 0]]}),
]  # fmt: skip

RESHAPING = [
    case("Flatten", lambda: layers.Flatten(), IMAGE),
    case("Flatten-first", lambda: layers.Flatten("channels_first"), FIRST_2D),
    case("Flatten-vector", lambda: layers.Flatten(), (6,)),
    case("Reshape", lambda: layers.Reshape((4, 5)), SEQUENCE),
    case("Reshape-rest", lambda: layers.Reshape((2, -1, 2)), SEQUENCE),
    case("Permute", lambda: layers.Permute((2, 1)), SEQUENCE),
    case("RepeatVector", lambda: layers.RepeatVector(3), FLAT),
    case("UpSampling2D", lambda: layers.UpSampling2D((2, 3)), IMAGE),
    case("UpSampling2D-first", lambda: layers.UpSampling2D(2, "channels_first"), FIRST_2D),
    case("Permute-image", lambda: layers.Permute((3, 1, 2)), IMAGE),
]  # fmt: skip


def recurrent(name, states):
    """Cases of one of the recurrent layers, which has a number of states."""
    make = lambda *args, **kwargs: getattr(layers, name)(*args, **kwargs)
    initial = [STATE] * states
    return [
        case(name, lambda: make(3, return_sequences=True, return_state=True), SEQUENCE),
        case(f"{name}-backwards", lambda: make(
            3, activation="relu", use_bias=False, go_backwards=True, kernel_regularizer="l2",
            recurrent_regularizer="l1", recurrent_constraint="unit_norm"), SEQUENCE),
        case(f"{name}-mask", lambda: make(3, return_sequences=True, return_state=True), SEQUENCE,
             mask=True),
        case(f"{name}-mask-backwards", lambda: make(3, return_state=True, go_backwards=True),
             SEQUENCE, initial, mask=True),
        case(f"{name}-zero", lambda: make(3, return_sequences=True, zero_output_for_mask=True),
             SEQUENCE, mask=True),
        case(f"{name}-stateful", lambda: make(3, stateful=True), SEQUENCE, calls=2,
             any_batch=False),
        case(f"{name}-dropout", lambda: make(
            3, dropout=0.3, recurrent_dropout=0.4, return_sequences=True), SEQUENCE),
        case(f"{name}-dropout-mask", lambda: make(
            3, recurrent_dropout=0.4, return_sequences=True, go_backwards=True, seed=5), SEQUENCE,
            initial, mask=True),
        case(f"{name}Cell", lambda: getattr(layers, f"{name}Cell")(
            3, dropout=0.4, recurrent_dropout=0.4), (2, 4), initial),
    ]  # fmt: skip


class TwoStates(layers.Layer):
    """A cell of a user: two states of different sizes, an output of a third size."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [3, 2]
        self.output_size = 5

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], 5), name="kernel")

    def call(self, inputs, states):
        from keraslite import ops

        first, second = states
        output = ops.matmul(inputs, self.kernel)
        return output, [ops.tanh(first + output[:, :3]), second * 0.5 + output[:, 3:]]

    def get_initial_state(self, batch_size=None):
        from keraslite import ops

        return [ops.zeros((batch_size, n), dtype=self.compute_dtype) for n in self.state_size]


RECURRENT = [
    *recurrent("SimpleRNN", 1),
    *recurrent("LSTM", 2),
    *recurrent("GRU", 1),
    case("LSTM-hard", lambda: layers.LSTM(3, "softsign", "hard_sigmoid", unit_forget_bias=False),
         SEQUENCE),
    case("LSTM-dropout-inputs", lambda: layers.LSTM(3, dropout=0.5), SEQUENCE),
    case("GRU-before-mask", lambda: layers.GRU(
        3, reset_after=False, return_sequences=True, use_bias=False), SEQUENCE, mask=True),
    case("GRU-before-dropout", lambda: layers.GRU(3, reset_after=False, recurrent_dropout=0.5),
         SEQUENCE),
    case("RNN", lambda: layers.RNN(layers.LSTMCell(3)), SEQUENCE),
    case("RNN-custom", lambda: layers.RNN(TwoStates(), return_sequences=True, return_state=True),
         SEQUENCE),
    case("RNN-custom-mask", lambda: layers.RNN(TwoStates(), return_sequences=True,
                                               go_backwards=True), SEQUENCE, mask=True),
    case("Bidirectional", lambda: layers.Bidirectional(layers.LSTM(3, dropout=0.4)), SEQUENCE),
    case("Bidirectional-sum", lambda: layers.Bidirectional(
        layers.GRU(3, return_sequences=True), merge_mode="sum"), SEQUENCE, mask=True),
    case("Bidirectional-mul", lambda: layers.Bidirectional(layers.SimpleRNN(3), merge_mode="mul"),
         SEQUENCE),
    case("Bidirectional-ave", lambda: layers.Bidirectional(
        layers.LSTM(3, return_state=True, return_sequences=True), merge_mode="ave"), SEQUENCE),
    case("Bidirectional-none", lambda: layers.Bidirectional(
        layers.SimpleRNN(3, return_sequences=True), merge_mode=None), SEQUENCE),
    case("Bidirectional-initial", lambda: layers.Bidirectional(layers.GRU(3)), SEQUENCE,
         [STATE, STATE]),
    case("Bidirectional-two", lambda: layers.Bidirectional(
        layers.GRU(3), backward_layer=layers.LSTM(2, go_backwards=True)), SEQUENCE),
]  # fmt: skip

DISTRIBUTED = [
    case("TimeDistributed", lambda: layers.TimeDistributed(layers.Dense(3, "relu")), SEQUENCE),
    case("TimeDistributed-images", lambda: layers.TimeDistributed(layers.Conv2D(3, 2)),
         (2, 3, 5, 4, 2)),
    case("TimeDistributed-dropout", lambda: layers.TimeDistributed(layers.Dropout(0.5)), SEQUENCE),
]  # fmt: skip

STACKS = [
    case(
        "Sequential-masked",
        lambda: models.Sequential(
            [
                layers.Embedding(7, 4, mask_zero=True), layers.SpatialDropout1D(0.3),
                layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.Dense(4),
                layers.BatchNormalization(), layers.GRU(3, return_sequences=True),
                layers.GlobalAveragePooling1D(),
            ]
        ),
        (2, 5), ints=3, gradient=4096,
    ),
]  # fmt: skip

CASES = [
    *CORE, *CONVOLUTION, *POOLING, *NORMALIZATION, *MERGING, *ATTENTION, *RESHAPING, *RECURRENT,
    *DISTRIBUTED, *STACKS,
]  # fmt: skip
