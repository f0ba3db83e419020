"""Training the text VAE: its loss, the remedies against collapse, and what is saved of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_genzoo as genzoo
from keras_genzoo.losses import LinearWarmup
from keras_genzoo.models import text_vae_phases
from keras_genzoo.preprocessing import START, UNKNOWN


def tensors(batch):
    x, y, weight = batch
    return {name: tf.constant(value) for name, value in x.items()}, tf.constant(y), tf.constant(weight)


def loss_of(model, batch, training=True):
    x, y, weight = tensors(batch)
    return model.compute_loss(x, y, sample_weight=weight, training=training)


def kl_of(model, texts=None):
    codes = model.encode(texts or ["to be or not to be", "that is the question", "to be is the question", "not that"])
    return genzoo.losses.gaussian_kl(codes["z_mean"], codes["z_log_var"]).numpy()


def test_loss_is_the_sum_over_tokens_and_the_mean_over_sentences(make_text_vae, sentence_batch):
    model = make_text_vae(beta=0.5)
    model.encoder.posterior["z_log_var"].bias.assign([-80.0, -80.0])  # no noise
    model.encoder.posterior["z_log_var"].kernel.assign(tf.zeros((16, 2)))
    x, y, weight = sentence_batch(model)
    log_p = tf.nn.log_softmax(model.predict(x, verbose=0)).numpy()
    nll = -(np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0] * weight).sum(axis=1)
    kl = kl_of(model).sum(axis=1)
    logs = model.evaluate(x, y, sample_weight=weight, batch_size=3, verbose=0, return_dict=True)
    assert logs["reconstruction_nll"] == pytest.approx(nll.mean(), rel=1e-4)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-4)
    assert logs["elbo"] == pytest.approx(-(nll + kl).mean(), rel=1e-4)
    assert logs["loss"] == pytest.approx((nll + 0.5 * kl).mean(), rel=1e-4)


def test_padding_leaves_loss_and_gradient(make_text_vae, sentence_batch):
    model = make_text_vae()

    def loss_and_gradients(padding):
        model.sampling.seed_generator.state.assign([3, 4])
        with tf.GradientTape() as tape:
            loss = loss_of(model, sentence_batch(model, padding=padding))
        return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])

    (loss, gradients), (padded_loss, padded) = loss_and_gradients(0), loss_and_gradients(4)
    assert float(loss) == pytest.approx(float(padded_loss), rel=1e-6)
    for gradient, other in zip(gradients, padded, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(gradient), tf.convert_to_tensor(other), atol=1e-5)


def test_free_bits(make_text_vae, sentence_batch):
    plain = make_text_vae(beta=0.0)
    batch, mean = sentence_batch(plain), kl_of(plain).mean(axis=0)
    base = float(loss_of(plain, batch))
    for per, penalty in (
        ("dimension", np.maximum(mean, np.median(mean)).sum()),
        ("total", max(mean.sum(), np.median(mean))),
    ):
        model = make_text_vae(beta=2.0, free_bits=float(np.median(mean)), free_bits_per=per)
        model.set_weights(plain.get_weights())
        assert float(loss_of(model, batch)) == pytest.approx(base + 2.0 * penalty, rel=1e-5)


def test_filled_free_bits_give_no_gradient(make_text_vae, sentence_batch):
    """Below the floor the divergence is free, so only the reconstruction pulls at the posterior."""
    filled, free = make_text_vae(free_bits=1e3), make_text_vae(beta=0.0)
    free.set_weights(filled.get_weights())
    gradients = []
    for model in (filled, free):
        with tf.GradientTape() as tape:
            loss = loss_of(model, sentence_batch(model))
        gradients.append(tape.gradient(loss, [layer.kernel.value for layer in model.encoder.posterior.values()]))
    for gradient, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(gradient, other, atol=1e-6)
        assert np.any(gradient)


def importance_weighted_loss(model, batch, beta, floor, state):
    """That of several codes a sentence in NumPy, from the decoder's logits of one code at a time."""
    x, y, weight = batch
    codes = {name: values.numpy() for name, values in model._encode_ids(tf.constant(x["token_ids"]), None).items()}
    z_mean, z_log_var = codes["z_mean"], codes["z_log_var"]
    model.sampling.seed_generator.state.assign(state)
    draws = model.sampling([z_mean, z_log_var], num_samples=model.num_samples).numpy()
    log_weights = []
    for z in draws:
        logits = model.decoder(x["decoder_ids"], model.decoder.initial_state(len(z), z))[0]
        log_p = tf.nn.log_softmax(logits).numpy()
        nll = -(np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0] * weight).sum(axis=1)
        log_ratio = 0.5 * ((z - z_mean) ** 2 * np.exp(-z_log_var) + z_log_var - z**2).sum(axis=1)
        log_weights.append(beta * log_ratio - nll)
    kl = 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1).mean()
    return beta * max(0.0, floor - kl) - np.log(np.exp(log_weights).mean(axis=0)).mean()


