"""Seq2Seq: loss, decoding, alignment, score, files and errors."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.models import Ensemble, average_checkpoints
from keras_genzoo.preprocessing import END, START, TextPreprocessor, TranslationPreprocessor

SOURCES = ["eins zwei drei", "zwei", "drei drei eins zwei", "vier"]
TARGETS = ["one two three", "two", "three three one two", "four"]


def make(seed=0, compile=True, shared=False, tied=True, decoder=None, **arguments):
    preprocessor = TranslationPreprocessor.learn(SOURCES, TARGETS, level="words", shared=shared)
    keras.utils.set_random_seed(seed)
    sizes = preprocessor.source.vocabulary_size, preprocessor.target.vocabulary_size
    encoder = genzoo.networks.RecurrentEncoder(None if shared else sizes[0], 6, 5)
    decoder = genzoo.networks.AttentionDecoder(sizes[1], 6, 7, encoder.output_dim, tied=tied, **(decoder or {}))
    model = genzoo.Seq2Seq(encoder, decoder, preprocessor, **arguments)
    if compile:
        model.compile(optimizer=genzoo.FusedAdam(1e-2))
    return model


def batch(model, padding=0):
    source = np.pad(model.source_preprocessor(SOURCES).numpy(), ((0, 0), (0, padding)))
    target = np.pad(model.target_preprocessor(TARGETS).numpy(), ((0, 0), (0, padding)))
    x = {"source_ids": source, "source_mask": source != 0, "decoder_ids": target[:, :-1]}
    return x, target[:, 1:], (target[:, 1:] != 0).astype("float32")


@pytest.fixture(scope="module")
def trained():
    model = make(decoder={"num_layers": 2})
    model.compile(optimizer=genzoo.FusedAdam(3e-2))
    x, y, weight = batch(model)
    model.fit(x, y, sample_weight=weight, batch_size=4, epochs=60, verbose=0)
    return model


def numpy_nll(model, x, y):
    logits = np.asarray(model.predict(x, verbose=0), "float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0]


def test_loss_against_numpy_and_padding_is_none_of_it():
    model = make()
    x, y, weight = batch(model)
    expected = (numpy_nll(model, x, y) * weight).sum() / weight.sum()
    for padding in (0, 3):
        x, y, weight = batch(model, padding)
        logs = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
        assert logs["nll"] == pytest.approx(expected, rel=1e-5)
        assert logs["loss"] == pytest.approx(expected, rel=1e-5)
        assert logs["perplexity"] == pytest.approx(math.exp(expected), rel=1e-5)


def losses_of(model, epochs=2, **compile):
    model.compile(optimizer=genzoo.FusedAdam(1e-2), **compile)
    x, y, weight = batch(model)
    fit = model.fit(x, y, sample_weight=weight, batch_size=1, epochs=epochs, shuffle=False, verbose=0)
    return fit.history["loss"]


@pytest.mark.parametrize(
    "structure", ["conditional", *(pytest.param(name, marks=pytest.mark.slow) for name in ("input_feeding", "output"))]
)
def test_xla_trains_the_same(structure):
    found = [losses_of(make(decoder={"structure": structure}), jit_compile=jit) for jit in (True, False)]
    np.testing.assert_allclose(*found, rtol=1e-4)


@pytest.mark.slow
def test_several_steps_at_once_and_half_precision_train_the_same():
    one = losses_of(make())
    np.testing.assert_allclose(losses_of(make(), steps_per_execution=2), one, rtol=1e-5)
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = make()
    np.testing.assert_allclose(losses_of(model), one, rtol=0.03)
    assert model.decoder.compute_dtype == "bfloat16" and len(model.generate(SOURCES, max_length=2)) == 4


def test_score_is_the_loss(trained):
    x, y, weight = batch(trained)
    score = trained.score(SOURCES, TARGETS)
    np.testing.assert_allclose(score["nats"], (numpy_nll(trained, x, y) * weight).sum(axis=1), rtol=1e-4, atol=1e-5)
    assert score["tokens"].tolist() == [4, 2, 5, 2] and score["unknown"].tolist() == [0, 0, 0, 0]
    assert trained.score(["eins"], ["five two"])["unknown"].tolist() == [1]


def test_it_learns_and_translates(trained):
    assert trained.generate(SOURCES) == TARGETS
    assert trained.generate(SOURCES, beam_width=1) == TARGETS


def test_beam_of_width_1_is_greedy(trained):
    source_ids = trained.source_preprocessor(["vier zwei", "eins eins drei"])
    found = trained._generate_ids(source_ids, tf.constant(1), tf.constant(6), tf.constant(1.0))["token_ids"][:, 0]
    step, state = trained._begin(trained._encode(source_ids))
    token, ended, expected = tf.fill([2], START), np.zeros(2, bool), []
    for _ in range(6):
        logits, state = step(token, state)
        logits = logits.numpy()
        logits[:, :3] = -np.inf
        token = tf.constant(logits.argmax(-1), tf.int32)
        ended |= token.numpy() == END
        expected.append(np.where(ended, 0, token))
    np.testing.assert_array_equal(found, np.stack(expected, axis=1))


@pytest.mark.parametrize("structure", ["conditional", "input_feeding", "output"])
def test_translates_in_a_graph_that_knows_its_batch_is_one(structure):
    """A user's own `tf.function` may, and what is added to a row in a loop must not make the size unknown."""
    model = make(decoder={"structure": structure})
    source_ids = model.source_preprocessor(["vier zwei"])
    options = tf.constant(2), tf.constant(4), tf.constant(1.0)
    known = tf.function(lambda: model._generate_ids(tf.constant(source_ids.numpy()), *options), autograph=False)()
    for name, values in model._generate_ids(source_ids, *options).items():
        np.testing.assert_allclose(known[name], values, atol=1e-6)


