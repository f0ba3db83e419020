import pytest

from keras_genzoo.artifacts import texts


@pytest.mark.parametrize("name", ["a.png", "a.npz"])
def test_texts_are_not_written_as_pictures(tmp_path, name):
    with pytest.raises(ValueError, match=r"^This model writes texts\. Expected a file of text, .*Received: .*a\."):
        texts.written(["a text"], tmp_path / name)
    assert not list(tmp_path.iterdir())
