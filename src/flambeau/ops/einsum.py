"""einsum: sums of products by subscripts, as a chain of matrix products."""

from __future__ import annotations

import math
from typing import Any

from ..tensor.tensor import Tensor
from .contractions import matmul
from .table import composite


@composite("function")
def einsum(*args: Any) -> Tensor:
    """Sums of products by subscripts: ``einsum("bij,bjk->bik", a, b)``.

    A letter that several operands have is multiplied along; one that the result lacks is summed
    over; one that comes twice in an operand takes its diagonal; ``...`` stands for the dimensions
    without letters, which broadcast. Also ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
    """
    terms, output, operands = _einsum_arguments(args)
    labels = _label_operands(terms, operands)
    ellipsis = max((-min(row, default=0) for row in labels), default=0)
    sizes = _label_sizes(labels, operands)
    wanted = _output_labels(labels, output, ellipsis)
    left, have = _labelled(operands[0], labels[0])
    for i in range(1, len(operands)):
        right, and_these = _labelled(operands[i], labels[i])
        later = {c for row in labels[i + 1 :] for c in row}
        left, have = _multiply(left, have, right, and_these, later | set(wanted), sizes)
    surplus = [i for i, c in enumerate(have) if c not in wanted]
    if surplus:
        left = left.sum(surplus)
        have = [c for c in have if c in wanted]
    for c in wanted:
        if c not in have:  # a dimension of size 1 that no operand spells out
            left, have = left.unsqueeze(-1), [*have, c]
    order = [have.index(c) for c in wanted]
    return left.permute(order) if order != list(range(len(order))) else left


ELLIPSIS = "."  # stands for "..." in parsed terms; its dimensions get the labels -1, -2, … later


def _einsum_arguments(args: tuple) -> tuple[list[list], list | None, list[Tensor]]:
    """The subscripts of each operand, those of the result (None: implicit), and the operands."""
    if len(args) < 2:
        error = ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
        raise error
    if isinstance(args[0], str):
        operands = list(args[1:])
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = list(operands[0])
        left, arrow, right = args[0].replace(" ", "").partition("->")
        terms = [_parse_term(t, i, args[0]) for i, t in enumerate(left.split(","))]
        output = _parse_term(right, None, args[0]) if arrow else None
    else:
        operands = list(args[::2]) if len(args) % 2 == 0 else list(args[:-1:2])
        terms = [_parse_list(t) for t in args[1::2]]
        output = _parse_list(args[-1]) if len(args) % 2 else None
    if len(terms) != len(operands):
        how = "fewer" if len(operands) < len(terms) else "more"
        raise RuntimeError(
            f"einsum(): {how} operands were provided than specified in the equation"
        )
    return terms, output, operands


def _parse_term(text: str, operand: int | None, equation: str) -> list:
    """The letters of one term, with one ELLIPSIS in place of ``...``."""
    whose = "the output" if operand is None else f"operand {operand}"
    out: list = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == ".":
            if ELLIPSIS in out:
                raise RuntimeError(
                    f"einsum(): found '.' for {whose} for which an ellipsis was already found"
                )
            if text[i : i + 3] != "...":
                raise RuntimeError(
                    f"einsum(): found '.' for {whose} that is not part of any ellipsis"
                )
            out.append(ELLIPSIS)
            i += 3
            continue
        if not (c.isascii() and c.isalpha()):
            raise RuntimeError(
                "einsum(): invalid subscript given at index "
                f"{equation.rindex(text) + i} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        if operand is None and c in out:
            raise RuntimeError(
                f"einsum(): output subscript {c} appears more than once in the output"
            )
        out.append(c)
        i += 1
    return out


def _parse_list(subscripts: Any) -> list:
    """A list of subscripts 0 to 51, or Ellipsis, in the letters of the other form."""
    out = []
    for s in subscripts:
        if s is Ellipsis:
            out.append(ELLIPSIS)
        elif isinstance(s, int) and 0 <= s < 52:
            out.append(chr(ord("A") + s) if s < 26 else chr(ord("a") + s - 26))
        else:
            error = ValueError(
                "einsum(): subscripts in subscript list are not within the valid range [0, 52)"
            )
            raise error
    return out


def _label_operands(terms: list[list], operands: list[Tensor]) -> list[list]:
    """A label for every dimension: its letter as a positive number, or -1, -2, … for an ellipsis.

    The ellipsis's last dimension is -1, so that dimensions of several operands match from the
    right.
    """
    labels = []
    for i, (term, t) in enumerate(zip(terms, operands, strict=True)):
        letters = len(term) - (ELLIPSIS in term)
        n = t.dim()
        if ELLIPSIS not in term and letters != n:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) does not match "
                f"the number of dimensions ({n}) for operand {i} and no ellipsis was given"
            )
        if letters > n:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) is more than the "
                f"number of dimensions ({n}) for operand {i}"
            )
        row: list[int] = []
        for c in term:
            row.extend(range(letters - n, 0) if c == ELLIPSIS else [ord(c)])
        labels.append(row)
    return labels


