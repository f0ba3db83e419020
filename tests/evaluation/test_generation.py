"""`genzoo.evaluate` of a GAN, on its own little networks."""

import pytest

import keras_genzoo as genzoo


@pytest.fixture
def gan():
    return genzoo.GAN(
        genzoo.networks.mlp_generator(latent_dim=2, output_shape=(2,), units=(8,)),
        genzoo.networks.mlp_discriminator((2,), units=(8,)),
    )


def test_points(gan):
    results = genzoo.evaluate(gan, genzoo.data.load("grid"), split="validation", num_samples=300)
    assert results["split"] == "validation" and results["num_modes"] == 25 and results["num_samples"] == 300
    assert results == genzoo.evaluate(gan, genzoo.data.load("grid"), split="validation", num_samples=300)
    assert not [name for name in results if "loss" in name]


def test_fewer_examples(gan):
    results = genzoo.evaluate(gan, genzoo.data.load("ring"), max_examples=100, num_samples=100, batch_size=7)
    assert results["num_examples"] == 100 and results["frechet_distance"] > results["frechet_floor"]


def test_quality_metrics_in_fit(gan):
    """The Keras metrics see what the generator makes, in validation."""
    splits = genzoo.data.load("ring")
    centers, scale = genzoo.data.embedded.MODES["ring"][0](), 1.0
    quality = [
        genzoo.metrics.ModeCoverage(centers, scale),
        genzoo.metrics.HighQualityShare(centers, scale),
        genzoo.metrics.KernelDistance(),
    ]
    gan.compile("adam", "adam", quality=quality)
    validation = splits.validation.batches(500)
    history = gan.fit(splits.train.batches(500), validation_data=validation, epochs=1, verbose=0).history
    assert history["val_mode_coverage"][0] >= 1 and 0 < history["val_high_quality_share"][0] <= 1
    assert history["val_kernel_distance"][0] > 0 and "kernel_distance" not in history
