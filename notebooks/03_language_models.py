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
# # Language models: what copied code gets wrong, and how near a recurrent network comes to the truth
#
# A language model gives a text $w_1 \ldots w_n$ the probability
#
# $$p(w_1 \ldots w_n) = \prod_t p(w_t \mid w_1 \ldots w_{t-1}),$$
#
# where the last token is an end mark, so that the probabilities of all texts sum to one. Training lowers the mean of
# $-\log p(w_t \mid \ldots)$ over the tokens. This notebook measures everything in that unit, **nats a token on
# held-out text**, on sentences of a small grammar of which the exact answer is known: no model can be below its
# entropy, and what one is above it is its error. It runs offline in a few minutes; characters of Shakespeare come at
# the end if they are at hand.

# %% tags=["parameters"]
smoke = False  # True: a few training steps only, to see that everything runs
data_dir = None  # a folder with tiny_shakespeare, or GENZOO_DATA_DIR; without it section 7 is left out

# %%
import collections
import contextlib
import math
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
    from keras_genzoo import decoding
    from keras_genzoo.baselines import KneserNey
    from keras_genzoo.data.grammar import RULES, Grammar
    from keras_genzoo.visualization.style import COLORS, figure_of, styled
    from keras_genzoo.visualization.texts import surprise

    tf.get_logger().setLevel("ERROR")  # many models are traced below, which TensorFlow would comment on
    keras.utils.set_random_seed(0)  # also starts the devices

# %% [markdown]
# Verbs agree with their subjects over any distance, so counting neighbouring words is not enough. The entropy follows
# from the rules by one linear equation a symbol, and the probability of a sentence from all ways to derive it.

# %%
splits = genzoo.data.load("grammar")
grammar = Grammar(RULES, "SENTENCE")
preprocessor = genzoo.preprocessing.TextPreprocessor.learn(splits.train.texts, level="words")
splits = splits.with_preprocessor(preprocessor)
SIZE = preprocessor.vocabulary_size
test = splits.test.texts
for text in test[:4]:
    print(f"{-grammar.log_probability(text):6.2f} nats  {text}")
print(
    f"\n{len(splits.train.texts)} sentences to learn from, {len(test)} to test on, {SIZE} tokens\n"
    f"entropy of the grammar {splits.info['entropy_per_sentence']:.3f} nats a sentence, "
    f"{splits.info['entropy_per_token']:.3f} a token"
)

# %% [markdown]
# ## 1. A right model, and the cells side by side
#
# Embedding, recurrent layer, output layer; the loss is the mean of nats over the real tokens of a batch. Three cells
# of equal width: Elman's network, the GRU and the LSTM.

# %%
EPOCHS, UNITS = 1 if smoke else 4, 16 if smoke else 64
updates = 20 if smoke else len(splits.train.batches(64))


def new_model(cell="lstm"):
    network = genzoo.networks.RecurrentDecoder(SIZE, embedding_dim=32, units=UNITS, cell=cell)
    return genzoo.LanguageModel(network, preprocessor)


