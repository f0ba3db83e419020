"""The text VAE: what it computes, and what it is used for."""

import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.layers import noise

TEXTS = ["to be or not to be", "that is the question", "", "not xyz"]
LONG = " ".join(["to be or not to be"] * 20)


def test_bounds_against_numpy(make_text_vae):
    """One sample, computed step by step outside of the graph."""
    model = make_text_vae(latent_dim=3)
    bounds = model.bounds(TEXTS, num_samples=1, seed=5)
    codes = {name: value.numpy().astype("float64") for name, value in model.encode(TEXTS).items()}
    keys = noise.key_of(model.preprocessor(TEXTS)).numpy()
    assert len(set(keys.tolist())) == len(TEXTS)  # so different texts have different noise
    epsilon = np.array([tf.random.stateless_normal([3], [5, key], alg="philox") for key in keys])
    mean, log_var = codes["z_mean"], codes["z_log_var"]
    z = mean + np.exp(0.5 * log_var) * epsilon
    ids, step = model.preprocessor(TEXTS).numpy(), model.decoder.stepper()
    state, nll = model.decoder.initial_state(len(TEXTS), z.astype("float32")), np.zeros(len(TEXTS))
    for t in range(ids.shape[1] - 1):
        logits, state = step(tf.constant(ids[:, t]), state)
        log_p = tf.nn.log_softmax(logits).numpy()
        nll -= np.where(ids[:, t + 1] != 0, log_p[np.arange(len(ids)), ids[:, t + 1]], 0.0)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1)
    log_ratio = 0.5 * np.sum(epsilon**2 + log_var - z**2, axis=1)  # log N(z; 0, 1) - log q(z)
    np.testing.assert_allclose(bounds["reconstruction_nll"], nll, rtol=1e-4)
    np.testing.assert_allclose(bounds["kl"], kl, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bounds["elbo"], -nll - kl, rtol=1e-4)
    np.testing.assert_allclose(bounds["nats"], nll - log_ratio, rtol=1e-4)
    assert bounds["tokens"].tolist() == [7, 5, 1, 3] and bounds["unknown"].tolist() == [0, 0, 0, 1]


def test_score_does_not_depend_on_batch_padding_or_chunks(make_text_vae, monkeypatch):
    model = make_text_vae(latent_dim=2)
    together = model.score(TEXTS, num_samples=11, seed=1)["nats"]
    alone = [model.score([text], num_samples=11, seed=1)["nats"][0] for text in [*TEXTS, LONG]]
    np.testing.assert_allclose(together, alone[:4], rtol=1e-5)
    np.testing.assert_allclose(model.score([*TEXTS, LONG], num_samples=11, seed=1)["nats"], alone, rtol=1e-5)
    monkeypatch.setattr("keras_genzoo.models.text_vae_graphs.LOGITS_AT_ONCE", 1)  # one sample after the other
    other = make_text_vae(latent_dim=2)
    other.set_weights(model.get_weights())
    np.testing.assert_allclose(other.score(TEXTS, num_samples=11, seed=1)["nats"], together, rtol=1e-5)


def test_more_samples_contain_the_fewer(make_text_vae):
    """The mean weight of 4 samples is that of 3 and the fourth, so the bounds of one seed are tied to each other."""
    model = make_text_vae()
    weights = [k * np.exp(-model.score(TEXTS, k, seed=2)["nats"].astype("float64")) for k in (1, 2, 3, 4)]
    assert (np.diff(weights, axis=0) > 0).all()


@pytest.mark.parametrize("latent_dim", [1, 5])
def test_strings_in_and_out(make_text_vae, latent_dim):
    model = make_text_vae(latent_dim=latent_dim)
    assert model.encode(TEXTS)["z_mean"].shape == (4, latent_dim)
    assert len(model.reconstruct([*TEXTS, LONG])) == 5
    texts = model.generate(6, seed=1)
    assert texts == model.generate(6, seed=1) != model.generate(6, seed=2)
    assert set(" ".join(texts).split()) <= set(model.preprocessor.vocabulary)
    assert all(len(text.split()) <= 3 for text in model.generate(20, max_length=3))
    assert model.generate(2, max_length=0) == ["", ""]


