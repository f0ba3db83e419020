"""How many updates Keras makes in one call of a graph."""


def steps_per_execution(wanted, updates):
    """The largest divisor of the updates of an epoch that is at most `wanted`, so that no call is cut short.

    Args:
        wanted: int, at least 1.
        updates: int.

    Returns:
        int.

    Raises:
        ValueError: if `wanted` is below 1.

    Example:

    >>> from keras_genzoo.models.executions import steps_per_execution
    >>> [steps_per_execution(59, updates) for updates in (590, 468, 31, 61)]
    [59, 52, 31, 1]
    """
    if wanted < 1:
        raise ValueError(f"Expected steps_per_execution of at least 1. Received: steps_per_execution={wanted}")
    return next(steps for steps in range(min(wanted, max(updates, 1)), 0, -1) if updates % steps == 0)
