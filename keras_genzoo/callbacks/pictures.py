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
        self.folder = None if folder is None else pathlib.Path(folder)
        self.log_dir, self.num_samples, self.seed, self.every = log_dir, num_samples, seed, every
        self.centers, self.animation = centers, animation
        self._summaries = None if log_dir is None else _Summaries(log_dir)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        count = self.num_samples or (1000 if len(getattr(self.model, "event_shape", ())) == 1 else 36)
        figure = visualization.sample_grid(self.model, count, self.seed, f"Epoch {epoch + 1}", self.centers)
        if self.folder is not None:
            visualization.save(figure, self.folder / f"epoch_{epoch + 1:04d}.png")
        if self._summaries is not None:
            self._summaries.write({"samples": figure}, epoch)

    def on_train_end(self, logs=None):
        if self._summaries is not None:
            self._summaries.close()
        pictures = sorted(self.folder.glob("epoch_*.png")) if self.animation and self.folder is not None else ()
        if pictures:
            visualization.animate(pictures, self.folder / "training.gif")


class ModelPictures(keras.callbacks.Callback):
    """Draws the pictures of `visualization.pictures` for TensorBoard, now and then and when training ends.

    Of a `VAE` these are samples, reconstructions, the latent traversal and the latent map. They take seconds, so that
    `every` should not be small. Training is not touched.

    Args:
        splits: `keras_genzoo.data.Splits`; the pictures are of its test part.
        log_dir: str or path for image summaries named `pictures/NAME`, at Keras's step of the epoch.
        every: int, epochs between pictures. Defaults to 10.

    Raises:
        ValueError: if `every` is below 1.
        ImportError: if there is no tensorboard.

    Example:

    >>> import keras_genzoo as genzoo
    >>> from keras_genzoo.callbacks import ModelPictures
    >>> callback = ModelPictures(genzoo.data.load("digits"), "runs/logs", every=20)  # fit(..., callbacks=[callback])
    """

    def __init__(self, splits, log_dir, every=10):
        super().__init__()
        check_every(every)
        self.splits, self.every = splits, every
        self._summaries, self._due = _Summaries(log_dir), None

    def on_epoch_end(self, epoch, logs=None):
        self._due = epoch
        if (epoch + 1) % self.every == 0:
            self._draw()

    def on_train_end(self, logs=None):
        if self._due is not None:
            self._draw()
        self._summaries.close()

    def _draw(self):
        figures = visualization.pictures(self.model, self.splits)
        self._summaries.write({f"pictures/{name}": figure for name, figure in figures.items()}, self._due)
        self._due = None


class _Summaries:
    """Figures as image summaries of TensorBoard, in a file that is made when there is something to write."""

    def __init__(self, log_dir):
        if importlib.util.find_spec("tensorboard") is None:
            raise ImportError(f"A log_dir needs TensorBoard: pip install tensorboard. Received: log_dir={log_dir}")
        self.log_dir, self._writer = log_dir, None

    def write(self, figures, step):
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        with self._writer.as_default():
            for name, figure in figures.items():
                tf.summary.image(name, visualization.to_array(figure)[None], step=step)
        self._writer.flush()

    def close(self):
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def check_every(every):
    """Refuses a number of epochs that is no integer of at least 1."""
    if not isinstance(every, int) or every < 1:
        raise ValueError(f"Expected every to be an integer of at least 1. Received: every={every!r}")
