"""The one call, and which families there are to answer it."""

import functools


@functools.singledispatch
def evaluate(model, splits, split="test", num_samples=None, max_examples=None, batch_size=100, seed=0, verbose=0):
    """Measures a model on held-out data.

    A `VAE` gives, in nats and means over examples, `elbo` (at beta 1, the mean of 100 samples), `kl`,
    `reconstruction_nll`, `log_likelihood` (importance-weighted bound) and its `log_likelihood_standard_error` over
    examples; where the data are the values that its likelihood gives a probability (0 and 1 under a Bernoulli, the
    grey levels under a discretized logistic) `bits_per_dimension`, `rate_bits` (the ideal code length of an example,
    with the bound) and `raw_bits`, and not under a density or for grey pixels under a Bernoulli, whose
    `log_likelihood` is no more than the value of its formula;
    `active_units`, `mutual_information` and the limit its estimator has, and where there are labels
    `linear_probe_accuracy` on `z_mean`.

    A `GAN` is worth its samples: `generation.evaluate_samples` says what it gives, `points` and `images` beside it
    explain each number; images are judged by a classifier, for which there is the further argument `classifier`. The
    losses of a GAN are no measure of quality.

    A `TextVAE` gives, in nats, the importance-weighted `nll` and `perplexity` a token and `nats_per_sentence` with its
    standard error over sentences; means over sentences of `elbo` (at beta 1, the mean of the same samples), `kl` and
    `reconstruction_nll`; `mutual_information`, `active_units`; `reconstruction_bleu` and `reconstruction_exact_match`
    of the posterior's mean; `unknown_share` of the tokens that are scored; and how varied samples are, 1,000 or what
    the further argument `prior_samples` says. `num_samples` is their number in the result, and that of the likelihood
    is `num_importance_samples`. With the further argument `language_model`, a trained `LanguageModel` of the same
    tokens, it is measured beside, see `text_samples.compare`, and judges the samples, see `text_samples.likeness`;
    `reverse_epochs=0` leaves out what needs a training.

    A `Seq2Seq` gives `teacher_forced_nll` (nats a token) and `teacher_forced_perplexity`; of its translations, by beam
    search with the further arguments `beam_width`, `max_length` and `length_penalty`, `exact_match`, and `bleu` and
    `chrf` with their signatures; where the target has the rules of a language `bleu_tokenized`, see `seq2seq.judge`;
    `sentences_per_second`; and the `unknown_share` of its tokens. Unknown tokens are never generated, and count as
    wrong in all of these.

    A `Classifier` gives `accuracy`, `errors` and `nll` (nats).

    Args:
        model: a model of this package.
        splits: `keras_genzoo.data.Splits`, prepared as for its training.
        split: `"test"`, `"validation"` or `"train"`. Defaults to `"test"`.
        num_samples: int: of a `VAE` the importance samples an example for the likelihood, 5,000 by default, of a
            `TextVAE` 500; of a `GAN` the samples that are measured, by default 2,500 points, or as many images as the
            split has.
        max_examples: int or `None` for all. Defaults to `None`.
        batch_size: int; the result does not depend on it. Defaults to 100.
        seed: int. Defaults to 0.
        verbose: 1 shows a progress bar. Defaults to 0.

    Returns:
        dict from name to number, with the protocol: `split`, `num_examples`, and where there are any `num_samples` and
        `seed`.

    Raises:
        TypeError: if there is no evaluation for this kind of model.
    """
    raise TypeError(f"No evaluation for this model. Expected a model of keras_genzoo. Received: {type(model).__name__}")
