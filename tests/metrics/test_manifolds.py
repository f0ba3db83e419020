import numpy as np
import pytest

from keras_genzoo.metrics import distances, precision_recall


def brute_force(real, fake, neighbors):
    def share(queries, points):
        radii = [sorted(np.linalg.norm(points - p, axis=1))[neighbors] for p in points]
        return np.mean([any(np.linalg.norm(q - p) <= r for p, r in zip(points, radii, strict=True)) for q in queries])

    return share(fake, real), share(real, fake)


@pytest.fixture
def sets():
    generator = np.random.default_rng(0)
    return generator.normal(size=(60, 3)), 0.5 + generator.normal(size=(50, 3))


@pytest.mark.parametrize("neighbors", [1, 3, 10])
@pytest.mark.parametrize("block", [70, 10**6])
def test_is_brute_force(monkeypatch, sets, neighbors, block):
    monkeypatch.setattr(distances, "BLOCK", block)
    assert precision_recall(*sets, neighbors=neighbors) == pytest.approx(brute_force(*sets, neighbors))


def test_sides(sets):
    precision, recall = precision_recall(*sets)
    assert precision_recall(sets[1], sets[0]) == (recall, precision)
    assert precision_recall(sets[0], sets[0][::-1]) == (1.0, 1.0)
    assert precision_recall(np.repeat(sets[0], 5, axis=0), np.repeat(sets[0], 5, axis=0)) == (1.0, 1.0)  # radii of 0


def test_a_collapsed_generator_is_precise_and_recalls_nothing(sets):
    precision, recall = precision_recall(sets[0], np.repeat(sets[0][:1], 50, axis=0))
    assert precision == 1.0 and recall <= 1 / 60


def test_errors(sets):
    with pytest.raises(ValueError, match=r"at least 4 examples\. Received: fake\.shape=\(3, 3\)"):
        precision_recall(sets[0], sets[1][:3])
    with pytest.raises(ValueError, match=r"^Expected at least one neighbour\. Received: neighbors=0$"):
        precision_recall(*sets, neighbors=0)
