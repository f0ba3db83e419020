"""Objects by their names."""


def look_up(identifier, base, names, what):
    """An object of `base` from its name in `names`, or the object itself; `ValueError` for anything else."""
    if isinstance(identifier, base):
        return identifier
    if isinstance(identifier, str) and identifier in names:
        return names[identifier]()
    raise ValueError(
        f"Unknown {what}. Expected one of {sorted(names)} or an object of keras_genzoo.losses.{base.__name__}. "
        f"Received: {what}={identifier!r}"
    )
