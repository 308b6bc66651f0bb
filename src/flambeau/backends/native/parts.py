"""What the runtime is made of: its parts, their functions and the types of these.

``runtime/fl.h`` is the table. A section ``/* ---- name (files; doubles: files; needs files)
---- */`` is one part: its files define the functions that follow. Where other files are named for
doubles they define those of the functions that take pointers to double, and are a part of their
own. Of each other part whose functions are called one file is named; everything needs the first.
"""

from __future__ import annotations

import ctypes
import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HEADER = "fl.h"
# Flags of single files.
FLAGS = {"random.c": ("-ffp-contract=off",)}  # its roundings are PyTorch's

_TYPES: dict[str, Any] = {
    "void": None,
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
_SECTION = re.compile(r"/\* ---- .* \((\w[^()]*\.c\b[^()]*)\) ---- \*/")
_PROTOTYPE = re.compile(r"FL_API\s+(.+?)(\w+)\s*\((.*)\)\s*;")
_FUNCTION_TYPE = re.compile(r"^typedef\s.*?\(\*\s*(\w+)\s*\)", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
_NAME = re.compile(r"\bfl_\w+")
_NAME_IN_OBJECT = re.compile(rb"fl_\w+")


class Part(NamedTuple):
    """Files that make one shared object, and the parts that have to be loaded before it."""

    name: str
    files: tuple[str, ...]
    needs: tuple[str, ...]  # names of parts


class Sources:
    """A folder of the runtime's sources."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._texts: dict[str, str] = {}
        #: each part by its name, which is that of its first file
        self.parts: dict[str, Part] = {}
        #: the part of each function
        self.part_of: dict[str, str] = {}
        self._prototypes: dict[str, tuple[str, str]] = {}
        self._read()

    def text(self, file: str) -> str:
        """A file's text, read once."""
        if file not in self._texts:
            self._texts[file] = (self.folder / file).read_text()
        return self._texts[file]

    def _read(self) -> None:
        needs: dict[str, list[str]] = {}
        owner: dict[str, str] = {}  # the part of each file
        single = double = ""
        for line in self.text(HEADER).splitlines():
            if (section := _SECTION.match(line)) is not None:
                groups = _details(section[1])
                single = double = _part(groups[""], groups["needs"], owner, needs)
                if groups["doubles:"]:
                    double = _part(groups["doubles:"], groups["needs"], owner, needs)
            elif (prototype := _PROTOTYPE.match(line)) is not None:
                result, name, arguments = prototype.groups()
                self._prototypes[name] = result, arguments
                self.part_of[name] = double if "double *" in arguments else single
        first = next(iter(needs), "")
        for name, files in needs.items():
            before = {first: None, **{owner[file]: None for file in files}}
            own = tuple(file for file, part in owner.items() if part == name)
            self.parts[name] = Part(name, own, tuple(p for p in before if p != name))

    # -- what a text needs -----------------------------------------------------------------------

    def headers(self, *texts: str) -> dict[str, str]:
        """The headers of this folder that texts include, directly or not."""
        found: dict[str, str] = {}
        waiting = list(texts)
        while waiting:
            for file in _INCLUDE.findall(waiting.pop()):
                if file not in found and (self.folder / file).exists():
                    found[file] = self.text(file)
                    waiting.append(found[file])
        return found

    def all_headers(self) -> dict[str, str]:
        return {path.name: self.text(path.name) for path in sorted(self.folder.glob("*.h"))}

    def used_by(self, text: str) -> list[Part]:
        """The parts whose functions a text names, in the order in which they can be loaded."""
        return self.ordered(map(self.part_of.get, _NAME.findall(text)))

    def used_by_object(self, content: bytes) -> list[Part]:
        """The same of a shared object: undefined symbols stand in it by their names."""
        names = (name.decode() for name in _NAME_IN_OBJECT.findall(content))
        return self.ordered(map(self.part_of.get, names))

    def ordered(self, names: Iterable[str | None]) -> list[Part]:
        """Parts, each after those that it needs."""
        found: dict[str, Part] = {}

        def add(name: str) -> None:
            if name not in found:
                for other in self.parts[name].needs:
                    add(other)
                found[name] = self.parts[name]

        for name in names:
            if name is not None:
                add(name)
        return list(found.values())

    def texts(self, part: Part) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
        """A part's sources, the headers that they include, and its files' own flags."""
        sources = {file: self.text(file) for file in part.files}
        flags = {file: FLAGS[file] for file in part.files if file in FLAGS}
        return sources, self.headers(*sources.values()), flags

    def size(self, part: Part) -> int:
        """What compiling a part takes, roughly: how much text it is."""
        sources, headers, _ = self.texts(part)
        return sum(map(len, (*sources.values(), *headers.values())))

    # -- types -----------------------------------------------------------------------------------

    def types(self, name: str) -> tuple[Any, list[Any]]:
        """A function's ctypes result and argument types."""
        result, arguments = self._prototypes[name]
        parts = [part.strip() for part in arguments.split(",")]
        types = [] if parts == ["void"] else [self.type(without_name(part)) for part in parts]
        return self.type(result), types

    def prototypes(self) -> Mapping[str, tuple[Any, list[Any]]]:
        """The types of all functions."""
        return {name: self.types(name) for name in self._prototypes}

    def type(self, text: str) -> Any:
        """The ctypes type of a C type."""
        if "*" in text or "[" in text:
            return ctypes.c_void_p
        name = " ".join(word for word in text.split() if word != "const")
        if name in self._function_types:
            return ctypes.c_void_p
        try:
            return _TYPES[name]
        except KeyError:
            raise TypeError(f"{HEADER}: no Python type for {text.strip()!r}") from None

    @functools.cached_property
    def _function_types(self) -> frozenset[str]:
        return frozenset(_FUNCTION_TYPE.findall(self.text(HEADER)))


def _details(text: str) -> dict[str, list[str]]:
    """The files of a section's comment: its own (""), those for doubles, one of each it needs."""
    groups: dict[str, list[str]] = {"": [], "doubles:": [], "needs": []}
    for group in text.split(";"):
        words = group.replace(",", " ").split()
        kind = words.pop(0) if words[0] in groups else ""
        groups[kind] += words
    return groups


def _part(
    files: list[str], needed: list[str], owner: dict[str, str], needs: dict[str, list[str]]
) -> str:
    name = files[0].removesuffix(".c")
    needs[name] = needed
    owner.update(dict.fromkeys(files, name))
    return name


def without_name(parameter: str) -> str:
    """A parameter's type."""
    return re.sub(r"\b\w+\s*(\[\w*\])?$", r"\1", parameter)
