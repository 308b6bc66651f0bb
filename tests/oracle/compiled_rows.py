"""Every operator compiled: PyTorch's own sample inputs, eager against compiled, both flambeau.

An operator's samples are run inside one compiled function, with gradients, first with one set of
values (that call is recorded) and then with other values of the same shapes (a replay), and the
results are compared with the uncompiled ones: values, gradients, inputs that were written into and
the generator's numbers afterwards.

    python tests/oracle/compiled_rows.py                       # all operators, float32
    python tests/oracle/compiled_rows.py --only softmax,conv2d --dtype float64 --samples 20
    python tests/oracle/compiled_rows.py --layout strided      # inputs that are not contiguous

One line per operator that is wrong; with ``--all`` also what runs uncompiled, and why, and which
rows run as kernels in Python.
"""

from __future__ import annotations

import argparse
import collections
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import flambeau
from flambeau.compiler.graph import Host
from flambeau.utils._pytree import tree_flatten, tree_unflatten

# PyTorch's test utilities freeze its settings; programs in this process may still set them.
torch.backends.disable_global_flags.__globals__["__allow_nonbracketed_mutation_flag"] = True

PRIVATE = ("jiterator", "torch.ops", "to_sparse", "sparse.", "hash_tensor",
           "max_pool2d_with_indices_backward", "native_dropout_backward")  # fmt: skip
# Results that are arbitrary memory.
UNDEFINED = {"empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided",
             "empty_permuted", "resize_", "resize_as_"}  # fmt: skip


def public(name: str) -> bool:
    hidden = name.startswith("_") and not name.startswith("__")
    return not (name.startswith(PRIVATE) or hidden or name == "slice")


def find(op: Any) -> Callable | None:
    """flambeau's callable for an entry of PyTorch's database."""
    target: Any = flambeau
    for part in op.name.split("."):
        target = getattr(target, part, None)
        if target is None:
            break
    if callable(target):
        return target
    name = op.name
    if "." in name:
        return None
    if not hasattr(flambeau.Tensor, name):
        name += "_"
        if not hasattr(flambeau.Tensor, name):
            return None
        return lambda x, *a, **k: getattr(x.clone(), name)(*a, **k)
    if callable(getattr(flambeau.Tensor, name)):
        return lambda x, *a, **k: getattr(x, name)(*a, **k)
    return lambda x, *a, **k: getattr(x, name)


# ---------------------------------------------------------------------- inputs


def converted(value: Any) -> Any:
    """A value of PyTorch's as flambeau's."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().resolve_conj().resolve_neg()
        if flat.dtype == torch.bfloat16:
            out = flambeau.tensor(flat.float().numpy().copy()).to(flambeau.bfloat16)
        else:
            out = flambeau.from_numpy(np.array(flat.numpy(), copy=True))
        if value.requires_grad and (value.is_floating_point() or value.is_complex()):
            out.requires_grad_(True)
        return out
    if isinstance(value, (torch.dtype, torch.memory_format, torch.layout)):
        return getattr(flambeau, str(value).split(".")[1])
    if isinstance(value, torch.device):
        return flambeau.device(str(value))
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(converted, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(converted, value))
    if isinstance(value, dict):
        return {k: converted(v) for k, v in value.items()}
    return value


def copied(value: Any, roll: int = 0, layout: str = "contiguous") -> Any:
    """The same arguments in memory of their own; each tensor's values moved on by ``roll``."""
    leaves, spec = tree_flatten(value)
    return tree_unflatten([_copy(x, roll, layout) for x in leaves], spec)


def _copy(x: Any, roll: int, layout: str) -> Any:
    if not isinstance(x, flambeau.Tensor):
        return x
    array = np.roll(x.detach().numpy().reshape(-1), roll).reshape(x.shape) if (
        x.dtype != flambeau.bfloat16
    ) else None  # fmt: skip
    if array is None:
        new = x.detach().clone()
    elif layout == "strided" and array.ndim:
        # Reversed order of dimensions in memory, and every second element of the last one.
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1] + 1), array.dtype)
        if array.ndim > 1:
            wide = np.moveaxis(np.zeros((*wide.shape[1:], wide.shape[0]), array.dtype), -1, 0)
        part = wide[..., 1::2]
        part[...] = array
        new = flambeau.from_numpy(part)
    else:
        new = flambeau.from_numpy(np.array(array))
    return new.requires_grad_(True) if x.requires_grad else new


