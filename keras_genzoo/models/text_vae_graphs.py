"""The graphs of a text VAE: on strings, and the same on token ids."""

import tensorflow as tf

from keras_genzoo import decoding
from keras_genzoo.layers import noise
from keras_genzoo.losses import gaussian_kl, gaussian_log_prob, token_nll
from keras_genzoo.models import text
from keras_genzoo.preprocessing import PADDING, START

LOGITS_AT_ONCE = 2**24  # in `score`; bounds memory, does not change the result
CODES = 0x0C0DE  # keeps the noise of codes apart from the draws of tokens with the same seed


class TextVAEGraphs:
    """What `TextVAE` computes beside its loss, of tensors alone.

    It works on the attributes `encoder, decoder, preprocessor, num_classes, latent_dim`. Labels are `None` unless
    conditional.
    """

    # ---- as signatures ----

    def signatures(self):
        texts = tf.TensorSpec((None,), tf.string, "texts")
        token_ids = tf.TensorSpec((None, None), tf.int32, "token_ids")
        return self._signatures("", texts) | self._signatures("_ids", token_ids)

    def _signatures(self, end, given):
        """Those on strings, or with the end `_ids` on token ids; `given` is the spec of a batch of either."""
        conditional = self.num_classes is not None
        labels = [tf.TensorSpec((None,), tf.int32, "labels")] if conditional else []
        max_length, num_samples, seed = (
            tf.TensorSpec((), tf.int32, name) for name in ("max_length", "num_samples", "seed")
        )
        drawing = [max_length, tf.TensorSpec((), tf.float32, "temperature"), seed]

        def named(outputs, *only):
            return (
                {key: outputs[key] for key in only or outputs} if isinstance(outputs, dict) else {given.name: outputs}
            )

        def graph(name, *only):
            function = getattr(self, f"_{name}{end}")
            return lambda first, *rest: named(function(first, *(rest if conditional else (None, *rest))), *only)

        def generate(first, *options):
            count_and_labels = (tf.shape(first)[0], first) if conditional else (first, None)
            return named(getattr(self, f"_generate{end}")(*count_and_labels, *options))

        z = tf.TensorSpec((None, self.latent_dim), tf.float32, "z")
        return {
            f"reconstruct{end}": (graph("reconstruct"), [given, *labels, max_length]),
            f"encode{end}": (graph("encode"), [given, *labels]),
            f"decode{end}": (graph("decode"), [z, *labels, *drawing]),
            f"generate{end}": (generate, [*(labels or [num_samples]), *drawing]),
            f"score{end}": (graph("bounds", "nats", "tokens", "unknown"), [given, *labels, num_samples, seed]),
        }

    # ---- on strings ----

    @tf.function(autograph=False, reduce_retracing=True)
    def _encode(self, texts, labels):
        return self._encode_ids(self.preprocessor(texts), labels)

    @tf.function(autograph=False, reduce_retracing=True)
    def _decode(self, z, labels, max_length, temperature, seed):
        return self.preprocessor.detokenize(self._decode_ids(z, labels, max_length, temperature, seed))

    @tf.function(autograph=False, reduce_retracing=True)
    def _reconstruct(self, texts, labels, max_length):
        return self.preprocessor.detokenize(self._reconstruct_ids(self.preprocessor(texts), labels, max_length))

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(self, count, labels, max_length, temperature, seed, first_row=0):
        return self.preprocessor.detokenize(self._generate_ids(count, labels, max_length, temperature, seed, first_row))

    @tf.function(autograph=False, reduce_retracing=True)
    def _bounds(self, texts, labels, num_samples, seed):
        return self._bounds_ids(self.preprocessor(texts), labels, num_samples, seed)

    # ---- on token ids ----

    @tf.function(autograph=False, reduce_retracing=True)
    def _encode_ids(self, token_ids, labels):
        z_mean, z_log_var = self._posterior(_at_least(token_ids, 1), labels)
        return {"z_mean": z_mean, "z_log_var": z_log_var}

    @tf.function(autograph=False, reduce_retracing=True)
    def _decode_ids(self, z, labels, max_length, temperature, seed, first_row=0):
        """Token ids `(batch, max_length)`, padded on the right; of an argument out of range the nearest in range."""
        count, step = tf.shape(z)[0], self.decoder.stepper()
        state = self.decoder.initial_state(count, self._context(z, labels))
        logits, state = step(tf.fill([count], START), state)
        return decoding.sample(
            step, logits, state, tf.maximum(max_length, 0), end_id=self.preprocessor.end_id, temperature=temperature,
            seed=seed, first_row=first_row, forbidden=text.NEVER_GENERATED,
        )  # fmt: skip

    @tf.function(autograph=False, reduce_retracing=True)
    def _reconstruct_ids(self, token_ids, labels, max_length):
        z_mean, _ = self._posterior(_at_least(token_ids, 1), labels)
        return self._decode_ids(z_mean, labels, max_length, tf.constant(0.0), tf.constant(0))

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate_ids(self, count, labels, max_length, temperature, seed, first_row=0):
        of_codes = tf.bitwise.bitwise_xor(tf.cast(seed, tf.int32), CODES)
        z = noise.by_row(noise.normal, count, [self.latent_dim], of_codes, first_row)
        z = tf.ensure_shape(z, (None, self.latent_dim))
        return self._decode_ids(z, labels, max_length, temperature, seed, first_row)

    @tf.function(autograph=False, reduce_retracing=True)
    def _bounds_ids(self, token_ids, labels, num_samples, seed):
        token_ids, num_samples = _at_least(token_ids, 2), tf.maximum(num_samples, 1)
        z_mean, z_log_var = self._posterior(token_ids, labels)
        epsilon = noise.by_key(noise.normal, noise.key_of(token_ids), [num_samples, self.latent_dim], seed)
        epsilon = tf.transpose(tf.ensure_shape(epsilon, (None, None, self.latent_dim)), (1, 0, 2))
        rows = LOGITS_AT_ONCE // (tf.shape(token_ids)[1] * self.decoder.vocabulary_size)
        chunk = tf.maximum(1, rows // tf.maximum(tf.shape(z_mean)[0], 1))

        def add_chunk(start, total, nll):
            z = z_mean + tf.exp(0.5 * z_log_var) * epsilon[start : start + chunk]
            new = self._sentence_nll(token_ids, z, labels)  # (chunk, batch)
            log_weights = gaussian_log_prob(z, 0.0, tf.zeros_like(z)) - new - gaussian_log_prob(z, z_mean, z_log_var)
            both = tf.concat([total[None], log_weights], axis=0)
            total = tf.ensure_shape(tf.reduce_logsumexp(both, axis=0), total.shape)
            return start + chunk, total, nll + tf.reduce_sum(new, axis=0)

        zeros = tf.zeros(tf.shape(z_mean)[:1])
        start = (tf.constant(0), zeros - float("inf"), zeros)
        _, total, nll = tf.while_loop(lambda i, *_: i < num_samples, add_chunk, start)
        samples = tf.cast(num_samples, tf.float32)
        nll, kl = nll / samples, tf.reduce_sum(gaussian_kl(z_mean, z_log_var), axis=-1)
        return {
            "nats": tf.math.log(samples) - total,
            **text.counts(token_ids[:, 1:]),
            "elbo": -nll - kl,
            "kl": kl,
            "reconstruction_nll": nll,
        }

    # ---- parts ----

    def _posterior(self, token_ids, labels, training=False):
        """float32 `z_mean, z_log_var`, each `(batch, latent_dim)`."""
        return self.encoder(token_ids, mask=token_ids != PADDING, labels=labels, training=training)

    def _context(self, z, labels):
        """What the decoder is given: z, with the label beside it when conditional."""
        return z if labels is None else tf.concat([z, tf.one_hot(labels, self.num_classes)], axis=-1)

    def _sentence_nll(self, token_ids, z, labels):
        """-log p(text | z): ids `(batch, time)`, z `(num_samples, batch, latent_dim)`, to `(num_samples, batch)`."""
        next_ids = token_ids[:, 1:]
        decoder_ids = tf.where(next_ids != PADDING, token_ids[:, :-1], PADDING)
        return self._nll_of_draws(decoder_ids, next_ids, z, labels)

    def _nll_of_draws(self, decoder_ids, next_ids, z, labels, sample_weight=None, training=False, dense=False):
        """`_decoder_nll` of several codes a text: z `(num_samples, batch, latent_dim)`, to `(num_samples, batch)`."""
        count, batch = tf.shape(z)[0], tf.shape(z)[1]
        labels = None if labels is None else tf.tile(labels, [count])
        decoder_ids, next_ids, sample_weight = (
            None if values is None else tf.tile(values, [count, 1]) for values in (decoder_ids, next_ids, sample_weight)
        )
        z = tf.reshape(z, (-1, self.latent_dim))
        nll = self._decoder_nll(decoder_ids, next_ids, z, labels, sample_weight, training, dense)
        return tf.reshape(nll, (count, batch))

    def _decoder_nll(self, decoder_ids, next_ids, z, labels, sample_weight=None, training=False, dense=False):
        """Nats a text, float32 `(batch,)`, with the decoder in one pass; nothing is computed of padding's logits."""
        state = self.decoder.initial_state(tf.shape(z)[0], self._context(z, labels))
        features, _ = self.decoder.features(decoder_ids, state, training=training)
        weights = next_ids != PADDING if sample_weight is None else sample_weight
        features, ids, flat = text.real_tokens(features, next_ids, weights, dense)
        nll = token_nll(self.decoder.logits(features), ids) * flat
        if dense:
            return tf.reduce_sum(tf.reshape(nll, tf.shape(next_ids)), axis=-1)
        rows = tf.where(tf.cast(weights, tf.float32) > 0)[:, 0]
        return tf.math.unsorted_segment_sum(nll, rows, tf.shape(next_ids)[0])


def _at_least(token_ids, columns):
    return tf.pad(token_ids, [[0, 0], [0, tf.maximum(0, columns - tf.shape(token_ids)[1])]])
