"""Writes the type stubs from the operator table, so that editors know every function and method.

python scripts/make_stubs.py            write src/flambeau/__init__.pyi, tensor/tensor.pyi, …
python scripts/make_stubs.py --check    exit with 1 where a stub is not up to date
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "flambeau"
sys.path.insert(0, str(ROOT / "src"))

import flambeau  # noqa: E402
from flambeau.ops import bind  # noqa: E402
from flambeau.ops.table import COMPOSITES, REQUIRED, ROWS, Op, Param  # noqa: E402

NOTICE = '"""Made by scripts/make_stubs.py from the operator table; not written by hand."""\n'
HEADER = """
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Number = int | float | complex | bool
"""
# Annotations of the table's signatures as Python types.
TYPES = {
    "Tensor": "Tensor", "Tensor | None": "Tensor | None", "Tensor | Number": "Tensor | Number",
    "Tensors": "Sequence[Tensor]", "Tensors | None": "Sequence[Tensor] | None",
    "Number": "Number", "Number | None": "Number | None", "int": "int", "int | None": "int | None",
    "float": "float", "float | None": "float | None", "bool": "bool", "bool | None": "bool | None",
    "str": "str", "str | None": "str | None", "int[]": "int | Sequence[int]",
    "int[] | None": "int | Sequence[int] | None", "dtype": "Dtype", "dtype | None": "Dtype | None",
}  # fmt: skip


def annotation(p: Param, op: Op, position: int) -> str:
    """A parameter's type."""
    if op.lowering == "pointwise" and p.type == "Tensor" and position:
        return "Tensor | Number"
    return TYPES.get(p.type, "Any")


def parameter(p: Param, op: Op, position: int) -> str:
    name = p.name
    if p.variadic:
        return f"*{name}: int | Sequence[int]"
    default = "" if p.default is REQUIRED else f" = {p.default!r}"
    return f"{name}: {annotation(p, op, position)}{default}"


def row_parameters(op: Op) -> list[str]:
    op.prepare()
    parts: list[str] = []
    starred = False
    for i, p in enumerate(op.params):
        if p.variadic:
            starred = True
        elif p.keyword_only and not starred:
            parts.append("*")
            starred = True
        parts.append(parameter(p, op, i))
    return parts


def result_of(op: Op) -> str:
    public = len(op.outputs) - op.hidden
    return "Tensor" if public == 1 else f"tuple[{', '.join(['Tensor'] * public)}]"


def definition(name: str, parts: list[str], result: str, doc: str, indent: str) -> str:
    """One ``def`` of a stub, with the first line of its documentation."""
    head = f"def {name}({', '.join(parts)}) -> {result}:"
    if len(indent + head) > 96:
        inner = "".join(f"\n{indent}    {part}," for part in parts)
        head = f"def {name}({inner}\n{indent}) -> {result}:"
    line = " ".join(doc.strip().split("\n\n")[0].split())
    body = f'"""{line}"""' if line else "..."
    if len(indent) + len(body) > 94 or "\\" in body:
        wrapped = textwrap.wrap(line, 88 - len(indent))
        body = ('r"""' if "\\" in line else '"""') + f"\n{indent}    ".join(wrapped) + '"""'
    return f"{indent}{head}\n{indent}    {body}\n"


def documentation(op: Op) -> str:
    return op.doc or (f"Computes ${op.formula}$." if op.formula else "")


def from_row(op: Op, name: str, method: bool) -> str:
    parts = row_parameters(op)
    if method:
        parts = ["self", *parts[1:]]
    elif op.lowering != "view" and not op.writes:
        if not any(p.startswith("*") for p in parts):
            parts.append("*")
        parts.append("out: Tensor | Sequence[Tensor] | None = None")
    return definition(name, parts, result_of(op), documentation(op), "    " if method else "")


def shown_type(value: Any) -> str:
    """An annotation as it stands in the source; modules that stubs do not import become Any."""
    if value is inspect.Parameter.empty:
        return "Any"
    text = value if isinstance(value, str) else getattr(value, "__name__", "Any")
    names = {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)}
    return text.replace("dtype", "Dtype") if names <= KNOWN else "Any"


KNOWN = frozenset(
    ("Tensor", "Number", "Any", "Callable", "Sequence", "int", "float", "bool", "str", "complex",
     "None", "tuple", "list", "dict", "dtype", "type", "object")
)


