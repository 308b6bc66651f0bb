"""Shared objects on disk."""

import ctypes
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

import flambeau
from flambeau.backends.native import cache

SOURCE = str(Path(flambeau.__file__).parents[1])
ANSWER = '__attribute__((visibility("default"))) int answer(void) { return %s; }\n'


def answer(path):
    return ctypes.CDLL(str(path)).answer()


def entries(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix in (".so", ".sum"))


def test_a_source_is_built_once(folder):
    path = cache.build({"a.c": ANSWER % 42})
    assert answer(path) == 42
    stamp = path.stat().st_ino
    assert cache.build({"a.c": ANSWER % 42}) == path
    assert path.stat().st_ino == stamp
    other = cache.build({"a.c": ANSWER % 43})
    assert other != path and answer(other) == 43
    assert not list(folder.glob("build-*")) and not list(folder.glob("*.lock"))


def test_several_sources_and_headers(folder):
    sources = {
        "a.c": ANSWER % "other()" + "",
        "b.c": '#include "n.h"\nint other(void) { return N; }\n',
    }
    sources["a.c"] = "int other(void);\n" + sources["a.c"]
    first = cache.build(sources, headers={"n.h": "#define N 7\n"}, name="two")
    second = cache.build(sources, headers={"n.h": "#define N 8\n"}, name="two")
    assert (answer(first), answer(second)) == (7, 8)
    assert first.name.startswith("two-")


def test_the_key_follows_compiler_flags_and_processor(folder, compiler):
    replace = type(compiler)._replace
    entry = cache._entry("a", "key", compiler)
    assert entry == cache._entry("a", "key", replace(compiler))
    others = [
        replace(compiler, version="another"),
        replace(compiler, compile=(*compiler.compile, "-g")),
        replace(compiler, link=(*compiler.link, "-g")),
        replace(compiler, cpu="another"),
        replace(compiler, command=(*compiler.command, "-m64")),
    ]
    assert len({entry, *(cache._entry("a", "key", other) for other in others)}) == 6