def _label_sizes(labels: list[list], operands: list[Tensor]) -> dict[int, int]:
    """The size of each label; a 1 gives way to another size."""
    sizes: dict[int, int] = {}
    for i, (row, t) in enumerate(zip(labels, operands, strict=True)):
        own: dict[int, int] = {}
        for c, n in zip(row, t.shape, strict=True):
            if c in own and own[c] != n:
                raise RuntimeError(
                    f"einsum(): subscript {chr(c)} is repeated for operand {i} but the sizes don't "
                    f"match, {n} != {own[c]}"
                )
            own[c] = n
            if n != 1 and sizes.get(c, 1) not in (1, n):
                name = chr(c) if c > 0 else "..."
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {n} for operand {i} which does not "
                    f"broadcast with previously seen size {sizes[c]}"
                )
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    return sizes


def _output_labels(labels: list[list], output: list | None, ellipsis: int) -> list[int]:
    everywhere = [c for row in labels for c in row]
    dots = list(range(-ellipsis, 0))
    if output is None:  # those that come once, in alphabetical order, after the ellipsis
        return dots + sorted(c for c in set(everywhere) if c > 0 and everywhere.count(c) == 1)
    wanted: list[int] = []
    for c in output:
        if c == ELLIPSIS:
            wanted.extend(dots)
            continue
        if ord(c) not in everywhere:
            raise RuntimeError(
                f"einsum(): output subscript {c} does not appear in the equation for any input "
                "operand"
            )
        wanted.append(ord(c))
    return wanted


def _labelled(t: Tensor, row: list) -> tuple[Tensor, list]:
    """An operand whose labels are all different: repeated ones become diagonals."""
    row = list(row)
    for c in dict.fromkeys(row):
        while row.count(c) > 1:
            i = row.index(c)
            j = row.index(c, i + 1)
            t = t.diagonal(0, i, j)  # the diagonal's dimension comes last
            del row[j], row[i]
            row.append(c)
    return t, row


def _multiply(
    a: Tensor, of_a: list, b: Tensor, of_b: list, kept: set, sizes: dict
) -> tuple[Tensor, list]:
    """The product of two operands, summed over the labels that nothing needs any more."""
    a, of_a = _sum_alone(a, of_a, of_b, kept)
    b, of_b = _sum_alone(b, of_b, of_a, kept)
    # A label of size 1 on one side broadcasts: that side does without it.
    for c in [c for c in of_a if c in of_b and a.shape[of_a.index(c)] != b.shape[of_b.index(c)]]:
        if a.shape[of_a.index(c)] == 1:
            a, of_a = a.squeeze(of_a.index(c)), [x for x in of_a if x != c]
            b, of_b = _sum_alone(b, of_b, of_a, kept)
        else:
            b, of_b = b.squeeze(of_b.index(c)), [x for x in of_b if x != c]
            a, of_a = _sum_alone(a, of_a, of_b, kept)
    batch = [c for c in of_a if c in of_b and c in kept]
    summed = [c for c in of_a if c in of_b and c not in kept]
    left = [c for c in of_a if c not in of_b]
    right = [c for c in of_b if c not in of_a]
    have = batch + left + right
    if not summed and (not left or not right or not batch):
        return _broadcast_product(a, of_a, b, of_b, have), have
    sizes_of = dict(zip(of_a, a.shape, strict=True)) | dict(zip(of_b, b.shape, strict=True))

    def size(labels: list) -> list[int]:
        return [sizes_of[c] for c in labels]

    x = _arranged(a, of_a, batch + left + summed)
    y = _arranged(b, of_b, batch + summed + right)
    lead = [math.prod(size(batch))] if batch else []
    k = math.prod(size(summed))
    x = x.reshape(*lead, math.prod(size(left)), k)
    y = y.reshape(*lead, k, math.prod(size(right)))
    return matmul(x, y).reshape(size(have)), have


def _sum_alone(t: Tensor, row: list, other: list, kept: set) -> tuple[Tensor, list]:
    """Sums over labels that only this operand has."""
    alone = [i for i, c in enumerate(row) if c not in other and c not in kept]
    if not alone:
        return t, row
    return t.sum(alone), [c for i, c in enumerate(row) if i not in alone]


def _arranged(t: Tensor, row: list, order: list) -> Tensor:
    return t if row == order else t.permute([row.index(c) for c in order])


def _broadcast_product(a: Tensor, of_a: list, b: Tensor, of_b: list, have: list) -> Tensor:
    def spread(t: Tensor, row: list) -> Tensor:
        t = _arranged(t, row, [c for c in have if c in row])
        for i, c in enumerate(have):
            if c not in row:
                t = t.unsqueeze(i)
        return t

    return spread(a, of_a) * spread(b, of_b)