@pytest.mark.parametrize("beta, floor", [(1.0, 0.0), (0.5, 0.0), (1.0, 30.0), (0.5, 30.0)])
def test_several_samples_are_the_importance_weighted_bound(make_text_vae, sentence_batch, beta, floor):
    model = make_text_vae(num_samples=5, beta=beta, free_bits=floor, free_bits_per="total")
    for layer in model.encoder.posterior.values():
        layer.kernel.assign(3.0 * layer.kernel)
    batch, state = sentence_batch(model), [3, 4]
    expected = importance_weighted_loss(model, batch, beta, floor, state)
    model.sampling.seed_generator.state.assign(state)
    x, y, weight = batch
    logs = model.evaluate(x, y, sample_weight=weight, batch_size=len(y), verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["importance_weighted_bound"] > logs["elbo"]
    if beta == 1.0 and not floor:
        assert logs["loss"] == pytest.approx(-logs["importance_weighted_bound"], rel=1e-6)


def test_several_samples_are_drawn_once_the_code_is_opened(make_text_vae, sentence_batch):
    model = make_text_vae(num_samples=3, language_model_steps=1)
    x, y, weight = sentence_batch(model)

    def draws():
        return len(model._drawn(tf.constant(x["token_ids"]), None, True)[2])

    assert draws() == 1
    alone = make_text_vae(language_model_steps=1)
    alone.set_weights(model.get_weights())
    assert float(loss_of(model, (x, y, weight))) == pytest.approx(float(loss_of(alone, (x, y, weight))), rel=1e-6)
    model.fit(x, y, sample_weight=weight, batch_size=len(y), verbose=0)
    assert draws() == 3


def test_word_dropout_leaves_start_and_padding(make_text_vae, sentence_batch):
    model = make_text_vae(word_dropout=0.5)
    ids = tf.constant(np.tile(sentence_batch(model, padding=2)[0]["decoder_ids"], (200, 1)))
    dropped = model._with_words_dropped(ids).numpy()
    changed = dropped != ids.numpy()
    assert set(dropped[changed]) == {UNKNOWN} and not changed[(ids == START) | (ids == 0)].any()
    assert changed[(ids != START) & (ids != 0)].mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("jit_compile, num_samples", [(False, 1), pytest.param(True, 2, marks=pytest.mark.slow)])
def test_it_learns_to_write_what_it_reads(make_text_vae, sentence_batch, jit_compile, num_samples):
    model = make_text_vae(
        latent_dim=4,
        beta=0.1,
        num_samples=num_samples,
        compile={"optimizer": genzoo.FusedAdam(2e-2), "jit_compile": jit_compile},
    )
    texts = ["to be or not to be", "that is the question", "to be is the question", "not that"]
    x, y, weight = sentence_batch(model, texts * 4)
    history = model.fit(x, y, sample_weight=weight, epochs=60, batch_size=16, verbose=0).history
    assert history["reconstruction_nll"][-1] < 0.2 * history["reconstruction_nll"][0]
    assert model.reconstruct(texts) == texts


def test_schedules_follow_the_updates(make_text_vae, sentence_batch):
    model = make_text_vae(beta=LinearWarmup(4), compile={"optimizer": keras.optimizers.SGD(0.0)})
    x, y, weight = sentence_batch(model)
    weights = []
    for _ in range(6):
        weights.append(float(model._divergence_weight()))
        model.fit(x, y, sample_weight=weight, epochs=1, batch_size=4, verbose=0)
    assert weights == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]


