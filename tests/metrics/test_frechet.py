import numpy as np
import pytest
from scipy import linalg

from keras_genzoo.metrics import frechet_distance, gaussian_frechet_distance


@pytest.fixture
def sets():
    generator = np.random.default_rng(0)
    real = generator.normal(size=(300, 5)) @ generator.normal(size=(5, 5))
    return real, 1.0 + generator.normal(size=(200, 5)) @ generator.normal(size=(5, 5))


def plain(real, fake):
    """The formula of the paper with a matrix square root."""
    covariances = [np.cov(values, rowvar=False) for values in (real, fake)]
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    shift = real.mean(axis=0) - fake.mean(axis=0)
    return shift @ shift + np.trace(covariances[0] + covariances[1] - 2 * root)


def test_is_the_formula_of_the_paper(sets):
    assert frechet_distance(*sets) == pytest.approx(plain(*sets), rel=1e-9)
    assert frechet_distance(sets[1], sets[0]) == pytest.approx(plain(*sets), rel=1e-9)


def test_sets_and_their_moments_agree(sets):
    moments = [(values.mean(axis=0), np.cov(values, rowvar=False)) for values in sets]
    assert gaussian_frechet_distance(*moments[0], *moments[1]) == pytest.approx(frechet_distance(*sets), rel=1e-9)


def test_scales_with_the_square(sets):
    assert frechet_distance(3 * sets[0], 3 * sets[1]) == pytest.approx(9 * frechet_distance(*sets))


@pytest.mark.parametrize("count", [2, 4, 300])
def test_equal_sets_are_at_zero(sets, count):
    """Also where there are fewer examples than features, and for float32."""
    real = sets[0][:count].astype("float32")
    assert 0 <= frechet_distance(real, real[::-1]) < 1e-10


def test_small_differences_of_singular_sets_are_not_lost():
    """A square root of a product of covariances loses half of the digits here."""
    real = np.zeros((100, 3))
    real[:, 0] = np.linspace(-1, 1, 100)
    fake = real * (1 + 1e-6)
    exact = (1e-6 * real[:, 0].std(ddof=1)) ** 2
    assert frechet_distance(real, fake) == pytest.approx(exact, rel=0.01, abs=1e-15)
    assert frechet_distance(real, real + np.array([0, 1e-5, 0])) == pytest.approx(1e-10, rel=1e-4)


def test_falls_with_the_number_of_examples():
    """The bias that makes the number of examples part of the figure."""
    values = np.random.default_rng(1).normal(size=(2, 4000, 8))
    few, many = frechet_distance(values[0, :200], values[1, :200]), frechet_distance(*values)
    assert few > 5 * many > 0


def test_bad_covariance():
    with pytest.raises(ValueError, match=r"^Expected a symmetric covariance \(size, size\)\. Received: shape=\(2, 2\)"):
        gaussian_frechet_distance([0, 0], [[1, 2], [3, 4]], [0, 0], np.eye(2))
    with pytest.raises(ValueError, match="at least 2 examples"):
        frechet_distance(np.zeros((1, 2)), np.zeros((5, 2)))