def test_texts_cannot_be_mistaken_for_each_other():
    keys = [{"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""}, {"a": "", "b": "c"}, {}]
    assert len({cache.digest(texts) for texts in keys}) == len(keys)
    assert cache.digest({"a": "1", "b": "2"}) == cache.digest({"b": "2", "a": "1"})


def test_a_prepared_key_needs_no_text(folder):
    assert cache.lookup("my key") is None
    path = cache.build({"a.c": ANSWER % 5}, key="my key")
    assert cache.lookup("my key") == path
    assert cache.lookup("another key") is None
    assert cache.lookup("my key", name="other") is None


def test_the_compiler_says_what_is_wrong(folder):
    with pytest.raises(cache.CompileError, match="undeclared_name"):
        cache.build({"a.c": ANSWER % "undeclared_name"})
    with pytest.raises(cache.CompileError, match=r"bad\.c"):
        cache.build({"a.c": ANSWER % 1, "bad.c": "int f(\n"})
    assert not list(folder.glob("build-*")) and not entries(folder)


@pytest.mark.parametrize("damage", ["empty", "truncated", "changed", "no sum", "wrong sum"])
def test_a_damaged_entry_is_built_again(folder, damage):
    path = cache.build({"a.c": ANSWER % 6}, key="six")
    content, sums = path.read_bytes(), path.with_suffix(".sum")
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    elif damage == "no sum":
        sums.unlink()
    else:
        sums.write_text("0" * 64)
    assert cache.lookup("six") is None
    assert cache.build({"a.c": ANSWER % 6}, key="six") == path
    assert cache.lookup("six") == path
    assert answer(path) == 6


def test_a_library_in_use_survives_its_rebuilding(folder):
    path = cache.build({"a.c": ANSWER % 9})
    library = ctypes.CDLL(str(path))
    cache.build({"a.c": ANSWER % 9}, rebuild=True)
    assert library.answer() == 9 == answer(path)


def test_the_size_is_bounded_and_the_last_used_stay(folder, monkeypatch):
    paths = {n: cache.build({"a.c": ANSWER % n}, key=str(n)) for n in range(4)}
    now = time.time()
    for age, n in enumerate((2, 0, 1, 3)):
        os.utime(paths[n], (now - 1000 * (age + 1),) * 2)
    cache.lookup("3")  # used just now
    size = paths[0].stat().st_size
    monkeypatch.setattr(cache, "LIMIT", 3 * size + size // 2)
    newest = cache.build({"a.c": ANSWER % 4}, key="4")
    kept = {n for n, path in paths.items() if path.exists()}
    assert kept == {2, 3} and newest.exists()
    assert all(path.exists() == path.with_suffix(".sum").exists() for path in paths.values())
    monkeypatch.setattr(cache, "LIMIT", 1)  # what was just built stays in any case
    assert answer(cache.build({"a.c": ANSWER % 5}, key="5")) == 5
    assert len(entries(folder)) == 2


def test_what_dead_builds_left_goes(folder):
    cache.build({"a.c": ANSWER % 1})
    old, new = folder / "build-old", folder / "build-new"
    for place in (old, new):
        place.mkdir()
        (place / "a.c").write_text("")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.build({"a.c": ANSWER % 2})
    assert not old.exists() and new.exists()


def test_a_folder_that_cannot_be_written(monkeypatch, compiler, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FLAMBEAU_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    cache._spare.cache_clear()
    path = cache.build({"a.c": ANSWER % 3}, key="three")
    assert path.parent == tmp_path / f"flambeau-{os.getuid()}"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert cache.lookup("three") == path
    cache._spare.cache_clear()


def test_a_temporary_folder_that_others_can_write_is_not_used(monkeypatch, tmp_path):
    place = tmp_path / f"flambeau-{os.getuid()}"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cache._spare.cache_clear()
    assert cache._spare() != place
    assert cache._spare().stat().st_mode & 0o777 == 0o700
    cache._spare.cache_clear()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_entries_of_a_read_only_folder_are_found(folder):
    path = cache.build({"a.c": ANSWER % 3}, key="three")
    folder.chmod(0o500)
    try:
        assert cache.lookup("three") == path
        assert cache.build({"a.c": ANSWER % 4}).parent != folder
    finally:
        folder.chmod(0o700)


def test_where_the_folder_is(monkeypatch, tmp_path):
    monkeypatch.delenv("FLAMBEAU_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "flambeau"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() == tmp_path / ".cache" / "flambeau"
    monkeypatch.setenv("FLAMBEAU_CACHE", str(tmp_path / "own"))
    assert cache.folder() == tmp_path / "own"


def test_threads_build_once(folder, monkeypatch):
    built = []
    real = cache._build
    monkeypatch.setattr(cache, "_build", lambda *a: (built.append(1), real(*a)))
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(cache.build({"a.c": ANSWER % 11})))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 8 and len(set(paths)) == 1 and answer(paths[0]) == 11
    assert len(built) == 1


def test_a_lock_that_is_never_released_only_costs_time(folder, monkeypatch):
    path = cache.build({"a.c": ANSWER % 12})
    path.unlink()
    handle = cache._lock(path.with_suffix(".lock"))
    monkeypatch.setattr(cache, "PATIENCE", 0.05)
    assert answer(cache.build({"a.c": ANSWER % 12})) == 12
    os.close(handle)


# Without the rest of the package, whose import would take most of the time.
BUILD = """
import ctypes, sys, types
for name in ("flambeau", "flambeau.backends"):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
from flambeau.backends.native import cache
real = cache._build
cache._build = lambda *a: (print("built"), real(*a))
print(ctypes.CDLL(str(cache.build({"a.c": sys.argv[2]}))).answer())
"""


@pytest.mark.slow
def test_a_hundred_processes_on_an_empty_cache(folder, python):
    source = ANSWER % 100
    processes = [python(BUILD, SOURCE, source) for _ in range(100)]
    printed = [process.communicate(timeout=300) for process in processes]
    assert all(out.split()[-1:] == ["100"] for out, _ in printed), printed
    assert sum("built" in out for out, _ in printed) == 1
    assert len(entries(folder)) == 2 and not list(folder.glob("*.lock"))
