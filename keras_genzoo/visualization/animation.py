"""Pictures that move: a training from the PNG files of its epochs."""

import os
import pathlib


def animate(pictures, path, milliseconds=250, hold=2000):
    """Writes PNG files as the frames of a GIF that repeats, beside and then renamed.

    Args:
        pictures: paths in order, of pictures of one size.
        path: str or path, which ends in `.gif`.
        milliseconds: int, how long a frame stays. Defaults to 250.
        hold: int, how long the last frame stays. Defaults to 2000.

    Returns:
        The path, a `pathlib.Path`.

    Raises:
        ValueError: if there is no picture, or they are of different sizes.
    """
    from PIL import Image

    frames = []
    for picture in pictures:
        with Image.open(picture) as image:
            frames.append(image.convert("RGB").quantize(dither=Image.Dither.NONE))
    if len({frame.size for frame in frames}) != 1:
        raise ValueError(f"Expected pictures of one size. Received: {len(frames)} of {[f.size for f in frames][:3]}")
    path = pathlib.Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    durations = [milliseconds] * (len(frames) - 1) + [hold]
    try:
        frames[0].save(
            beside, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, disposal=2
        )
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path