def same_kind(a: Any, b: Any) -> bool:
    """Whether two calls differ in tensors' values alone."""
    (x, s), (y, t) = tree_flatten(a), tree_flatten(b)
    if len(x) != len(y) or str(s) != str(t):
        return False
    for p, q in zip(x, y, strict=True):
        if isinstance(p, flambeau.Tensor) != isinstance(q, flambeau.Tensor):
            return False
        if not isinstance(p, flambeau.Tensor):
            if type(p) is not type(q) or not (p is q or p == q or p != p):
                return False
        elif p.shape != q.shape or p.dtype != q.dtype or p.requires_grad != q.requires_grad:
            return False
    return True


def samples(op: Any, dtype: torch.dtype, count: int, seed: int) -> list[Any]:
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    grad = op.supports_autograd and (dtype.is_floating_point or dtype.is_complex)
    out = []
    for i, s in enumerate(op.sample_inputs("cpu", dtype, requires_grad=grad)):
        if i >= count:
            break
        out.append(converted((s.input, s.args, s.kwargs)))
    return out


# ---------------------------------------------------------------------- running


def tensors_in(value: Any) -> list[Any]:
    if isinstance(value, flambeau.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in tensors_in(v)]
    return []


def step(fn: Callable, call: Any) -> tuple[Any, Any]:
    """A call's result, and the gradients of a weighted sum of all of it."""
    result = fn(call[0], *call[1], **call[2])
    total = None
    for out in tensors_in(result):
        if not out.requires_grad:
            continue
        real = flambeau.view_as_real(out) if out.is_complex() else out
        shape = tuple(real.shape)
        w = np.cos(np.arange(real.numel(), dtype=np.float64) * 1.7 + 0.3).reshape(shape)
        part = (real * flambeau.from_numpy(w).to(real.dtype)).sum()
        total = part if total is None else total + part
    inputs = [t for t in tensors_in(call) if t.requires_grad]
    if total is None or not inputs:
        return result, ()
    grads = flambeau.autograd.grad(total, inputs, allow_unused=True)
    return [t.detach() for t in tensors_in(result)], grads


class Outcome:
    """What became of one operator."""

    def __init__(self) -> None:
        self.wrong = ""
        self.eager = ""
        self.hosts: list[str] = []


def difference(want: Any, got: Any, rtol: float, atol: float) -> str:
    """How two results differ; "" where they do not. Layouts are not compared."""
    a, b = tree_flatten(want)[0], tree_flatten(got)[0]
    if len(a) != len(b):
        return f"{len(a)} parts, {len(b)} compiled"
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if not isinstance(x, flambeau.Tensor):
            if type(x) is not type(y) or not (x == y or x != x):
                return f"[{i}] {x!r}, {y!r} compiled"
            continue
        if x.shape != y.shape or x.dtype != y.dtype:
            return f"[{i}] {x.dtype}{list(x.shape)}, {y.dtype}{list(y.shape)} compiled"
        if x.requires_grad != y.requires_grad:
            return f"[{i}] requires_grad {x.requires_grad}, {y.requires_grad} compiled"
        p, q = x.detach(), y.detach()
        if p.dtype == flambeau.bfloat16 or p.dtype == flambeau.float16:
            p, q = p.float(), q.float()
        p, q = p.numpy(), q.numpy()
        if p.dtype.kind in "fc":
            finite = np.abs(p[np.isfinite(p)])
            size = float(finite.max()) if finite.size else 0.0
            limit = rtol if p.dtype.itemsize < 8 or p.dtype.kind == "c" else rtol * 1e-6
            if x.dtype in (flambeau.bfloat16, flambeau.float16):
                limit = 1e-2
            if not np.allclose(p, q, rtol=limit, atol=atol * limit * max(1.0, size),
                               equal_nan=True):  # fmt: skip
                gap = np.nanmax(np.abs(p - q))
                return f"[{i}] {x.dtype}{list(x.shape)} differs by {gap:.3g} of {size:.3g}"
        elif not np.array_equal(p, q):
            return f"[{i}] {x.dtype}{list(x.shape)} differs"
    return ""


def run(fn: Callable, call: Any, seed: int) -> tuple[Any, Any]:
    """The result, the inputs afterwards, and the next random numbers."""
    flambeau.manual_seed(seed)
    result = fn(call)
    return result, (call, flambeau.rand(3))


def check(fn: Callable, first: list, second: list, layout: str, values: bool = True) -> Outcome:
    """Compares a list of calls compiled and not: recorded with the first, replayed with both."""
    outcome = Outcome()

    def every(calls: list) -> list:
        return [step(fn, c) for c in calls]

    compiled = flambeau.compile(every)
    for turn, calls in enumerate((first, second, first)):
        want = run(every, copied(calls, 0, layout), turn)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            got = run(compiled, copied(calls, 0, layout), turn)
        for w in told:
            if "flambeau.compile" in str(w.message):
                outcome.eager = str(w.message).split("uncompiled: ")[-1]
        why = difference(want, got, 2e-5, 3.0) if values else ""
        if "the compiler failed" in outcome.eager:
            why = outcome.eager
        if why:
            outcome.wrong = f"call {turn}: {why}"
            return outcome
    for entry in compiled.entries:
        program = entry.program
        parts = [program] if hasattr(program, "steps") else [program.forward, program.backward]
        for p in parts:
            outcome.hosts += [n.name for n in p.graph.nodes if isinstance(n, Host)]
    if not compiled.entries and not outcome.eager:
        outcome.eager = "no program"
    elif len(compiled.entries) > 1:
        outcome.eager = f"{len(compiled.entries)} programs"
    return outcome


