"""The modules around the core answer programs' questions as PyTorch without a GPU does."""

from __future__ import annotations

import importlib
import warnings

import pytest

import flambeau

torch = pytest.importorskip("torch")

SAME = [
    "L.cuda.is_available()", "L.cuda.device_count()", "L.cuda.is_initialized()",
    "L.cuda.manual_seed(0)", "L.cuda.manual_seed_all(0)", "L.cuda.empty_cache()",
    "L.cuda.memory_allocated()", "L.cuda.max_memory_allocated()", "L.cuda.get_rng_state_all()",
    "L.cuda.is_bf16_supported()", "L.cuda.current_device()", "L.cuda.synchronize()",
    "L.cuda.get_device_name(0)", "L.cuda.get_device_properties(0)", "L.cuda.Stream()",
    "L.cuda.Event(enable_timing=True)", "L.cuda.init()",
    "L.set_deterministic_debug_mode(1.5)", "L.cuda.get_arch_list()", "L.cuda.mem_get_info()",
    "L.cuda.current_stream()",
    "L.accelerator.is_available()", "L.accelerator.current_accelerator()",
    "L.accelerator.device_count()", "L.accelerator.synchronize()",
    "L.backends.cudnn.is_available()", "L.backends.cudnn.version()", "L.backends.cudnn.enabled",
    "L.backends.cudnn.benchmark", "L.backends.cudnn.deterministic", "L.backends.cuda.is_built()",
    "L.backends.cuda.matmul.allow_tf32", "L.backends.mps.is_available()",
    "L.backends.mps.is_built()", "L.mps.is_available()", "L.xpu.is_available()",
    "L.get_default_device()", "L.set_default_device('cpu')",
    "L.are_deterministic_algorithms_enabled()", "L.get_deterministic_debug_mode()",
    "L.set_deterministic_debug_mode('loud')", "L.set_deterministic_debug_mode(7)",
    "L.get_float32_matmul_precision()", "L.set_float32_matmul_precision('high')",
    "L.get_float32_matmul_precision()", "L.set_float32_matmul_precision('highest')",
    "L.is_warn_always_enabled()", "L.get_default_dtype()", "L.is_anomaly_enabled()",
    "L.FloatTensor([1, 2])", "L.LongTensor(2).shape", "L.DoubleTensor([[1.5]]).dtype",
    "L.BoolTensor([True, False])", "isinstance(L.ones(2), L.FloatTensor)",
    "isinstance(L.ones(2), L.LongTensor)", "isinstance(3, L.FloatTensor)",
    "L.ones(2).type(L.LongTensor)", "L.FloatTensor.dtype", "L.FloatTensor.__name__",
    "L.LongTensor(L.ones(2))", "L.HalfTensor(L.ones(2).bool())",
    "L.CharTensor(L.ones(2).byte())", "L.ShortTensor(L.ones(2).int())",
    "L.BFloat16Tensor(L.ones(2).double())", "L.typename(L.ones(2).long())",
    "L.typename(L.nn.Linear)", "L.typename([1])", "L.distributed.is_initialized()",
    "L.types.Number", "L.jit.is_scripting()", "L.jit.is_tracing()", "L.jit.annotate(int, 3)",
    "L.compiler.is_compiling()", "L.overrides.has_torch_function([1])",
    "L.overrides.is_tensor_like(L.ones(1))", "L.overrides.is_tensor_like([1])",
    "L.overrides.is_tensor_method_or_property(L.Tensor.exp)",
    "L.compile(mode='default', options={})(3)",
]  # fmt: skip


def outcome(package, call):
    """A call's value as text, or its error with the message's first line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = str(eval(call, {"L": package}))
    except Exception as error:
        text = f"{type(error).__name__}: {error}".partition("\n")[0]
    finally:
        package.set_default_device(None)
    return text.replace("flambeau", "torch")


@pytest.mark.parametrize("call", SAME)
def test_same_answer(call):
    names = ("accelerator", "cuda", "mps", "xpu", "types", "jit", "overrides", "multiprocessing")
    for name in names:
        importlib.import_module(f"torch.{name}")
    assert outcome(flambeau, call) == outcome(torch, call)


def test_default_tensor_type():
    for package in (flambeau, torch):
        try:
            package.set_default_tensor_type(package.DoubleTensor)
            assert package.get_default_dtype() is package.float64
            package.set_default_tensor_type("torch.FloatTensor")
            assert package.tensor([1.0]).dtype is package.float32
            with pytest.raises(TypeError):
                package.set_default_tensor_type(3)
        finally:
            package.set_default_dtype(package.float32)


def test_what_cannot_be_chosen_says_so():
    with pytest.raises(AssertionError, match="not compiled with CUDA"):
        flambeau.set_default_device("cuda")
    with pytest.raises(TypeError, match="only floating-point types"):
        flambeau.set_default_tensor_type(flambeau.LongTensor)


def test_deterministic_algorithms():
    for package in (flambeau, torch):
        try:
            package.use_deterministic_algorithms(True, warn_only=True)
            assert package.is_deterministic_algorithms_warn_only_enabled()
            assert package.get_deterministic_debug_mode() == 1
            package.set_deterministic_debug_mode("error")
            assert package.are_deterministic_algorithms_enabled()
        finally:
            package.use_deterministic_algorithms(False)


def test_decorators_that_change_nothing():
    def double(x):
        return x * 2

    module = flambeau.nn.Linear(2, 2)
    jit, compiler = flambeau.jit, flambeau.compiler
    same = [
        flambeau.compile(double, disable=True), flambeau.compile(backend="eager")(double),
        compiler.disable(double), compiler.disable(recursive=False)(double), jit.script(double),
        jit.export(double), jit.ignore(double), jit.ignore(drop=True)(double), jit.unused(double),
        jit.trace(double, flambeau.ones(1)),
    ]  # fmt: skip
    assert all(f is double for f in same)
    assert flambeau.compile(module, disable=True) is module and jit.script(module) is module
    x = flambeau.tensor([1.0, 2.0])
    for compiled in flambeau.compile(double), flambeau.compile(mode="reduce-overhead")(double):
        assert all(compiled(x).tolist() == [2.0, 4.0] for _ in range(2))
    assert not isinstance(module, jit.ScriptModule)


def test_switches_can_be_set():
    backends = flambeau.backends
    before = backends.cudnn.benchmark
    try:
        backends.cudnn.benchmark = backends.cuda.matmul.allow_tf32 = True
        assert backends.cudnn.benchmark and backends.cuda.matmul.allow_tf32
    finally:
        backends.cudnn.benchmark = backends.cuda.matmul.allow_tf32 = before
    with flambeau.nn.attention.sdpa_kernel(flambeau.nn.attention.SDPBackend.MATH):
        pass
    with pytest.raises(AssertionError):
        flambeau.nn.attention.sdpa_kernel([]).__enter__()


@pytest.mark.parametrize("name", ["jit", "compiler", "cuda", "distributed", "overrides", "utils"])
def test_missing_names_are_said_to_be_missing(name):
    module = importlib.import_module(f"flambeau.{name}")
    with pytest.raises(AttributeError, match=f"module 'flambeau.{name}' has no attribute 'is_no'"):
        _ = module.is_no
