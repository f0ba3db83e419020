# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sequence to sequence with attention: what copied code gets wrong, and what a right model does
#
# A sequence-to-sequence model gives every target $y$ of a source $x$ a probability,
#
# $$p(y \mid x) = \prod_t p(y_t \mid y_{<t}, x).$$
#
# An encoder reads the source and leaves a memory $h_1 \ldots h_n$, one vector a token. When the decoder is about to
# write token $t$, in state $s_t$, it compares its state with the memory and takes the mean of the memory with the
# weights that result (additive attention, Bahdanau et al. 2015):
#
# $$\alpha_{tj} \propto \exp\big(v^\top \tanh(W s_t + U h_j)\big), \qquad c_t = \sum_j \alpha_{tj} h_j.$$
#
# The sum runs over the real tokens of the source, never over padding. Training lowers the mean of
# $-\log p(y_t \mid y_{<t}, x)$ over real target tokens, in nats a token, with the true $y_{<t}$ given; this is teacher
# forcing. In use nobody has the target, and it must be decoded. This notebook measures both on two tasks whose answers
# are certain, dates and reversed sequences; translation of real sentences comes at the end if they are at hand.

# %% tags=["parameters"]
smoke = False  # True: a few training steps only, to see that everything runs
data_dir = None  # a folder with multi30k, or GENZOO_DATA_DIR; without it section 7 is left out

# %%
import contextlib
import os
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


