import numpy as np
import tensorflow as tf

from keras_genzoo.data.augmentation import shifted


def moved(image, down, across, fill):
    """One image moved by hand."""
    result = np.full_like(image, fill)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            if 0 <= i + down < image.shape[0] and 0 <= j + across < image.shape[1]:
                result[i, j] = image[i + down, j + across]
    return result


def test_every_image_is_moved_by_whole_pixels_of_its_own():
    images = np.random.default_rng(0).random((400, 5, 6, 2)).astype("float32")
    result = shifted(tf.constant(images), 2, -1.0, tf.constant([1, 2])).numpy()
    counts = {}
    for image, other in zip(images, result, strict=True):
        fits = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if np.array_equal(moved(image, i, j, -1.0), other)]
        assert len(fits) == 1
        counts[fits[0]] = counts.get(fits[0], 0) + 1
    assert len(counts) == 25 and max(counts.values()) < 40  # 16 of each on average


def test_depends_on_the_seed_alone():
    images = tf.random.stateless_uniform((10, 5, 5, 1), [0, 0])
    first, again, other = (shifted(images, 1, 0.0, tf.constant(seed)).numpy() for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0
    np.testing.assert_array_equal(shifted(images, 0, 0.0, tf.constant([1, 2])), images)
