"""The benchmark: its contenders compute the same thing, and its table is complete."""

import keras
import numpy as np
import pytest

from keras_genzoo import benchmark
from keras_genzoo.benchmark import adversarial, language_model, seq2seq, text_vae, variational
from keras_genzoo.benchmark.floor import linear_parts
from keras_genzoo.models import VAE


def without_noise(encoder):
    """Makes a posterior so narrow that z is its mean."""
    layer = encoder.get_layer("z_log_var")
    layer.kernel.assign(keras.ops.zeros_like(layer.kernel))
    layer.bias.assign(keras.ops.full_like(layer.bias, -60.0))


def test_contenders_have_the_same_loss_and_gradient():
    """For the same weights and no noise; one step of plain gradient descent shows the gradient."""
    split = variational.synthetic_split(32)
    images = split.arrays["images"].astype("float32") / 255
    networks, losses = [], []
    for make in (VAE, variational.TutorialVAE):
        encoder, decoder = variational.DENSE.networks()
        without_noise(encoder)
        model = make(encoder, decoder)
        model.compile(keras.optimizers.SGD(1e-3))
        losses.append(model.fit(images, batch_size=32, verbose=0).history["loss"][0])
        networks.append([*encoder.get_weights(), *decoder.get_weights()])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for ours, theirs in zip(*networks, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_networks_start_from_the_same_weights():
    first, second = (variational.DENSE.networks()[0].get_weights() for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_floor_holds_every_product_of_the_step():
    """Seven layers of the dense model, in their order, without biases."""
    parts = [part for network in variational.DENSE.networks() for part in linear_parts(network, 3)]
    assert [(x.shape[1], upstream.shape[1]) for _, x, upstream in parts] == [
        (784, 200), (200, 200), (200, 50), (200, 50), (50, 200), (200, 200), (200, 784),
    ]  # fmt: skip
    assert not any(layer.use_bias for layer, _, _ in parts)


def test_interleaved_runs_a_warm_up_and_every_round():
    order = []
    seconds = benchmark.interleaved({name: lambda name=name: order.append(name) for name in "ab"}, rounds=2)
    assert "".join(order) == "ababba"
    assert {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}


def test_rows_are_medians_of_paired_ratios():
    first, second = benchmark.rows("w", {benchmark.OURS: [1.0, 2.0, 9.0], "other": [2.0, 4.0, 3.0]}, count=2)
    assert first == {"workload": "w", "contender": benchmark.OURS, "milliseconds": 1000.0, "ratio": 1.0}
    assert second == {"workload": "w", "contender": "other", "milliseconds": 1500.0, "ratio": 0.5}


@pytest.mark.slow
def test_quick_benchmark_has_all_rows():
    rows = benchmark.benchmark(quick=True)
    assert [row["contender"] for row in rows] == [benchmark.OURS, benchmark.TUTORIAL, benchmark.FLOOR]
    assert all(row["milliseconds"] > 0 for row in rows)
    assert len(benchmark.format_rows(rows).splitlines()) == 5


def tiny():
    workload = language_model.Workload("tiny", units=8, num_layers=2, batch_size=2, embedding_dim=4)
    split = language_model.synthetic_split(workload, steps=1)
    return workload, split, language_model.our_model(workload, split.encoding.preprocessor)


def in_order(network):
    """Weights of our network in the order of the tutorial's layers."""
    embeddings, kernel, bias, *recurrent = (variable.numpy() for variable in network.trainable_variables)
    return [embeddings, *recurrent, kernel, bias]


def test_language_models_have_the_same_loss_and_gradient():
    """For the same weights; one step of plain gradient descent shows the gradient."""
    workload, split, ours = tiny()
    theirs = language_model.tutorial_model(workload)
    theirs.set_weights(in_order(ours.network))
    ours.compile(keras.optimizers.SGD(0.1))
    theirs.compile(keras.optimizers.SGD(0.1), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y, _ = next(iter(split.batches(workload.batch_size)))
    losses = [model.fit(x.numpy(), y.numpy(), verbose=0).history["loss"][0] for model in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for our, their in zip(in_order(ours.network), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-6)


def test_all_ways_of_writing_write_as_much(tmp_path):
    workload, _, model = tiny()
    model.export(tmp_path)
    texts = language_model.served(tmp_path, batch_size=3, length=5)()
    assert [len(text.decode()) for text in texts] == [6, 6, 6]  # with the prompt
    assert language_model.stepped(workload, batch_size=3, length=5)().shape == (3, 5)
    assert language_model.predicted(workload, batch_size=3, length=5, window=4)().shape == (3, 4 + 5)


def test_training_contenders_take_the_steps_they_are_told():
    workload, _, _ = tiny()
    split = language_model.synthetic_split(workload, steps=3)
    for make in (language_model.ours, language_model.tutorial):
        history = make(workload, split, 2)()
        assert int(history.model.optimizer.iterations) == 2


def tiny_translation():
    workload = seq2seq.Workload("tiny", words=20, embedding_dim=4, units=6, batch_size=4)
    split = seq2seq.synthetic_split(workload, steps=2)
    return workload, split, seq2seq.our_model(workload, split.encoding.preprocessor)


def as_the_tutorial(ours, theirs):
    """Pairs of the tutorial's layers and our weights as they have them."""

    def of_gru(layer):
        names = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")
        parts = (np.split(getattr(layer, name).numpy(), 3, axis=-1) for name in names)
        kernel, recurrent, bias, recurrent_bias = (np.concatenate([z, r, n], axis=-1) for r, z, n in parts)
        return [kernel, recurrent, np.stack([bias, recurrent_bias])]

    encoder, decoder = ours.encoder, ours.decoder
    attending = decoder.attending
    readout = np.concatenate([decoder.readout_kernel, decoder.readout_embedded])
    return [
        (theirs.read, [encoder.embeddings.numpy()]),
        (theirs.encode, of_gru(encoder.stack.recurrent[0]) + of_gru(encoder.stack.backward[0])),
        (theirs.first, [variable.numpy() for variable in decoder.first_states["h0"].weights]),
        (theirs.embed, [decoder.embeddings.numpy()]),
        (theirs.decode, of_gru(decoder.stack.recurrent[0])),
        (theirs.query, [attending.query_kernel.numpy()]),
        (theirs.key, [attending.memory_kernel.numpy(), attending.bias.numpy()]),
        (theirs.attend, [attending.score_vector.numpy()]),
        (theirs.readout, [readout, decoder.readout_bias.numpy()]),
        (theirs.output, [decoder.output_kernel.numpy(), decoder.output_bias.numpy()]),
    ]


def test_translators_have_the_same_loss_and_gradient():
    workload, split, ours = tiny_translation()
    theirs = seq2seq.Tutorial(workload)
    for layer, weights in as_the_tutorial(ours, theirs):
        layer.set_weights(weights)
    ours.compile(keras.optimizers.SGD(0.1))
    theirs.model.compile(keras.optimizers.SGD(0.1), loss=seq2seq.masked_loss)
    source, target = (ids[:4] for ids in seq2seq.padded(split))
    given, following = target[:, :-1], target[:, 1:]
    x = {"source_ids": source, "source_mask": source != 0, "decoder_ids": given}
    losses = [
        ours.fit(x, following, verbose=0).history["loss"][0],
        theirs.model.fit([source, given], following, verbose=0).history["loss"][0],
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for layer, weights in as_the_tutorial(ours, theirs):
        for our, their in zip(weights, layer.get_weights(), strict=True):
            np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-6, err_msg=layer.name)


@pytest.mark.slow
def test_all_ways_of_translating_write_as_much(tmp_path):
    workload, split, model = tiny_translation()
    seq2seq.endless(model).export(tmp_path)
    source_ids = seq2seq.padded(split)[0][:3, :7]
    for run in (
        seq2seq.served(tmp_path, source_ids),
        seq2seq.served(tmp_path, source_ids, beam_width=2),
        seq2seq.stepped(workload, source_ids),
        seq2seq.predicted(workload, source_ids),
    ):
        assert run().shape == (3, seq2seq.WRITTEN)


def test_both_ways_of_training_see_all_sentences():
    workload, split, _ = tiny_translation()
    for make in (seq2seq.ours, seq2seq.tutorial):
        assert int(make(workload, split)().model.optimizer.iterations) == 2


@pytest.mark.slow
def test_text_vaes_have_the_same_loss_and_gradient():
    """For codes that are the posterior's means."""
    workload = text_vae.Workload("tiny", words=20, embedding_dim=4, units=6, latent_dim=3, batch_size=4)
    split = text_vae.synthetic_split(workload, steps=2)
    ours, theirs = text_vae.our_model(workload, split.encoding.preprocessor), text_vae.Tutorial(workload)
    ours.sampling = lambda inputs, num_samples: inputs[0][None]
    theirs.draw = lambda z_mean, z_log_var: z_mean
    ids = text_vae.padded(split)[:4]
    theirs(ids)

    def pairs():
        reader, posterior, decoder = ours.encoder.reader, ours.encoder.posterior, ours.decoder
        recurrent = decoder.stack.recurrent[0]
        kernel = np.concatenate([recurrent.kernel, decoder.context_kernel])
        ways = (reader.stack.recurrent[0], reader.stack.backward[0])
        return {
            "read": [reader.embeddings],
            "encode": [weight for way in ways for weight in (way.kernel, way.recurrent_kernel, way.bias)],
            **{name: posterior[name].weights for name in ("z_mean", "z_log_var")},
            "embed": [decoder.embeddings],
            **{f"first_{name}": decoder.first_states[f"{name}0"].weights for name in "hc"},
            "decode": [kernel, recurrent.recurrent_kernel, recurrent.bias],
            "output": [decoder.output_kernel, decoder.output_bias],
        }

    for name, weights in pairs().items():
        theirs.parts[name].set_weights([np.array(weight) for weight in weights])
    for model in (ours, theirs):
        model.compile(keras.optimizers.SGD(0.1))
    given = {"token_ids": ids, "decoder_ids": ids[:, :-1]}
    losses = [
        ours.fit(given, ids[:, 1:], sample_weight=(ids[:, 1:] != 0).astype("float32"), verbose=0).history,
        theirs.fit(ids, verbose=0).history,
    ]
    for name in ("loss", "kl", "reconstruction_nll"):
        assert losses[0][name] == pytest.approx(losses[1][name], rel=1e-5)
    for name, weights in pairs().items():
        for our, their in zip(weights, theirs.parts[name].get_weights(), strict=True):
            np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-6, err_msg=name)
    assert int(text_vae.tutorial(workload, split)().model.optimizer.iterations) == 2


def test_adversarial_contenders_make_the_same_updates():
    """For fakes that no noise changes. The tutorial's mean is over twice as many, so its step is twice as long."""
    split, made = adversarial.synthetic_split(8), []
    sgd = keras.optimizers.SGD
    rules = {
        adversarial.GAN: {"generator_optimizer": sgd(0.1), "discriminator_optimizer": sgd(0.1)},
        adversarial.TutorialGAN: {"g_optimizer": sgd(0.1), "d_optimizer": sgd(0.2)},
    }
    for make, optimizers in rules.items():
        generator, discriminator = adversarial.dense()
        generator.get_layer("events").kernel.assign(keras.ops.zeros((512, 784)))
        gan = make(generator, discriminator)
        gan.compile(**optimizers)
        gan.fit(split.batches(8), shuffle=False, verbose=0)
        made.append([*discriminator.get_weights(), generator.get_layer("events").bias.numpy()])
    for one, other in zip(*made, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)


def test_the_floor_of_a_gan_runs():
    workload = adversarial.Workload("tiny", adversarial.dense, 2, "gan-mnist")
    assert np.isfinite(adversarial.matrix_products(workload, 2)())