def from_function(function: Any, name: str, method: bool) -> str:
    """The stub of a composite or another hand-written function."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return definition(
            name, ["*args: Any", "**kwargs: Any"], "Any", "", "    " if method else ""
        )
    parts, star = [], False
    for i, p in enumerate(signature.parameters.values()):
        if method and i == 0:
            parts.append("self")
            continue
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}: {shown_type(p.annotation)}")
            star = True
            continue
        if p.kind is p.VAR_KEYWORD:
            parts.append(f"**{p.name}: {shown_type(p.annotation)}")
            continue
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        plain = p.default is None or isinstance(p.default, (bool, int, float, str, tuple))
        default = "" if p.default is p.empty else f" = {p.default!r}" if plain else " = ..."
        if default in (" = inf", " = -inf", " = nan"):
            default = " = ..."
        parts.append(f"{p.name}: {shown_type(p.annotation)}{default}")
    result = shown_type(signature.return_annotation)
    doc = inspect.getdoc(function) or ""
    return definition(name, parts, result, doc, "    " if method else "")


def table_entries(place: str) -> dict[str, str]:
    """Stubs of everything that the table publishes in one place, by name."""
    found: dict[str, str] = {}
    method = place == "method"
    for op in ROWS.values():
        if place not in op.where:
            continue
        for name in (op.name, *op.aliases):
            short = name.removeprefix(place + "_")
            found[short] = from_row(op, short, method)
            if op.inplace and place in ("method", "function"):
                parts = row_parameters(op)
                parts[0] = "self" if method else parts[0]
                doc = f"The same as {name}, written into the tensor itself."
                found[short + "_"] = definition(
                    short + "_", parts, "Tensor", doc, "    " if method else ""
                )
    for c in COMPOSITES.values():
        if place in c.where:
            for name in (c.name, *c.aliases):
                short = name.removeprefix(place + "_")
                found[short] = from_function(c.function, short, method)
    return found


def attributes_of(cls: ast.ClassDef) -> list[str]:
    """The attributes that a class's __init__ sets and its body does not declare."""
    declared = {
        target.id
        for node in cls.body
        for target in ([node.target] if isinstance(node, ast.AnnAssign) else [])
        if isinstance(target, ast.Name)
    }
    init = next((f for f in cls.body if getattr(f, "name", "") == "__init__"), None)
    found = [
        node.attr
        for node in ast.walk(init or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    ]
    return [name for name in dict.fromkeys(found) if name not in declared]


def tensor_stub() -> str:
    """tensor/tensor.pyi: the class as written, with the table's methods added."""
    tree = ast.parse((SOURCE / "tensor" / "tensor.py").read_text(encoding="utf-8"))
    written: set[str] = set()
    attributes = {c.name: attributes_of(c) for c in tree.body if isinstance(c, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            keep = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            node.body = [first] if keep else [ast.Expr(ast.Constant(...))]
    parts = [NOTICE]
    for node in tree.body:
        if isinstance(node, ast.Expr):
            continue
        if isinstance(node, ast.If):  # imports for type checking
            parts.extend(ast.unparse(n) for n in node.body)
            continue
        text = ast.unparse(node)
        if isinstance(node, ast.ClassDef) and attributes.get(node.name):
            text += "".join(f"\n    {name}: Any" for name in attributes[node.name])
        if isinstance(node, ast.ClassDef) and node.name == "Tensor":
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.Assign, ast.AnnAssign)):
                    target = inner.name if isinstance(inner, ast.FunctionDef) else ""
                    written.add(target)
            text = text.replace("Any = None", "Any").replace("D.dtype", "Dtype")
            extra = tensor_methods(written)
            text += "\n\n" + "\n".join(extra)
        elif isinstance(node, ast.Assign):
            continue
        parts.append(text.replace("D.dtype", "Dtype"))
    body = "\n".join(parts)
    imports = "from .dtype import dtype as Dtype\nfrom .generator import Generator\n" + HEADER
    return body.replace(
        "import numpy as np\n",
        imports.split("import numpy")[0] + "import numpy as np\n"
        "Number = int | float | complex | bool\n",
        1,
    )


def tensor_methods(written: set[str]) -> Iterable[str]:
    from flambeau.autograd import methods as gradient_methods
    from flambeau.tensor import creation

    entries = table_entries("method")
    for f in creation.METHODS:
        entries[f.__name__] = from_function(f, f.__name__, True)
    for name, f in gradient_methods.METHODS.items():
        entries[name] = (
            f"    @property\n    def {name}(self) -> Any: ...\n"
            if isinstance(f, property)
            else from_function(f, name, True)
        )
    for name, _, _ in bind.OPERATORS:
        compared = name in ("__eq__", "__ne__")
        ignore = "  # type: ignore[override]" if compared else ""
        entries[name] = f"    def {name}(self, other: Any) -> Tensor: ...{ignore}\n"
    for name, _ in bind.WRITING:
        entries[name] = f"    def {name}(self, other: Any) -> Tensor: ...\n"
    for name, _ in bind.UNARY:
        entries[name] = f"    def {name}(self) -> Tensor: ...\n"
    entries["__getitem__"] = "    def __getitem__(self, key: Any) -> Tensor: ...\n"
    entries["__setitem__"] = "    def __setitem__(self, key: Any, value: Any) -> None: ...\n"
    return [entries[name] for name in sorted(entries) if name not in written]


def package_stub() -> str:
    """__init__.pyi: the public functions, dtypes and rooms."""
    from flambeau.tensor import creation, ranges
    from flambeau.tensor import dtype as dtypes

    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    imports = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names = [a for a in node.names if not (a.asname or a.name).startswith("_")]
            if names:
                module = "." * node.level + (node.module or "")
                shown = ", ".join(f"{a.name} as {a.asname or a.name}" for a in names)
                imports.append(f"from {module} import {shown}")
    modules = sorted(
        name for name in flambeau._MODULES
        if (SOURCE / f"{name}.py").exists() or (SOURCE / name / "__init__.py").exists()
    )  # fmt: skip
    imports += [f"from . import {name} as {name}" for name in modules]
    legacy = {d.legacy for d in dtypes.ALL}  # FloatTensor and its like, made when asked for
    imports += [
        f"from .{home} import {name} as {name}"
        for name, home in sorted(flambeau._LAZY.items())
        if name not in legacy
        and ((SOURCE / (home.replace(".", "/") + ".py")).exists()
        or (SOURCE / home.replace(".", "/") / "__init__.py").exists())
    ]  # fmt: skip
    entries = table_entries("function")
    for name, f in (creation.FUNCTIONS | ranges.FUNCTIONS).items():
        entries[name] = from_function(f, name, False)
    hand_written = [
        from_function(getattr(flambeau, node.name), node.name, False)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    constants = [f"{name}: Dtype" for name in (*dtypes.BY_NAME, *dtypes.ALIASES)]
    constants += [
        "__version__: str",
        "pi: float",
        "inf: float",
        "nan: float",
        "e: float",
        "newaxis: None",
        "_MODULES: frozenset[str]",
        "_LAZY: dict[str, str]",
    ]
    functions = [entries[name] for name in sorted(entries)]
    return "\n".join(
        [NOTICE, HEADER.replace("import numpy as np\n\n", ""), *imports,
         "from .tensor.dtype import dtype as Dtype", "", *constants, "", *functions, *hand_written]
    )  # fmt: skip


def namespace_stub(place: str) -> str:
    """linalg.pyi and the like."""
    entries = table_entries(place)
    head = (
        HEADER + "\nfrom .tensor.dtype import dtype as Dtype\nfrom .tensor.tensor import Tensor\n"
    )
    return "\n".join([NOTICE, head, *(entries[name] for name in sorted(entries))])


class _Qualified(ast.NodeTransformer):
    """Writes ``builtins.int`` for ``int`` in types: tensors and the package have such names too."""

    NAMES = frozenset(("int", "float", "bool", "complex"))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.NAMES and isinstance(node.ctx, ast.Load):
            return ast.Attribute(ast.Name("builtins", ast.Load()), node.id, ast.Load())
        return node


def qualified(text: str) -> str:
    """A stub with its built-in types qualified, as mypy wants them."""
    tree = _Qualified().visit(ast.parse(text))
    head, *rest = tree.body  # the module's docstring comes first
    tree.body = [head, ast.Import([ast.alias("builtins")]), *rest]
    return ast.unparse(ast.fix_missing_locations(tree))


def stubs() -> dict[Path, str]:
    """All stub files and what they hold."""
    found = {
        SOURCE / "__init__.pyi": package_stub(),
        SOURCE / "tensor" / "tensor.pyi": tensor_stub(),
    }
    for place in ("linalg", "special", "fft"):
        found[SOURCE / f"{place}.pyi"] = namespace_stub(place)
    return {path: qualified(text).rstrip() + "\n" for path, text in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = []
    for path, text in stubs().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'not up to date' if check else 'written'}: {path.relative_to(ROOT)}")
    if check and stale:
        print("run `make stubs` and commit the result")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
