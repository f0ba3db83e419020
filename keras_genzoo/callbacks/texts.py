"""What a model of texts writes while it learns."""

import pathlib

import keras

from keras_genzoo.callbacks.pictures import check_every


class SampleTexts(keras.callbacks.Callback):
    """Writes the same seeded samples after every epoch, as text files.

    Works with any model that has `generate(prompts, max_length=..., temperature=..., seed=...)`, or for models of
    sentences `generate(num_samples, ...)`. Training is not touched: the history is the same with and without it.

    Args:
        folder: str or path for `epoch_0001.txt` and so on.
        prompts: list of str, of models of sentences how many. Defaults to four empty ones.
        max_length: int, new tokens at most. Defaults to 200.
        temperature: float. Defaults to 1.
        seed: int. Defaults to 0.
        every: int, epochs between files. Defaults to 1.
        labels: ints, what a conditional model of sentences is asked for in place of a number. Defaults to `None`.

    Raises:
        ValueError: if `every` is below 1.

    Example:

    >>> from keras_genzoo.callbacks import SampleTexts
    >>> callback = SampleTexts("runs/samples", prompts=["ROMEO:"])  # model.fit(batches, callbacks=[callback])
    """

    def __init__(self, folder, prompts=("",) * 4, max_length=200, temperature=1.0, seed=0, every=1, labels=None):
        super().__init__()
        check_every(every)
        self.folder, self.every, self.labels = pathlib.Path(folder), every, labels
        self.prompts = prompts if isinstance(prompts, int) else list(prompts)
        self.options = {"max_length": max_length, "temperature": temperature, "seed": seed}

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        if self.labels is None:
            texts = self.model.generate(self.prompts, **self.options)
        else:
            texts = self.model.generate(labels=self.labels, **self.options)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"epoch_{epoch + 1:04d}.txt").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
