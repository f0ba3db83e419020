"""The notebooks: paired with their text form, committed with clean outputs, and running from top to bottom.

The last is marked `notebook` (and `slow`): `pytest -m notebook`.
"""

import os
import pathlib
import re

import pytest

nbformat = pytest.importorskip("nbformat")
ROOT = pathlib.Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MACHINE = re.compile(
    r"(?<![\w.])(/(home|root|Users|tmp|opt|usr|var|mnt|work|private|content)/|[A-Z]:\\)|site-packages|ipykernel_\d"
)
MAX_BYTES = 1_500_000
MAX_SECONDS = 600  # of one cell, on a loaded machine

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def texts(output):
    """All that an output says in letters: pictures are left out."""
    yield from (output.get("name", ""), output.get("text", ""))
    for kind, content in output.get("data", {}).items():
        if not kind.startswith("image/"):
            yield content if isinstance(content, str) else str(content)


def test_every_text_form_has_its_notebook():
    assert NOTEBOOKS
    assert [path.stem for path in sorted((ROOT / "notebooks").glob("*.py"))] == [path.stem for path in NOTEBOOKS]


@every_notebook
def test_the_text_form_holds_the_same_source(path):
    jupytext = pytest.importorskip("jupytext")
    notebook, text = read(path), jupytext.read(path.with_suffix(".py"))
    assert notebook.metadata["jupytext"]["formats"] == text.metadata["jupytext"]["formats"] == "ipynb,py:percent"
    ours, theirs = (
        [(cell.cell_type, cell.metadata.get("tags", []), cell.source) for cell in cells]
        for cells in (notebook.cells, text.cells)
    )
    assert ours == theirs


@every_notebook
def test_the_first_code_cell_holds_the_parameters(path):
    cell = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert cell.metadata.get("tags") == ["parameters"]
    assert cell.source.startswith("smoke = False")


@every_notebook
def test_outputs_are_committed_whole_and_clean(path):
    nbformat.validate(read(path))
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))  # one run, from top to bottom
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert path.stat().st_size < MAX_BYTES


@every_notebook
def test_nothing_in_it_names_a_machine(path):
    cells = read(path).cells
    written = [text for cell in cells for output in cell.get("outputs", []) for text in texts(output)]
    assert not [text for text in [*written, *(cell.source for cell in cells)] if MACHINE.search(text)]


@pytest.mark.parametrize(
    "text, found",
    [
        ("see /home/me/x.py:3", True),
        ("in '/tmp/tmpabc'", True),
        (r"C:\Users\me", True),
        ("written: 1, model.keras", False),
        ("3/4/5 and https://example.org/home/page", False),
    ],
)
def test_machine_paths_are_recognised(text, found):
    assert bool(MACHINE.search(text)) == found


@pytest.mark.notebook
@pytest.mark.slow
@every_notebook
@pytest.mark.filterwarnings("default")  # those of Jupyter's own packages
def test_it_runs_with_little_training(path, tmp_path):
    nbclient = pytest.importorskip("nbclient")
    notebook = read(path)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source = cell.source.replace("smoke = False", "smoke = True")
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    client = nbclient.NotebookClient(
        notebook, timeout=MAX_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": python_path})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert not list(tmp_path.iterdir())  # what it writes goes to temporary folders
