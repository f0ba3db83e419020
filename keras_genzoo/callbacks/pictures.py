"""What a model draws while it learns."""

import importlib.util
import pathlib

import keras
import tensorflow as tf

from keras_genzoo import visualization


class SampleImages(keras.callbacks.Callback):
    """Draws the same seeded samples after every epoch, as PNG files and for TensorBoard.

    Works with any model that has `generate(num_samples, seed=...)` of images or points. Training is not touched: the
    history is the same with and without it.

    Args:
        folder: str or path for `epoch_0001.png` and so on, or `None` for no files. Defaults to `None`.
        log_dir: str or path for image summaries named `samples`, at Keras's step of the epoch, which counts from 0;
            or `None` for none. Defaults to `None`.
        num_samples: int, or `None` for 36 images or 1,000 points. Defaults to `None`.
        seed: int. Defaults to 0.
        every: int, epochs between pictures. Defaults to 1.
        centers: array `(modes, 2)` of true means, to be marked among points, or `None`. Defaults to `None`.
        animation: bool, whether the pictures of the folder become its `training.gif` at the end. Defaults to `False`.

    Raises:
        ValueError: if there is neither `folder` nor `log_dir`, or `every` is below 1.
        ImportError: if there is a `log_dir` and no tensorboard.

    Example:

    >>> from keras_genzoo.callbacks import SampleImages
    >>> callback = SampleImages("runs/samples", every=5)  # model.fit(x, epochs=50, callbacks=[callback])
    """

    def __init__(self, folder=None, log_dir=None, num_samples=None, seed=0, every=1, centers=None, animation=False):
        super().__init__()
        check_every(every)
        if folder is None and log_dir is None:
            raise ValueError("Expected a folder for pictures, a log_dir for TensorBoard, or both. Received: neither")
        if log_dir is not None and importlib.util.find_spec("tensorboard") is None:
            raise ImportError(f"A log_dir needs TensorBoard: pip install tensorboard. Received: log_dir={log_dir}")
        self.folder = None if folder is None else pathlib.Path(folder)
        self.log_dir, self.num_samples, self.seed, self.every = log_dir, num_samples, seed, every
        self.centers, self.animation = centers, animation
        self._writer = None

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        count = self.num_samples or (1000 if len(getattr(self.model, "event_shape", ())) == 1 else 36)
        figure = visualization.sample_grid(self.model, count, self.seed, f"Epoch {epoch + 1}", self.centers)
        if self.folder is not None:
            visualization.save(figure, self.folder / f"epoch_{epoch + 1:04d}.png")
        if self.log_dir is not None:
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(str(self.log_dir))
            with self._writer.as_default():
                tf.summary.image("samples", visualization.to_array(figure)[None], step=epoch)
            self._writer.flush()

    def on_train_end(self, logs=None):
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        pictures = sorted(self.folder.glob("epoch_*.png")) if self.animation and self.folder is not None else ()
        if pictures:
            visualization.animate(pictures, self.folder / "training.gif")


def check_every(every):
    """Refuses a number of epochs that is no integer of at least 1."""
    if not isinstance(every, int) or every < 1:
        raise ValueError(f"Expected every to be an integer of at least 1. Received: every={every!r}")
