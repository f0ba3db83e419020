"""What a trained text VAE is used for: codes, reconstructions, samples, ways between sentences, and likelihoods."""

import numpy as np
import tensorflow as tf

from keras_genzoo.models import checks, text
from keras_genzoo.models.text_vae_graphs import TextVAEGraphs


class TextVAEInference(TextVAEGraphs):
    """The public methods of `TextVAE` beside training: lists of str in and out, one graph each.

    A conditional model takes `{"texts", "labels"}` where the others take texts.
    """

    def encode(self, texts):
        """The posterior q(z | text).

        Args:
            texts: list of str, or `{"texts", "labels"}` when conditional.

        Returns:
            dict of float32 `z_mean` and `z_log_var`, `(batch, latent_dim)`.
        """
        return self._encode(*self._split(texts))

    def decode(self, z, labels=None, max_length=text.LENGTH, temperature=0.0, seed=0):
        """The texts of codes.

        Args:
            z: float `(batch, latent_dim)`.
            labels: int `(batch,)` when conditional, else `None`.
            max_length: int, tokens at most, the end token not counted. Defaults to 60.
            temperature: float of at least 0; 0 takes the most probable token. Defaults to 0.
            seed: int. A text depends on the arguments and the number of its row alone. Defaults to 0.

        Returns:
            list of str.

        Raises:
            ValueError: for an argument out of range, codes of another size, or labels that do not fit the model.
        """
        text.check_sampling(max_length, temperature, 0, 1.0)
        z = tf.cast(z, tf.float32)
        if z.shape.rank != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"Expected z of shape (batch, {self.latent_dim}). Received: z.shape={tuple(z.shape)}")
        labels = self._checked_labels(labels, z.shape[0])
        return text.strings(self._decode(z, labels, *_scalars(max_length, temperature, seed)))

    def reconstruct(self, texts, max_length=text.LENGTH):
        """The most probable text of the posterior's mean, token by token: list of str; arguments as above."""
        text.check_sampling(max_length, 0.0, 0, 1.0)
        return text.strings(self._reconstruct(*self._split(texts), tf.constant(max_length, tf.int32)))

    def generate(self, num_samples=None, labels=None, max_length=text.LENGTH, temperature=1.0, seed=0, first_row=0):
        """Draws codes from the prior and texts from the codes.

        Args:
            num_samples: int, how many; taken from `labels` when conditional.
            labels: int `(num_samples,)` when conditional, else `None`.
            max_length, temperature, seed: as of `decode`; the temperature is that of the tokens and defaults to 1.
            first_row: int, the number of the first row; samples drawn in parts, with their numbers, are those drawn at
                once. Defaults to 0.

        Returns:
            list of str.

        Raises:
            ValueError: if `num_samples` is missing or negative, or as of `decode`.
        """
        text.check_sampling(max_length, temperature, 0, 1.0)
        labels = self._checked_labels(labels)
        checks.check_num_samples(num_samples, labels)
        count = tf.constant(num_samples if labels is None else labels.shape[0], tf.int32)
        options = _scalars(max_length, temperature, seed)
        return text.strings(self._generate(count, labels, *options, tf.constant(first_row, tf.int32)))

    def interpolate(self, a, b, steps=7, labels=None, max_length=text.LENGTH):
        """Texts on the straight way from the code of `a` to that of `b` (Bowman et al. 2016, section 5.2).

        Args:
            a, b: str, or lists of as many str.
            steps: int of at least 2, both ends included. Defaults to 7.
            labels: int, or ints a pair, when conditional; else `None`.
            max_length: int. Defaults to 60.

        Returns:
            list of `steps` str; of lists, a list of such lists. It begins and ends with the reconstructions of `a` and
            `b`; the way from a text to itself stays there.

        Raises:
            ValueError: for too few steps, or lists of different lengths.
        """
        pairs = ([a], [b]) if isinstance(a, str) and isinstance(b, str) else (a, b)
        if any(isinstance(texts, str) for texts in pairs) or len(pairs[0]) != len(pairs[1]) or steps < 2:
            raise ValueError(
                "Expected two texts, or two lists of as many, and steps of at least 2. "
                f"Received: a={_shown(a)}, b={_shown(b)}, {steps=}"
            )
        count = len(pairs[0])
        labels = None if labels is None else np.broadcast_to(np.asarray(labels, "int32"), count)
        given = pairs if labels is None else [{"texts": texts, "labels": labels} for texts in pairs]
        start, end = (self.encode(texts)["z_mean"].numpy()[:, None] for texts in given)
        share = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]
        z = ((1 - share) * start + share * end).reshape(-1, self.latent_dim)
        texts = self.decode(z, None if labels is None else np.repeat(labels, steps), max_length)
        rows = [texts[i * steps : (i + 1) * steps] for i in range(count)]
        return rows[0] if pairs[0] is not a else rows

    def score(self, texts, num_samples=500, seed=0):
        """How probable texts are, by importance sampling (Burda et al. 2016, eq. 8).

        The noise is a function of the seed and the text's tokens, so its value does not depend on its batch, and errors
        of different texts are independent; more samples of the same seed contain the fewer.

        Args:
            texts: list of str, or `{"texts", "labels"}` when conditional.
            num_samples: int, at least 1. Defaults to 500.
            seed: int. Defaults to 0.

        Returns:
            dict of arrays `(batch,)`: float32 `nats`, minus the importance-weighted lower bound on log p(text), the end
            token included; int32 `tokens`, how many these are, and `unknown`, how many are not in the vocabulary.

        Raises:
            ValueError: if `num_samples` is below 1.
        """
        bounds = self.bounds(texts, num_samples, seed)
        return {name: bounds[name] for name in ("nats", "tokens", "unknown")}

    def bounds(self, texts, num_samples=500, seed=0):
        """As `score`, with the terms of the evidence lower bound at beta 1, from the same samples.

        Returns:
            dict of arrays `(batch,)`: those of `score`, and float32 `elbo`, `kl` (in closed form) and
            `reconstruction_nll`; `elbo` is minus the sum of the other two, and at most `-nats`.
        """
        if num_samples < 1:
            raise ValueError(f"A likelihood needs at least one sample. Received: num_samples={num_samples}")
        texts, labels = self._split(texts)
        numbers = tf.constant(num_samples, tf.int32), tf.constant(seed, tf.int32)
        return {name: value.numpy() for name, value in self._bounds(texts, labels, *numbers).items()}

    # ---- parts ----

    def _split(self, texts):
        """`(texts, labels or None)`, as tensors."""
        if self.num_classes is None:
            return text.text_tensor("texts", texts), None
        if not isinstance(texts, dict) or set(texts) != {"texts", "labels"}:
            raise ValueError(
                "A conditional TextVAE takes texts with labels. Expected {'texts', 'labels'}. "
                f"Received: {sorted(texts) if isinstance(texts, dict) else type(texts).__name__}"
            )
        tensor = text.text_tensor("texts", texts["texts"])
        return tensor, self._checked_labels(texts["labels"], tensor.shape[0])

    def _checked_labels(self, labels, count=None):
        checks.check_conditioning(self.num_classes, labels)
        if labels is None:
            return None
        labels = np.asarray(labels)
        in_range = labels.size == 0 or (labels.min() >= 0 and labels.max() < self.num_classes)
        if labels.ndim != 1 or (count is not None and len(labels) != count) or not in_range:
            raise ValueError(
                f"Expected {'as many' if count is None else count} labels in [0, {self.num_classes - 1}]. "
                f"Received: labels={labels.tolist()}"
            )
        return tf.constant(labels, tf.int32)


def _scalars(max_length, temperature, seed):
    return tf.constant(max_length, tf.int32), tf.constant(temperature, tf.float32), tf.constant(seed, tf.int32)


def _shown(texts):
    return repr(texts) if isinstance(texts, str) else f"{len(texts)} texts"
