"""Keras must run on TensorFlow here; anything else is refused in one line."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "keras_genzoo runs on TensorFlow. Expected KERAS_BACKEND=tensorflow, set before keras is imported. "
        f"Received: {keras.backend.backend()}"
    )
