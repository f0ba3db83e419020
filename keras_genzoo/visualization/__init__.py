"""Pictures of data, models and trainings: functions that return a `matplotlib.figure.Figure`, and `save`.

Nothing here touches `pyplot`, a display or global state, and matplotlib loads when the first picture is made.
"""

from keras_genzoo.visualization.animation import animate
from keras_genzoo.visualization.attention import attention_maps
from keras_genzoo.visualization.curves import training_curves
from keras_genzoo.visualization.gallery import draw, pictures
from keras_genzoo.visualization.grids import image_grid
from keras_genzoo.visualization.judgements import mistakes, nearest_neighbors
from keras_genzoo.visualization.models import (
    interpolations,
    latent_map,
    latent_traversal,
    reconstructions,
    sample_grid,
)
from keras_genzoo.visualization.style import save, to_array
from keras_genzoo.visualization.texts import sentence_interpolations

__all__ = [
    "animate", "attention_maps", "draw", "image_grid", "interpolations", "latent_map", "latent_traversal",
    "mistakes", "nearest_neighbors", "pictures", "reconstructions", "sample_grid", "save",
    "sentence_interpolations", "to_array", "training_curves",
]  # fmt: skip
