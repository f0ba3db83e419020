"""Options of the command line against what a model takes."""


def check_options(options, accepted):
    """Refuses options that are given (not `None`) and that a model does not take.

    Raises:
        ValueError: one line.
    """
    unknown = sorted(name for name, value in options.items() if value is not None and name not in accepted)
    if unknown:
        expected = f"one of {', '.join(sorted(accepted))}" if accepted else "no option of this kind"
        raise ValueError(
            f"This model takes no {unknown[0]}. Expected {expected}. Received: {unknown[0]}={options[unknown[0]]!r}"
        )