def test_nothing_in_nothing_out(make_text_vae):
    model = make_text_vae()
    assert model.generate(0) == model.reconstruct([]) == model.decode(np.zeros((0, 2), "float32")) == []
    assert model.score([])["nats"].shape == (0,) and model.encode([])["z_mean"].shape == (0, 2)
    assert model.interpolate([], []) == []


def test_samples_in_parts_are_those_at_once(make_text_vae):
    model = make_text_vae()
    assert model.generate(7, seed=3) == model.generate(3, seed=3) + model.generate(4, seed=3, first_row=3)


def test_codes_and_tokens_are_drawn_apart(make_text_vae):
    """Greedy texts follow from the codes, which are those of the same seed at any temperature."""
    model = make_text_vae(latent_dim=4)
    of_codes = tf.bitwise.bitwise_xor(3, 0x0C0DE)
    z = np.stack([tf.random.stateless_normal([4], [of_codes, row], alg="philox") for row in range(5)])
    assert model.generate(5, temperature=0.0, seed=3) == model.decode(z)
    assert model.generate(5, temperature=0.7, seed=3) == model.decode(z, temperature=0.7, seed=3)


def test_reconstruction_is_the_greedy_text_of_the_mean(make_text_vae):
    model = make_text_vae()
    assert model.reconstruct(TEXTS) == model.decode(model.encode(TEXTS)["z_mean"], temperature=0.0)


def test_interpolation(make_text_vae):
    model = make_text_vae()
    texts = model.interpolate(TEXTS[0], TEXTS[1], steps=5)
    assert len(texts) == 5 and [texts[0], texts[-1]] == model.reconstruct(TEXTS[:2])
    mean = model.encode(TEXTS[:2])["z_mean"].numpy()
    assert texts[2] == model.decode(mean.mean(axis=0, keepdims=True))[0]
    assert model.interpolate(TEXTS[:2], TEXTS[1:3], steps=5)[0] == texts
    assert model.interpolate("", "", steps=4) == model.reconstruct([""]) * 4


def test_call_gives_the_logits_at_the_posterior_mean(make_text_vae, sentence_batch):
    model = make_text_vae()
    x, next_ids, _ = sentence_batch(model)
    logits = model.predict(x, verbose=0)
    assert logits.shape == (*next_ids.shape, model.decoder.vocabulary_size)
    real = next_ids != 0
    np.testing.assert_allclose(model(x["token_ids"]).numpy()[real], logits[real], atol=1e-5)
    z = model.encode(["to be or not to be"])["z_mean"]
    state = model.decoder.initial_state(1, z)
    np.testing.assert_allclose(model.decoder(x["decoder_ids"][:1], state)[0], logits[:1], atol=1e-5)


def test_conditional(make_text_vae, round_trip):
    model = make_text_vae(num_classes=3)
    x = {"texts": TEXTS, "labels": [0, 1, 2, 0]}
    assert model.encode(x)["z_mean"].shape == (4, 2) and len(model.reconstruct(x)) == 4
    nats = model.score(x, num_samples=5)["nats"]
    other = model.score({"texts": TEXTS, "labels": [1, 1, 2, 0]}, num_samples=5)["nats"]
    assert nats[0] != other[0] and np.allclose(nats[1:], other[1:])
    texts = model.generate(labels=[0, 1, 2], seed=1)
    assert len(texts) == 3 and round_trip(model).generate(labels=[0, 1, 2], seed=1) == texts
    assert len(model.decode(np.zeros((2, 2), "float32"), labels=[0, 1])) == 2
    assert len(model.interpolate(["to be"] * 2, ["not"] * 2, steps=3, labels=1)[1]) == 3


