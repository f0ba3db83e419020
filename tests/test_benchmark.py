"""The benchmark: its contenders compute the same thing, and its table is complete."""

import keras
import numpy as np
import pytest

from keras_genzoo import benchmark
from keras_genzoo.benchmark import language_model, variational
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
    parts = [part for network in variational.DENSE.networks() for part in variational._linear_parts(network, 3)]
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
