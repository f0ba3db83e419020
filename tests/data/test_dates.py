import datetime
import re

import numpy as np
import pytest

from keras_genzoo import data
from keras_genzoo.data.dates import KNOWN, MONTHS, NEW, SHORT, WEEKDAYS, written


@pytest.fixture(scope="module")
def splits():
    return data.load("dates")


def parsed(text):
    """An independent reader: looks the words up in tables of all languages, then decides what the numbers are."""
    text = text.lower()
    if re.fullmatch(r"\d{8}", text):
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    tables = [table[language].lower().split() for table in (MONTHS, SHORT) for language in table]
    names = {name: i for table in tables for i, name in enumerate(table, 1)}
    words = re.findall(r"[^\W\d_]+\.?", text)
    months = {names[w] for word in words for w in (word, word.rstrip(".")) if w in names}
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    year = next(number for number in numbers if number > 31)
    numbers.remove(year)
    if months:
        return datetime.date(year, months.pop(), numbers[0])
    if re.match(r"\d{4}", text):
        return datetime.date(year, *numbers)
    if "." in text or numbers[0] > 12:
        return datetime.date(year, numbers[1], numbers[0])
    return datetime.date(year, *numbers)


def test_every_target_is_the_date_of_its_text(splits):
    for split in (splits.train, splits.validation, splits.test):
        for text, target in zip(split.texts, split.targets, strict=True):
            assert parsed(text).isoformat() == target, text


def test_no_date_and_no_text_in_two_parts(splits):
    parts = (splits.train, splits.validation, splits.test)
    for column in ("texts", "targets"):
        sets = [set(split.columns[column]) for split in parts]
        assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])
    assert [len(split) for split in parts] == [50_000, 2_000, 2_000]
    assert len(set(splits.train.texts)) == 50_000


def test_half_of_the_test_is_in_new_formats(splits):
    assert np.bincount(splits.test.labels).tolist() == [1000, 1000]
    assert not splits.train.labels.any() and not splits.validation.labels.any()
    pairs = [{(k, template) for k, text in table.items() for template in text.split("|")} for table in (KNOWN, NEW)]
    assert not pairs[0] & pairs[1] and len(pairs[0]) > 40 and len(pairs[1]) > 10
    fields = [{(k.rstrip("!"), field) for k, t in pair for field in re.findall("{.*?}", t)} for pair in pairs]
    assert fields[1] - fields[0] == set(), "new formats put known parts together"


def test_no_text_of_a_new_format_is_one_of_a_known_format(splits):
    known = [(k, template) for k, text in KNOWN.items() for template in text.split("|")]
    for text, target, new in zip(splits.test.texts, splits.test.targets, splits.test.labels, strict=True):
        forms = {written(datetime.date.fromisoformat(target), k, template).lower() for k, template in known}
        assert (text.lower() not in forms) == new


def test_years_and_leap_days(splits):
    years = [int(target[:4]) for target in splits.train.targets]
    assert (min(years), max(years)) == (1900, 2099)
    assert any(target.endswith("02-29") for target in splits.train.targets)


@pytest.mark.parametrize(
    ("language", "template", "expected"),
    [
        ("en", "{w}, the {o} of {m} {y}", "Monday, the 22nd of May 2000"),
        ("de", "{w}, den {dd}. {b} {y}", "Montag, den 22. Mai 2000"),
        ("en!", "{n}/{d}/{y}", "5/22/2000"),
        ("", "{y}{mm}{dd}", "20000522"),
    ],
)
def test_written(language, template, expected):
    assert written(datetime.date(2000, 5, 22), language, template) == expected


def test_ordinals():
    ordinals = [written(datetime.date(2001, 1, day), "en", "{o}") for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)]
    assert ordinals == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"]
    assert written(datetime.date(2001, 1, 1), "fr", "{d} {m}") == "1er janvier"
    assert all(len(table[k].split()) == n for table, n in ((MONTHS, 12), (SHORT, 12), (WEEKDAYS, 7)) for k in table)