@pytest.mark.parametrize(
    "level, num_classes",
    [
        ("words", None),
        ("characters", 2),
        pytest.param("words", 2, marks=pytest.mark.slow),
        pytest.param("characters", None, marks=pytest.mark.slow),
    ],
)
def test_saved_model_equals_live(make_text_vae, tmp_path, num_classes, level):
    model = make_text_vae(num_classes=num_classes, level=level)
    model.export(tmp_path / "served")
    signatures = tf.saved_model.load(str(tmp_path / "served")).signatures
    assert list(model.signatures())[:5] == ["reconstruct", "encode", "decode", "generate", "score"]
    labels = {} if num_classes is None else {"labels": tf.constant([0, 1, 1, 0])}
    x = TEXTS if num_classes is None else {"texts": TEXTS, "labels": [0, 1, 1, 0]}
    numbers = {"max_length": tf.constant(9), "temperature": tf.constant(0.8), "seed": tf.constant(4)}
    count = labels or {"num_samples": tf.constant(4)}
    live = model.generate(None if labels else 4, max_length=9, temperature=0.8, seed=4, **labels)
    assert [text.decode() for text in signatures["generate"](**count, **numbers)["texts"].numpy()] == live
    ids = model.preprocessor(TEXTS)
    scoring = {"num_samples": tf.constant(6), "seed": tf.constant(2), **labels}
    expected = model.score(x, 6, 2)
    for outputs in (
        signatures["score"](texts=tf.constant(TEXTS), **scoring),
        signatures["score_ids"](token_ids=ids, **scoring),
    ):
        assert set(outputs) == {"nats", "tokens", "unknown"}
        for name, value in expected.items():
            np.testing.assert_allclose(outputs[name], value, rtol=1e-5)
    assert signatures["generate_ids"](**count, **numbers)["token_ids"].shape == (4, 9)
    nothing = signatures["encode_ids"](token_ids=tf.zeros((4, 0), tf.int32), **labels)
    assert np.isfinite(nothing["z_mean"]).all()
    for bad in ({"temperature": tf.constant(-1.0)}, {"max_length": tf.constant(-2)}):
        assert signatures["generate"](**count, **{**numbers, **bad})["texts"].shape == (4,)
    zero = signatures["score"](texts=tf.constant(TEXTS), **{**scoring, "num_samples": tf.constant(0)})
    assert np.isfinite(zero["nats"]).all()


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda m: m.score(TEXTS, num_samples=0), "A likelihood needs at least one sample. Received: num_samples=0"),
        (lambda m: m.generate(), "num_samples of at least 0. Received: num_samples=None"),
        (lambda m: m.generate(-1), "Received: num_samples=-1"),
        (lambda m: m.generate(2, max_length=-1), "max_length of at least 0. Received: max_length=-1"),
        (lambda m: m.generate(2, temperature=float("nan")), "Received: temperature=nan"),
        (lambda m: m.generate(labels=[0]), "Expected no labels, as num_classes=None. Received: labels=.0."),
        (lambda m: m.decode(np.zeros((2, 5))), r"Expected z of shape \(batch, 2\). Received: z.shape=\(2, 5\)"),
        (lambda m: m.encode("to be"), r"Expected a list of texts\. Received: texts='to be'"),
        (lambda m: m.interpolate("a", ["b"]), r"two texts, or two lists of as many.*Received: a='a', b=1 texts"),
        (lambda m: m.interpolate("a", "b", steps=1), "steps of at least 2. Received: a='a', b='b', steps=1"),
    ],
)
def test_wrong_use(make_text_vae, use, message):
    with pytest.raises(ValueError, match=message):
        use(make_text_vae())


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda m: m.encode(TEXTS), r"Expected {'texts', 'labels'}. Received: list"),
        (lambda m: m.encode({"texts": TEXTS, "labels": [0]}), r"Expected 4 labels in \[0, 1\]. Received: labels=\[0\]"),
        (lambda m: m.generate(labels=[0, 2]), r"labels in \[0, 1\]. Received: labels=\[0, 2\]"),
        (lambda m: m.generate(3), r"Expected labels in \[0, 1\], as num_classes=2. Received: labels=None"),
    ],
)
def test_wrong_labels(make_text_vae, use, message):
    with pytest.raises(ValueError, match=message):
        use(make_text_vae(num_classes=2))


def test_it_is_in_the_zoo():
    assert genzoo.TextVAE is genzoo.models.TextVAE
