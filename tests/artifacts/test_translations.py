"""Translations by the SavedModel of an artefact, from Python and from the command line."""

import io
import os
import pty
import sys

import pytest

import keras_genzoo as genzoo
from keras_genzoo import artifacts, cli


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    """The artefact of a small translator."""
    preprocessor = genzoo.preprocessing.TextPreprocessor.learn(["a b c d"], level="words")
    encoder = genzoo.networks.RecurrentEncoder(8, 4, 4)
    model = genzoo.Seq2Seq(encoder, genzoo.networks.AttentionDecoder(8, 4, 4, 8), preprocessor)
    folder = tmp_path_factory.mktemp("translator") / "artefact"
    return model, genzoo.export(model, folder)


def test_translates_prompts_and_files_line_by_line(translator, tmp_path, capsys, monkeypatch):
    model, folder = translator
    sources = ["a b", "", "d c b a"]
    expected = model.generate(sources, max_length=4, beam_width=2)
    options = {"max_length": 4, "beam_width": 2}
    assert artifacts.generate(folder, prompts=sources, **options) == expected
    file = tmp_path / "sources.txt"
    file.write_text("\n".join(sources) + "\n")
    out = tmp_path / "out.txt"
    arguments = ["generate", str(folder), "--max-length", "4", "--beam-width", "2"]
    assert cli.main([*arguments, "--input", str(file), "--out", str(out)]) == 0
    assert out.read_text() == "\n".join(expected) + "\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    capsys.readouterr()
    assert cli.main([*arguments, "--input", "-"]) == 0
    assert capsys.readouterr().out == "\n".join(expected) + "\n"
    best = artifacts.generate(folder, prompts=["a b"], num_samples=2, **options)
    assert best == model.generate(["a b"], num_best=2, **options)[0]


@pytest.mark.parametrize("content, count", [("", 0), ("\n", 1), ("a\u2028b\x85c\x0cd\r\nb", 2)])
def test_a_line_of_input_is_a_line_of_output(translator, tmp_path, capsys, content, count):
    _, folder = translator
    file, out = tmp_path / "sources.txt", tmp_path / "out.txt"
    file.write_text(content, encoding="utf-8", newline="")
    arguments = ["generate", str(folder), "--max-length", "2", "--beam-width", "1", "--input", str(file)]
    assert cli.main(arguments) == 0 and cli.main([*arguments, "--out", str(out)]) == 0
    assert out.read_text().count("\n") == count and capsys.readouterr().out == out.read_text() + f"{out}\n"


def test_the_progress_bar_is_on_standard_error(translator, tmp_path, capsys, monkeypatch):
    """With standard error a terminal and standard output a file, the file has the texts and nothing else."""
    _, folder = translator
    file = tmp_path / "sources.txt"
    file.write_text("a b\n" * 65)  # two batches
    terminal, end = pty.openpty()
    os.set_blocking(terminal, False)
    with os.fdopen(end, "w") as stderr, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stderr)
        code = cli.main(["generate", str(folder), "--max-length", "2", "--beam-width", "1", "--input", str(file)])
        stderr.flush()
        shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert code == 0 and "2/2" in shown
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 65 and "\x1b" not in out and "2/2" not in out


def test_a_picture_is_of_the_attention(translator, tmp_path, capsys):
    _, folder = translator
    out = tmp_path / "maps.png"
    arguments = ["--prompt", "a b", "--prompt", "c", "--max-length", "3", "--out", str(out)]
    assert cli.main(["generate", str(folder), *arguments]) == 0
    assert out.read_bytes().startswith(b"\x89PNG") and capsys.readouterr().out == f"{out}\n"


def test_errors_of_translating(translator, tmp_path):
    _, folder = translator
    wrong = tmp_path / "wrong.txt"
    wrong.write_bytes(b"a\n\xff\n")
    for options, message in (
        ({}, r"Nothing to translate. Expected --prompt TEXT, or --input FILE"),
        ({"prompts": ["a"], "input": "-"}, r"Two things to translate. Expected --prompt TEXT, or --input FILE"),
        ({"prompts": ["a"], "beam_width": 0}, "beam_width=0"),
        ({"prompts": ["a"], "num_samples": 6}, "Expected at most beam_width translations.*beam_width=5, num_samples=6"),
        ({"prompts": ["a"], "length_penalty": float("nan")}, "Expected a finite length_penalty"),
        ({"prompts": ["a"], "temperature": 1.0}, "This model takes no temperature"),
        ({"input": str(wrong)}, r"Not UTF-8. Expected UTF-8 text. Received: .*, line 2"),
    ):
        with pytest.raises(ValueError, match=message):
            artifacts.generate(folder, **options)
