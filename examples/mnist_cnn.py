"""A convolutional network learns MNIST, is saved to an .h5 file, loaded back, and used.

    KERASLITE_BACKEND=torch python examples/mnist_cnn.py --data mnist.npz

Without --data the canonical file is downloaded. With `import keras` instead, Keras 3 runs it too.
"""

import argparse

import keraslite as keras

layers = keras.layers

parser = argparse.ArgumentParser(description="Train a CNN on MNIST.")
parser.add_argument("--data", default="mnist.npz", help="the .npz file; default: download it")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--save", default="mnist_cnn.h5", help="where the trained model goes")
arguments = parser.parse_args()

keras.utils.set_random_seed(1)
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data(arguments.data)
x_train = x_train[..., None].astype("float32") / 255
x_test = x_test[..., None].astype("float32") / 255

model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=arguments.epochs, validation_split=0.1)

loss, accuracy = model.evaluate(x_test, y_test, batch_size=128)
print(f"Test accuracy on {keras.config.backend()}: {accuracy:.4f}")

model.save(arguments.save)
loaded = keras.models.load_model(arguments.save)
digits = loaded.predict(x_test[:10]).argmax(axis=1)
print(f"Loaded from {arguments.save}, it reads {digits.tolist()}; right: {y_test[:10].tolist()}")
