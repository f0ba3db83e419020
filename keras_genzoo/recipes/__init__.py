"""Recipes: what to run, by name."""

from keras_genzoo.recipes import adversarial_images, classifiers, images, points, text, text_vae, translation
from keras_genzoo.recipes.recipe import Recipe

_MODULES = (images, points, adversarial_images, classifiers, text, text_vae, translation)
_RECIPES = {recipe.name: recipe for module in _MODULES for recipe in module.RECIPES}


def names():
    """The names of all recipes, in order."""
    return list(_RECIPES)


def get(name):
    """The recipe of a name.

    Raises:
        ValueError: for an unknown name; it lists the known ones.

    Example:

    >>> import keras_genzoo as genzoo
    >>> genzoo.recipes.get("vae-digits").dataset
    'digits'
    """
    if name not in _RECIPES:
        raise ValueError(f"Unknown recipe. Expected one of {', '.join(_RECIPES)}. Received: {name}")
    return _RECIPES[name]


__all__ = ["Recipe", "get", "names"]
