"""Sequence to sequence with attention."""

import keras
import tensorflow as tf

from keras_genzoo.layers import noise
from keras_genzoo.models import text
from keras_genzoo.models.base import GenerativeModel
from keras_genzoo.models.seq2seq_inference import Seq2SeqInference
from keras_genzoo.preprocessing import PADDING


@keras.saving.register_keras_serializable(package="keras_genzoo")
class Seq2Seq(Seq2SeqInference, GenerativeModel):
    """An encoder and a decoder with attention (Bahdanau et al. 2015, Luong et al. 2015), trained by `fit`.

    The loss is the mean of nats over the real tokens of a batch, the end included, so padding never counts. Teacher
    forcing, greedy decoding and beam search are one step of the decoder.

    Args:
        encoder: `networks.RecurrentEncoder`. Without embeddings of its own it reads with the decoder's.
        decoder: `networks.AttentionDecoder`, of the encoder's width.
        preprocessor: `preprocessing.TextPreprocessor` of both sides, or one with a `source` and a `target`.
        label_smoothing: float in [0, 1), in training only. Defaults to 0.
        scheduled_sampling: the share of the decoder's inputs that are, in training, drawn from the model's own
            prediction in place of the true token (Bengio et al. 2015), all at once from a pass with the true ones
            (Duckworth et al. 2019). A float in [0, 1], or a `LearningRateSchedule` that is read at
            `optimizer.iterations`. Defaults to 0.
        seed: int. Defaults to 0.
        **kwargs: of `keras.Model`.

    Training data:
        `({"source_ids", "source_mask", "decoder_ids"}, next_ids, sample_weight)`: int `(batch, source)`, bool
        `(batch, source)`, int `(batch, time)` that begin with the start token, the tokens that follow them, and a
        weight that marks the real ones. The logs are `loss`, `nll` (nats a token), `perplexity` and `accuracy`, over
        all tokens of the epoch and with teacher forcing.

    Raises:
        ValueError: if encoder, decoder and preprocessor do not fit together, or an argument is out of range.

    Example:

    >>> import keras_genzoo as genzoo
    >>> pairs = ["eins zwei", "drei"], ["one two", "three"]
    >>> preprocessor = genzoo.preprocessing.TextPreprocessor.learn(pairs[0] + pairs[1], level="words")
    >>> size = preprocessor.vocabulary_size
    >>> encoder = genzoo.networks.RecurrentEncoder(size, embedding_dim=8, units=8)
    >>> decoder = genzoo.networks.AttentionDecoder(size, embedding_dim=8, units=8, memory_dim=encoder.output_dim)
    >>> model = genzoo.Seq2Seq(encoder, decoder, preprocessor)
    >>> model.compile(optimizer="adam")
    >>> source, target = map(preprocessor, pairs)
    >>> x = {"source_ids": source, "source_mask": source != 0, "decoder_ids": target[:, :-1]}
    >>> history = model.fit(x, target[:, 1:], epochs=1, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss', 'nll', 'perplexity']
    >>> len(model.generate(["zwei drei"], beam_width=2, max_length=3))
    1
    """

    def __init__(
        self, encoder, decoder, preprocessor, label_smoothing=0.0, scheduled_sampling=0.0, seed=0, **kwargs
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.encoder, self.decoder, self.preprocessor = encoder, decoder, preprocessor
        self._check_parts()
        text.check_label_smoothing(label_smoothing)
        if isinstance(scheduled_sampling, (int, float)) and not 0 <= scheduled_sampling <= 1:
            raise ValueError(f"Expected scheduled_sampling in [0, 1]. Received: {scheduled_sampling=}")
        self.label_smoothing, self.scheduled_sampling, self.seed = label_smoothing, scheduled_sampling, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._trackers = text.token_metrics()
        self.supports_masking = True  # its masks are its own
        self.built = True

    def _check_parts(self):
        encoder, decoder = self.encoder, self.decoder
        source, target = self.source_preprocessor, self.target_preprocessor
        if not (source.sentences and target.sentences):
            raise ValueError(
                "A translator reads and writes whole sentences. Expected a preprocessor with sentences=True. "
                f"Received: sentences={source.sentences} of the source, sentences={target.sentences} of the target"
            )
        if encoder.vocabulary_size is None and list(source.vocabulary) != list(target.vocabulary):
            raise ValueError(
                "An encoder without embeddings (tied='all' in a recipe) reads with the decoder's. Expected one "
                "vocabulary of both sides (shared=True). "
                f"Received: different ones of {len(source.vocabulary)} and {len(target.vocabulary)} tokens"
            )
        wanted = {
            "encoder.vocabulary_size": (encoder.vocabulary_size, self.source_preprocessor.vocabulary_size),
            "decoder.vocabulary_size": (decoder.vocabulary_size, self.target_preprocessor.vocabulary_size),
            "decoder.memory_dim": (decoder.memory_dim, encoder.output_dim),
        }
        if encoder.vocabulary_size is None:  # it reads with the decoder's embeddings
            shared = self.source_preprocessor.vocabulary_size
            wanted["encoder.vocabulary_size"] = (decoder.vocabulary_size, shared)
            wanted["decoder.embedding_dim"] = (decoder.embedding_dim, encoder.embedding_dim)
        for name, (received, expected) in wanted.items():
            if received != expected:
                raise ValueError(
                    f"Encoder, decoder and preprocessor do not fit together. Expected {name} of {expected}. "
                    f"Received: {name}={received}"
                )

    # ---- training ----

    def call(self, inputs, training=None):
        """Logits `(batch, time, vocabulary_size)` with teacher forcing, in inference mode whatever `training` says.

        `compute_loss` makes its own pass, with dropout.
        """
        encoded = self._encode(inputs["source_ids"], inputs.get("source_mask"))
        return self.decoder(tf.convert_to_tensor(inputs["decoder_ids"]), encoded)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Nats a real token, averaged over those of the batch; also updates the metrics."""
        encoded = self._encode(x["source_ids"], x.get("source_mask"), training)
        decoder_ids = tf.convert_to_tensor(x["decoder_ids"])
        if training and self.scheduled_sampling:
            decoder_ids = self._with_own_samples(decoder_ids, encoded)
        features, _ = self.decoder.features(decoder_ids, encoded, training)
        smoothing = self.label_smoothing if training else 0.0
        return text.token_loss(
            self._trackers, self.decoder.logits, features, y, sample_weight, smoothing, dense=bool(self.jit_compile)
        )

    def _with_own_samples(self, decoder_ids, encoded):
        """The decoder's inputs, some of them replaced by a draw from what the model says comes there."""
        share = self.scheduled_sampling
        if isinstance(share, keras.optimizers.schedules.LearningRateSchedule):
            share = tf.cast(share(tf.convert_to_tensor(self.optimizer.iterations)), tf.float32)
        features, _ = self.decoder.features(decoder_ids, encoded)
        logits = tf.stop_gradient(self.decoder.logits(features))
        uniform = noise.uniform(tf.shape(logits), noise.next_seed(self.seed_generator))
        gumbel = -tf.math.log(-tf.math.log(tf.maximum(uniform, 1e-20)))
        drawn = tf.argmax(logits + gumbel, axis=-1, output_type=decoder_ids.dtype)
        own = tf.concat([decoder_ids[:, :1], drawn[:, :-1]], axis=1)
        replaced = noise.uniform(tf.shape(decoder_ids), noise.next_seed(self.seed_generator)) < share
        return tf.where(replaced & (decoder_ids != PADDING), own, decoder_ids)

    def check_batch(self, x, y):
        names = {"source_ids": self.source_preprocessor, "decoder_ids": self.target_preprocessor}
        if not isinstance(x, dict) or not names.keys() <= x.keys() or y is None:
            raise ValueError(
                "Wrong data. Expected ({'source_ids', 'source_mask', 'decoder_ids'}, next_ids[, sample_weight]). "
                f"Received: x of {sorted(x) if isinstance(x, dict) else type(x).__name__}, y of {type(y).__name__}"
            )
        for name, preprocessor in names.items():
            text.check_token_ids(name, x[name], preprocessor.vocabulary_size)
        text.check_token_ids("y", y, self.target_preprocessor.vocabulary_size)
        for name, values, like in (("y", y, "decoder_ids"), ("source_mask", x.get("source_mask"), "source_ids")):
            if values is not None and values.shape != x[like].shape:
                raise ValueError(
                    f"Wrong shape of {name}. Expected that of {like}, {x[like].shape}. "
                    f"Received: {name}.shape={values.shape}"
                )

    # ---- parts ----

    def _encode(self, source_ids, mask=None, training=False):
        embeddings = self.decoder.embeddings if self.encoder.vocabulary_size is None else None
        return self.encoder(tf.convert_to_tensor(source_ids), mask=mask, embeddings=embeddings, training=training)

    def _begin(self, encoded):
        return self.decoder.stepper(encoded), self.decoder.initial_state(encoded)

    def _forced(self, encoded, decoder_ids):
        features, weights = self.decoder.features(decoder_ids, encoded)
        return self.decoder.logits(features), weights