# ---- the aggressive schedule ----


def fit_one_by_one(model, batch, count):
    """One update after the other; yields which part of the model it has changed."""
    for _ in range(count):
        before = [part.get_weights() for part in (model.encoder, model.decoder)]
        model.train_on_batch(*batch)
        after = [part.get_weights() for part in (model.encoder, model.decoder)]
        yield tuple(any(np.any(a != b) for a, b in zip(*pair, strict=True)) for pair in zip(before, after, strict=True))


def test_encoder_and_decoder_in_turn_then_together(make_text_vae, sentence_batch):
    model = make_text_vae(aggressive=3)
    batch = sentence_batch(model)
    parts = list(fit_one_by_one(model, batch, 8))
    encoder, decoder, both = (True, False), (False, True), (True, True)
    assert parts == [encoder] * 3 + [decoder] + [encoder] * 3 + [decoder]
    model._aggressive.active.assign(0.0)
    assert list(fit_one_by_one(model, batch, 2)) == [both] * 2
    assert int(model.optimizer.iterations) == 10


def test_an_encoder_that_gets_no_better_gives_way(make_text_vae, sentence_batch, monkeypatch):
    """The mean loss of a window that is not below that of the window before ends the turn."""
    monkeypatch.setattr(text_vae_phases, "WINDOW", 2)
    schedule = text_vae_phases.Aggressive(100)
    found = []
    for loss in [5.0, 4.0, 3.0, 3.0, 4.0, 2.5, 9.0, 1.0]:
        due = bool(schedule.due.value)
        found.append(due)
        schedule._count(tf.constant(due), tf.constant(loss))
    # windows 9, 6, 6.5: no better after the sixth update, the seventh is the decoder's
    assert found == [False] * 6 + [True, False]
    assert float(schedule.before.value) == np.inf and float(schedule.updates.value) == 1.0


def test_the_schedule_ends_for_good_once_information_falls(make_text_vae, sentence_batch, monkeypatch):
    model = make_text_vae(aggressive=2)
    batch = sentence_batch(model)
    values = iter([1.0, 2.0, 2.0, 9.0])
    monkeypatch.setattr(text_vae_phases, "mutual_information", lambda *codes: next(values))
    active = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: active.append(float(model._aggressive.active.value)))
    x, y, weight = batch
    model.fit(x, y, sample_weight=weight, validation_data=batch, epochs=5, verbose=0, callbacks=[watch])
    assert active == [1.0, 1.0, 0.0, 0.0, 0.0] and next(values) == 9.0
    assert float(model._aggressive.best_information.value) == 2.0


def test_information_is_that_of_the_validation_sentences(make_text_vae, sentence_batch):
    model = make_text_vae(aggressive=2)
    batch = sentence_batch(model)
    codes = model.encode(["to be or not to be", "that is the question", "to be is the question", "not that"])
    for data in (batch, tf.data.Dataset.from_tensor_slices(batch).batch(3)):
        mean, log_var = text_vae_phases.posteriors(model, data)
        np.testing.assert_allclose(mean, codes["z_mean"], atol=1e-6)
        np.testing.assert_allclose(log_var, codes["z_log_var"], atol=1e-6)


def test_aggressive_needs_validation_data(make_text_vae, sentence_batch):
    model = make_text_vae(aggressive=2)
    x, y, weight = sentence_batch(model)
    with pytest.raises(ValueError, match=r"Expected validation_data\. Received: validation_data=None"):
        model.fit(x, y, sample_weight=weight, verbose=0)


