import numpy as np

from keras_genzoo import data


def test_protocol():
    splits = data.load("reverse")
    parts = (splits.train, splits.validation, splits.test)
    assert [len(split) for split in parts] == [50_000, 1_000, 1_000]
    rows = [[text.split() for text in split.texts] for split in parts]
    for split, texts in zip(parts, rows, strict=True):
        assert [text[::-1] for text in texts] == [target.split() for target in split.targets]
    lengths = np.bincount([len(row) for row in rows[0]])
    assert lengths[0] == 0 and len(lengths) == 26
    np.testing.assert_allclose(lengths[1:], 2000, atol=5 * 2000**0.5)
    counts = np.bincount([int(number) for row in rows[0] for number in row], minlength=50)
    np.testing.assert_allclose(counts / counts.sum(), 0.02, atol=0.002)
    assert not set(splits.train.texts) & {*splits.validation.texts, *splits.test.texts}
    assert not set(splits.validation.texts) & set(splits.test.texts)
