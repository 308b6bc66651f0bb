"""Run folders: whole or not at all."""

import pytest

from flambeau.app.errors import CommandError
from flambeau.app.runs import new_run, read_run


def write(output, force=False, text="new"):
    with new_run(output, force) as folder:
        (folder / "config.json").write_text(text)
        assert not (output / "config.json").exists() or force


def test_the_folder_appears_at_the_end(tmp_path):
    output = tmp_path / "runs" / "deep" / "a"
    with new_run(output, False) as folder:
        (folder / "config.json").write_text("{}")
        assert not output.exists()
    assert [path.name for path in output.iterdir()] == ["config.json"]
    assert [path.name for path in output.parent.iterdir()] == ["a"]
    assert output.stat().st_mode & 0o777 == output.parent.stat().st_mode & 0o777


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), new_run(tmp_path / "runs" / "a", False) as folder:
        (folder / "config.json").write_text("{}")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_kept(tmp_path):
    write(tmp_path / "a", text="old")
    with pytest.raises(CommandError, match="exists: choose another --output, or --force"):
        write(tmp_path / "a")
    assert (tmp_path / "a" / "config.json").read_text() == "old"


def test_force_replaces_a_run(tmp_path):
    write(tmp_path / "a", text="old")
    (tmp_path / "a" / "more.txt").write_text("old")
    write(tmp_path / "a", force=True)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["config.json"]
    assert (tmp_path / "a" / "config.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failed_replacement_keeps_the_old_run(tmp_path):
    write(tmp_path / "a", text="old")
    with pytest.raises(ZeroDivisionError), new_run(tmp_path / "a", True):
        raise ZeroDivisionError
    assert (tmp_path / "a" / "config.json").read_text() == "old"


def test_force_replaces_nothing_else(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(CommandError, match="is not a run folder; it is not replaced"):
        write(tmp_path, force=True)
    with pytest.raises(CommandError, match="exists and is not a folder"):
        write(tmp_path / "file", force=True)
    assert (tmp_path / "file").read_text() == "precious"


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot write to"):
        write(tmp_path / "file" / "a")


def test_reading_what_is_no_run(tmp_path):
    with pytest.raises(CommandError, match="no such run folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="is not a run folder: it has no config.json"):
        read_run(tmp_path)
    for text in ("{", "[]", "{}", '{"layers": "8", "shape": 3, "classes": []}'):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(CommandError, match="config.json cannot be read"):
            read_run(tmp_path)
    (tmp_path / "config.json").write_text('{"layers": "8", "shape": [4], "classes": ["a", "b"]}')
    with pytest.raises(CommandError, match="it has no model.pt"):
        read_run(tmp_path)
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(CommandError, match="model.pt cannot be read"):
        read_run(tmp_path)


def test_a_network_of_another_shape(digits_run, tmp_path):
    config = (digits_run / "config.json").read_text().replace("conv8,pool,32", "16")
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "model.pt").write_bytes((digits_run / "model.pt").read_bytes())
    with pytest.raises(CommandError, match="model.pt cannot be read"):
        read_run(tmp_path)