@contextlib.contextmanager
def silent_stderr():
    """Drops what compiled code writes to standard error, such as TensorFlow's start-up lines."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with silent_stderr():
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers

    import keras_genzoo as genzoo
    from keras_genzoo import metrics, networks, visualization
    from keras_genzoo.callbacks import SampleTranslations
    from keras_genzoo.preprocessing import TranslationPreprocessor
    from keras_genzoo.visualization.style import COLORS, figure_of, styled

    tf.get_logger().setLevel("ERROR")  # many models are traced below, which TensorFlow would comment on
    keras.utils.set_random_seed(0)  # also starts the devices

# %% [markdown]
# ## 1. A right model
#
# Dates as people write them, in seven languages, and the same date in ISO 8601. No date is in two of the splits, and
# half of the test is in formats that training never shows. Source and target each have a vocabulary of characters.

# %%
dates = genzoo.data.load("dates")
characters = TranslationPreprocessor.learn(dates.train.texts, dates.train.targets, level="characters", lowercase=False)
dates = dates.with_preprocessor(characters, view="seq2seq")
for text, target in zip(dates.train.texts[:6], dates.train.targets, strict=False):
    print(f"{target}   {text}")
print(
    f"\n{len(dates.train)} pairs to learn from, {len(dates.test)} to test on, {characters.source.vocabulary_size} "
    f"characters of sources and {characters.target.vocabulary_size} of targets"
)


# %% [markdown]
# `RecurrentEncoder` reads in both directions. `AttentionDecoder` attends at every step; what it attended to goes into
# its next state and into its output. `fit` is that of Keras.


# %%
def translator(preprocessor, embedding_dim, units, dropout=0.0, encoder=networks.RecurrentEncoder):
    reading = encoder(preprocessor.source.vocabulary_size, embedding_dim, units, summary="last", dropout=dropout)
    writing = networks.AttentionDecoder(
        preprocessor.target.vocabulary_size, embedding_dim, units, reading.output_dim, tied=True, output_dropout=dropout
    )
    return genzoo.Seq2Seq(reading, writing, preprocessor)


def fit(model, batches, updates, learning_rate, epochs=1, **validation):
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, updates - updates // 10, warmup_target=learning_rate, warmup_steps=updates // 10
    )
    model.compile(keras.optimizers.Adam(rate, beta_2=0.99, global_clipnorm=1.0))
    return model.fit(batches.repeat(), epochs=epochs, steps_per_epoch=updates // epochs, verbose=0, **validation)


EPOCHS, UPDATES = (2, 20) if smoke else (4, 400)
model = translator(characters, 64, 16 if smoke else 128, dropout=0.1)
history = fit(
    model, dates.train.batches(64), UPDATES, 4e-3, EPOCHS, validation_data=dates.validation.batches(500),
    callbacks=[SampleTranslations(dates.validation.take(200))],
)  # fmt: skip
learned = history.history
for epoch in range(EPOCHS):
    print(
        f"{(epoch + 1) * UPDATES // EPOCHS:4d} updates:   {learned['val_nll'][epoch]:.4f} nats a token, "
        f"{learned['val_accuracy'][epoch]:6.1%} of tokens right, {learned['val_exact_match'][epoch]:6.1%} of dates"
    )

# %% [markdown]
# On the whole test, decoded greedily, one character after the other from nothing but the source.

# %%
written = model.generate(dates.test.texts, beam_width=1, max_length=12)
right = np.array([made == target for made, target in zip(written, dates.test.targets, strict=True)])
exact = {name: float(right[dates.test.labels == i].mean()) for i, name in enumerate(dates.info["label_names"])}
print(f"exact match: {right.mean():.2%};  " + ",  ".join(f"{name} {value:.2%}" for name, value in exact.items()))
for i in np.flatnonzero(~right)[:5]:
    print(f"wrong: {dates.test.texts[i]:<36} {written[i]}   not {dates.test.targets[i]}")

# %% [markdown]
# ## 2. What the copied code gets wrong, and by how much
#
# ### 2.1 A GRU has one state, and token ids are no vectors
#
# One article unpacks two states from its GRU, which is what an LSTM returns, and calls it on token ids, as the
# embedding it has is left out. Neither line can run; and in its class both GRUs read the source, so that the target is
# nowhere.

# %%
vectors, refused = tf.zeros((2, 7, 32)), []
states = {cell: len(getattr(layers, cell)(8, return_state=True)(vectors)) - 1 for cell in ("GRU", "LSTM")}
print("states returned:", states)
try:
    outputs, state_h, state_c = layers.GRU(8, return_sequences=True, return_state=True)(vectors)
except ValueError as error:
    refused.append(f"unpacking: {error}")
try:
    layers.GRU(8)(layers.Input((None,), dtype="int32"))
except ValueError as error:
    refused.append(f"token ids: {str(error).partition(': ')[2]}")
print("\n".join(refused))

# %% [markdown]
# ### 2.2 Attention that is created and never used
#
# Its `Attention` layer is made in the constructor and never called; Keras's layer has no weights of its own, so not
# even their number gives it away. What is left is an encoder and a decoder joined by one vector (Sutskever et al.
# 2014). The same network is trained three times here, with the same batches and as many updates, on sequences of up to
# 12 numbers and their reverse: with attention; with a memory of zeros, so that attention brings nothing; and without a
# padding mask, for section 2.4. Batches are in the order of the data, padded to their longest.


# %%
class Unused(networks.RecurrentEncoder):
    """Only the summary goes on to the decoder; what is attended to is zero."""

    def call(self, *args, **kwargs):
        encoded = super().call(*args, **kwargs)
        return {**encoded, "memory": tf.zeros_like(encoded["memory"])}


class Unmasked(networks.RecurrentEncoder):
    """Padding counts as if it were a token."""

    def call(self, token_ids, mask=None, **kwargs):
        return super().call(token_ids, mask=tf.ones_like(token_ids), **kwargs)


LONGEST, updates = 12, 20 if smoke else 400
reverse = genzoo.data.load("reverse")
numbers = TranslationPreprocessor.learn(reverse.train.texts, reverse.train.targets, level="words")
reverse = reverse.with_preprocessor(numbers, view="seq2seq", max_length=LONGEST)  # training leaves longer ones out
lengths = np.array([len(text.split()) for text in reverse.test.texts])
short = np.flatnonzero(lengths <= LONGEST)
lengths = lengths[short]
sources, targets = [reverse.test.texts[i] for i in short], [reverse.test.targets[i] for i in short]
print(f"{len(reverse.train)} pairs to learn from, {len(sources)} to test on, such as {sources[3]} -> {targets[3]}")

reversers = {}
for kind, encoder in {"attention": networks.RecurrentEncoder, "never used": Unused, "no mask": Unmasked}.items():
    reversers[kind] = translator(numbers, 32, 16 if smoke else 64, encoder=encoder)
    fit(reversers[kind], reverse.train.batches(64, shuffle=False), updates, 1e-2)

# %%
nats, reversed_, share, by_length = {}, {}, {}, {}
for kind, reverser in reversers.items():
    score = reverser.score(sources, targets)
    nats[kind] = float(score["nats"].sum() / score["tokens"].sum())
    reversed_[kind] = reverser.generate(sources, beam_width=1, max_length=25)
    right = np.array([made == target for made, target in zip(reversed_[kind], targets, strict=True)])
    share[kind], by_length[kind] = right.mean(), [right[lengths == n].mean() for n in np.unique(lengths)]
    print(f"{kind:<12} {nats[kind]:.3f} nats a token, {share[kind]:6.1%} reversed exactly")

source_ids, target_ids = numbers.source(sources), numbers.target(targets)
x = {"source_ids": source_ids, "decoder_ids": target_ids[:, :-1]}
crossentropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
with tf.GradientTape() as tape:
    loss = crossentropy(target_ids[:, 1:], reversers["never used"](x))
gradient = tape.gradient(loss, reversers["never used"].decoder.attending.trainable_variables)
print(f"\nnorm of the gradient of attention's weights where it is never used: {tf.linalg.global_norm(gradient):.1f}")


# %%
def exact_by_length():
    figure = figure_of(5.6, 2.8)
    axes = styled(figure.add_subplot(), "Reversed exactly", "numbers in the source", "share")
    for kind, color in zip(("attention", "never used"), COLORS, strict=False):
        axes.plot(np.unique(lengths), by_length[kind], "o-", color=color, label=kind, markersize=3, linewidth=1.4)
    axes.set_ylim(0, 1.05)
    axes.legend(frameon=False, fontsize=8)
    return figure


exact_by_length()

# %% [markdown]
# ### 2.3 Integer targets under categorical cross-entropy
#
# `categorical_crossentropy` wants a distribution over the vocabulary at every place, and refuses ids. One-hot targets
# would be right, at the price of a number for every token of the vocabulary at every place. The sparse loss has the
# same value and needs the ids alone.

# %%
size = characters.target.vocabulary_size
pair, next_ids, _ = next(iter(dates.test.batches(64)))
p = tf.nn.softmax(model(pair))
try:
    keras.losses.CategoricalCrossentropy()(next_ids, p)
except ValueError as error:
    refused.append(f"ids: {error}")
    print(refused[-1])
one_hot = float(keras.losses.CategoricalCrossentropy()(tf.one_hot(next_ids, size), p))
sparse = float(keras.losses.SparseCategoricalCrossentropy()(next_ids, p))
print(f"one-hot {one_hot:.6f}   sparse {sparse:.6f}")
megabytes = len(dates.train) * next_ids.shape[1] * 4 / 1e6
print(
    f"all targets: ids {megabytes:.1f} MB, one-hot {megabytes * size:.0f} MB, with 8,000 subwords "
    f"{megabytes * 8:.0f} GB"
)

# %% [markdown]
# ### 2.4 No padding mask
#
# Without a mask the encoder reads padding, and attention falls on it. The model gets used to the padding it was trained
# with, here nearly always up to 12 numbers, and errs with more or less: the answer depends on what else is in the
# batch. With the mask the weight of padding is exactly 0 and nothing changes.

# %%
masked, on_padding = {}, {}
for kind in ("attention", "no mask"):
    masked[kind], reverser = {}, reversers[kind]
    for longest in (0, LONGEST, 25):  # of the batch; 0: no padding, only sources of one length together
        made = {}
        for n in np.unique(lengths) if longest == 0 else [None]:
            chosen = [source for source, m in zip(sources, lengths, strict=True) if n in (None, m)]
            extra = [" ".join(["7"] * longest)] if longest else []
            made |= zip(chosen, reverser.generate(chosen + extra, beam_width=1, max_length=25), strict=False)
        masked[kind][longest] = [made[source] for source in sources]
    aligned = reverser.align(sources, targets)
    outside = [w[: n + 1, n + 2 :].sum(axis=1).mean() for w, n in zip(aligned["attention"], lengths, strict=True)]
    on_padding[kind] = float(np.mean(outside))
    none, as_trained, more = (metrics.exact_match(made, targets) for made in masked[kind].values())
    print(
        f"{kind:<10} attention on padding {on_padding[kind]:6.2%};   reversed exactly: alone {none:.1%}, "
        f"beside {LONGEST} numbers {as_trained:.1%}, beside 25 {more:.1%}"
    )

# %% [markdown]
# ### 2.5 Padding in the loss
#
# Targets are padded too. Keras's default reduction divides by all places even when padding has weight 0, so the loss,
# and with it the size of every step, shrinks as padding grows. Without weights it is worse: writing padding is what is
# learned first, and it counts as accuracy. Only a division by the sum of the weights gives nats a token.

# %%
decoder_ids, next_ids = target_ids[:, :-1], target_ids[:, 1:]
by_tokens = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
padded = {}
for extra in (0, 14, 42):
    longer, y = (tf.pad(ids, [[0, 0], [0, extra]]) for ids in (decoder_ids, next_ids))
    logits = reversers["never used"]({"source_ids": source_ids, "decoder_ids": longer})
    padded[extra] = [float(loss(y, logits, sample_weight=y != 0)) for loss in (crossentropy, by_tokens)]
    print(
        f"default reduction {padded[extra][0]:.3f}   nats a token {padded[extra][1]:.3f}   "
        f"accuracy of writing padding only {np.mean(y == 0):.0%}"
    )

# %% [markdown]
# ### 2.6 No way to decode
#
# The copied code ends with `fit`. Its only prediction wants the target as an input, and then looks good: told the true
# beginning, the model knows many a next token. In use it goes on from its own tokens, one wrong token leads to the
# next, and one is enough for a wrong answer.

# %%
next_ids = target_ids[:, 1:].numpy()
real = next_ids > 0
told, decoded, all_told = {}, {}, {}
for kind in ("attention", "never used"):
    hits = np.argmax(reversers[kind](x), axis=-1) == next_ids
    made_ids = np.pad(numbers.target(reversed_[kind])[:, 1:], [[0, 0], [0, real.shape[1]]])[:, : real.shape[1]]
    told[kind], decoded[kind] = hits[real].mean(), (made_ids == next_ids)[real].mean()
    all_told[kind] = (hits | ~real).all(axis=1).mean()
    print(
        f"{kind:<12} tokens right: teacher-forced {told[kind]:6.1%}, decoded {decoded[kind]:6.1%};   "
        f"whole sequences right {share[kind]:6.1%}"
    )

# %% [markdown]
# ## 3. One definition for the sequence and for the step
#
# Here the decoder of training is the decoder of use: over a whole target and token by token the logits agree, and a
# batch of sources of unequal lengths gives what each gives alone.

# %%
some, expected = dates.test.texts[:16], dates.test.targets[:16]
source_ids, decoder_ids = characters.source(some), characters.target(expected)[:, :-1]
encoded = model.encoder(source_ids)
features, _ = model.decoder.features(decoder_ids, encoded)
logits = model.decoder.logits(features)
step, state, step_difference = model.decoder.stepper(encoded), model.decoder.initial_state(encoded), 0.0
for t in range(decoder_ids.shape[1]):
    stepwise, state = step(decoder_ids[:, t], state)
    step_difference = max(step_difference, float(np.abs(stepwise - logits[:, t]).max()))
print(f"largest difference of logits, sequence against steps: {step_difference:.1e}")

together = model.generate(some, max_length=12)
alone = [model.generate([source], max_length=12)[0] for source in some]
widths = sorted(map(len, some))
print(f"sources of {widths[0]} to {widths[-1]} characters, batch equals one by one: {together == alone}")

# %% [markdown]
# ## 4. What it looks at
#
# Rows are the characters written, columns those of the source, dark is much attention. Years, months and days are found
# wherever the format has them. The hyphens need nothing from the source, and their attention is less sharp.

# %%
formats = [
    "May 1st, 2013", "lunedì 14 dic. 2015", "7 noviembre 2017", "3. Oktober 1990", "11/23/2044", "6 de junho de 1940",
]  # fmt: skip
largest = model.align(dates.test.texts[:500], dates.test.targets[:500])["attention"][:, :10].max(axis=-1).mean(axis=0)
hyphens, digits = largest[[4, 7]].mean(), np.delete(largest, [4, 7]).mean()
print(f"largest weight, mean over 500 dates: of digits {digits:.2f}, of hyphens {hyphens:.2f}")
visualization.attention_maps(model, formats, beam_width=1, max_length=12)

# %% [markdown]
# For reversed sequences the right place is known: target token $t$ of $n$ is source token $n - t$, which is an
# antidiagonal. How often it gets the largest weight can be counted.

# %%
aligned = reversers["attention"].align(sources, targets)
mirrored = np.concatenate([
    w[:n].argmax(axis=1) == n - np.arange(n) for w, n in zip(aligned["attention"], lengths, strict=True)
])  # fmt: skip
print(f"largest weight on the mirrored place: {mirrored.mean():.1%} of {len(mirrored)} numbers")
long = [sources[i] for i in np.flatnonzero(lengths >= 9)[:3]]
visualization.attention_maps(reversers["attention"], long, beam_width=1, max_length=25)

# %% [markdown]
# ## 5. Beam search and the n best
#
# Greedy decoding takes the best token at every step; beam search keeps the best few beginnings and finds sequences at
# least as probable on average. It can only help where the model is in doubt: the one whose attention is never used.

# %%
found = {}
for kind in ("attention", "never used"):
    for width in (1, 5, 20):
        made = reversers[kind].generate(sources, beam_width=width, max_length=25, length_penalty=0.0)
        found[kind, width] = float(reversers[kind].score(sources, made)["nats"].mean())
        print(
            f"{kind:<12} width {width:2d}   {found[kind, width]:7.3f} nats a sequence   "
            f"{metrics.exact_match(made, targets):6.1%} exact"
        )

# %% [markdown]
# `num_best` gives several answers, and `score` the nats of any answer. Here are four questions that training never
# asks: a date that can be read in two ways, two days, a month cut short, and a day that does not exist. The second
# best shows what else was near, the other day and the other month. But these are probabilities of the model: of the
# two readings it has learnt one, and it reads dates without knowing the calendar.

# %%
asked = ["3/4/1999", "May 3 or 4, 2020", "5 Ju 2020", "30 febrero 2001"]
best = model.generate(asked, beam_width=5, max_length=12, num_best=3)
best_score = model.score([text for text in asked for _ in range(3)], [text for row in best for text in row])
probability = np.exp(-best_score["nats"]).reshape(len(asked), 3)
for text, row, p in zip(asked, best, probability, strict=True):
    print(f"{text:<18}" + "   ".join(f"{made} {value:6.2%}" for made, value in zip(row, p, strict=True)))
other = float(np.exp(-model.score(["3/4/1999"], ["1999-03-04"])["nats"][0]))
print(f"\n3/4/1999 with the month first, 1999-03-04: {other:.2%}")

# %% [markdown]
# ## 6. How good is it?
#
# `genzoo.evaluate` measures on the whole test: nats a token, teacher-forced; translations by beam search, beside the
# references: exact match, BLEU and chrF with the signatures that say how they were computed.

# %%
results = genzoo.evaluate(model, dates, beam_width=5, max_length=12)
for name in ("teacher_forced_nll", "exact_match", "bleu", "bleu_signature", "chrf", "num_examples"):
    print(f"{name:<20} {results[name]:.4f}" if isinstance(results[name], float) else f"{name:<20} {results[name]}")

# %% [markdown]
# ## 7. Real sentences
#
# Captions of photographs, English and German (Multi30k, Elliott et al. 2016). With the data at hand this trains a small
# model on lowercased words for a minute or two, little more than one epoch, and measures BLEU on 200 sentences that it
# has not seen. The recipe `seq2seq-multi30k-en-de` goes on, with subwords and a model of twice the width.

# %%
captions_bleu = None
try:
    captions = genzoo.data.load("multi30k", data_dir=data_dir, source="en", target="de")
except (FileNotFoundError, ValueError, OSError) as error:
    print(f"left out: {type(error).__name__}, multi30k is not at hand")
else:
    words = TranslationPreprocessor.learn(
        captions.train.texts, captions.train.targets, level="words", min_count=5, source_split="english",
        target_split="german",
    )  # fmt: skip
    captions = captions.with_preprocessor(words, view="seq2seq")
    german = translator(words, 16 if smoke else 128, 16 if smoke else 128, dropout=0.2)
    held_out, steps = captions.test.take(20 if smoke else 200), 4 if smoke else 600
    sampling = SampleTranslations(held_out, max_length=30)
    learned = fit(german, captions.train.batches(64), steps, 4e-3, epochs=2, callbacks=[sampling]).history
    translated = german.generate(held_out.texts, max_length=30)
    captions_bleu, signature = metrics.bleu(translated, held_out.targets, lowercase=True)
    for epoch, bleu in enumerate(learned["val_bleu"]):
        print(f"{(epoch + 1) * steps // 2:4d} updates, greedy: BLEU {bleu:5.1f}")
    print(f"{steps:4d} updates, beam 5: BLEU {captions_bleu:5.1f}   {signature}\n")
    for source, text, target in list(zip(held_out.texts, translated, held_out.targets, strict=True))[:4]:
        print(f"{source}\n  {text}\n  reference: {target}")

# %% [markdown]
# ## 8. Export, and use in bare TensorFlow
#
# `genzoo.export` writes a SavedModel whose signatures take and give strings: tokens, both networks, attention, beam
# search and text are in the graph. A new Python process in which neither Keras nor this package can be imported gives
# the same answers with their scores, which are $\log p$ divided by the length to the power of `length_penalty`, and
# what the best answer attended to.

# %%
script = """
import sys
sys.modules.update(keras=None, tf_keras=None, keras_genzoo=None)  # their import now fails
import numpy as np, tensorflow as tf
call = tf.saved_model.load(sys.argv[1] + "/1").signatures
found = call["generate"](
    sources=tf.constant(sys.argv[3:]), beam_width=tf.constant(5), max_length=tf.constant(12),
    length_penalty=tf.constant(1.0),
)
texts = [[text.decode() for text in row] for row in found["texts"].numpy()]
np.savez(sys.argv[2], texts=texts, scores=found["scores"], attention=found["attention"])
"""
with tempfile.TemporaryDirectory() as folder:
    path = genzoo.export(model, os.path.join(folder, "dates"), data=dates.info, metrics=results)
    print("written:", ", ".join(sorted(entry.name for entry in path.iterdir())))
    file = os.path.join(folder, "served.npz")
    command = [sys.executable, "-c", script, str(path), file, *asked]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with np.load(file) as served:
        served = dict(served)

served_best = served["texts"][:, :3].tolist()
live_scores = -(best_score["nats"] / best_score["tokens"]).reshape(len(asked), 3)
score_difference = np.abs(served["scores"][:, :3] - live_scores).max()
live_attention = model.align(asked, [row[0] for row in best])["attention"]
attention_difference = np.abs(served["attention"] - live_attention).max()
for text, row, scores in zip(asked, served_best, served["scores"], strict=True):
    print(f"{text:<18}" + "   ".join(f"{made} {value:7.4f}" for made, value in zip(row, scores, strict=False)))
print(
    f"texts equal: {served_best == best}; scores differ by {score_difference:.1e}, attention by "
    f"{attention_difference:.1e}"
)

# %% [markdown]
# ## 9. The claims, checked
#
# What needs a full training is checked only outside of smoke runs.

# %%
# true whatever the training
assert states == {"GRU": 1, "LSTM": 2} and len(refused) == 3, "the copied lines cannot run"
assert float(tf.linalg.global_norm(gradient)) == 0.0, "attention that is not used learns nothing"
assert abs(one_hot - sparse) < 1e-4, "sparse is one-hot"
assert on_padding["attention"] == 0.0 < on_padding["no mask"], "a mask is exact"
alone_first, *others = masked["attention"].values()
assert all(made == alone_first for made in others) and together == alone, "an answer is that of its source alone"
assert abs(padded[0][1] - padded[42][1]) < 1e-4, "nats a token do not see padding"
assert padded[42][0] < 0.5 * padded[0][0], "the default reduction divides by padding"
assert all(abs(all_told[kind] - share[kind]) < 0.01 for kind in told), "all right when told is right when decoded"
assert step_difference < 1e-4, "teacher forcing and decoding are one definition"
for kind in ("attention", "never used"):
    assert found[kind, 20] <= found[kind, 1] + 1e-3, "a wide beam finds nothing less probable"
assert (probability.sum(axis=1) <= 1 + 1e-4).all() and (np.diff(probability) <= 1e-6).all(), "the best first"
assert served_best == best and attention_difference < 1e-4, "the SavedModel agrees"

if not smoke:
    assert results["exact_match"] > 0.98 and exact["known format"] > 0.99, "dates are read"
    assert share["attention"] > 0.95 and share["never used"] < 0.5 * share["attention"], "attention is what does it"
    assert by_length["never used"][-1] < 0.1, "one vector does not hold twelve numbers"
    assert metrics.exact_match(masked["no mask"][0], targets) < share["no mask"] - 0.05, "padding is read"
    assert decoded["never used"] < told["never used"], "told is not decoded"
    assert mirrored.mean() > 0.9 and digits > hyphens + 0.2, "attention is an alignment"
    assert found["never used", 20] < found["never used", 1], "searching helps where there is doubt"
    assert {"2020-05-03", "2020-05-04"} <= set(best[1]) and best[3][0] == "2001-02-30", "two days, and one that is none"
    assert other < 0.5, "one reading is learnt"
    assert score_difference < 1e-3, "a score is log p by the length"
    assert captions_bleu is None or captions_bleu > 3.0, "sentences begin to be translated"
print("all checks passed" + (" (smoke run: those that need training were skipped)" if smoke else ""))
