"""The two sides of a translator: texts of one language in, texts of another out."""

import itertools

import keras

from keras_genzoo.preprocessing import learning, splitting
from keras_genzoo.preprocessing.text import NUM_SPECIAL, TextPreprocessor


@keras.saving.register_keras_serializable(package="keras_genzoo")
class TranslationPreprocessor(keras.layers.Layer):
    """A preprocessor for the source and one for the target, with separate vocabularies or a shared one.

    Each takes text as typed and, where its `split` is a language, normalises, tokenises and detokenises it by the rules
    of that language, in the graph; text that is tokenised already stays as it is.

    Args:
        source, target: `TextPreprocessor` of whole sentences.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        texts: list of str, or strings `(batch,)`, of the source.

    Returns:
        int32 `(batch, time)`, the source's ids with start and end, padded with 0 on the right.

    Raises:
        ValueError: if one of them is no `TextPreprocessor` or is one of running text.

    Example:

    >>> from keras_genzoo.preprocessing import TranslationPreprocessor
    >>> preprocessor = TranslationPreprocessor.learn(
    ...     ["It's a dog."], ["C'est un chien."], level="words", source_split="english", target_split="french")
    >>> ids = preprocessor.target(["c'est un chien."])
    >>> preprocessor.target.join(ids).numpy()[0], preprocessor.detokenize(ids).numpy()[0]
    (b"c' est un chien .", b"c'est un chien.")
    """

    def __init__(self, source, target, **kwargs):
        super().__init__(**kwargs)
        for name, part in (("source", source), ("target", target)):
            if not isinstance(part, TextPreprocessor) or not part.sentences:
                raise ValueError(
                    f"Wrong {name}. Expected a TextPreprocessor with sentences=True. Received: {name}={part!r}"
                )
        self.source = source
        self.target = target
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    @classmethod
    def learn(
        cls,
        sources,
        targets,
        level="subwords",
        vocabulary_size=None,
        min_count=1,
        lowercase=True,
        shared=False,
        source_split="punctuation",
        target_split="punctuation",
    ):
        """A preprocessor whose vocabularies are those of the texts.

        Args:
            sources, targets: lists of str.
            level: as of `TextPreprocessor`. Defaults to `"subwords"`.
            vocabulary_size, min_count: as in `TextPreprocessor.learn`; of each side, or of both together where they
                are shared. Default to `None` and 1.
            lowercase: bool. Defaults to `True`.
            shared: bool, whether both have one vocabulary. Defaults to `False`.
            source_split, target_split: as `split` there. Default to `"punctuation"`.

        Raises:
            ValueError: as `TextPreprocessor.learn`.
        """
        splits = (source_split, target_split)
        for split in splits:
            splitting.check(level, split)
        sides = [
            learning.unit_batches(texts, level, lowercase, split)
            for texts, split in zip((sources, targets), splits, strict=True)
        ]
        numbers = (level, NUM_SPECIAL, vocabulary_size, min_count)
        if shared:
            learned = [learning.learn(itertools.chain(*sides), *numbers)] * 2
        else:
            learned = [learning.learn(batches, *numbers) for batches in sides]
        return cls(
            *(
                TextPreprocessor(**known, level=level, lowercase=lowercase, split=split)
                for known, split in zip(learned, splits, strict=True)
            )
        )

    @property
    def shared(self):
        """Whether both sides have the same ids."""
        return list(self.source.vocabulary) == list(self.target.vocabulary)

    @property
    def start_id(self):
        """The id that a translation begins from."""
        return self.target.start_id

    @property
    def end_id(self):
        """The id that ends a translation."""
        return self.target.end_id

    @property
    def lookups(self):
        """The lookup tables of both sides: an `ExportArchive` must track them."""
        return self.source.lookups + self.target.lookups

    def call(self, texts):
        return self.source(texts)

    def detokenize(self, ids):
        """The translations of target ids `(batch, time)`, as one would type them: string tensor `(batch,)`."""
        return self.target.detokenize(ids)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], None)

    def get_config(self):
        parts = {"source": self.source, "target": self.target}
        return {**super().get_config(), **{k: keras.saving.serialize_keras_object(v) for k, v in parts.items()}}

    @classmethod
    def from_config(cls, config):
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("source", "target")}
        return cls(**{**config, **parts})