def test_full_width_is_brute_force():
    model, source = make(seed=3), ["zwei eins"]
    size, length = model.target_preprocessor.vocabulary_size, 2
    words = range(4, size)
    every = [ids for n in range(length + 1) for ids in itertools.product(words, repeat=n)]
    targets = [" ".join(model.target_preprocessor.vocabulary[i - 4] for i in ids) for ids in every]
    x = {"source_ids": np.repeat(model.source_preprocessor(source).numpy(), len(every), axis=0)}
    target = model.target_preprocessor(targets).numpy()
    logits = np.asarray(model({**x, "decoder_ids": target[:, :-1]}), "float64")
    logits[..., :3] = -1e9
    log_p = (
        logits
        - np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1, keepdims=True))
        - logits.max(-1, keepdims=True)
    )
    # after `length` words only the end may follow, at its own probability
    token = np.take_along_axis(log_p, target[:, 1:, None], axis=-1)[..., 0]
    totals = np.where(target[:, 1:] != 0, token, 0.0).sum(axis=1) / np.array([len(ids) + 1 for ids in every])
    width = (size - 3) ** (length + 1)
    found = model._generate(tf.constant(source), tf.constant(width), tf.constant(length), tf.constant(1.0))
    best = np.argsort(-totals)[:5]
    assert [text.decode() for text in found["texts"][0, :5].numpy()] == [targets[i] for i in best]
    np.testing.assert_allclose(found["scores"][0, :5], totals[best], atol=1e-5)


def test_a_batch_equals_one_by_one(trained):
    sources = ["vier vier vier vier eins drei", "eins", ""]
    together = trained.generate(sources, beam_width=3, max_length=8, num_best=3)
    assert together == [trained.generate([source], beam_width=3, max_length=8, num_best=3)[0] for source in sources]


def test_alignment(trained):
    aligned = trained.align(SOURCES, TARGETS)
    assert aligned["source_tokens"][1] == ["<s>", "zwei", "</s>"]
    assert aligned["target_tokens"][0] == ["one", "two", "three", "</s>"]
    weights = aligned["attention"]
    assert weights.shape == (4, 5, 6)
    for i, (source, target) in enumerate(zip(aligned["source_tokens"], aligned["target_tokens"], strict=True)):
        np.testing.assert_allclose(weights[i, : len(target), : len(source)].sum(axis=-1), 1, atol=1e-5)
        assert np.all(weights[i, len(target) :] == 0) and np.all(weights[i, :, len(source) :] == 0)


def test_attention_of_what_is_generated(trained):
    source_ids = trained.source_preprocessor(SOURCES)
    found = trained._generate_ids(source_ids, tf.constant(3), tf.constant(9), tf.constant(1.0))
    np.testing.assert_allclose(found["attention"], trained.align(SOURCES, TARGETS)["attention"], atol=1e-5)


def test_any_source_has_a_defined_result(trained):
    texts = trained.generate(["", "eins " * 500, "völlig unbekannt \ud800", "\x00\t"], max_length=4)
    assert len(texts) == 4 and all(len(text.split()) <= 4 for text in texts)
    assert trained.generate([]) == [] and trained.generate(SOURCES, max_length=0) == [""] * 4


