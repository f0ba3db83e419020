"""The Keras metrics of generated samples: against their NumPy functions, in graphs, and through a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_genzoo import metrics
from keras_genzoo.data import embedded

CENTERS, SCALE = embedded.ring_centers(), embedded.RING_SCALE


@pytest.fixture
def points():
    generator = np.random.default_rng(0)
    chosen = CENTERS[generator.integers(5, size=300)]
    return (chosen + 1.5 * SCALE * generator.normal(size=(300, 2))).astype("float32")


def updated(metric, batches, graph=False):
    update = tf.function(metric.update_state) if graph else metric.update_state
    for real, fake in batches:
        update(tf.constant(real), tf.constant(fake))
    return float(metric.result())


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("sizes", [(300,), (128, 128, 44)])
def test_modes_are_counted_over_batches(points, sizes, graph):
    batches = [(fake, fake) for fake in np.split(points, np.cumsum(sizes)[:-1])]
    for minimum in (1, 40, 60):
        metric = metrics.ModeCoverage(CENTERS, SCALE, min_samples=minimum)
        expected = metrics.mode_coverage(points, CENTERS, SCALE, minimum)
        assert updated(metric, batches, graph) == expected
    share = metrics.high_quality_share(points, CENTERS, SCALE)
    assert 0.5 < share < 0.9
    assert updated(metrics.HighQualityShare(CENTERS, SCALE), batches, graph) == pytest.approx(share)


def distance_of_a_batch(x, y):
    """The double sum over pairs of different rows."""
    x, y = x.reshape(len(x), -1).astype("float64"), y.reshape(len(y), -1).astype("float64")
    pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if i != j]
    return np.mean(
        [
            sum(s * (a[i] @ b[j] / a.shape[1] + 1) ** 3 for a, b, s in ((x, x, 1), (y, y, 1), (x, y, -2)))
            for i, j in pairs
        ]
    )


@pytest.mark.parametrize("graph", [False, True])
def test_kernel_distance_is_the_mean_of_the_blocks(graph):
    generator = np.random.default_rng(1)
    batches = [generator.normal(size=(2, 20, 4)).astype("float32") for _ in range(3)]
    expected = np.mean([distance_of_a_batch(*batch) for batch in batches])
    assert updated(metrics.KernelDistance(), batches, graph) == pytest.approx(expected, rel=1e-4)


def test_a_last_batch_of_one_changes_nothing():
    x, y = np.random.default_rng(2).normal(size=(2, 9, 3)).astype("float32")
    alone = updated(metrics.KernelDistance(), [(x, y)])
    assert np.isfinite(alone) and updated(metrics.KernelDistance(), [(x, y), (x[:1], y[:1])]) == alone


def test_kernel_distance_of_images_by_features():
    x, y = np.random.default_rng(3).normal(size=(2, 16, 4, 4, 1)).astype("float32")
    flat = updated(metrics.KernelDistance(), [(x, y)])
    assert flat == pytest.approx(distance_of_a_batch(x, y), rel=1e-4)
    layer = keras.layers.Rescaling(2.0)
    doubled = updated(metrics.KernelDistance(features=layer), [(x, y)])
    assert doubled == pytest.approx(distance_of_a_batch(2 * x, 2 * y), rel=1e-4)


def test_kernel_distance_has_mean_zero_where_samples_were_asked_for_the_labels_of_the_real_events():
    """Real and fake from the same distribution, of the same class in every row: 0, as for independent rows."""
    generator, together, apart = np.random.default_rng(4), [], []
    for _ in range(400):
        classes = generator.integers(3, size=(10, 1))
        real, fake = 2.0 * classes + generator.normal(size=(2, 10, 2))
        together.append(updated(metrics.KernelDistance(), [(real.astype("float32"), fake.astype("float32"))]))
        apart.append(metrics.kernel_distance(real, fake, num_blocks=1)[0])
    errors = [np.std(values) / np.sqrt(len(values)) for values in (together, apart)]
    assert abs(np.mean(together)) < 4 * errors[0]
    assert np.mean(apart) < -4 * errors[1]  # what counting all pairs would give


def made():
    return [
        (metrics.ModeCoverage(CENTERS, SCALE, min_samples=3, name="found"), "up"),
        (metrics.HighQualityShare(CENTERS, SCALE), "up"),
        (metrics.KernelDistance(keras.layers.Rescaling(2.0)), "down"),
    ]


@pytest.mark.parametrize("index", range(3))
def test_contract(revive, points, index):
    metric, direction = made()[index]
    again = revive(metric)
    assert again._direction == direction and again.name == metric.name and again.get_config() == metric.get_config()
    real = points[::-1] + np.float32(0.3)
    assert updated(again, [(real, points)]) == updated(metric, [(real, points)]) != 0
    metric.reset_state()
    assert float(metric.result()) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.ModeCoverage([1.0, 2.0], 0.1), r"^Expected centers of shape \(modes, axes\) and a positive"),
        (lambda: metrics.HighQualityShare(CENTERS, 0), r"Received: centers\.shape=\(8, 2\), scale=0$"),
        (lambda: metrics.ModeCoverage(CENTERS, 1, min_samples=0), "^Expected min_samples of at least 1"),
        (lambda: metrics.KernelDistance(features=3), "^Expected features to be a layer or a function"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
