"""An LSTM learns to tell good film reviews from bad ones.

    KERASLITE_BACKEND=jax python examples/imdb_lstm.py --data imdb.npz

Without --data the canonical file is downloaded. With `import keras` instead, Keras 3 runs it too.
"""

import argparse

import keraslite as keras

layers = keras.layers
WORDS, LENGTH = 10_000, 100

parser = argparse.ArgumentParser(description="Train an LSTM on IMDB film reviews.")
parser.add_argument("--data", default="imdb.npz", help="the .npz file; default: download it")
parser.add_argument("--epochs", type=int, default=2)
arguments = parser.parse_args()

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = keras.datasets.imdb.load_data(
    arguments.data, num_words=WORDS
)
x_train = keras.utils.pad_sequences(x_train, maxlen=LENGTH)
x_test = keras.utils.pad_sequences(x_test, maxlen=LENGTH)

model = keras.Sequential(
    [
        keras.Input((LENGTH,), dtype="int32"),
        layers.Embedding(WORDS, 32),
        layers.SpatialDropout1D(0.2),
        layers.LSTM(100),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.summary()
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=arguments.epochs)

loss, accuracy = model.evaluate(x_test, y_test, batch_size=128)
print(f"Test accuracy on {keras.config.backend()}: {accuracy:.4f}")