@pytest.mark.parametrize("beam_width", [1, 3])
def test_an_empty_source_gives_an_empty_text(trained, beam_width):
    sources = ["", "eins", " \t"]
    assert trained.generate(sources, beam_width) == ["", *trained.generate(["eins"], beam_width), ""]
    found = trained._generate(tf.constant(sources), tf.constant(beam_width), tf.constant(9), tf.constant(1.0))
    nothing = [0.0] + [-np.inf] * (beam_width - 1)
    np.testing.assert_array_equal(found["scores"].numpy()[[0, 2]], [nothing, nothing])
    assert np.all(np.isfinite(found["scores"][1]))


def test_files(trained, round_trip, tmp_path):
    loaded = round_trip(trained)
    assert loaded.generate(SOURCES, num_best=2) == trained.generate(SOURCES, num_best=2)
    assert loaded.get_config() == trained.get_config()
    trained.export(tmp_path / "served")
    served = tf.saved_model.load(str(tmp_path / "served"))
    assert list(trained.signatures()) == ["generate", "score", "generate_ids", "score_ids"]
    numbers = {"beam_width": tf.constant(2), "max_length": tf.constant(9), "length_penalty": tf.constant(1.0)}
    found = served.signatures["generate"](sources=tf.constant(SOURCES), **numbers)
    assert [text.decode() for text in found["texts"][:, 0].numpy()] == TARGETS
    assert found["scores"].shape == (4, 2) and found["attention"].shape == (4, 5, 6)


def test_three_way_tied_embeddings(round_trip):
    model = make(shared=True)
    assert sum("embeddings" in weight.path for weight in model.weights) == 1
    x, y, weight = batch(model)
    before = model.decoder.embeddings.numpy()
    model.fit(x, y, sample_weight=weight, verbose=0)
    source_only = model.source_preprocessor(["eins"]).numpy()[0, 1]
    assert np.abs(model.decoder.embeddings.numpy() - before)[source_only].max() > 0
    assert round_trip(model).generate(SOURCES) == model.generate(SOURCES)


def test_scheduled_sampling_replaces_tokens_by_own_ones():
    model = make(scheduled_sampling=1.0)
    x, _, _ = batch(model)
    encoded = model._encode(x["source_ids"])
    ids = model._with_own_samples(tf.constant(x["decoder_ids"]), encoded).numpy()
    assert np.all(ids[:, 0] == START) and np.all((ids == 0) >= (x["decoder_ids"] == 0))
    assert np.any(ids != x["decoder_ids"])
    model.scheduled_sampling = keras.optimizers.schedules.PolynomialDecay(0.0, 10, 1.0)
    ids = model._with_own_samples(tf.constant(x["decoder_ids"]), encoded).numpy()
    np.testing.assert_array_equal(ids, x["decoder_ids"])  # at update 0 of the schedule


def test_an_ensemble_averages_probabilities(tmp_path):
    members = [make(seed=seed, compile=False) for seed in (0, 1)]
    x, y, weight = batch(members[0])
    p = np.mean([tf.nn.softmax(member(x)) for member in members], axis=0)
    np.testing.assert_allclose(tf.exp(Ensemble(members)(x)), p, atol=1e-6)
    geometric = tf.nn.softmax(np.mean([tf.nn.log_softmax(member(x)) for member in members], axis=0))
    mean = Ensemble(members, average="log_probability")
    np.testing.assert_allclose(tf.nn.softmax(mean(x)), geometric, atol=1e-6)
    nll = np.where(weight > 0, -np.log(np.take_along_axis(p, y[..., None], axis=-1)[..., 0]), 0.0).sum(axis=1)
    np.testing.assert_allclose(Ensemble(members).score(SOURCES, TARGETS)["nats"], nll, rtol=1e-5)


def test_an_ensemble_of_one_is_its_member(trained, round_trip):
    ensemble = Ensemble([trained, trained])
    assert ensemble.generate(SOURCES, num_best=2) == trained.generate(SOURCES, num_best=2)
    assert round_trip(ensemble).generate(SOURCES) == TARGETS


def test_averaged_checkpoints(tmp_path):
    models = [make(seed=seed) for seed in (0, 1)]
    files = [tmp_path / f"{i}.weights.h5" for i in range(2)]
    for model, file in zip(models, files, strict=True):
        model.save_weights(file)
    weights = [[np.asarray(weight) for weight in model.trainable_weights] for model in models]
    averaged = average_checkpoints(make(seed=2), files)
    for weight, values in zip(averaged.trainable_weights, zip(*weights, strict=True), strict=True):
        np.testing.assert_allclose(weight, np.mean(values, axis=0), atol=1e-7)
    with pytest.raises(ValueError, match="No checkpoints"):
        average_checkpoints(models[0], [])