# ---- the start as an autoencoder ----


def test_the_decoder_starts_anew_after_the_pretraining(make_text_vae, sentence_batch):
    model = make_text_vae(pretrain_steps=3, beta=LinearWarmup(2))
    first, encoder = model.decoder.get_weights(), model.encoder.get_weights()
    x, y, weight = sentence_batch(model)
    weights, anew = [], []

    def look(*_):
        weights.append(float(model._divergence_weight()))
        anew.append(all(np.array_equal(a, b) for a, b in zip(first, model.decoder.get_weights(), strict=True)))

    watch = keras.callbacks.LambdaCallback(on_epoch_begin=look)
    model.fit(x, y, sample_weight=weight, batch_size=4, epochs=6, verbose=0, callbacks=[watch])
    assert weights == [0.0, 0.0, 0.0, 0.0, 0.5, 1.0]
    assert anew == [True, False, False, True, False, False]
    assert not np.array_equal(encoder[0], model.encoder.get_weights()[0])
    text_vae_phases.start_anew(model.decoder, first, model.optimizer)
    slots = [
        v for v in model.optimizer.variables if v.name.startswith(model.decoder.output_kernel.path.replace("/", "_"))
    ]
    assert len(slots) == 2 and all(not np.any(slot) for slot in slots)
    others = [v for v in model.optimizer.variables if "z_mean" in v.name]
    assert others and all(np.any(slot) for slot in others)


def test_the_pretraining_ends_with_an_epoch(make_text_vae, sentence_batch):
    model = make_text_vae(pretrain_steps=1, beta=LinearWarmup(2))
    first = model.decoder.get_weights()
    x, y, weight = sentence_batch(model)
    model.fit(x, y, sample_weight=weight, batch_size=2, epochs=1, verbose=0)
    assert float(model._divergence_weight()) == 0.0 and model.in_first_phase
    seen = []

    def look(*_, logs=None):
        seen.append((float(model._divergence_weight()), np.array_equal(first[0], model.decoder.get_weights()[0])))

    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=look)
    model.fit(x, y, sample_weight=weight, batch_size=2, epochs=1, verbose=0, callbacks=[watch])
    assert seen == [(0.0, True), (0.5, False)]


def test_a_file_saved_while_it_is_pretrained_goes_on_alike(make_text_vae, sentence_batch, round_trip):
    model = make_text_vae(pretrain_steps=3)
    x, y, weight = sentence_batch(model)
    model.fit(x, y, sample_weight=weight, batch_size=2, epochs=1, verbose=0)
    again = round_trip(model)
    for either in (model, again):
        either.fit(x, y, sample_weight=weight, batch_size=2, shuffle=False, initial_epoch=1, epochs=3, verbose=0)
    assert not model.in_first_phase
    for mine, other in zip(again.variables, model.variables, strict=True):
        np.testing.assert_array_equal(mine, other, err_msg=mine.path)


# ---- the start as a language model ----


def test_the_decoder_learns_alone_before_the_code_is_opened(make_text_vae, sentence_batch):
    model = make_text_vae(language_model_steps=3, beta=LinearWarmup(2), latent_dim=3)
    encoder = model.encoder.get_weights()
    x, y, weight = sentence_batch(model)
    untouched = []

    def look(*_):
        untouched.append(all(np.array_equal(a, b) for a, b in zip(encoder, model.encoder.get_weights(), strict=True)))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=look)
    history = model.fit(x, y, sample_weight=weight, batch_size=4, epochs=5, verbose=0, callbacks=[watch]).history
    assert untouched == [True, True, True, False, False]
    assert history["kl"][:3] == [0.0, 0.0, 0.0] and min(history["kl"][3:]) > 0.0
    assert float(model._divergence_weight()) == 1.0  # 5 - 3 steps after the code was opened


