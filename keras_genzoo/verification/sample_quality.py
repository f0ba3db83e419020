"""Measures of sample quality against closed forms, brute force and what equal sets must give."""

import math

import numpy as np

from keras_genzoo import metrics
from keras_genzoo.verification.table import Check, Row

SIZE = 6


def frechet():
    """The distance of Gaussians in closed form, of sets that have exactly these moments, and of equal sets."""
    generator = np.random.default_rng(0)
    scales, other = generator.uniform(0.1, 2.0, (2, SIZE))
    shift = generator.normal(size=SIZE)
    basis = np.linalg.qr(generator.normal(size=(SIZE, SIZE)))[0]
    covariances = [basis @ np.diag(values**2) @ basis.T for values in (scales, other)]
    exact = np.sum(shift**2) + np.sum((scales - other) ** 2)  # of covariances that commute
    measured = metrics.gaussian_frechet_distance(np.zeros(SIZE), covariances[0], shift, covariances[1])
    yield Row("Frechet distance of two Gaussians", measured, exact, "=", 1e-9, "commuting covariances, closed form")

    a, b = (generator.normal(size=(SIZE, SIZE)) for _ in range(2))
    product = np.linalg.eigvals(a @ a.T @ b @ b.T).real  # of a product of covariances these are real and positive
    exact = np.sum(a**2) + np.sum(b**2) - 2 * np.sum(np.sqrt(product))
    measured = metrics.gaussian_frechet_distance(np.zeros(SIZE), a @ a.T, np.zeros(SIZE), b @ b.T)
    yield Row("the same, any covariances", measured, exact, "=", 1e-6, "against the eigenvalues of their product")

    white = generator.normal(size=(500, SIZE))
    white = np.linalg.qr(white - white.mean(axis=0))[0] * math.sqrt(499)  # mean 0 and covariance 1 exactly
    real, fake = white * scales @ basis.T, white * other @ basis.T + shift
    exact = np.sum(shift**2) + np.sum((scales - other) ** 2)
    detail = "500 examples with exactly these moments"
    yield Row("Frechet distance of two sets", metrics.frechet_distance(real, fake), exact, "=", 1e-9, detail)
    order = generator.permutation(len(real))
    yield Row("of equal sets", metrics.frechet_distance(real, real[order]), 0.0, "=", 1e-12, "500 examples, shuffled")
    few = real[: SIZE // 2]
    yield Row("of equal sets, singular covariance", metrics.frechet_distance(few, few), 0.0, "=", 1e-12, "3 examples")


def kernel():
    """The unbiased estimate has mean 0 between equal distributions, and is the double sum."""
    generator = np.random.default_rng(1)
    estimates = [metrics.kernel_distance(*generator.normal(size=(2, 20, 4)), num_blocks=1)[0] for _ in range(2000)]
    error = np.std(estimates) / math.sqrt(len(estimates))
    detail = "2,000 pairs of 20 examples, in standard errors"
    yield Row("kernel distance of equal distributions", np.mean(estimates) / error, 0.0, "=", 4.0, detail)

    x, y = generator.normal(size=(7, 3)), generator.normal(size=(5, 3)) + 0.5
    within = [
        np.mean([(a @ b / 3 + 1) ** 3 for i, a in enumerate(values) for j, b in enumerate(values) if i != j])
        for values in (x, y)
    ]
    exact = sum(within) - 2 * np.mean([(a @ b / 3 + 1) ** 3 for a in x for b in y])
    measured, _ = metrics.kernel_distance(x, y, num_blocks=1)
    yield Row("kernel distance, against the double sum", measured, exact, "=", 1e-12, "7 and 5 examples")

    metric, pairs = metrics.KernelDistance(), [(i, j) for i in range(5) for j in range(5) if i != j]
    metric.update_state(x[:5].astype("float32"), y.astype("float32"))
    exact = np.mean([(x[i] @ x[j] / 3 + 1) ** 3 + (y[i] @ y[j] / 3 + 1) ** 3 for i, j in pairs])
    exact -= 2 * np.mean([(x[i] @ y[j] / 3 + 1) ** 3 for i, j in pairs])
    yield Row("the Keras metric of one batch", metric.result(), exact, "=", 1e-4, "float32 against float64")


def manifolds():
    """Precision and recall are 1 for equal sets, 0 for far ones, and tell what is missing from what is wrong."""
    generator = np.random.default_rng(2)
    real = generator.normal(size=(400, 3))
    for name, value in zip(("precision", "recall"), metrics.precision_recall(real, real), strict=True):
        yield Row(f"{name} of equal sets", value, 1.0, detail="400 examples")
    for name, value in zip(("precision", "recall"), metrics.precision_recall(real, real + 100), strict=True):
        yield Row(f"{name} of far sets", value, 0.0, detail="400 examples")
    two = np.concatenate([real, real + 100])
    precision, recall = metrics.precision_recall(two, real)
    yield Row("precision with one mode of two", precision, 1.0, detail="800 and 400 examples")
    yield Row("recall with one mode of two", recall, 0.5, detail="800 and 400 examples")


def modes():
    """Points drawn from a grid of Gaussians: share of high quality and spread have closed forms."""
    centers = np.stack(np.meshgrid(*[np.arange(5.0)] * 2), axis=-1).reshape(-1, 2)
    generator, count, scale = np.random.default_rng(3), 50_000, 0.05
    points = centers[generator.integers(25, size=count)] + scale * generator.normal(size=(count, 2))
    outside = math.exp(-4.5)  # of a plane's Gaussian beyond 3 standard deviations
    error = math.sqrt(outside * (1 - outside) / count)
    measured = metrics.high_quality_share(points, centers, scale)
    yield Row("share of high quality, true samples", measured, 1 - outside, "=", 4 * error, "closed form, 4 errors")
    exact = math.sqrt(1 - 4.5 * outside / (1 - outside))
    measured = np.sqrt(np.mean(metrics.mode_spread(points, centers, scale) ** 2))
    yield Row("spread inside the modes, true samples", measured, exact, "=", 0.01, "closed form, cut at 3 deviations")
    yield Row("modes found, true samples", metrics.mode_coverage(points, centers, scale), 25)
    missed = metrics.mode_reverse_kl(centers[:5], centers)
    yield Row("reverse KL with 5 of 25 modes", missed, math.log(5), "=", 1e-12, "nats")


CHECKS = [
    Check("Frechet distance", "metrics", frechet),
    Check("kernel distance", "metrics", kernel),
    Check("precision and recall", "metrics", manifolds),
    Check("modes", "metrics", modes),
]
