"""The README's first examples, run as they stand, give what they promise."""

import pathlib
import re

import pytest

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow  # 28 s beside a training; the distance is about 0.01
def test_the_examples_of_a_vae_and_a_gan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(EXAMPLES[0], names)
    assert (tmp_path / "my-vae" / "manifest.json").is_file() and names["images"].shape == (16, 8, 8, 1)
    exec(EXAMPLES[1], names)
    distance = names["gan"].evaluate(names["splits"].validation.batches(160), verbose=0, return_dict=True)
    assert distance["kernel_distance"] < 0.05
    assert (tmp_path / "my-gan.keras").is_file()