def optimizer(epochs=EPOCHS):
    rate = keras.optimizers.schedules.CosineDecay(0.0, epochs * updates, warmup_target=1e-2, warmup_steps=updates // 10)
    return keras.optimizers.Adam(rate, beta_2=0.99, global_clipnorm=1.0)


models, curves = {}, {}
for cell in ("simple_rnn", "gru", "lstm"):
    models[cell] = new_model(cell)
    models[cell].compile(optimizer(), steps_per_execution=math.gcd(updates, 20))
    history = models[cell].fit(
        splits.train.batches(64).take(updates), validation_data=splits.validation.batches(500), epochs=EPOCHS, verbose=0
    )
    curves[cell] = history.history["val_nll"]

# %%
lstm = models["lstm"]
scores = {cell: model.score(test) for cell, model in models.items()}
tokens = int(scores["lstm"]["tokens"].sum())
exact = splits.info["nats"]["test"] * len(test) / tokens  # of these very sentences
nats = {cell: float(score["nats"].sum(dtype="float64")) / tokens for cell, score in scores.items()}
print(f"{'the grammar itself':<20} {exact:.4f} nats a token   perplexity {math.exp(exact):5.2f}")
for cell, value in nats.items():
    weights = sum(np.prod(variable.shape) for variable in models[cell].trainable_variables)
    print(
        f"{cell:<20} {value:.4f} nats a token   perplexity {math.exp(value):5.2f}   "
        f"{value / exact - 1:6.2%} above   {weights} weights"
    )
print(f"{'uniform':<20} {math.log(SIZE):.4f} nats a token   perplexity {SIZE:5d}")


# %%
def validation_curves():
    figure = figure_of(5.6, 2.8)
    axes = styled(figure.add_subplot(), "Validation", "epoch", "nats a token")
    for (cell, values), color in zip(curves.items(), COLORS, strict=False):
        axes.plot(range(1, EPOCHS + 1), values, "o-", color=color, label=cell, markersize=3, linewidth=1.4)
    texts = splits.validation.texts
    floor = splits.info["nats"]["validation"] * len(texts) / lstm.score(texts)["tokens"].sum()
    axes.axhline(floor, color="0.3", linewidth=1, linestyle="--", label="exact")
    axes.legend(frameon=False, fontsize=8)
    return figure


validation_curves()

# %% [markdown]
# ## 2. What the copied code gets wrong, and by how much
#
# ### 2.1 Squared error of x on x
#
# One article trains its recurrent networks by `compile(loss="mse")` and `train_on_batch(x, x)`. The target of every
# step is then the step's own input. The loss goes towards zero and the "accuracy" towards 100 %, and the network has
# learned to repeat: asked for the *next* token it is far worse than a uniform guess.

# %%
copier = keras.Sequential([
    layers.Embedding(SIZE, 32), layers.LSTM(UNITS, return_sequences=True), layers.Dense(SIZE, activation="softmax"),
])  # fmt: skip
copier.compile(keras.optimizers.Adam(1e-2), loss="mse")
copier.fit(splits.train.batches(64).map(lambda x, *_: (x, tf.one_hot(x, SIZE))).take(updates), shuffle=False, verbose=0)

repeated = next_nats = copied_loss = 0.0
for ids, next_ids, weight in splits.test.batches(500):
    p, real = copier(ids).numpy(), weight.numpy() > 0
    copied_loss += float(np.sum((p - tf.one_hot(ids, SIZE)) ** 2, axis=-1)[real].sum()) / SIZE / tokens
    repeated += float((p.argmax(-1) == ids.numpy())[real].sum()) / tokens
    next_p = np.take_along_axis(p, next_ids.numpy()[..., None], axis=-1)[..., 0]
    next_nats -= float(np.log(np.maximum(next_p, 1e-30))[real].sum()) / tokens
print(f"squared error {copied_loss:.6f}, repeats its input in {repeated:.1%} of the places")
print(f"nats of the next token: {next_nats:.2f}; uniform {math.log(SIZE):.2f}; the LSTM above {nats['lstm']:.2f}")

# %% [markdown]
# ### 2.2 Padding in the loss
#
# Sentences of a batch are padded to the longest. Weights of 0 on padding are not enough: Keras's default reduction
# divides by all places, so the loss, and with it the size of every step, depends on how much padding there is. Only a
# division by the sum of the weights gives nats a token.

# %%
ids, next_ids, weight = next(iter(splits.test.batches(200)))
crossentropy = keras.losses.SparseCategoricalCrossentropy
padded_losses = {}
for extra in (0, 20, 60):
    x, y, w = (tf.pad(values, [[0, 0], [0, extra]]) for values in (ids, next_ids, weight))
    logits = lstm(x)
    padded_losses[extra] = [
        float(crossentropy(from_logits=True)(y, logits)),
        float(crossentropy(from_logits=True)(y, logits, sample_weight=w)),
        float(crossentropy(from_logits=True, reduction="mean_with_sample_weight")(y, logits, sample_weight=w)),
    ]
    print(
        f"{1 - float(tf.reduce_mean(w)):4.0%} padding:   no weights {padded_losses[extra][0]:.3f}   "
        f"weights, default reduction {padded_losses[extra][1]:.3f}   nats a token {padded_losses[extra][2]:.3f}"
    )

# %% [markdown]
# ### 2.3 Perplexity as the exponential of a mean of means
#
# Perplexity is $\exp(\text{all nats} / \text{all tokens})$. Batches, and still more sentences, have different numbers
# of tokens, and short sentences are easier or harder than long ones: a mean of batch means is another number for every
# batch size and order. A mean of perplexities is larger still, as the exponential is convex.

# %%
sentence_nats, sentence_tokens = scores["lstm"]["nats"].astype("float64"), scores["lstm"]["tokens"]
perplexity = math.exp(sentence_nats.sum() / sentence_tokens.sum())
orders = {"in order": np.arange(len(test)), "by length": np.argsort(sentence_tokens, kind="stable")}
wrong_perplexities = {}
for name, order in orders.items():
    for batch_size in (1, 16, 256):
        batches = np.split(order, range(batch_size, len(test), batch_size))
        means = np.array([sentence_nats[b].sum() / sentence_tokens[b].sum() for b in batches])
        wrong_perplexities[name, batch_size] = math.exp(means.mean()), np.exp(means).mean()
        print(
            f"{name:<10} batches of {batch_size:3d}:   exp of the mean of means {math.exp(means.mean()):.3f}   "
            f"mean of perplexities {np.exp(means).mean():.3f}"
        )
print(f"right, whatever the batches: {perplexity:.3f}")

# %% [markdown]
# `LanguageModel` sums nats and tokens, in `fit` and in `evaluate`, so batch size and order do not matter; and a model
# that knows nothing has the size of its vocabulary.

# %%
lstm.compile()
evaluated = [lstm.evaluate(splits.test.batches(size), verbose=0, return_dict=True)["perplexity"] for size in (16, 256)]
untrained = new_model()
for variable in untrained.trainable_variables:
    variable.assign(tf.zeros_like(variable))
untrained.compile()
uniform = untrained.evaluate(splits.test.batches(256), verbose=0, return_dict=True)["perplexity"]
print(f"in batches of 16: {evaluated[0]:.4f}, of 256: {evaluated[1]:.4f}; all weights zero: {uniform:.2f} of {SIZE}")

# %% [markdown]
# ## 3. One definition for the sequence and for the step
#
# Training runs over whole sentences, generation token by token. Both are the same weights and the same functions here,
# so the logits agree. The other trap is a batch of prompts of unequal length: copied code pads them and reads the last
# column, which for the shorter ones is the state after padding.

# %%
ids = preprocessor(test[:8])
logits, _ = lstm.network(ids)
state, step_difference = lstm.network.initial_state(8), 0.0
for t in range(ids.shape[1]):
    stepwise, state = lstm.network.step(ids[:, t], state)
    step_difference = max(step_difference, float(np.abs(stepwise - logits[:, t]).max()))
print(f"largest difference of logits, sequence against steps: {step_difference:.1e}")

prompts = ["the", "why are the three", "i hope that every tall man", ""]
together = lstm.generate(prompts, max_length=30, seed=1)
alone = [lstm.generate([prompt], max_length=30, seed=1, first_row=i)[0] for i, prompt in enumerate(prompts)]
prompt_ids = preprocessor.encode_prompts(prompts)
padded_logits, _ = lstm.network(prompt_ids)
wrong_column = np.argmax(padded_logits[:, -1], axis=-1)
last = tf.reduce_sum(tf.cast(prompt_ids > 0, tf.int32), axis=1) - 1
right_column = np.argmax(tf.gather(padded_logits, last, batch_dims=1), axis=-1)
for prompt, text in zip(prompts, together, strict=True):
    print(f"{prompt!r:<30} {text}")
print(f"\nbatch equals one by one: {together == alone}; prompts whose next token the last column gets wrong: "
      f"{int((wrong_column != right_column).sum())}")  # fmt: skip

# %% [markdown]
# ## 4. Reading the model
#
# Every token of held-out sentences on a background that says its nats: determiners and verbs that agree are nearly
# free, nouns and names of places cost what the grammar's choice costs.

# %%
surprise(lstm, test[:14])

# %% [markdown]
# ## 5. Sampling: temperature, top-k, top-p
#
# A temperature $T$ divides the logits: below 1 the probable becomes more probable. Top-k keeps the k best tokens,
# top-p the smallest set that has at least this probability (Holtzman et al. 2020). Here the distribution after one
# prompt.

# %%
prompt = "the tall"
features, _ = lstm.network.features(preprocessor.encode_prompts([prompt]))
logits = lstm.network.logits(features[:, -1])
shown = np.argsort(-logits.numpy()[0])[:20]
variants = {
    "temperature 1": logits,
    "temperature 0.5": logits / 0.5,
    "temperature 2": logits / 2.0,
    "top-k 5": decoding.restrict(logits, top_k=5),
    "top-p 0.5": decoding.restrict(logits, top_p=0.5),
    "top-p 0.9": decoding.restrict(logits, top_p=0.9),
}
p = {name: tf.nn.softmax(values).numpy()[0] for name, values in variants.items()}


def bars():
    figure = figure_of(9.6, 4.2)
    for i, name in enumerate(variants):
        axes = styled(figure.add_subplot(2, 3, i + 1), f"{name}: {int((p[name] > 1e-12).sum())} tokens possible")
        axes.bar(range(len(shown)), p[name][shown], color=COLORS[0])
        axes.set_ylim(0, max(values.max() for values in p.values()))
        names = [preprocessor.vocabulary[k - 4] if k > 3 else "end" for k in shown]
        axes.set_xticks(range(len(shown)), names, rotation=90)
    return figure


bars()

# %% [markdown]
# What the settings do to whole sentences can be counted: the grammar knows which sentences are possible at all. Draws
# at temperature 1 are the model itself; lower temperatures, and smaller sets, trade variety for correctness.

# %%
COUNT = 50 if smoke else 500
settings = {
    "temperature 2": {"temperature": 2.0},
    "temperature 1": {},
    "temperature 0.5": {"temperature": 0.5},
    "top-k 5": {"top_k": 5},
    "top-p 0.9": {"top_p": 0.9},
    "top-p 0.5": {"top_p": 0.5},
    "greedy": {"temperature": 0.0},
}
grammatical, variety = {}, {}
for name, options in settings.items():
    texts = lstm.generate([""] * COUNT, max_length=40, seed=0, **options)
    grammatical[name] = float(np.mean([grammar.log_probability(text) > -math.inf for text in texts]))
    variety[name] = len(set(texts)) / COUNT
    print(f"{name:<16} {grammatical[name]:6.1%} grammatical, {variety[name]:6.1%} different   {texts[0][:60]}")

# %% [markdown]
# ## 6. The most probable sentence: beam search
#
# Greedy decoding takes the best token at every step, which need not lead to the best sentence. Beam search keeps the
# best few beginnings. What it finds is the mode, and the mode is not typical: its nats are far below the entropy.


# %%
def beams(width, max_length=30):
    """The most probable sentences of the model: texts, and their nats."""
    features, state = lstm.network.features(preprocessor.encode_prompts([""]))
    found = decoding.beam_search(
        lstm.network.stepper(), lstm.network.logits(features[:, -1]), state, max_length, preprocessor.end_id,
        beam_width=width, length_penalty=0.0, forbidden=(0, 1, 2),
    )  # fmt: skip
    texts = [text.decode() for text in preprocessor.detokenize(found["token_ids"][0]).numpy()]
    return texts, -found["scores"][0].numpy()


best = {width: beams(width) for width in (1, 4, 32)}
for width, (texts, found_nats) in best.items():
    print(
        f"width {width:2d}   {found_nats[0]:6.2f} nats, exactly {-grammar.log_probability(texts[0]):6.2f}   {texts[0]}"
    )
frequent, times = collections.Counter(splits.train.texts).most_common(1)[0]
print(
    f"most frequent to learn from, {times} times: {-grammar.log_probability(frequent):.2f} nats   {frequent}\n"
    f"entropy {splits.info['entropy_per_sentence']:.2f} nats"
)

# %% [markdown]
# ## 7. How good is it? The entropy, and counting
#
# The classical rival are n-grams with interpolated modified Kneser-Ney smoothing (Chen & Goodman 1999). They see the
# same tokens and are scored on the same ones. More context does not help them beyond order 3: what decides is
# agreement over a distance, which they cannot see.

# %%
ngram_nats = {}
for order in (1, 2, 3, 5):
    score = KneserNey(splits.train.texts, preprocessor, order).score(test)
    assert score["tokens"].tolist() == scores["lstm"]["tokens"].tolist()  # the same tokens count
    ngram_nats[order] = float(score["nats"].sum()) / tokens
    print(
        f"Kneser-Ney, order {order}   {ngram_nats[order]:.4f} nats a token   {ngram_nats[order] / exact - 1:6.1%} above"
    )
print(f"LSTM                  {nats['lstm']:.4f} nats a token   {nats['lstm'] / exact - 1:6.2%} above")
print(f"the grammar itself    {exact:.4f}")

# %% [markdown]
# Sentence by sentence: nats of the model against exact nats. Points on the line are right.

# %%
some = slice(0, 200 if smoke else 1000)
truth = np.array([-grammar.log_probability(text) for text in test[some]])
by_sentence = {
    "LSTM": sentence_nats[some],
    "Kneser-Ney, order 5": KneserNey(splits.train.texts, preprocessor, 5).score(test[some])["nats"],
}
correlation = {name: float(np.corrcoef(truth, values)[0, 1]) for name, values in by_sentence.items()}


def against_truth():
    figure = figure_of(7.6, 3.6)
    for i, (name, values) in enumerate(by_sentence.items()):
        axes = styled(figure.add_subplot(1, 2, i + 1), name, "exact nats of a sentence", "nats of the model")
        axes.scatter(truth, values, s=4, alpha=0.3, color=COLORS[i], linewidths=0)
        axes.plot([truth.min(), truth.max()], [truth.min(), truth.max()], color="0.3", linewidth=1)
    return figure


against_truth()

# %% [markdown]
# ### Characters of Shakespeare
#
# Running text has no sentences: windows of it, each read from a reset state, and no end token. With the data at hand
# this trains a small LSTM for a minute or two and sets it beside character n-grams; the recipe `lstm-shakespeare` goes
# on for as long as it takes.

# %%
shakespeare = shakespeare_nats = None
try:
    plays = genzoo.data.load("tiny_shakespeare", data_dir=data_dir)
except (FileNotFoundError, ValueError, OSError) as error:
    print(f"left out: {type(error).__name__}, tiny_shakespeare is not at hand")
else:
    characters = genzoo.preprocessing.TextPreprocessor.learn(plays.train.texts, sentences=False)
    plays = plays.with_preprocessor(characters, window=128)
    network = genzoo.networks.RecurrentDecoder(
        characters.vocabulary_size, embedding_dim=32, units=16 if smoke else 256, seed=0
    )
    shakespeare = genzoo.LanguageModel(network, characters)
    shakespeare.compile(keras.optimizers.Adam(4e-3, beta_2=0.99, global_clipnorm=1.0))
    windows = plays.train.batches(64)
    shakespeare.fit(windows.take(2) if smoke else windows, epochs=1 if smoke else 4, verbose=0)
    held_out = plays.test.batches(64)
    if smoke:
        held_out = held_out.take(2)
    shakespeare_nats = shakespeare.evaluate(held_out, verbose=0, return_dict=True)["nll"]
    print(f"LSTM, one short training: {shakespeare_nats:.3f} nats a character")
    for order in (2, 3) if smoke else (3, 5, 7):
        score = KneserNey(plays.train.texts, characters, order).score(plays.test.texts)
        print(f"Kneser-Ney, order {order}: {score['nats'].sum() / score['tokens'].sum():.3f} nats a character")
    print("\n" + shakespeare.generate(["ROMEO:"], max_length=300, temperature=0.8, seed=1)[0])

# %% [markdown]
# ## 8. Export, and use in bare TensorFlow
#
# `genzoo.export` writes a SavedModel whose signatures take and give strings: tokens, recurrent network, sampling loop
# and text are in the graph. A new Python process in which neither Keras nor this package can be imported gives the
# same texts.

# %%
script = """
import sys
sys.modules.update(keras=None, tf_keras=None, keras_genzoo=None)  # their import now fails
import numpy as np, tensorflow as tf
call = tf.saved_model.load(sys.argv[1] + "/1").signatures
texts = call["generate"](
    prompts=tf.constant(["", "why are", "i hope"]), max_length=tf.constant(30), temperature=tf.constant(0.8),
    top_k=tf.constant(0), top_p=tf.constant(0.9), seed=tf.constant(5),
)["texts"]
score = call["score"](texts=texts)
np.savez(sys.argv[2], texts=[text.decode() for text in texts.numpy()], nats=score["nats"], tokens=score["tokens"])
"""
with tempfile.TemporaryDirectory() as folder:
    path = genzoo.export(lstm, os.path.join(folder, "lstm"), data=splits.info, metrics={"nll": nats["lstm"]})
    print("written:", ", ".join(sorted(entry.name for entry in path.iterdir())))
    file = os.path.join(folder, "served.npz")
    subprocess.run([sys.executable, "-c", script, str(path), file], check=True, stderr=subprocess.DEVNULL)
    with np.load(file) as served:
        served = dict(served)

live = lstm.generate(["", "why are", "i hope"], max_length=30, temperature=0.8, top_p=0.9, seed=5)
live_nats = lstm.score(live)["nats"]
for text, served_nats in zip(served["texts"], served["nats"], strict=True):
    print(f"{served_nats:6.2f} nats  {text}")
print(f"texts equal: {served['texts'].tolist() == live}; nats differ by {np.abs(served['nats'] - live_nats).max():.1e}")

# %% [markdown]
# ## 9. The claims, checked
#
# What needs a full training is checked only outside of smoke runs.

# %%
# true whatever the training
assert all(value > exact for value in nats.values()), "no model is below the source"
assert abs(padded_losses[0][2] - padded_losses[60][2]) < 1e-4, "nats a token do not see padding"
assert padded_losses[60][1] < 0.5 * padded_losses[60][2], "the default reduction divides by padding"
assert len({round(value, 3) for values in wrong_perplexities.values() for value in values}) > 6, "any number you like"
assert np.allclose(evaluated, perplexity, rtol=1e-4), "perplexity is the same in all batches"
assert abs(uniform - SIZE) < 1e-2 * SIZE, "knowing nothing has the size of the vocabulary"
assert step_difference < 1e-4 and together == alone, "sequence, steps and batches agree"
assert (p["top-k 5"] > 0).sum() == 5, "top-k keeps k"
for limit in (0.5, 0.9):
    kept = p["temperature 1"][p[f"top-p {limit}"] > 0]
    assert kept.sum() >= limit > kept.sum() - kept.min(), "top-p keeps the smallest set"
assert best[32][1][0] <= best[1][1][0] + 1e-4, "a wide beam finds nothing worse than greedy"
assert best[1][0][0] == lstm.generate([""], max_length=30, temperature=0.0)[0], "width 1 is greedy"
assert ngram_nats[5] > exact and ngram_nats[3] < ngram_nats[2] < ngram_nats[1], "counting more, up to a point"
assert abs(ngram_nats[5] - ngram_nats[3]) < 0.02, "beyond which it does not help"
assert served["texts"].tolist() == live and np.allclose(served["nats"], live_nats, rtol=1e-4), "the SavedModel agrees"

if not smoke:
    assert repeated > 0.9 and next_nats > 1.5 * math.log(SIZE), "repeating is not predicting"
    assert nats["lstm"] < 1.02 * exact, "the entropy is reached within 2 %"
    assert max(nats["lstm"], nats["gru"]) < nats["simple_rnn"] < ngram_nats[3] - 0.2, "gates help, recurrence more"
    assert (wrong_column != right_column).sum() > 0, "the last column is the wrong place"
    assert grammatical["temperature 2"] < grammatical["temperature 1"] < grammatical["top-p 0.9"], "correctness"
    assert grammatical["temperature 1"] > 0.8 and grammatical["greedy"] == 1.0
    assert variety["temperature 0.5"] < variety["temperature 1"], "against variety"
    assert best[32][1][0] < splits.info["entropy_per_sentence"] - 8, "the mode is not typical"
    assert correlation["LSTM"] > 0.99 > correlation["Kneser-Ney, order 5"], "sentence by sentence"
    assert shakespeare is None or shakespeare_nats < 2.2
print("all checks passed" + (" (smoke run: those that need training were skipped)" if smoke else ""))
