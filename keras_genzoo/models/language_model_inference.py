"""What a trained language model is used for: texts after prompts, and how probable texts are."""

import tensorflow as tf

from keras_genzoo import decoding
from keras_genzoo.losses import token_nll
from keras_genzoo.models import text
from keras_genzoo.preprocessing import PADDING


class LanguageModelInference:
    """The public methods of `LanguageModel` beside training: texts in, texts or numbers out, one graph each.

    It works on the attributes `network` and `preprocessor`.
    """

    def generate(
        self, prompts, max_length=100, temperature=1.0, top_k=0, top_p=1.0, seed=0, min_length=0,
        repetition_penalty=1.0, first_row=0,
    ):  # fmt: skip
        """Goes on with prompts.

        Args:
            prompts: list of str; an empty one begins anew.
            max_length: int, new tokens at most, the end token not counted. Defaults to 100.
            temperature: float of at least 0; 0 takes the most probable token. Defaults to 1.
            top_k: int; draws from the so many most probable tokens; 0 is off. Defaults to 0.
            top_p: float in (0, 1]; draws from the smallest set of tokens with this probability. Defaults to 1.
            seed: int. A text depends on the arguments and the number of its row alone. Defaults to 0.
            min_length: int, before which no text ends. Defaults to 0.
            repetition_penalty: float of at least 1 (Keskar et al. 2019). Defaults to 1, off.
            first_row: int, the number of the first row; prompts given one by one with their numbers get the texts they
                get together. Defaults to 0.

        Returns:
            list of str, the prompts included.

        Raises:
            ValueError: for an argument out of range, or a lone str.
        """
        text.check_sampling(max_length, temperature, top_k, top_p)
        if repetition_penalty < 1 or min_length < 0:
            raise ValueError(
                "Expected repetition_penalty of at least 1 and min_length of at least 0. "
                f"Received: {repetition_penalty=}, {min_length=}"
            )
        prompts = text.text_tensor("prompts", prompts)
        numbers = (tf.constant(n, tf.int32) for n in (max_length, top_k, seed, first_row, min_length))
        max_length, top_k, seed, first_row, min_length = numbers
        temperature, top_p = tf.constant(temperature, tf.float32), tf.constant(top_p, tf.float32)
        return text.strings(
            self._generate(
                prompts, max_length, temperature, top_k, top_p, seed, first_row, min_length, float(repetition_penalty)
            )
        )

    def score(self, texts):
        """How probable texts are.

        Args:
            texts: list of str.

        Returns:
            dict of arrays `(batch,)`: float32 `nats`, the sum of -log p over the tokens; int32 `tokens`, how many these
            are, and `unknown`, how many of them are not in the vocabulary.
        """
        return {name: value.numpy() for name, value in self._score(text.text_tensor("texts", texts)).items()}

    def token_nll(self, token_ids, next_ids, state=None):
        """Nats of every token, with the state carried over.

        Args:
            token_ids, next_ids: int `(batch, time)`; where `next_ids` is 0 the nats are 0.
            state: dict, from an earlier call, or `None` to begin anew.

        Returns:
            `(nll, state)`: float32 `(batch, time)` and the state after the last token that is not padding.
        """
        return self._token_nll(tf.convert_to_tensor(token_ids), tf.convert_to_tensor(next_ids), state)

    @tf.function(autograph=False, reduce_retracing=True)
    def _token_nll(self, token_ids, next_ids, state):
        features, state = self.network.features(token_ids, state, mask=token_ids != PADDING)
        nll = token_nll(self.network.logits(features), next_ids)
        return tf.where(next_ids != PADDING, nll, 0.0), state

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate(
        self, prompts, max_length, temperature, top_k, top_p, seed, first_row=0, min_length=0, repetition_penalty=1.0
    ):
        new = self._generate_ids(
            self.preprocessor.encode_prompts(prompts), max_length, temperature, top_k, top_p, seed, first_row,
            min_length, repetition_penalty,
        )  # fmt: skip
        return text.continued(self.preprocessor, prompts, new)

    @tf.function(autograph=False, reduce_retracing=True)
    def _generate_ids(
        self, prompt_ids, max_length, temperature, top_k, top_p, seed, first_row=0, min_length=0, repetition_penalty=1.0
    ):
        """New token ids `(batch, max_length)` after prompts `(batch, time)`, padded on the right.

        A model that is called from outside gets no error for an argument out of range: a negative `max_length` is 0, a
        negative `temperature` is greedy, and `top_p` of 0 or less leaves the best token.
        """
        mask = prompt_ids != PADDING
        features, state = self.network.features(prompt_ids, mask=mask)
        last = tf.maximum(tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1) - 1, 0)
        return decoding.sample(
            self.network.stepper(),
            self.network.logits(tf.gather(features, last, batch_dims=1)),
            state,
            tf.maximum(max_length, 0),
            end_id=self.preprocessor.end_id,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            first_row=first_row,
            forbidden=text.NEVER_GENERATED,
            min_length=min_length,
            repetition_penalty=repetition_penalty,
            prompt_ids=prompt_ids,
        )

    @tf.function(autograph=False, reduce_retracing=True)
    def _score(self, texts):
        return self._score_ids(self.preprocessor(texts))

    @tf.function(autograph=False, reduce_retracing=True)
    def _score_ids(self, token_ids):
        token_ids = tf.pad(token_ids, [[0, 0], [0, tf.maximum(0, 2 - tf.shape(token_ids)[1])]])
        nll, _ = self._token_nll(token_ids[:, :-1], token_ids[:, 1:], None)
        return {"nats": tf.reduce_sum(nll, axis=-1), **text.counts(token_ids[:, 1:])}