@pytest.mark.slow
def test_trained_on_with_another_optimizer_it_keeps_its_code(make_text_vae, sentence_batch, round_trip):
    model = make_text_vae(language_model_steps=2, beta=LinearWarmup(4))
    x, y, weight = sentence_batch(model)
    model.fit(x, y, sample_weight=weight, batch_size=4, epochs=3, verbose=0)
    again = round_trip(model)
    assert float(again._divergence_weight()) == float(model._divergence_weight()) == 0.25
    again.compile(optimizer="adam")
    assert float(again._divergence_weight()) == 0.0 and not again.in_first_phase
    history = again.fit(x, y, sample_weight=weight, batch_size=4, epochs=3, verbose=0).history
    assert min(history["kl"]) > 0 and float(again._divergence_weight()) == 0.75


def test_free_bits_cost_nothing_before_the_code_is_opened(make_text_vae, sentence_batch):
    model = make_text_vae(language_model_steps=2, beta=LinearWarmup(2), free_bits=1.0)
    x, y, weight = sentence_batch(model)
    history = model.fit(x, y, sample_weight=weight, batch_size=4, epochs=3, verbose=0).history
    assert history["loss"] == pytest.approx(history["reconstruction_nll"], rel=1e-6)


def test_alone_it_is_a_language_model(make_text_vae, sentence_batch):
    model = make_text_vae(language_model_steps=1)
    network = genzoo.networks.RecurrentDecoder(model.decoder.vocabulary_size, 6, 12, cell="gru")
    shared = {variable.path.split("/", 1)[1]: variable for variable in model.decoder.variables}
    for variable in network.variables:
        variable.assign(shared[variable.path.split("/", 1)[1]])
    x, y, weight = sentence_batch(model)
    log_p = tf.nn.log_softmax(network(x["decoder_ids"])[0]).numpy()
    nll = -(np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0] * weight).sum(axis=1)
    assert float(loss_of(model, (x, y, weight))) == pytest.approx(nll.mean(), rel=1e-5)
    assert float(loss_of(model, (x, y, weight), training=False)) != pytest.approx(nll.mean(), rel=1e-3)


# ---- what is saved ----


REMEDIES = [
    {"aggressive": 3},
    {"pretrain_steps": 2, "beta": LinearWarmup(3)},
    {"language_model_steps": 5, "beta": LinearWarmup(3), "dropout": 0.2, "num_samples": 2},
    {"word_dropout": 0.3, "dropout": 0.2},
]


