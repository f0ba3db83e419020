"""The language model."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.preprocessing import TextPreprocessor

TEXTS = ["to be or not to be", "that is the question", "to be is the question", "not that"]


def make(level="words", sentences=True, compile=True, texts=TEXTS, **network):
    preprocessor = TextPreprocessor.learn(texts, level=level, sentences=sentences)
    network = {"embedding_dim": 6, "units": 12, "num_layers": 2, "cell": "gru", **network}
    model = genzoo.LanguageModel(
        genzoo.networks.RecurrentDecoder(preprocessor.vocabulary_size, **network), preprocessor
    )
    if compile:
        model.compile(optimizer=genzoo.FusedAdam(1e-2))
    return model


def pairs(model, texts=TEXTS, padding=0):
    ids = np.pad(model.preprocessor(texts).numpy(), ((0, 0), (0, padding)))
    return ids[:, :-1], ids[:, 1:], (ids[:, 1:] > 0).astype("float32")


def uniform(model):
    for variable in model.network.variables:
        if "seed" not in variable.path:
            variable.assign(tf.zeros_like(variable))
    return model


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary():
    model = uniform(make())
    logs = model.evaluate(*pairs(model)[:2], verbose=0, return_dict=True)
    assert logs["perplexity"] == pytest.approx(model.network.vocabulary_size, rel=1e-5)
    score = model.score(TEXTS)
    np.testing.assert_allclose(score["nats"], score["tokens"] * math.log(model.network.vocabulary_size), rtol=1e-5)


def test_loss_against_numpy():
    model = make()
    ids, next_ids, weight = pairs(model)
    logits = model.predict(ids, verbose=0).astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    nll = -np.take_along_axis(log_p, next_ids[..., None], axis=-1)[..., 0]
    logs = model.evaluate(ids, next_ids, sample_weight=weight, verbose=0, return_dict=True)
    expected = (nll * weight).sum() / weight.sum()
    hits = (logits.argmax(-1) == next_ids) * weight
    assert logs["nll"] == pytest.approx(expected, rel=1e-5)
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["accuracy"] == pytest.approx(hits.sum() / weight.sum())


@pytest.mark.parametrize("batch_size, padding", [(1, 0), (3, 0), (4, 5)])
def test_metrics_do_not_depend_on_batches_and_padding(batch_size, padding):
    model = make()
    ids, next_ids, _ = pairs(model)
    expected = model.evaluate(ids, next_ids, verbose=0, return_dict=True)
    ids, next_ids, weight = pairs(model, TEXTS[::-1], padding)
    logs = model.evaluate(ids, next_ids, sample_weight=weight, batch_size=batch_size, verbose=0, return_dict=True)
    for name in ("nll", "perplexity", "accuracy"):
        assert logs[name] == pytest.approx(expected[name], rel=1e-5)


def test_padding_leaves_loss_and_gradient():
    model = make()

    def loss_and_gradients(padding):
        ids, next_ids, weight = map(tf.constant, pairs(model, padding=padding))
        with tf.GradientTape() as tape:
            loss = model.compute_loss(ids, next_ids, sample_weight=weight, training=True)
        return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])

    (loss, gradients), (padded_loss, padded_gradients) = loss_and_gradients(0), loss_and_gradients(4)
    assert float(loss) == pytest.approx(float(padded_loss), rel=1e-6)
    for gradient, padded in zip(gradients, padded_gradients, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(gradient), tf.convert_to_tensor(padded), atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_learns(jit_compile):
    model = make()
    model.compile(optimizer=genzoo.FusedAdam(3e-2), jit_compile=jit_compile)
    ids, next_ids, weight = pairs(model, TEXTS * 4)
    history = model.fit(ids, next_ids, sample_weight=weight, epochs=40, batch_size=16, verbose=0).history
    assert history["nll"][-1] < 0.5 < history["nll"][0]


def test_label_smoothing_is_in_the_loss_of_training_alone():
    model = make(compile=False)
    smooth = genzoo.LanguageModel(model.network, model.preprocessor, label_smoothing=0.2)
    ids, next_ids, weight = map(tf.constant, pairs(model))
    plain, training, testing = (
        float(m.compute_loss(ids, next_ids, sample_weight=weight, training=t))
        for m, t in ((model, True), (smooth, True), (smooth, False))
    )
    log_p = tf.nn.log_softmax(model(ids)).numpy()
    spread = (-log_p.mean(-1) * weight.numpy()).sum() / weight.numpy().sum()
    assert testing == pytest.approx(plain) and training == pytest.approx(0.8 * plain + 0.2 * spread, rel=1e-4)


@pytest.mark.parametrize("level, sentences", [("words", True), ("characters", True), ("characters", False)])
def test_unequal_prompts_equal_one_by_one(level, sentences):
    model, prompts = make(level, sentences), ["to", "", "that is the", "xyz to"]
    for options in ({"temperature": 0.0}, {"seed": 3}, {"seed": 4, "top_k": 3, "top_p": 0.9, "temperature": 1.5}):
        together = model.generate(prompts, max_length=12, **options)
        alone = [model.generate([p], max_length=12, first_row=i, **options)[0] for i, p in enumerate(prompts)]
        assert together == alone
        assert all(text.startswith(prompt) for text, prompt in zip(together, prompts, strict=True))
    assert model.generate(prompts, max_length=0) == prompts and model.generate([]) == []


def test_the_same_prompt_gives_different_texts():
    texts = make().generate([""] * 20, max_length=8, seed=1)
    assert len(set(texts)) > 5


def test_generated_tokens_are_words_of_the_vocabulary():
    model = make()
    words = {word for text in model.generate([""] * 50, max_length=10) for word in text.split()}
    assert words <= set(model.preprocessor.vocabulary)


def test_min_length_and_repetition_penalty():
    model = make()
    assert all(len(text.split()) >= 5 for text in model.generate([""] * 20, max_length=8, min_length=5))
    plain = model.generate([""], max_length=6, temperature=0.0, min_length=6)[0].split()
    fresh = model.generate([""], max_length=6, temperature=0.0, min_length=6, repetition_penalty=1e6)[0].split()
    assert len(set(plain)) < 6 and len(set(fresh)) == 6


def test_score_counts_what_it_should():
    score = make().score(["to be", "", "to xyz"])
    assert score["tokens"].tolist() == [3, 1, 3] and score["unknown"].tolist() == [0, 0, 1]
    running = make("characters", sentences=False).score(["to be", "", "t"])
    assert running["tokens"].tolist() == [4, 0, 0] and running["nats"][1:].tolist() == [0, 0]


def test_score_is_the_sum_of_token_nll_in_parts():
    model = make("characters", sentences=False)
    ids = model.preprocessor([TEXTS[0]])
    first, state = model.token_nll(ids[:, :7], ids[:, 1:8])
    second, _ = model.token_nll(ids[:, 7:-1], ids[:, 8:], state)
    total = float(tf.reduce_sum(first) + tf.reduce_sum(second))
    assert total == pytest.approx(float(model.score([TEXTS[0]])["nats"][0]), rel=1e-5)


@pytest.mark.parametrize("level, sentences", [("words", True), ("characters", False)])
def test_saved_model_equals_live(level, sentences, tmp_path):
    model = make(level, sentences)
    model.export(tmp_path / "served")
    signatures = tf.saved_model.load(str(tmp_path / "served")).signatures
    options = {"max_length": 9, "top_k": 0, "seed": 2}
    options = {name: tf.constant(value) for name, value in options.items()}
    options |= {"temperature": tf.constant(0.9), "top_p": tf.constant(0.95)}
    prompts = ["to be", "", "é"]
    texts = signatures["generate"](prompts=tf.constant(prompts), **options)["texts"]
    live = model.generate(prompts, max_length=9, temperature=0.9, top_p=0.95, seed=2)
    assert [text.decode() for text in texts.numpy()] == live
    ids = model.preprocessor.encode_prompts(prompts)
    new = signatures["generate_ids"](prompt_ids=ids, **options)["token_ids"]
    assert new.shape == (3, 9)
    score, expected = signatures["score"](texts=tf.constant(TEXTS)), model.score(TEXTS)
    by_ids = signatures["score_ids"](token_ids=model.preprocessor(TEXTS))
    for name, value in expected.items():
        np.testing.assert_allclose(score[name], value, rtol=1e-5)
        np.testing.assert_allclose(by_ids[name], value, rtol=1e-5)
    broken = signatures["score"](texts=tf.constant([b"\xff\xfe", b""]))
    assert np.isfinite(broken["nats"]).all()
    for bad in ({"temperature": tf.constant(-1.0)}, {"top_p": tf.constant(0.0)}, {"max_length": tf.constant(-2)}):
        assert signatures["generate"](prompts=tf.constant(prompts), **{**options, **bad})["texts"].shape == (3,)


def test_keras_file_round_trip(round_trip):
    model = make("characters", sentences=False)
    ids, next_ids, weight = pairs(model)
    model.fit(ids, next_ids, sample_weight=weight, verbose=0)
    again = round_trip(model)
    assert again.generate(["to"], max_length=20, seed=1) == model.generate(["to"], max_length=20, seed=1)
    assert int(again.optimizer.iterations) == int(model.optimizer.iterations)
    assert again.preprocessor.get_config() == model.preprocessor.get_config()


def test_a_vocabulary_of_one_token():
    model = make(texts=["a a a"])
    assert set("".join(model.generate([""] * 5, max_length=4)).replace(" ", "")) <= {"a"}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"max_length": -1}, "max_length of at least 0. Received: max_length=-1"),
        ({"temperature": -0.1}, "temperature of at least 0, where 0 is greedy. Received: temperature=-0.1"),
        ({"temperature": float("nan")}, "Received: temperature=nan"),
        ({"temperature": float("inf")}, "Expected a finite temperature .*Received: temperature=inf"),
        ({"top_k": -1}, "top_k of at least 0, where 0 is off. Received: top_k=-1"),
        ({"top_p": 0.0}, r"top_p in \(0, 1\]. Received: top_p=0.0"),
        ({"top_p": 1.1}, r"Received: top_p=1.1"),
        ({"repetition_penalty": 0.5}, "Received: repetition_penalty=0.5, min_length=0"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        make(compile=False).generate(["to"], **options)


def test_a_lone_text_is_refused():
    with pytest.raises(ValueError, match=r"Expected a list of texts\. Received: prompts='to be'"):
        make(compile=False).generate("to be")


@pytest.mark.parametrize(
    "x, y, message",
    [
        (np.zeros((2, 3), "float32"), np.zeros((2, 3), "int32"), r"Wrong x. Expected integers .*dtype=float32"),
        (np.zeros((2,), "int32"), np.zeros((2,), "int32"), r"Wrong x. Expected integers of shape \(batch, time\)"),
        (np.zeros((2, 0), "int32"), np.zeros((2, 0), "int32"), "none of them 0"),
        (np.full((2, 3), 99, "int32"), np.zeros((2, 3), "int32"), r"Ids of x out of range. Expected integers in \[0, "),
        (np.zeros((2, 3), "int32"), None, "No targets. Expected .ids, next_ids.*Received: y=None"),
    ],
)
def test_wrong_data(x, y, message):
    with pytest.raises(ValueError, match=message):
        make().fit(x, y, verbose=0)


def test_network_and_preprocessor_must_fit():
    model = make(compile=False)
    with pytest.raises(ValueError, match=r"Expected a vocabulary_size of .*Received: network\.vocabulary_size=5"):
        genzoo.LanguageModel(genzoo.networks.RecurrentDecoder(5, 2, 2), model.preprocessor)
    with pytest.raises(ValueError, match=r"label_smoothing in \[0, 1\). Received: label_smoothing=1"):
        genzoo.LanguageModel(model.network, model.preprocessor, label_smoothing=1)


def test_carried_states_make_a_stream_one_text():
    """Learning rate 0, so that the loss of the second window shows the state of the first, not what was learnt."""
    model = make("characters", sentences=False)
    text = TEXTS[0][:17] + TEXTS[1][:16]
    ids = model.preprocessor([text]).numpy()
    stream = genzoo.LanguageModel(model.network, model.preprocessor, num_streams=1)
    stream.compile(optimizer=keras.optimizers.SGD(0.0))
    windows = tf.data.Dataset.from_tensor_slices((ids[:, :32].reshape(2, 1, 16), ids[:, 1:33].reshape(2, 1, 16)))
    nll, _ = model.token_nll(ids[:, :32], ids[:, 1:33])
    history = stream.fit(windows, epochs=2, verbose=0).history
    np.testing.assert_allclose(history["nll"], 2 * [float(tf.reduce_mean(nll))], rtol=1e-5)
    reset = stream.evaluate(windows, verbose=0, return_dict=True)["nll"]
    assert abs(reset - history["nll"][0]) > 1e-4


def test_streams_must_be_some():
    model = make(compile=False)
    with pytest.raises(ValueError, match=r"num_streams of at least 1, or None. Received: num_streams=0"):
        genzoo.LanguageModel(model.network, model.preprocessor, num_streams=0)
