"""Checks of what a `GAN` is made of, each with a one-line answer."""

import keras

from keras_genzoo.models import checks

NOT_RAW = ("sigmoid", "hard_sigmoid", "log_sigmoid", "softmax", "log_softmax", "tanh", "relu", "softplus", "softsign")
SHAPE_ONLY = (keras.layers.Flatten, keras.layers.Reshape, keras.layers.Dropout)
KERAS_OPTIONS = {"auto_scale_loss", "jit_compile", "run_eagerly", "steps_per_execution"}


def check_arguments(num_classes, packing, ema_momentum):
    if not isinstance(packing, int) or packing < 1:
        raise ValueError(f"Expected packing to be an integer of at least 1. Received: packing={packing!r}")
    if packing > 1 and num_classes is not None:
        raise ValueError(
            "Packs have no one label. Expected packing=1 with num_classes. "
            f"Received: packing={packing}, num_classes={num_classes}"
        )
    if ema_momentum is not None and not (isinstance(ema_momentum, (int, float)) and 0 <= ema_momentum < 1):
        raise ValueError(f"Expected ema_momentum in [0, 1) or None. Received: ema_momentum={ema_momentum!r}")


def check_networks(generator, discriminator, num_classes, packing):
    """Returns `(event_shape, latent_dim)`, or says in one line what does not fit."""
    for name, network, first in (("generator", generator, "z"), ("discriminator", discriminator, "images")):
        if not isinstance(network, keras.Model) or not hasattr(network, "output"):
            raise ValueError(
                f"The {name} must be a functional keras.Model; wrap a layer as keras.Model(inputs, layer(inputs)). "
                f"Received: {name}={network!r}"
            )
        if num_classes is not None and (not isinstance(network.input, dict) or set(network.input) != {first, "labels"}):
            raise ValueError(
                f"With num_classes the {name} takes a dictionary. Expected inputs {sorted((first, 'labels'))}. "
                f"Received: {name}.input={network.input}"
            )
    z, images = generator.input, discriminator.input
    if num_classes is not None:
        z, images = z["z"], images["images"]
    _check_tensors(generator=z, discriminator=images)
    event_shape = tuple(generator.output.shape[1:])
    if len(z.shape) != 2 or not event_shape or None in event_shape:
        raise ValueError(
            "The generator must map (batch, latent_dim) to events of a known shape. "
            f"Received: {tuple(z.shape)} to {tuple(generator.output.shape)}"
        )
    packed = (*event_shape[:-1], packing * event_shape[-1])
    if tuple(images.shape[1:]) != packed or tuple(discriminator.output.shape[1:]) != (1,):
        raise ValueError(
            f"The discriminator must map (batch, {', '.join(map(str, packed))}), {packing} of the generator's events "
            f"along the last axis, to one logit (batch, 1). Received: {tuple(images.shape)} to "
            f"{tuple(discriminator.output.shape)}"
        )
    _check_raw(discriminator)
    if len(event_shape) == 3 and _last_activation(generator.output) == "sigmoid":
        raise ValueError(
            "The generator of images must reach [-1, 1]. Expected tanh, or no activation, at its end. Received: sigmoid"
        )
    return event_shape, int(z.shape[-1])


def _check_tensors(**inputs):
    for name, value in inputs.items():
        if not keras.backend.is_keras_tensor(value):
            raise ValueError(
                f"Without num_classes the {name} takes one tensor. "
                f"Received: {name}.input={sorted(value) if isinstance(value, dict) else value}"
            )


def _check_raw(discriminator):
    last = _last_activation(discriminator.output)
    if last in NOT_RAW:
        raise ValueError(
            "The discriminator must end in raw logits, as every objective takes them and applies its own sigmoid if "
            f"it has one. Expected no activation in its last layer. Received: {last}"
        )


def _last_activation(tensor):
    """The name of the activation that a tensor leaves, through nested models, wrappers and changes of shape."""
    operation, _, _ = tensor._keras_history
    if isinstance(operation, keras.Model):
        return _last_activation(operation.outputs[0]) if getattr(operation, "outputs", None) else None
    if isinstance(operation, SHAPE_ONLY) or type(operation).__name__ in ("Cast", "Identity", "Squeeze"):
        return _last_activation(operation.input)
    operation = getattr(operation, "layer", operation)  # of a wrapper, such as SpectralNormalization
    activation = getattr(operation, "activation", None)
    if activation is not None:
        return getattr(activation, "__name__", type(activation).__name__)
    name = type(operation).__name__.lower()
    return {"logsigmoid": "log_sigmoid", "logsoftmax": "log_softmax", "hardsigmoid": "hard_sigmoid"}.get(name, name)


def check_compile(generator_optimizer, discriminator_optimizer, discriminator_steps, options):
    if generator_optimizer is discriminator_optimizer and not isinstance(generator_optimizer, str):
        raise ValueError(
            "Each network needs an optimizer of its own, with its own slots. Expected two objects. "
            f"Received: one {type(generator_optimizer).__name__} for both"
        )
    if not isinstance(discriminator_steps, int) or discriminator_steps < 1:
        raise ValueError(
            f"Expected discriminator_steps to be an integer of at least 1. Received: {discriminator_steps=}"
        )
    unknown = set(options) - KERAS_OPTIONS
    if unknown:
        raise ValueError(
            "A GAN compiles with two optimizers, objective, penalty, discriminator_steps, quality and "
            f"{', '.join(sorted(KERAS_OPTIONS))}. Received: {', '.join(sorted(unknown))}"
        )


def check_batch(x, y, event_shape, num_classes, is_image):
    """Refuses data that a GAN of these events cannot learn from; images are expected in [-1, 1]."""
    events = x
    if num_classes is not None:
        if not isinstance(x, dict) or set(x) != {"images", "labels"}:
            raise ValueError(
                "A conditional GAN takes x as a dictionary. Expected {'images', 'labels'}. "
                f"Received: x={sorted(x) if isinstance(x, dict) else type(x).__name__}"
            )
        events = x["images"]
    if y is not None:
        raise ValueError(f"A GAN learns from x alone. Expected no targets. Received: y of type {type(y).__name__}")
    checks.check_events("x", events, event_shape, (-1.0, 1.0) if is_image else None)
    if len(events) < 2:
        raise ValueError(
            "A GAN cannot learn a distribution from one example. Expected at least 2, in a dataset's first batch too. "
            f"Received: x.shape={tuple(events.shape)}"
        )
    if num_classes is not None:
        checks.check_labels(x["labels"], num_classes, len(events))
