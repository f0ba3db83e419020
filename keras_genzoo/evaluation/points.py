"""What samples of point sets are worth."""

import numpy as np

from keras_genzoo import data, metrics
from keras_genzoo.evaluation.samples import NUM_POINTS, compared, drawn

MODE_SAMPLES = 20  # of high quality, for a mode to count


def evaluate_points(model, splits, held_out, num_samples=None, seed=0, verbose=0):
    """Measures the points a model generates.

    Args:
        model: with `generate` and `num_classes`.
        splits: `keras_genzoo.data.Splits`; of the embedded `ring` and `grid` the modes are known.
        held_out: `Split` that the samples are compared with.
        num_samples: int. Defaults to 2,500, that of published figures.
        seed: int, of the samples. Defaults to 0.
        verbose: 1 shows a progress bar. Defaults to 0.

    Returns:
        dict. Where the modes are known `modes_covered` (with at least 20 samples of high quality: within 3 standard
        deviations), `modes_hit` (with at least one), `num_modes`, `high_quality_share`, `reverse_kl` (nats, over the
        modes nearest to the samples), `spread` (the root mean square of the standard deviations inside the modes, as a
        share of the true one), `spread_lowest` and `spread_highest` of a mode and an axis; and of training points in
        place of samples `high_quality_share_real` and `spread_real`. A spread is left out where no mode has two
        samples of high quality. For all points what `samples.compared` returns, on the coordinates; and the protocol.
    """
    num_samples = NUM_POINTS if num_samples is None else num_samples
    fake, _ = drawn(model, num_samples, held_out.labels, seed, verbose)
    real = splits.train.some(num_samples, seed).arrays["points"]
    results, modes = {}, data.embedded.MODES.get(splits.info["name"])
    if modes is not None:
        centers, scale = modes[0](), modes[1]
        results = _modes(fake, real, centers, scale)
    results |= compared(held_out.arrays["points"], fake, real, seed)
    return results | {"num_samples": num_samples, "num_real_samples": len(real), "seed": seed}


def _modes(fake, real, centers, scale):
    return {
        "modes_covered": metrics.mode_coverage(fake, centers, scale, MODE_SAMPLES),
        "modes_hit": metrics.mode_coverage(fake, centers, scale),
        "num_modes": len(centers),
        "high_quality_share": metrics.high_quality_share(fake, centers, scale),
        "high_quality_share_real": metrics.high_quality_share(real, centers, scale),
        "reverse_kl": metrics.mode_reverse_kl(fake, centers),
        **_spread(fake, centers, scale, ("spread", "spread_lowest", "spread_highest")),
        **_spread(real, centers, scale, ("spread_real",)),
        "num_good_samples_of_a_covered_mode": MODE_SAMPLES,
    }


def _spread(points, centers, scale, names):
    """Root mean square, minimum and maximum of the spread over modes and axes, as many as there are names."""
    values = metrics.mode_spread(points, centers, scale)
    known = values[np.isfinite(values)]
    if not known.size:
        return {}
    return dict(zip(names, map(float, (np.sqrt(np.mean(known**2)), known.min(), known.max())), strict=False))
