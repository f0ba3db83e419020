"""What a model is worth that has no likelihood: the quality of its samples."""

from keras_genzoo.evaluation.dispatch import evaluate
from keras_genzoo.evaluation.images import evaluate_images
from keras_genzoo.evaluation.points import evaluate_points
from keras_genzoo.models import GAN


@evaluate.register(GAN)
def evaluate_samples(
    model, splits, split="test", num_samples=None, max_examples=None, batch_size=None, seed=0, verbose=0,
    classifier=None,
):  # fmt: skip
    """Measures the samples of a model: points by `points.evaluate_points`, images by `images.evaluate_images`.

    Args:
        model: with `generate(num_samples, labels=None, seed=...)`, `num_classes` and `event_shape`.
        splits, split, max_examples, seed, verbose: as in `evaluate`.
        num_samples: int. Defaults to 2,500 points, or as many images as there are in the split.
        batch_size: not used: samples come in chunks of 500.
        classifier: of images: a `Classifier` or its file, in place of that of the data set. Defaults to `None`.

    Returns:
        dict from name to number, with the protocol.

    Raises:
        ValueError: if there is no classifier for the images, or the model generates no finite numbers.
    """
    held_out = getattr(splits, split)
    held_out = held_out if max_examples is None else held_out.take(max_examples)
    options = {"num_samples": num_samples, "seed": seed, "verbose": verbose}
    if "images" in held_out.arrays:
        results = evaluate_images(model, splits, held_out, classifier=classifier, **options)
    else:
        results = evaluate_points(model, splits, held_out, **options)
    return results | {"split": split, "num_examples": len(held_out)}
