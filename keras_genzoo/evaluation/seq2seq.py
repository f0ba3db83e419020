"""What a translator is worth: nats a token of held-out targets, and its translations beside the references."""

import math
import time

import keras
import numpy as np

from keras_genzoo import metrics
from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.models import Ensemble, Seq2Seq
from keras_genzoo.preprocessing import UNKNOWN, languages, splitting, string_tensor


@evaluate.register(Ensemble)
@evaluate.register(Seq2Seq)
def _(
    model, splits, split="test", num_samples=None, max_examples=None, batch_size=100, seed=0, verbose=0,
    beam_width=5, max_length=60, length_penalty=1.0,
):  # fmt: skip
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    options = {"beam_width": beam_width, "max_length": max_length, "length_penalty": length_penalty}
    translations, seconds = translate(model, held_out.texts, batch_size, verbose, **options)
    return {
        **_teacher_forced(model, held_out, batch_size),
        **judge(translations, held_out.targets, model.target_preprocessor),
        "sentences_per_second": len(translations) / seconds,
        **options,
        "split": split,
        "num_examples": len(held_out),
    }


def judge(translations, references, preprocessor):
    """BLEU and chrF with their signatures, and exact matches; without case where the preprocessor has none.

    Where it has the rules of a language, there is `bleu_tokenized`, too, of lowercased tokens by these rules, without
    any tokenisation of sacrebleu, which is what publications on tokenised text give.

    Args:
        translations, references: lists of str, aligned.
        preprocessor: `TextPreprocessor` of the target.

    Returns:
        dict from name to number or str.
    """
    lowercase = preprocessor.lowercase
    results = {"exact_match": metrics.exact_match(translations, references, lowercase)}
    results["bleu"], results["bleu_signature"] = metrics.bleu(translations, references, lowercase)
    results["chrf"], results["chrf_signature"] = metrics.chrf(translations, references, lowercase)
    if preprocessor.split in languages.LANGUAGES:
        tokens = [_tokens(texts, preprocessor.split) for texts in (translations, references)]
        results["bleu_tokenized"], results["bleu_tokenized_signature"] = metrics.bleu(*tokens, tokenize="none")
    return results


def _tokens(texts, language):
    words = splitting.units(string_tensor(texts), "words", lowercase=True, split=language)
    return [" ".join(word.decode() for word in row) for row in words.to_list()]


def translate(model, sources, batch_size=100, verbose=0, **options):
    """Translates in batches of about equal length.

    Returns:
        `(translations, seconds)`: list of str in the order of the sources, and the time without that of making graphs:
        a batch of every size, of which the last may have another, is translated once before.
    """
    order = np.argsort([len(source) for source in sources], kind="stable")[::-1]
    batches = [order[begin : begin + batch_size] for begin in range(0, len(order), batch_size)]
    translations = [""] * len(sources)
    bar = keras.utils.Progbar(len(batches), verbose=verbose, unit_name="batch")
    for batch in {len(batch): batch for batch in batches}.values():  # one of every size, whose graphs are made here
        model.generate([sources[i] for i in batch], **options)
    begin = time.perf_counter()
    for batch in batches:
        for i, text in zip(batch, model.generate([sources[i] for i in batch], **options), strict=True):
            translations[i] = text
        bar.add(1)
    return translations, time.perf_counter() - begin


def _teacher_forced(model, held_out, batch_size):
    """Nats a token when every true token is given before the next one is asked for."""
    nats, tokens, unknown, unknown_sources, read = 0.0, 0, 0, 0, 0
    for x, next_ids in held_out.pairs(batch_size):
        nats += float(model.token_nll(x, next_ids).numpy().sum(dtype="float64"))
        tokens += int(np.count_nonzero(next_ids))
        unknown += int(np.count_nonzero(next_ids.numpy() == UNKNOWN))
        unknown_sources += int(np.count_nonzero(x["source_ids"].numpy() == UNKNOWN))
        read += int(np.count_nonzero(x["source_mask"]))
    return {
        "teacher_forced_nll": nats / tokens,
        "teacher_forced_perplexity": math.exp(nats / tokens),
        "num_tokens": tokens,
        "unknown_share": unknown / tokens,
        "unknown_share_of_sources": unknown_sources / read,
    }
