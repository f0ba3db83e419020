"""What a translator makes of held-out sources while it learns."""

import pathlib

import keras

from keras_genzoo import metrics
from keras_genzoo.callbacks.pictures import check_every


class SampleTranslations(keras.callbacks.Callback):
    """Translates held-out sources greedily, logs how near that is, and writes the first ones as text files.

    The logs are `val_bleu` (of sacrebleu, without case where the model has none) and `val_exact_match`.

    Args:
        split: `keras_genzoo.data.TextSplit` with targets, such as the first 200 pairs of a validation split.
        folder: str or path for `epoch_0001.txt` and so on, or `None` to write nothing. Defaults to `None`.
        count: int, how many translations a file has. Defaults to 10.
        max_length: int, tokens at most. Defaults to 60.
        batch_size: int. Defaults to 100.
        every: int, epochs between translations. Defaults to 1.

    Raises:
        ValueError: if `every` is below 1.

    Example:

    >>> import keras_genzoo as genzoo
    >>> from keras_genzoo.callbacks import SampleTranslations
    >>> split = genzoo.data.TextSplit({"texts": ["ein Haus"], "targets": ["a house"]})
    >>> callback = SampleTranslations(split)  # model.fit(batches, callbacks=[callback])
    """

    def __init__(self, split, folder=None, count=10, max_length=60, batch_size=100, every=1):
        super().__init__()
        check_every(every)
        self.sources, self.targets = split.texts, split.targets
        self.folder, self.count, self.every = None if folder is None else pathlib.Path(folder), count, every
        self.max_length, self.batch_size = max_length, batch_size

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        parts = range(0, len(self.sources), self.batch_size)
        options = {"beam_width": 1, "max_length": self.max_length}
        made = [self.model.generate(self.sources[i : i + self.batch_size], **options) for i in parts]
        translations = [text for texts in made for text in texts]
        if logs is not None:
            lowercase = self.model.target_preprocessor.lowercase
            logs["val_bleu"], _ = metrics.bleu(translations, self.targets, lowercase)
            logs["val_exact_match"] = metrics.exact_match(translations, self.targets, lowercase)
        if self.folder is not None:
            shown = list(zip(self.sources, self.targets, translations, strict=True))[: self.count]
            self.folder.mkdir(parents=True, exist_ok=True)
            text = "\n\n".join("\n".join(lines) for lines in shown)
            (self.folder / f"epoch_{epoch + 1:04d}.txt").write_text(text + "\n", encoding="utf-8")
