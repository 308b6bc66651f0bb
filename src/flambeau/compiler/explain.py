"""What became of a function, as text: as recorded, as simplified, its arithmetic and its memory."""

from __future__ import annotations

from typing import Any

from .graph import Graph, Host


def explained(program: Any) -> str:
    """The graph before and after, with flops and bytes, and the plan of the memory."""
    graph: Graph = program.graph
    rows = []
    for i, node in enumerate(graph.nodes):
        rows.append(f"{i:4}  {_count(node.flops()):>8} flop  {_count(node.bytes()):>8} B  {node!r}")
    hosts = sum(isinstance(n, Host) for n in graph.nodes)
    flops = sum(n.flops() for n in graph.nodes)
    traffic = sum(n.bytes() for n in graph.nodes)
    plan = program.plan
    summary = (
        f"{len(program.calls)} operators recorded, {len(graph.nodes)} steps left, "
        f"{hosts} of them in Python; {_count(flops)} flop, {_count(traffic)} B of traffic.\n"
        f"Temporary memory: {_count(plan.size)} B; {_count(plan.unshared)} B if nothing were "
        "reused."
    )
    before = "\n".join(f"{i:4}  {call!r}" for i, call in enumerate(program.calls))
    return "\n\n".join(("As recorded:\n" + before, "As it runs:\n" + "\n".join(rows), summary))


def _count(n: float) -> str:
    for unit in ("", "k", "M", "G", "T"):
        if n < 1000:
            return f"{n:.3g} {unit}".strip()
        n /= 1000
    return f"{n:.3g} P"
