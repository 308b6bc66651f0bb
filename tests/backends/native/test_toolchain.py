"""Finding a compiler."""

import sys

import pytest

from flambeau.backends.native import toolchain

FIND = "from flambeau.backends.native import toolchain as t; print(t.find())"
WITHOUT = {"CC": "/nonexistent/cc", "PATH": "/nonexistent"}


@pytest.fixture
def no_ziglang(monkeypatch):
    monkeypatch.setattr(toolchain, "_ziglang", lambda: iter(()))


@pytest.fixture
def search(folder, monkeypatch, no_ziglang):
    """A search as a fresh process does it."""
    toolchain.find.cache_clear()
    yield toolchain.find
    monkeypatch.undo()
    toolchain.find.cache_clear()


def test_the_compiler_says_who_it_is(compiler):
    assert compiler.version
    assert compiler.version in compiler.identity
    assert toolchain.cpu() in compiler.identity
    assert "-O3" in compiler.compile and "-shared" in compiler.link


def test_cc_comes_first_and_keeps_its_arguments(search, monkeypatch, tmp_path, compiler):
    wrapper = tmp_path / "my cc"
    words = " ".join(f"'{word}'" for word in compiler.command)
    wrapper.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CC", f"'{wrapper}' -DONE=1")
    found = search()
    assert found.command == (str(wrapper), "-DONE=1")
    assert "-DONE=1" in found.identity


def test_a_compiler_that_does_not_work_is_passed_over(search, monkeypatch, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho broken 1.0\ntest $1 = --version\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    assert search().command[0] != str(broken)


@pytest.mark.parametrize("refused", ["-march=native", "-m*=native"])
def test_flags_that_it_does_not_know_are_left_out(search, monkeypatch, tmp_path, compiler, refused):
    wrapper = tmp_path / "plain"
    words = " ".join(f"'{word}'" for word in compiler.command)
    case = f'for word; do case "$word" in {refused}) exit 1;; esac; done'
    wrapper.write_text(f'#!/bin/sh\n{case}\nexec {words} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CC", str(wrapper))
    found = search()
    assert found.command == (str(wrapper),)
    assert "-march=native" not in found.compile


def test_none(search, monkeypatch):
    for name, value in WITHOUT.items():
        monkeypatch.setenv(name, value)
    assert search() is None


def test_what_was_found_is_remembered_until_the_compiler_changes(
    search, monkeypatch, tmp_path, compiler
):
    wrapper, calls = tmp_path / "counting", tmp_path / "calls"
    words = " ".join(f"'{word}'" for word in compiler.command)
    wrapper.write_text(f'#!/bin/sh\necho . >> {calls}\nexec {words} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CC", str(wrapper))

    def search_again():
        before = len(calls.read_text().split()) if calls.exists() else 0
        toolchain.find.cache_clear()
        found = search()
        return found, len(calls.read_text().split()) - before

    first, count = search_again()
    assert count >= 2  # its version and a trial
    assert search_again() == (first, 0)
    wrapper.write_text(wrapper.read_text() + "# changed\n")
    again, count = search_again()
    assert again == first and count >= 2


def test_a_damaged_note_is_ignored(search, folder):
    found = search()
    (note,) = folder.glob("compiler-*.txt")
    good = note.read_text()
    for text in ("", "{", good[:-9], good.replace("\t", "\n"), "\n" + good, good.split("\n")[0]):
        note.write_text(text)
        toolchain.find.cache_clear()
        assert search() == found


def test_ziglang_is_taken_where_there_is_nothing_else(python, tmp_path, folder):
    package = tmp_path / "ziglang"
    package.mkdir()
    (package / "__init__.py").write_text("")
    zig = package / "zig"
    zig.write_text(
        "#!/bin/sh\n[ $1 = cc ] || exit 1\nshift\n"
        "[ $1 = --version ] && echo zig cc 0.1\n"
        'while [ $# -gt 1 ]; do [ "$1" = -o ] && echo > $2; shift; done; true\n'
    )
    zig.chmod(0o755)
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {FIND}"
    out, err = python(script, **WITHOUT).communicate(timeout=60)
    assert "zig cc 0.1" in out and str(zig) in out, err


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processor_is_told_with_its_instructions():
    with open("/proc/cpuinfo") as file:
        lines = [line for line in file if line.split(":")[0].strip() in ("flags", "Features")]
    if lines:
        assert lines[0].split(":")[1].strip() in toolchain.cpu()
