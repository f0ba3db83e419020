"""Learning rates that several families share."""

import keras


def one_cycle(peak, updates):
    """A learning rate that rises over a fiftieth of the updates and falls by a cosine to a hundredth of its peak."""
    warmup = min(1000, max(1, updates // 50))
    return keras.optimizers.schedules.CosineDecay(
        peak / 100, max(1, updates - warmup), alpha=0.01, warmup_target=peak, warmup_steps=warmup
    )
