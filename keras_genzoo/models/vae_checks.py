"""Checks of what a `VAE` is made of, each with a one-line answer."""

import math

import keras

OBJECTIVES = ("elbo", "iwae", "dreg")


def check_arguments(objective, num_samples, beta, free_bits):
    if objective not in OBJECTIVES:
        raise ValueError(f"Unknown objective. Expected one of {OBJECTIVES}. Received: objective={objective!r}")
    if not isinstance(num_samples, int) or num_samples < 1:
        raise ValueError(f"Expected num_samples to be an integer of at least 1. Received: num_samples={num_samples!r}")
    schedule = isinstance(beta, keras.optimizers.schedules.LearningRateSchedule)
    if not schedule and not (isinstance(beta, (int, float)) and 0 <= beta < math.inf):
        raise ValueError(f"Expected beta to be a number of at least 0 or a schedule. Received: beta={beta!r}")
    if not 0 <= free_bits < math.inf or (free_bits and objective != "elbo"):
        raise ValueError(
            "Expected free_bits of at least 0, and 0 unless objective='elbo'. "
            f"Received: free_bits={free_bits}, objective={objective!r}"
        )


def check_networks(encoder, decoder, num_classes):
    """Returns `(event_shape, latent_dim)`, or says in one line what does not fit."""
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if not isinstance(network, keras.Model) or not hasattr(network, "output"):
            raise ValueError(
                f"The {name} must be a functional keras.Model; wrap a layer as keras.Model(inputs, layer(inputs)). "
                f"Received: {name}={network!r}"
            )
        wanted = {"images" if name == "encoder" else "z", "labels"}
        if num_classes is not None and (not isinstance(network.input, dict) or set(network.input) != wanted):
            raise ValueError(
                f"With num_classes the {name} takes a dictionary. Expected inputs {sorted(wanted)}. "
                f"Received: {name}.input={network.input}"
            )
        if num_classes is None and not hasattr(network.input, "shape"):
            raise ValueError(f"The {name} must take one tensor. Received: {name}.input={network.input}")
    outputs = encoder.output
    pair = isinstance(outputs, (list, tuple)) and len(outputs) == 2
    if not pair or outputs[0].shape != outputs[1].shape or len(outputs[0].shape) != 2:
        raise ValueError(
            "The encoder must return [z_mean, z_log_var] of one shape (batch, latent_dim). "
            f"Received: encoder.output={outputs}"
        )
    images, z = encoder.input, decoder.input
    if num_classes is not None:
        images, z = images["images"], z["z"]
    event_shape, latent_dim = tuple(images.shape[1:]), outputs[0].shape[-1]
    if tuple(z.shape[1:]) != (latent_dim,) or tuple(decoder.output.shape[1:]) != event_shape:
        raise ValueError(
            f"The decoder must map (batch, {latent_dim}) to (batch, {', '.join(map(str, event_shape))}), "
            f"as the encoder's output and input are. Received: {tuple(z.shape)} to {tuple(decoder.output.shape)}"
        )
    return event_shape, latent_dim


def check_inputs(x):
    """Refuses what is not images with labels, where a model is conditional."""
    if not isinstance(x, dict) or set(x) != {"images", "labels"}:
        raise ValueError(
            "A conditional VAE takes x as a dictionary. Expected {'images', 'labels'}. "
            f"Received: x={sorted(x) if isinstance(x, dict) else type(x).__name__}"
        )