@pytest.mark.parametrize(
    "remedy",
    [
        pytest.param({}, id="plain"),
        *(pytest.param(remedy, marks=pytest.mark.slow, id="+".join(remedy)) for remedy in REMEDIES),
    ],
)
def test_a_resumed_training_is_the_uninterrupted_one(make_text_vae, sentence_batch, tmp_path, remedy):
    def fresh():
        keras.utils.set_random_seed(1)
        return make_text_vae(**remedy)

    def go_on(model, start, end):
        x, y, weight = batch = sentence_batch(model)
        return model.fit(
            x, y, sample_weight=weight, batch_size=2, shuffle=False, initial_epoch=start, epochs=end,
            validation_data=batch, verbose=0,
        ).history  # fmt: skip

    whole = fresh()
    expected = go_on(whole, 0, 4)
    part = fresh()
    go_on(part, 0, 2)
    part.save_weights(tmp_path / "state.weights.h5")
    again = fresh()
    again.load_weights(tmp_path / "state.weights.h5")
    history = go_on(again, 2, 4)
    for name, values in history.items():
        assert values == expected[name][2:], name
    for mine, other in zip(again.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_keras_file_round_trip(make_text_vae, sentence_batch, round_trip):
    model = make_text_vae(beta=LinearWarmup(5), free_bits=0.1, free_bits_per="total", aggressive=4, word_dropout=0.1)
    batch = sentence_batch(model)
    model.train_on_batch(*batch)
    again = round_trip(model)
    assert again.get_config() == model.get_config()
    assert int(again.optimizer.iterations) == 1 and float(again._aggressive.updates.value) == 1.0
    assert again.generate(3, seed=1) == model.generate(3, seed=1)
    np.testing.assert_array_equal(again.predict(batch[0], verbose=0), model.predict(batch[0], verbose=0))


def test_mixed_precision(make_text_vae, sentence_batch):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = make_text_vae()
    x, y, weight = sentence_batch(model)
    history = model.fit(x, y, sample_weight=weight, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert np.isfinite(model.score(["to be"], 3)["nats"]).all() and len(model.generate(2)) == 2


@pytest.mark.parametrize("num_samples", [1, 3])
def test_conditional_training(make_text_vae, sentence_batch, num_samples):
    model = make_text_vae(num_classes=2, num_samples=num_samples)
    x, y, weight = sentence_batch(model, labels=[0, 1, 1, 0])
    history = model.fit(x, y, sample_weight=weight, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


# ---- errors ----


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"beta": -1.0}, "beta to be a number of at least 0 or a schedule. Received: beta=-1.0"),
        ({"free_bits": -0.1}, "free_bits of at least 0.*Received: free_bits=-0.1"),
        ({"free_bits_per": "unit"}, r"one of \('dimension', 'total'\). Received: .*free_bits_per='unit'"),
        ({"word_dropout": 1.0}, r"word_dropout in \[0, 1\). Received: word_dropout=1.0"),
        ({"aggressive": True}, "aggressive to be an integer of at least 0. Received: aggressive=True"),
        ({"pretrain_steps": -2}, "Received: pretrain_steps=-2"),
        ({"num_samples": 0}, "num_samples to be an integer of at least 1. Received: num_samples=0"),
        ({"language_model_steps": 2, "aggressive": 3}, "Expected aggressive=0, pretrain_steps=0. Received: .*ive=3"),
    ],
)
def test_wrong_arguments(make_text_vae, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_text_vae(**arguments)


def test_parts_must_fit(make_text_vae):
    model = make_text_vae()
    size = model.decoder.vocabulary_size
    decoder = genzoo.networks.RecurrentDecoder(size, 2, 2, context_dim=3)
    with pytest.raises(ValueError, match=r"Expected decoder.context_dim of 2. Received: decoder.context_dim=3"):
        genzoo.TextVAE(model.encoder, decoder, model.preprocessor)
    with pytest.raises(ValueError, match=r"Expected encoder.num_classes of 4. Received: encoder.num_classes=None"):
        genzoo.TextVAE(model.encoder, model.decoder, model.preprocessor, num_classes=4)
    other = genzoo.preprocessing.TextPreprocessor(["a"])
    with pytest.raises(ValueError, match=rf"encoder.vocabulary_size of 5. Received: encoder.vocabulary_size={size}"):
        genzoo.TextVAE(model.encoder, model.decoder, other)
    windows = genzoo.preprocessing.TextPreprocessor(["a"], sentences=False)
    with pytest.raises(ValueError, match=r"Expected sentences=True. Received: preprocessor.sentences=False"):
        genzoo.TextVAE(model.encoder, model.decoder, windows)


IDS = np.ones((2, 4), "int32")


@pytest.mark.parametrize(
    "x, y, message",
    [
        (IDS, IDS, r"Expected \({decoder_ids, token_ids}, next_ids.*Received: x of ndarray, y of ndarray"),
        ({"token_ids": IDS, "decoder_ids": IDS}, None, "Received: x of .*y of NoneType"),
        ({"token_ids": IDS + 90, "decoder_ids": IDS}, IDS, "Ids of token_ids out of range"),
        ({"token_ids": IDS, "decoder_ids": IDS * 1.0}, IDS, "Wrong decoder_ids. Expected integers"),
        ({"token_ids": IDS, "decoder_ids": IDS}, IDS[:, 1:], r"decoder_ids, \(2, 4\).*Received: y.shape=\(2, 3\)"),
    ],
)
def test_wrong_data(make_text_vae, x, y, message):
    with pytest.raises(ValueError, match=message):
        make_text_vae().fit(x, y, verbose=0)