def pairs(
    op: Any, fn: Callable, dtype: torch.dtype, count: int, layout: str
) -> list[tuple[Any, Any]]:
    """Calls that work, in two sets of values."""
    one, two = samples(op, dtype, count, 0), samples(op, dtype, count, 1)
    out = []
    for i, a in enumerate(one):
        b = two[i] if i < len(two) and same_kind(a, two[i]) else copied(a, 1)
        if not works(fn, a, layout):
            continue
        changed = moved(a, b)
        out.append((a, next((c for c in (changed, b) if works(fn, c, layout)), a)))
    return out


def works(fn: Callable, call: Any, layout: str) -> bool:
    """Whether a call raises nothing."""
    try:
        step(fn, copied(call, 0, layout))
    except Exception:
        return False
    return True


def moved(a: Any, b: Any) -> Any:
    """The second call; what has the first one's values there has them in another order."""
    one, two, spec = tree_flatten(a)[0], *tree_flatten(b)
    leaves = [
        _copy(y, 1, "") if isinstance(x, flambeau.Tensor) and not difference(x, y, 0, 0) else y
        for x, y in zip(one, two, strict=True)
    ]
    return tree_unflatten(leaves, spec)


def check_op(
    op: Any, dtype: torch.dtype, count: int, layout: str = "contiguous"
) -> Iterator[tuple[int, Outcome]]:
    """The outcomes of an operator's samples: together, and one by one where that went wrong."""
    fn = find(op)
    if fn is None or dtype not in op.supported_dtypes("cpu"):
        return
    found = pairs(op, fn, dtype, count, layout)
    values = op.name not in UNDEFINED
    if not found:
        return
    try:
        outcome = check(fn, [a for a, _ in found], [b for _, b in found], layout, values)
        if not outcome.wrong and not (outcome.eager and len(found) > 1):
            yield -1, outcome
            return
    except Exception:
        if len(found) == 1:
            raise
    for i, (a, b) in enumerate(found):
        try:
            outcome = check(fn, [a], [b], layout, values)
        except Exception as error:
            outcome = Outcome()
            text = str(error).splitlines() or [""]
            outcome.wrong = f"{type(error).__name__}: {text[0][:200]}"
        yield i, outcome


class Timeout(Exception):
    """An operator took longer than it may."""


def _alarm(*_: Any) -> None:
    raise Timeout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--dtype", nargs="+", default=["float32"])
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--layout", default="contiguous", choices=("contiguous", "strided"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--all", action="store_true", help="also what is not native")
    parser.add_argument("--part", default="0/1", help="i/n: every n-th operator")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _alarm)
    only = set(filter(None, args.only.split(",")))
    part, parts = map(int, args.part.split("/"))
    wrong, ran, tally = 0, 0, collections.Counter[str]()
    start = time.time()
    for n, op in enumerate(op_db):
        if not public(op.name) or n % parts != part:
            continue
        if only and op.name not in only and op.name.split(".")[-1] not in only:
            continue
        name = op.name + (f".{op.variant_test_name}" if op.variant_test_name else "")
        for kind in args.dtype:
            signal.alarm(args.seconds)
            try:
                for i, o in check_op(op, getattr(torch, kind), args.samples, args.layout):
                    ran += 1
                    tally.update(o.hosts)
                    if o.wrong:
                        wrong += 1
                        print(f"WRONG {name} {kind} {i}: {o.wrong}", flush=True)
                    elif args.all and o.eager:
                        print(f"eager {name} {kind} {i}: {o.eager}", flush=True)
                    elif args.all and o.hosts:
                        print(f"hosts {name} {kind} {i}: {collections.Counter(o.hosts)}")
            except Timeout:
                print(f"SLOW  {name} {kind}", flush=True)
            except Exception as error:
                wrong += 1
                text = str(error).splitlines() or [""]
                print(f"WRONG {name} {kind}: {type(error).__name__}: {text[0][:200]}", flush=True)
            finally:
                signal.alarm(0)
    print(f"{ran} checks, {wrong} wrong, {time.time() - start:.0f} s")
    if args.all:
        print("rows that ran as kernels:", dict(tally.most_common()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