def test_errors_of_use():
    model = make(compile=False)
    for arguments, message in (
        ({"beam_width": 0}, r"Expected beam_width of at least 1 and num_best in \[1, beam_width\]. Received"),
        ({"num_best": 6}, "Received: beam_width=5, num_best=6"),
        ({"max_length": -1}, "Expected max_length of at least 0. Received: max_length=-1"),
        ({"max_length": 5.0}, "Expected max_length to be a whole number. Received: max_length=5.0"),
        ({"beam_width": 2.5}, "Expected beam_width to be a whole number. Received: beam_width=2.5"),
        ({"num_best": "2"}, "Expected num_best to be a whole number. Received: num_best='2'"),
        ({"length_penalty": float("nan")}, "Expected a finite length_penalty. Received: length_penalty=nan"),
    ):
        with pytest.raises(ValueError, match=message):
            model.generate(SOURCES, **arguments)
    numbers = {"beam_width": np.int64(2), "max_length": np.int64(3), "length_penalty": np.float64(1)}
    assert len(model.generate(SOURCES, **numbers)) == 4
    with pytest.raises(ValueError, match=r"Expected a list of texts. Received: sources='eins'"):
        model.generate("eins")
    for use in (model.score, model.align):
        with pytest.raises(ValueError, match=r"Expected as many targets as sources. Received: 4 sources and 1 targets"):
            use(SOURCES, TARGETS[:1])


def test_errors_of_construction():
    model, other = make(compile=False), TextPreprocessor.learn(["a b"], level="words")
    with pytest.raises(ValueError, match=r"do not fit together. Expected encoder.vocabulary_size of 6. Received: .*=8"):
        genzoo.Seq2Seq(model.encoder, model.decoder, other)
    decoder = genzoo.networks.AttentionDecoder(8, 6, 7, memory_dim=3)
    with pytest.raises(ValueError, match=r"Expected decoder.memory_dim of 10"):
        genzoo.Seq2Seq(model.encoder, decoder, model.preprocessor)
    windows = TextPreprocessor.learn(SOURCES, level="words", sentences=False)
    with pytest.raises(ValueError, match=r"Expected a preprocessor with sentences=True. Received: sentences=False of"):
        genzoo.Seq2Seq(model.encoder, model.decoder, windows)
    apart = TranslationPreprocessor.learn(["a b"], ["b c"], level="words")  # of equal sizes
    with pytest.raises(ValueError, match=r"tied='all'.*Expected one vocabulary of both sides \(shared=True\)"):
        encoder = genzoo.networks.RecurrentEncoder(None, 6, 5)
        genzoo.Seq2Seq(encoder, genzoo.networks.AttentionDecoder(6, 6, 7, encoder.output_dim), apart)
    with pytest.raises(ValueError, match=r"Expected scheduled_sampling in \[0, 1\]. Received: scheduled_sampling=2"):
        make(scheduled_sampling=2, compile=False)
    with pytest.raises(ValueError, match="Expected label_smoothing"):
        make(label_smoothing=1.0, compile=False)
    with pytest.raises(ValueError, match=r"No models. Expected at least one Seq2Seq"):
        Ensemble([])
    with pytest.raises(ValueError, match=r"Unknown average. Expected one of probability, log_probability"):
        Ensemble([model], average="mean")
    with pytest.raises(ValueError, match="Expected equal vocabularies"):
        Ensemble([model, make(shared=True, compile=False)])


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda x, y: (x["source_ids"], y), "Wrong data. Expected .*Received: x of ndarray"),
        (lambda x, y: ({**x, "source_ids": x["source_ids"] + 20}, y), "Ids of source_ids out of range"),
        (lambda x, y: (x, y[:, 1:]), r"Wrong shape of y. Expected that of decoder_ids, \(4, 5\). Received: "),
        (lambda x, y: ({**x, "source_mask": x["source_mask"][:, 1:]}, y), "Wrong shape of source_mask"),
        (lambda x, y: (x, None), "y of NoneType"),
    ],
)
def test_errors_of_data(change, message):
    model = make()
    with pytest.raises(ValueError, match=message):
        model.fit(*change(*batch(model)[:2]), verbose=0)
