"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from . import ops as ops
from .tensor.device import device as device
from .tensor.dtype import dtype as dtype, finfo as finfo, get_default_dtype as get_default_dtype, iinfo as iinfo, set_default_dtype as set_default_dtype
from .tensor.formats import channels_last as channels_last, channels_last_3d as channels_last_3d, contiguous_format as contiguous_format, layout as layout, memory_format as memory_format, preserve_format as preserve_format, sparse_coo as sparse_coo, sparse_csr as sparse_csr, strided as strided
from .tensor.size import Size as Size
from .tensor.tensor import Tensor as Tensor
from . import autograd as autograd
from .autograd.modes import enable_grad as enable_grad, inference_mode as inference_mode, is_grad_enabled as is_grad_enabled, is_inference_mode_enabled as is_inference_mode_enabled, no_grad as no_grad, set_grad_enabled as set_grad_enabled
from .tensor.generator import Generator as Generator, default_generator as default_generator, get_rng_state as get_rng_state, initial_seed as initial_seed, manual_seed as manual_seed, seed as seed, set_rng_state as set_rng_state
from .tensor.promotion import can_cast as can_cast, promote_types as promote_types
from . import _C as _C
from . import accelerator as accelerator
from . import amp as amp
from . import app as app
from . import backends as backends
from . import compiler as compiler
from . import cuda as cuda
from . import distributed as distributed
from . import distributions as distributions
from . import fft as fft
from . import func as func
from . import io as io
from . import jit as jit
from . import linalg as linalg
from . import masked as masked
from . import mps as mps
from . import multiprocessing as multiprocessing
from . import nn as nn
from . import notebook as notebook
from . import optim as optim
from . import overrides as overrides
from . import random as random
from . import signal as signal
from . import sparse as sparse
from . import special as special
from . import testing as testing
from . import torch_alias as torch_alias
from . import types as types
from . import utils as utils
from . import version as version
from . import vision as vision
from . import xpu as xpu
from .amp import GradScaler as GradScaler
from .cuda import OutOfMemoryError as OutOfMemoryError
from .tensor.memory import UntypedStorage as UntypedStorage
from .settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from .amp import autocast as autocast
from .compiler import compile as compile
from .amp.autocast_mode import get_autocast_cpu_dtype as get_autocast_cpu_dtype
from .amp.autocast_mode import get_autocast_dtype as get_autocast_dtype
from .amp.autocast_mode import get_autocast_gpu_dtype as get_autocast_gpu_dtype
from .settings import get_default_device as get_default_device
from .settings import get_deterministic_debug_mode as get_deterministic_debug_mode
from .settings import get_float32_matmul_precision as get_float32_matmul_precision
from .backends.threads import get_num_interop_threads as get_num_interop_threads
from .backends.threads import get_num_threads as get_num_threads
from .tensor.printing import get_printoptions as get_printoptions
from .autograd.anomaly import is_anomaly_enabled as is_anomaly_enabled
from .amp.autocast_mode import is_autocast_cpu_enabled as is_autocast_cpu_enabled
from .amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from .settings import is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled
from .settings import is_warn_always_enabled as is_warn_always_enabled
from .io import load as load
from .notebook import load_ipython_extension as load_ipython_extension
from .io import save as save
from .settings import set_default_device as set_default_device
from .settings import set_default_tensor_type as set_default_tensor_type
from .settings import set_deterministic_debug_mode as set_deterministic_debug_mode
from .settings import set_float32_matmul_precision as set_float32_matmul_precision
from .settings import set_flush_denormal as set_flush_denormal
from .backends.threads import set_num_interop_threads as set_num_interop_threads
from .backends.threads import set_num_threads as set_num_threads
from .tensor.printing import set_printoptions as set_printoptions
from .settings import set_warn_always as set_warn_always
from .sparse.create import sparse_coo_tensor as sparse_coo_tensor
from .tensor.tensor_types import typename as typename
from .settings import use_deterministic_algorithms as use_deterministic_algorithms
from .func import vmap as vmap
from .tensor.dtype import dtype as Dtype
bool: Dtype
uint8: Dtype
int8: Dtype
int16: Dtype
int32: Dtype
int64: Dtype
float16: Dtype
bfloat16: Dtype
float32: Dtype
float64: Dtype
complex64: Dtype
complex128: Dtype
half: Dtype
float: Dtype
double: Dtype
short: Dtype
int: Dtype
long: Dtype
cfloat: Dtype
cdouble: Dtype
__version__: str
pi: builtins.float
inf: builtins.float
nan: builtins.float
e: builtins.float
newaxis: None
_MODULES: frozenset[str]
_LAZY: dict[str, str]

def _weight_norm(v: Tensor, g: Tensor, dim: builtins.int=0) -> Tensor:
    """g v / |v|, with a norm for each slice along ``dim``, or for all of v where it is -1."""

def abs(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $|x|$."""

def abs_(input: Tensor) -> Tensor:
    """The same as abs, written into the tensor itself."""

def absolute(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $|x|$."""

def absolute_(input: Tensor) -> Tensor:
    """The same as absolute, written into the tensor itself."""

def acos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arccos x$."""

def acos_(input: Tensor) -> Tensor:
    """The same as acos, written into the tensor itself."""

def acosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{arcosh} x$."""

def acosh_(input: Tensor) -> Tensor:
    """The same as acosh, written into the tensor itself."""

def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means over windows that give the output size."""

def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima over windows that give the output size, and their places in the input."""

def add(input: Tensor, other: Tensor | Number, *, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x + \\alpha y$."""

def add_(input: Tensor, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
    """The same as add, written into the tensor itself."""

def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """beta input + alpha times the sum of the products of two batches' matrices."""

def addbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
    """The same as addbmm, written into the tensor itself."""

def addcdiv(input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x + v\\, \\frac{a}{b}$."""

def addcdiv_(input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
    """The same as addcdiv, written into the tensor itself."""

def addcmul(input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x + v\\, a b$."""

def addcmul_(input: Tensor, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
    """The same as addcmul, written into the tensor itself."""

def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number=1, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """beta input + alpha mat1 mat2; the input is broadcast to the product's shape."""

def addmm_(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
    """The same as addmm, written into the tensor itself."""

def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number=1, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """beta input + alpha mat vec."""

def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
    """The same as addmv, written into the tensor itself."""

def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number=1, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """beta input + alpha times the outer product of two vectors."""

def addr_(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
    """The same as addr, written into the tensor itself."""

def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions transposed, complex numbers conjugated."""

def alias_copy(input: Tensor) -> Tensor:
    """A copy of the tensor."""

def all(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
    """Whether no element is zero, of all or over dimensions."""

def allclose(input: Tensor, other: Tensor, rtol: builtins.float=1e-05, atol: builtins.float=1e-08, equal_nan: builtins.bool=False) -> builtins.bool:
    """Whether all elements are nearly equal, as a bool; see ``isclose``."""

def alpha_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Dropout to SELU's saturation, which keeps mean and variance."""

def alpha_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """The same as alpha_dropout, written into the tensor itself."""

def amax(input: Tensor, dim: builtins.int | Sequence[builtins.int]=(), keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The largest elements over dimensions, of all where none is named."""

def amin(input: Tensor, dim: builtins.int | Sequence[builtins.int]=(), keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The smallest elements over dimensions, of all where none is named."""

def aminmax(input: Tensor, *, dim: builtins.int | None=None, keepdim: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """The smallest and the largest elements, of all or over one dimension."""

def angle(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arg x$."""

def any(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
    """Whether any element is not zero, of all or over dimensions."""

def arange(start: Any, end: Any=None, step: Any=1, *, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """Numbers from ``start`` (0 if left out) up to, not including, ``end``."""

def arccos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arccos x$."""

def arccos_(input: Tensor) -> Tensor:
    """The same as arccos, written into the tensor itself."""

def arccosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{arcosh} x$."""

def arccosh_(input: Tensor) -> Tensor:
    """The same as arccosh, written into the tensor itself."""

def arcsin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arcsin x$."""

def arcsin_(input: Tensor) -> Tensor:
    """The same as arcsin, written into the tensor itself."""

def arcsinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{arsinh} x$."""

def arcsinh_(input: Tensor) -> Tensor:
    """The same as arcsinh, written into the tensor itself."""

def arctan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arctan x$."""

def arctan2(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{atan2}(y, x)$."""

def arctan2_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as arctan2, written into the tensor itself."""

def arctan_(input: Tensor) -> Tensor:
    """The same as arctan, written into the tensor itself."""

def arctanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{artanh} x$."""

def arctanh_(input: Tensor) -> Tensor:
    """The same as arctanh, written into the tensor itself."""

def argmax(input: Tensor, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The index of the largest element, of all (as if they were flat) or over ``dim``."""

def argmin(input: Tensor, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The index of the smallest element, of all (as if they were flat) or over ``dim``."""

def argsort(input: Tensor, dim: builtins.int=-1, descending: builtins.bool=False, stable: builtins.bool=False) -> Tensor:
    """The indices that sort a tensor along a dimension; arguments as in ``sort``."""

def argwhere(input: Tensor) -> Tensor:
    """The indices of all elements that are not zero, a row for each."""

def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
    """A view of the tensor's memory with any sizes, strides and offset, counted in elements."""

def as_strided_(input: Tensor, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
    """Gives the tensor itself other sizes and strides on its memory."""

def as_strided_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what as_strided gives as a view."""

def as_strided_scatter(input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
    """A copy of the tensor with ``src`` in a strided part of its memory."""

def as_tensor(data: Any, dtype: Dtype | None=None, device: Any=None) -> Tensor:
    """The data as a tensor, sharing memory with tensors and arrays where the type allows."""

def asarray(obj: Any, *, dtype: Dtype | None=None, device: Any=None, copy: builtins.bool | None=None, requires_grad: builtins.bool=False) -> Tensor:
    """The object as a tensor; ``copy`` says whether memory must, may or must not be copied."""

def asin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arcsin x$."""

def asin_(input: Tensor) -> Tensor:
    """The same as asin, written into the tensor itself."""

def asinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{arsinh} x$."""

def asinh_(input: Tensor) -> Tensor:
    """The same as asinh, written into the tensor itself."""

def atan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\arctan x$."""

def atan2(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{atan2}(y, x)$."""

def atan2_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as atan2, written into the tensor itself."""

def atan_(input: Tensor) -> Tensor:
    """The same as atan, written into the tensor itself."""

def atanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{artanh} x$."""

def atanh_(input: Tensor) -> Tensor:
    """The same as atanh, written into the tensor itself."""

def atleast_1d(*tensors: Any) -> Any:
    """The tensors, those without dimensions as vectors."""

def atleast_2d(*tensors: Any) -> Any:
    """The tensors, those with fewer than two dimensions as rows."""

def atleast_3d(*tensors: Any) -> Any:
    """The tensors with at least three dimensions; new ones go around those there are."""

def avg_pool1d(input: Tensor, kernel_size: Any, stride: Any=None, padding: Any=0, ceil_mode: builtins.bool=False, count_include_pad: builtins.bool=True) -> Tensor:
    """The mean of each window of (batch, channels, length)."""

def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """beta input + alpha times the products of two batches' matrices."""

def baddbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
    """The same as baddbmm, written into the tensor itself."""

def bartlett_window(window_length: builtins.int, periodic: builtins.bool=True, *shape: builtins.float, dtype: Any=None, layout: Any=None, device: Any=None, pin_memory: builtins.bool=False, requires_grad: builtins.bool=False, **given: builtins.float) -> Tensor:
    """Bartlett's window, a triangle: :math:`1 - |2 t / n - 1|`."""

def batch_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None, training: builtins.bool, momentum: builtins.float, eps: builtins.float, cudnn_enabled: builtins.bool=True) -> Tensor:
    """Each channel standardised over the batch; see nn.functional.batch_norm."""

def bernoulli(input: Tensor, p: Number | None=None, *, generator: Any=None, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Ones drawn with the probabilities in ``input`` (or with ``p``), otherwise zeros."""

def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None=None) -> Tensor:
    """x1^T W_o x2 + b_o for each output o."""

def bincount(input: Tensor, weights: Tensor=None, minlength: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """How often each of the numbers 0, 1, … occurs, or the sum of the weights where it does."""

def bitwise_and(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\land y$."""

def bitwise_and_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_and, written into the tensor itself."""

def bitwise_left_shift(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x 2^y$."""

def bitwise_left_shift_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_left_shift, written into the tensor itself."""

def bitwise_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lnot x$."""

def bitwise_not_(input: Tensor) -> Tensor:
    """The same as bitwise_not, written into the tensor itself."""

def bitwise_or(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\lor y$."""

def bitwise_or_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_or, written into the tensor itself."""

def bitwise_right_shift(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lfloor x 2^{-y} \\rfloor$."""

def bitwise_right_shift_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_right_shift, written into the tensor itself."""

def bitwise_xor(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\oplus y$."""

def bitwise_xor_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_xor, written into the tensor itself."""

def blackman_window(window_length: builtins.int, periodic: builtins.bool=True, *shape: builtins.float, dtype: Any=None, layout: Any=None, device: Any=None, pin_memory: builtins.bool=False, requires_grad: builtins.bool=False, **given: builtins.float) -> Tensor:
    """Blackman's window: :math:`0.42 - 0.5 \\cos + 0.08 \\cos`."""

def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the tensors as blocks along its diagonal, zero elsewhere."""

def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The products of the matrices of two batches, (b, n, k) and (b, k, m)."""

def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of the given shapes have together."""

def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors, all expanded to the shape that they have together."""

def broadcast_to(input: Tensor, *sizes: Any, size: Any=None) -> Tensor:
    """A view expanded to a shape by the rules of broadcasting."""

def bucketize(input: Any, boundaries: Tensor, *, out_int32: builtins.bool=False, right: builtins.bool=False, out: Tensor | None=None) -> Tensor:
    """The number of the bucket between sorted ``boundaries`` in which each value lies."""

def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All tuples with one element from each vector, as rows."""

def cat(tensors: Sequence[Tensor], dim: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The tensors one after the other along a dimension; their other sizes must be equal."""

def cdist(x1: Tensor, x2: Tensor, p: builtins.float=2.0, compute_mode: Any='use_mm_for_euclid_dist_if_necessary') -> Tensor:
    """The p-norm distances between the rows of x1 (..., n, k) and those of x2 (..., m, k)."""

def ceil(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lceil x \\rceil$."""

def ceil_(input: Tensor) -> Tensor:
    """The same as ceil, written into the tensor itself."""

def celu(input: Tensor, alpha: builtins.float=1.0) -> Tensor:
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1))."""

def celu_(input: Tensor, alpha: builtins.float=1.0) -> Tensor:
    """The same as celu, written into the tensor itself."""

def chain_matmul(*matrices: Tensor, out: Tensor | None=None) -> Tensor:
    """The product of a chain of matrices; an older name for linalg.multi_dot."""

def cholesky(input: Tensor, upper: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
    """The triangular factor of positive-definite matrices; an older form of linalg.cholesky."""

def cholesky_inverse(input: Tensor, upper: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The inverse of A = L Lᴴ (A = Uᴴ U if ``upper``), from its factor."""

def cholesky_solve(input: Tensor, input2: Tensor, upper: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """X with A X = input, where input2 is the factor L of A = L Lᴴ (U of A = Uᴴ U if
    ``upper``)."""

def chunk(input: Tensor, chunks: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
    """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

def clamp(input: Tensor, min: Any=None, max: Any=None, *, out: Tensor | None=None) -> Tensor:
    """min where the input is smaller, max where it is larger, otherwise the input."""

def clamp_(input: Tensor, min: Any=None, max: Any=None) -> Tensor:
    """The same as clamp, written into the tensor itself."""

def clamp_max(input: Tensor, max: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\min(x, b)$."""

def clamp_max_(input: Tensor, max: Tensor | Number) -> Tensor:
    """The same as clamp_max, written into the tensor itself."""

def clamp_min(input: Tensor, min: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\max(x, a)$."""

def clamp_min_(input: Tensor, min: Tensor | Number) -> Tensor:
    """The same as clamp_min, written into the tensor itself."""

def clip(input: Tensor, min: Any=None, max: Any=None, *, out: Tensor | None=None) -> Tensor:
    """min where the input is smaller, max where it is larger, otherwise the input."""

def clip_(input: Tensor, min: Any=None, max: Any=None) -> Tensor:
    """The same as clamp, written into the tensor itself."""

def clone(input: Tensor, *, memory_format: Any=None, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """A copy with memory of its own."""

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The tensors side by side, those with one dimension as columns."""

def combinations(input: Tensor, r: builtins.int=2, with_replacement: builtins.bool=False) -> Tensor:
    """All choices of r elements of a vector, in their order, as rows."""

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None=None) -> Tensor:
    """real + i imag."""

def concat(tensors: Sequence[Tensor], dim: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The tensors one after the other along a dimension; their other sizes must be equal."""

def concatenate(tensors: Sequence[Tensor], dim: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The tensors one after the other along a dimension; their other sizes must be equal."""

def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""

def conj_physical(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\bar x$."""

def conj_physical_(input: Tensor) -> Tensor:
    """The same as conj_physical, written into the tensor itself."""

def constant_pad_nd(input: Tensor, pad: builtins.int | Sequence[builtins.int], value: Number=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Adds a border of one value; negative widths cut elements off."""

def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, dilation: Any=1, groups: builtins.int=1) -> Tensor:
    """Convolution over one dimension."""

def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, dilation: Any=1, groups: builtins.int=1) -> Tensor:
    """Convolution over two dimensions."""

def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, dilation: Any=1, groups: builtins.int=1) -> Tensor:
    """Convolution over three dimensions."""

def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: builtins.int=0) -> Tensor:
    """conv1d for (time, batch, channels), with a weight (kernel, in_channels, out_channels)."""

def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, output_padding: Any=0, groups: builtins.int=1, dilation: Any=1) -> Tensor:
    """Transposed convolution over one dimension: conv1d's gradient with respect to its input."""

def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, output_padding: Any=0, groups: builtins.int=1, dilation: Any=1) -> Tensor:
    """Transposed convolution over two dimensions: conv2d's gradient with respect to its input."""

def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None=None, stride: Any=1, padding: Any=0, output_padding: Any=0, groups: builtins.int=1, dilation: Any=1) -> Tensor:
    """Transposed convolution over three dimensions: conv3d's gradient with respect to its
    input."""

def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, stride: Sequence[builtins.int], padding: Sequence[builtins.int], dilation: Sequence[builtins.int], transposed: builtins.bool, output_padding: Sequence[builtins.int], groups: builtins.int) -> Tensor:
    """Convolution of a batch, of any number of dimensions; see conv1d, conv2d, conv3d."""

def copysign(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $|x| \\operatorname{sign} y$."""

def copysign_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as copysign, written into the tensor itself."""

def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of variables in rows, observed in columns."""

def cos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\cos x$."""

def cos_(input: Tensor) -> Tensor:
    """The same as cos, written into the tensor itself."""

def cosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\cosh x$."""

def cosh_(input: Tensor) -> Tensor:
    """The same as cosh, written into the tensor itself."""

def count_nonzero(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None=None, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """How many elements are not zero, of all or over the dimensions ``dim``; int64."""

def cov(input: Tensor, *, correction: builtins.int=1, fweights: Tensor | None=None, aweights: Tensor | None=None) -> Tensor:
    """The covariances of variables in rows, observed in columns."""

def cross(input: Tensor, other: Tensor, dim: builtins.int | None=None, *, out: Tensor | None=None) -> Tensor:
    """The cross product along ``dim``, by default the first dimension of size 3."""

def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[builtins.int], target_lengths: Tensor | Sequence[builtins.int], blank: builtins.int=0, reduction: str='mean', zero_infinity: builtins.bool=False) -> Tensor:
    """Minus the logarithm of the probability of all ways to read the targets."""

def cummax(input: Tensor, dim: builtins.int, *, out: Any=None) -> Any:
    """Running maxima along a dimension, and where they are."""

def cummin(input: Tensor, dim: builtins.int, *, out: Any=None) -> Any:
    """Running minima along a dimension, and where they are."""

def cumprod(input: Tensor, dim: builtins.int, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """Running products along a dimension: :math:`y_i = \\prod_{j \\le i} x_j`."""

def cumsum(input: Tensor, dim: builtins.int, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """Running sums along a dimension: :math:`y_i = \\sum_{j \\le i} x_j`."""

def cumulative_trapezoid(y: Tensor, x: Tensor | None=None, *, dx: builtins.float | None=None, dim: builtins.int=-1) -> Tensor:
    """Running integrals along a dimension, by the trapezoid rule; arguments as in
    ``trapezoid``."""

def deg2rad(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{\\pi}{180} x$."""

def deg2rad_(input: Tensor) -> Tensor:
    """The same as deg2rad, written into the tensor itself."""

def det(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The same as linalg.det."""

def detach(input: Tensor) -> Tensor:
    """A tensor on the same memory that has no history and wants no gradient."""

def detach_(input: Tensor) -> Tensor:
    """Cuts the tensor itself off from its history."""

def detach_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what detach gives as a view."""

def diag(input: Tensor, diagonal: builtins.int=0, *, out: Tensor | None=None) -> Tensor:
    """A vector's matrix with it on the diagonal; a matrix's diagonal as a vector."""

def diag_embed(input: Tensor, offset: builtins.int=0, dim1: builtins.int=-2, dim2: builtins.int=-1, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Matrices, zero but for a diagonal, which is the input's last dimension."""

def diagflat(input: Tensor, offset: builtins.int=0) -> Tensor:
    """A matrix with all the input's elements on its diagonal."""

def diagonal(input: Tensor, offset: builtins.int=0, dim1: builtins.int=0, dim2: builtins.int=1) -> Tensor:
    """A view of the diagonal between two dimensions, as the last dimension."""

def diagonal_copy(input: Tensor, offset: builtins.int=0, dim1: builtins.int=0, dim2: builtins.int=1, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """A copy of the diagonal between two dimensions."""

def diagonal_scatter(input: Tensor, src: Tensor, offset: builtins.int=0, dim1: builtins.int=0, dim2: builtins.int=1, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """A copy of the tensor with ``src`` as its diagonal between two dimensions."""

def diff(input: Tensor, n: builtins.int=1, dim: builtins.int=-1, prepend: Tensor | None=None, append: Tensor | None=None, *, out: Tensor | None=None) -> Tensor:
    """Differences of neighbours along a dimension, taken ``n`` times: x[i + 1] - x[i]."""

def digamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\psi(x) = \\frac{d}{dx} \\ln \\Gamma(x)$."""

def digamma_(input: Tensor) -> Tensor:
    """The same as digamma, written into the tensor itself."""

def dist(input: Tensor, other: Tensor, p: Number=2, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The p-norm of the difference of two tensors."""

def div(input: Tensor, other: Any, *, rounding_mode: str | None=None, out: Tensor | None=None) -> Tensor:
    """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

def divide(input: Tensor, other: Any, *, rounding_mode: str | None=None, out: Tensor | None=None) -> Tensor:
    """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

def dot(input: Tensor, tensor: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The sum of the products of two vectors' elements."""

def dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Each element becomes 0 with probability p; the others are divided by 1 - p."""

def dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """The same as dropout, written into the tensor itself."""

def dsplit(input: Tensor, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
    """Splits along dimension 2."""

def dstack(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The tensors one behind the other, along dimension 2."""

def eig(*args: Any, **kwargs: Any) -> Any:
    """Removed. Use L, V = linalg.eig(A), or L = linalg.eigvals(A), which are complex."""

def einsum(*args: Any) -> Tensor:
    """Sums of products by subscripts: ``einsum("bij,bjk->bik", a, b)``."""

def embedding(weight: Tensor, indices: Tensor, padding_idx: builtins.int=-1, scale_grad_by_freq: builtins.bool=False, sparse: builtins.bool=False) -> Tensor:
    """The rows of ``weight`` that the integers in ``indices`` name."""

def embedding_renorm_(weight: Tensor, indices: Tensor, max_norm: builtins.float, norm_type: builtins.float) -> Tensor:
    """Scales the rows that are named, and longer than max_norm, down to that length in place."""

def empty(*size: Any, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, memory_format: Any=None, names: Any=None, **named: Any) -> Tensor:
    """A tensor of the given shape with arbitrary contents."""

def empty_like(input: Tensor, *, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, memory_format: Any=None) -> Tensor:
    """An uninitialised tensor of another's shape and type."""

def empty_permuted(size: Sequence[builtins.int], physical_layout: Sequence[builtins.int], **options: Any) -> Tensor:
    """An uninitialised tensor whose dimensions lie in memory in the order given."""

def empty_strided(size: Sequence[builtins.int], stride: Sequence[builtins.int], *, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """An uninitialised tensor with given strides."""

def eq(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x = y$."""

def eq_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as eq, written into the tensor itself."""

def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape and the same elements; a bool."""

def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf} x$."""

def erf_(input: Tensor) -> Tensor:
    """The same as erf, written into the tensor itself."""

def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erfc} x$."""

def erfc_(input: Tensor) -> Tensor:
    """The same as erfc, written into the tensor itself."""

def erfinv(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf}^{-1} x$."""

def erfinv_(input: Tensor) -> Tensor:
    """The same as erfinv, written into the tensor itself."""

def exp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^x$."""

def exp2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $2^x$."""

def exp2_(input: Tensor) -> Tensor:
    """The same as exp2, written into the tensor itself."""

def exp_(input: Tensor) -> Tensor:
    """The same as exp, written into the tensor itself."""

def expand_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what expand gives as a view."""

def expm1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^x - 1$."""

def expm1_(input: Tensor) -> Tensor:
    """The same as expm1, written into the tensor itself."""

def eye(n: builtins.int, m: builtins.int | None=None, *, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""

def feature_alpha_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """alpha_dropout of whole channels."""

def feature_alpha_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """The same as feature_alpha_dropout, written into the tensor itself."""

def feature_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Dropout of whole channels of (batch, channels, *)."""

def feature_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """The same as feature_dropout, written into the tensor itself."""

def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like the input, filled with a number or the element of a 0-d tensor."""

def fill_(input: Tensor, value: Any) -> Tensor:
    """Fills the tensor with a number or the element of a 0-d tensor."""

def fix(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{trunc} x$."""

def fix_(input: Tensor) -> Tensor:
    """The same as fix, written into the tensor itself."""

def flatten(input: Tensor, start_dim: builtins.int=0, end_dim: builtins.int=-1) -> Tensor:
    """Makes one dimension of those from ``start_dim`` to ``end_dim``, both included."""

def flip(input: Tensor, *dims: builtins.int | Sequence[builtins.int]) -> Tensor:
    """The elements in the opposite order along the dimensions."""

def fliplr(input: Tensor) -> Tensor:
    """The columns in the opposite order."""

def flipud(input: Tensor) -> Tensor:
    """The rows in the opposite order."""

def float_power(input: Any, exponent: Any, *, out: Tensor | None=None) -> Tensor:
    """input ** exponent in double precision."""

def floor(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lfloor x \\rfloor$."""

def floor_(input: Tensor) -> Tensor:
    """The same as floor, written into the tensor itself."""

def floor_divide(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lfloor x / y \\rfloor$."""

def floor_divide_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as floor_divide, written into the tensor itself."""

def fmax(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\max(x, y)$."""

def fmin(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\min(x, y)$."""

def fmod(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x - y \\operatorname{trunc}(x / y)$."""

def fmod_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as fmod, written into the tensor itself."""

def frac(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x - \\operatorname{trunc} x$."""

def frac_(input: Tensor) -> Tensor:
    """The same as frac, written into the tensor itself."""

def frexp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """m with 1/2 <= |m| < 1 and e with x = m 2^e."""

def frobenius_norm(input: Tensor, dim: Any=(), keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
    """The root of the sum of squares, over all dimensions or up to two."""

def from_numpy(array: Any) -> Tensor:
    """A tensor on the array's own memory."""

def frombuffer(buffer: Any, *, dtype: Dtype, count: builtins.int=-1, offset: builtins.int=0, requires_grad: builtins.bool=False) -> Tensor:
    """A 1-d tensor on a buffer's memory."""

def full(size: Sequence[builtins.int], fill_value: Number, *, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, names: Any=None) -> Tensor:
    """A tensor of the given shape filled with one number."""

def full_like(input: Tensor, fill_value: Number, *, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, memory_format: Any=None) -> Tensor:
    """A tensor of another's shape and type, filled with one number."""

def gather(input: Tensor, dim: builtins.int, index: Tensor, *, sparse_grad: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """One element along a dimension for each index: ``y[i][j] = x[index[i][j]][j]`` for dim 0."""

def gcd(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\gcd(x, y)$."""

def gcd_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as gcd, written into the tensor itself."""

def ge(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ge y$."""

def ge_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ge, written into the tensor itself."""

def geqrf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """QR as LAPACK keeps it: R with the reflections' vectors below it, and their factors."""

def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""

def gradient(input: Tensor, *, spacing: Any=1, dim: builtins.int | Sequence[builtins.int] | None=None, edge_order: builtins.int=1) -> tuple[Tensor, ...]:
    """The slopes of a function on a grid, one tensor for each dimension."""

def greater(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x > y$."""

def greater_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as greater, written into the tensor itself."""

def greater_equal(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ge y$."""

def greater_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as greater_equal, written into the tensor itself."""

def group_norm(input: Tensor, num_groups: builtins.int, weight: Tensor | None=None, bias: Tensor | None=None, eps: builtins.float=1e-05, cudnn_enabled: builtins.bool=True) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over groups of channels."""

def gru(input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any=False) -> tuple[Tensor, ...]:
    """Layers of gated recurrent units over a sequence; see `nn.GRU`, whose parameters
    ``params`` lists."""

def gru_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None=None, b_hh: Tensor | None=None) -> Tensor:
    """One step of a gated recurrent unit: the new hidden state."""

def gt(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x > y$."""

def gt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as gt, written into the tensor itself."""

def hamming_window(window_length: builtins.int, periodic: builtins.bool=True, *shape: builtins.float, dtype: Any=None, layout: Any=None, device: Any=None, pin_memory: builtins.bool=False, requires_grad: builtins.bool=False, **given: builtins.float) -> Tensor:
    """Hamming's window :math:`\\alpha - \\beta \\cos(2 \\pi t / n)`."""

def hann_window(window_length: builtins.int, periodic: builtins.bool=True, *shape: builtins.float, dtype: Any=None, layout: Any=None, device: Any=None, pin_memory: builtins.bool=False, requires_grad: builtins.bool=False, **given: builtins.float) -> Tensor:
    """Hann's window :math:`\\frac12 (1 - \\cos(2 \\pi t / n))`."""

def hardshrink(input: Tensor, lambd: Number=0.5, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\text{ if } |x| > \\lambda, \\text{ else } 0$."""

def heaviside(input: Tensor, values: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $H(x)$."""

def heaviside_(input: Tensor, values: Tensor | Number) -> Tensor:
    """The same as heaviside, written into the tensor itself."""

def histc(input: Tensor, bins: builtins.int=100, min: Number=0, max: Number=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """How many elements lie in each of ``bins`` equal parts of [min, max]."""

def histogram(input: Tensor, bins: Any, *, range: Any=None, weight: Tensor | None=None, density: builtins.bool=False, out: Any=None) -> Any:
    """Counts in bins, and the bins' edges: the named tuple (hist, bin_edges)."""

def histogramdd(input: Tensor, bins: Any, range: Any=None, weight: Tensor | None=None, density: builtins.bool=False) -> Any:
    """The histogram of points in several dimensions: the named tuple (hist, bin_edges)."""

def hsplit(input: Tensor, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
    """Splits along columns: dimension 1, or 0 of a tensor with one dimension."""

def hstack(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The tensors side by side: along dimension 1, or 0 where they have one dimension."""

def hypot(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sqrt{x^2 + y^2}$."""

def hypot_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as hypot, written into the tensor itself."""

def i0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $I_0(x)$."""

def i0_(input: Tensor) -> Tensor:
    """The same as i0, written into the tensor itself."""

def igamma(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $P(a, x)$."""

def igamma_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as igamma, written into the tensor itself."""

def igammac(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $Q(a, x)$."""

def igammac_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as igammac, written into the tensor itself."""

def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, as a view."""

def index_add(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Adds alpha times slices of ``source`` to the slices at the indices."""

def index_add_(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: Number=1) -> Tensor:
    """The same as index_add, written into the tensor itself."""

def index_copy(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Writes slices of ``source`` over the slices at the indices."""

def index_copy_(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
    """The same as index_copy, written into the tensor itself."""

def index_fill(input: Tensor, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
    """A copy with a number, or the element of a 0-d tensor, in the slices at the indices."""

def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool=False) -> Tensor:
    """A copy with values written at index tensors; with ``accumulate`` they are added there."""

def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool=False) -> Tensor:
    """Writes values at index tensors; with ``accumulate`` they are added there."""

def index_reduce(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool=True, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Combines slices of ``source`` with the slices at the indices."""

def index_reduce_(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool=True) -> Tensor:
    """The same as index_reduce, written into the tensor itself."""

def index_select(input: Tensor, dim: builtins.int, index: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The slices along a dimension at the indices of a vector."""

def inner(input: Tensor, other: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The sum of the products over the last dimension of both: (..., k) and (+++, k)."""

def instance_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None, use_input_stats: builtins.bool, momentum: builtins.float, eps: builtins.float, cudnn_enabled: builtins.bool=True) -> Tensor:
    """Each channel of each sample standardised by itself: a batch_norm of one long sample."""

def inverse(input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The same as linalg.inv."""

def is_complex(input: Tensor) -> builtins.bool:
    """Whether the element type is complex."""

def is_conj(input: Tensor) -> builtins.bool:
    """False: conjugates are always computed at once here."""

def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the element type is a floating-point type."""

def is_inference(input: Tensor) -> builtins.bool:
    """Whether the tensor was made in inference_mode."""

def is_nonzero(input: Tensor) -> builtins.bool:
    """Whether the only element is not zero."""

def is_same_size(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape."""

def is_storage(obj: Any) -> builtins.bool:
    """Whether the object is a storage."""

def is_tensor(obj: Any) -> builtins.bool:
    """Whether the object is a tensor."""

def isclose(input: Tensor, other: Tensor, rtol: builtins.float=1e-05, atol: builtins.float=1e-08, equal_nan: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Whether elements are nearly equal: |input - other| <= atol + rtol |other|."""

def isfinite(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def isin(elements: Any, test_elements: Any, *, assume_unique: builtins.bool=False, invert: builtins.bool=False, out: Tensor | None=None) -> Tensor:
    """Whether each element occurs among ``test_elements``; one of both may be a number."""

def isinf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def isnan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def isneginf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x = -\\infty$."""

def isposinf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x = \\infty$."""

def isreal(input: Tensor) -> Tensor:
    """Whether each element has no imaginary part."""

def istft(input: Tensor, n_fft: builtins.int, hop_length: builtins.int | None=None, win_length: builtins.int | None=None, window: Tensor | None=None, center: builtins.bool=True, normalized: builtins.bool=False, onesided: builtins.bool | None=None, length: builtins.int | None=None, return_complex: builtins.bool=False) -> Tensor:
    """The signal of which ``stft`` gave the input, where the windows overlap enough."""

def kaiser_window(window_length: builtins.int, periodic: builtins.bool=True, *shape: builtins.float, dtype: Any=None, layout: Any=None, device: Any=None, pin_memory: builtins.bool=False, requires_grad: builtins.bool=False, **given: builtins.float) -> Tensor:
    """Kaiser's window :math:`I_0(\\beta \\sqrt{1 - (2 t / n - 1)^2}) / I_0(\\beta)`."""

def kron(input: Tensor, other: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The Kronecker product: every element of the first times the whole of the second."""

def kthvalue(input: Tensor, k: builtins.int, dim: builtins.int=-1, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
    """The k-th smallest elements along a dimension, counted from 1, and their indices."""

def layer_norm(input: Tensor, normalized_shape: Sequence[builtins.int], weight: Tensor | None=None, bias: Tensor | None=None, eps: builtins.float=1e-05, cudnn_enable: builtins.bool=True) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions."""

def lcm(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{lcm}(x, y)$."""

def lcm_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as lcm, written into the tensor itself."""

def ldexp(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x 2^y$."""

def ldexp_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ldexp, written into the tensor itself."""

def le(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\le y$."""

def le_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as le, written into the tensor itself."""

def lerp(input: Tensor, end: Tensor | Number, weight: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x + w (y - x)$."""

def lerp_(input: Tensor, end: Tensor | Number, weight: Tensor | Number) -> Tensor:
    """The same as lerp, written into the tensor itself."""

def less(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x < y$."""

def less_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as less, written into the tensor itself."""

def less_equal(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\le y$."""

def less_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as less_equal, written into the tensor itself."""

def lgamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\ln |\\Gamma(x)|$."""

def lgamma_(input: Tensor) -> Tensor:
    """The same as lgamma, written into the tensor itself."""

def linalg_matmul(input: Tensor, other: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""

def linspace(start: Number | Tensor, end: Number | Tensor, steps: builtins.int, *, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """``steps`` numbers at equal distances, both ends included."""

def log(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\ln x$."""

def log10(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\log_{10} x$."""

def log10_(input: Tensor) -> Tensor:
    """The same as log10, written into the tensor itself."""

def log1p(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\ln(1 + x)$."""

def log1p_(input: Tensor) -> Tensor:
    """The same as log1p, written into the tensor itself."""

def log2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\log_2 x$."""

def log2_(input: Tensor) -> Tensor:
    """The same as log2, written into the tensor itself."""

def log_(input: Tensor) -> Tensor:
    """The same as log, written into the tensor itself."""

def log_softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """The logarithm of softmax, without overflow: :math:`x_i - \\ln \\sum_j e^{x_j}`."""

def logaddexp(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\ln(e^x + e^y)$."""

def logaddexp2(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\log_2(2^x + 2^y)$."""

def logcumsumexp(input: Tensor, dim: builtins.int, *, out: Tensor | None=None) -> Tensor:
    """Running :math:`\\ln \\sum e^{x}` along a dimension, without overflow."""

def logdet(input: Tensor) -> Tensor:
    """The logarithm of each determinant; nan where it is negative, -inf where it is 0."""

def logical_and(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def logical_and_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_and, written into the tensor itself."""

def logical_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\lnot x$."""

def logical_not_(input: Tensor) -> Tensor:
    """The same as logical_not, written into the tensor itself."""

def logical_or(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def logical_or_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_or, written into the tensor itself."""

def logical_xor(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def logical_xor_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_xor, written into the tensor itself."""

def logit(input: Tensor, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def logit_(self: Tensor, eps: builtins.float | None=None) -> Tensor:
    """The same as logit, written into the tensor itself."""

def logspace(start: Number | Tensor, end: Number | Tensor, steps: builtins.int, base: builtins.float=10.0, *, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """``steps`` powers of ``base``, exponents at equal distances, both ends included."""

def logsumexp(input: Tensor, dim: builtins.int | Sequence[builtins.int], keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """log(sum(exp(input))) over dimensions, without overflow."""

def lstm(input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any=False) -> tuple[Tensor, ...]:
    """Layers of long short-term memory over a sequence; see `nn.LSTM`, whose parameters
    ``params`` lists."""

def lstm_cell(input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None=None, b_hh: Tensor | None=None) -> tuple[Tensor, Tensor]:
    """One step of a long short-term memory: the new (h, c) from the input and the old (h, c)."""

def lstsq(*args: Any, **kwargs: Any) -> Any:
    """Removed. Use X = linalg.lstsq(A, B).solution: the arguments are reversed."""

def lt(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x < y$."""

def lt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as lt, written into the tensor itself."""

def lu(A: Tensor, pivot: builtins.bool=True, get_infos: builtins.bool=False, out: Any=None) -> tuple:
    """The same as linalg.lu_factor; with ``get_infos`` as linalg.lu_factor_ex."""

def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None=None) -> Tensor:
    """X with A X = input; linalg.lu_solve with its arguments in another order."""

def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: builtins.bool=True, unpack_pivots: builtins.bool=True, *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor, Tensor]:
    """P, L and U from what linalg.lu_factor gives; empty tensors for what is not asked for."""

def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy with a number, or the element of a 0-d tensor, where the mask is true."""

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """A copy with the elements of ``source``, in their order, where a mask is true."""

def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The same as masked_scatter, written into the tensor itself."""

def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The elements where a mask is true, as a vector."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""

def matrix_exp(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The same as linalg.matrix_exp."""

def matrix_power(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The same as linalg.matrix_power."""

def matrix_rank(*args: Any, **kwargs: Any) -> Any:
    """Removed. Use linalg.matrix_rank(A); its parameter 'symmetric' is called 'hermitian'."""

def max(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, other: Any=None, out: Any=None) -> Any:
    """The largest element; over a dimension also its index; of two tensors element by element."""

def max_pool1d(input: Tensor, kernel_size: Any, stride: Any=None, padding: Any=0, dilation: Any=1, ceil_mode: builtins.bool=False) -> Tensor:
    """The maximum of each window of (batch, channels, length)."""

def max_pool1d_with_indices(input: Tensor, kernel_size: Any, stride: Any=None, padding: Any=0, dilation: Any=1, ceil_mode: builtins.bool=False) -> tuple[Tensor, Tensor]:
    """The maximum of each window of (batch, channels, length), and its place."""

def max_pool2d(input: Tensor, kernel_size: Any, stride: Any=None, padding: Any=0, dilation: Any=1, ceil_mode: builtins.bool=False) -> Tensor:
    """The maximum of each window of (batch, channels, height, width)."""

def max_pool3d(input: Tensor, kernel_size: Any, stride: Any=None, padding: Any=0, dilation: Any=1, ceil_mode: builtins.bool=False) -> Tensor:
    """The maximum of each window of (batch, channels, depth, height, width)."""

def maximum(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\max(x, y)$."""

def mean(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """The mean of all elements, or over the dimensions ``dim``: :math:`\\frac{1}{n} \\sum_i
    x_i`."""

def median(input: Tensor, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
    """The middle element: of an even number, the lower of the two."""

def meshgrid(*tensors: Any, indexing: str | None=None) -> tuple[Tensor, ...]:
    """Vectors expanded to the grid that they span: one tensor of coordinates for each of them."""

def min(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, other: Any=None, out: Any=None) -> Any:
    """The smallest element; over a dimension also its index; of two tensors element by
    element."""

def minimum(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\min(x, y)$."""

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The product of two matrices, (n, k) and (k, m)."""

def mode(input: Tensor, dim: builtins.int=-1, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
    """The most frequent elements along a dimension (of several, the smallest) and their
    indices."""

def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions moved to new places; the others keep their order."""

def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions moved to new places; the others keep their order."""

def msort(input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The elements in order along the first dimension."""

def mul(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x y$."""

def mul_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as mul, written into the tensor itself."""

def multinomial(input: Tensor, num_samples: builtins.int, replacement: builtins.bool=False, *, generator: Any=None, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Row indices drawn with the weights in ``input``."""

def multiply(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x y$."""

def multiply_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as multiply, written into the tensor itself."""

def mv(input: Tensor, vec: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The product of a matrix (n, k) and a vector (k)."""

def mvlgamma(input: Tensor, p: builtins.int, *, out: Tensor | None=None) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension p."""

def nan_to_num(input: Tensor, nan: Number | None=None, posinf: Number | None=None, neginf: Number | None=None, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """``nan`` (0 by default), ``posinf`` and ``neginf`` (the type's largest numbers) in place
    of what is no number."""

def nan_to_num_(input: Tensor, nan: Number | None=None, posinf: Number | None=None, neginf: Number | None=None) -> Tensor:
    """The same as nan_to_num, written into the tensor itself."""

def nanmean(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """The mean of the elements that are not nan; arguments as in ``mean``."""

def nanmedian(input: Tensor, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
    """The middle of the elements that are not nan; see ``median``."""

def nanquantile(input: Tensor, q: Any, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, interpolation: str='linear', out: Tensor | None=None) -> Tensor:
    """Quantiles of the elements that are not nan; see ``quantile``."""

def nansum(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """The sum of the elements that are not nan; arguments as in ``sum``."""

def narrow(input: Tensor, dim: builtins.int, start: builtins.int | Tensor, length: builtins.int) -> Tensor:
    """A view of ``length`` neighbours along a dimension from ``start`` on."""

def narrow_copy(input: Tensor, dim: builtins.int, start: builtins.int, length: builtins.int) -> Tensor:
    """A copy of ``length`` neighbours along a dimension from ``start`` on."""

def native_batch_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None, training: builtins.bool, momentum: builtins.float, eps: builtins.float) -> tuple[Tensor, Tensor, Tensor]:
    """batch_norm, with the batch's mean and 1 / standard deviation (empty in evaluation mode)."""

def native_dropout(input: Tensor, p: builtins.float, train: builtins.bool | None) -> tuple[Tensor, Tensor]:
    """Dropout, and which elements were kept."""

def native_group_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, N: builtins.int, C: builtins.int, HxW: builtins.int, group: builtins.int, eps: builtins.float) -> tuple[Tensor, Tensor, Tensor]:
    """group_norm, with the groups' means and 1 / standard deviations."""

def native_layer_norm(input: Tensor, normalized_shape: Sequence[builtins.int], weight: Tensor | None, bias: Tensor | None, eps: builtins.float) -> tuple[Tensor, Tensor, Tensor]:
    """layer_norm, with the means and the 1 / standard deviations."""

def ne(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ne y$."""

def ne_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ne, written into the tensor itself."""

def neg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $-x$."""

def neg_(input: Tensor) -> Tensor:
    """The same as neg, written into the tensor itself."""

def negative(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $-x$."""

def negative_(input: Tensor) -> Tensor:
    """The same as negative, written into the tensor itself."""

def nextafter(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def nextafter_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as nextafter, written into the tensor itself."""

def nonzero(input: Tensor, *, as_tuple: builtins.bool=False, out: Tensor | None=None) -> Any:
    """The indices of all elements that are not zero."""

def nonzero_static(input: Tensor, *, size: builtins.int, fill_value: builtins.int=-1) -> Tensor:
    """``nonzero`` with so many rows: cut off, or filled with a number."""

def norm(input: Tensor, p: Any='fro', dim: Any=None, keepdim: builtins.bool=False, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """A norm of all elements, or over dimensions: :math:`(\\sum_i |x_i|^p)^{1/p}`."""

def norm_except_dim(v: Tensor, pow: builtins.int=2, dim: builtins.int=0) -> Tensor:
    """The norms over all dimensions but one; over all where ``dim`` is -1."""

def normal(mean: Any=0.0, std: Any=1.0, size: Any=None, *, generator: Any=None, out: Tensor | None=None, dtype: Dtype | None=None, device: Any=None, requires_grad: builtins.bool=False, layout: Any=None, pin_memory: builtins.bool=False) -> Tensor:
    """Normally distributed numbers with given means and standard deviations."""

def not_equal(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ne y$."""

def not_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as not_equal, written into the tensor itself."""

def nuclear_norm(input: Tensor, dim: Any=(-2, -1), keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
    """The sum of the singular values of each matrix."""

def numel(input: Tensor) -> builtins.int:
    """The number of elements."""

def ones(*size: Any, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, names: Any=None, **named: Any) -> Tensor:
    """A tensor of ones of the given shape."""

def ones_like(input: Tensor, *, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, memory_format: Any=None) -> Tensor:
    """Ones of another tensor's shape and type."""

def orgqr(input: Tensor, tau: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The same as linalg.householder_product."""

def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: builtins.bool=True, transpose: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Q C, C Q, Qᴴ C or C Qᴴ, where Q is the whole product of reflections that geqrf gives."""

def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""

def pca_lowrank(A: Tensor, q: builtins.int | None=None, center: builtins.bool=True, niter: builtins.int=2) -> tuple:
    """Principal components by sampling: (U, S, V) of A, its columns' means subtracted first."""

def pdist(input: Tensor, p: builtins.float=2.0) -> Tensor:
    """The p-norm distances between all pairs of rows: (n, k) gives (n (n - 1) / 2)."""

def permute(input: Tensor, *dims: builtins.int | Sequence[builtins.int]) -> Tensor:
    """A view with its dimensions in the order given."""

def permute_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what permute gives as a view."""

def pinverse(input: Tensor, rcond: builtins.float=1e-15) -> Tensor:
    """The same as linalg.pinv."""

def poisson(input: Tensor, generator: Any=None, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Poisson-distributed counts of the given rates."""

def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None=None) -> Tensor:
    """abs (cos angle + i sin angle)."""

def polygamma(n: builtins.int, input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The derivative of order n of digamma, :math:`\\psi^{(n)}(x)`."""

def positive(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x$."""

def pow(input: Tensor, exponent: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x^y$."""

def pow_(input: Tensor, exponent: Tensor | Number) -> Tensor:
    """The same as pow, written into the tensor itself."""

def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """max(0, x) + a min(0, x), with one a for all or one for each channel (dimension 1)."""

def prod(input: Tensor, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """The product of all elements, or over the dimension ``dim``: :math:`\\prod_i x_i`."""

def put(input: Tensor, index: Tensor, source: Tensor, accumulate: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Writes, or adds, values at positions of the flattened tensor."""

def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: builtins.bool=False) -> Tensor:
    """The same as put, written into the tensor itself."""

def qr(input: Tensor, some: builtins.bool=True, *, out: Any=None) -> tuple:
    """A = Q R; an older form of linalg.qr: ``some`` is "reduced", otherwise "complete"."""

def quantile(input: Tensor, q: Any, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, interpolation: str='linear', out: Tensor | None=None) -> Tensor:
    """The elements below which the fractions ``q`` of all elements lie; nan where there is
    one."""

def rad2deg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{180}{\\pi} x$."""

def rad2deg_(input: Tensor) -> Tensor:
    """The same as rad2deg, written into the tensor itself."""

def rand(*size: Any, generator: Any=None, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, names: Any=None, **named: Any) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""

def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Numbers drawn evenly from [0, 1), of another tensor's shape and type."""

def randint(*args: Any, low: builtins.int=0, high: builtins.int | None=None, size: Any=None, generator: Any=None, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """Whole numbers of [low, high): ``randint(high, size)`` or ``randint(low, high, size)``."""

def randint_like(input: Tensor, *args: builtins.int, low: builtins.int=0, high: builtins.int | None=None, **options: Any) -> Tensor:
    """Whole numbers drawn evenly from [low, high), of another tensor's shape and type."""

def randn(*size: Any, generator: Any=None, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, names: Any=None, **named: Any) -> Tensor:
    """Numbers of the standard normal distribution."""

def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Standard normal numbers, of another tensor's shape and type."""

def randperm(n: builtins.int, *, generator: Any=None, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """The numbers 0 … n-1 in random order."""

def range(start: Any, end: Any, step: Any=1, **options: Any) -> Tensor:
    """Like arange with the end included, in the default type."""

def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""

def real(input: Tensor) -> Tensor:
    """The real part: a view of a complex tensor, a real tensor itself."""

def reciprocal(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{1}{x}$."""

def reciprocal_(input: Tensor) -> Tensor:
    """The same as reciprocal, written into the tensor itself."""

def relu(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\max(0, x)$."""

def relu_(input: Tensor) -> Tensor:
    """The same as relu, written into the tensor itself."""

def remainder(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x - y \\lfloor x / y \\rfloor$."""

def remainder_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as remainder, written into the tensor itself."""

def renorm(input: Tensor, p: Number, dim: builtins.int, maxnorm: Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Scales each slice along ``dim`` down to the p-norm ``maxnorm``, where it is larger."""

def renorm_(input: Tensor, p: Number, dim: builtins.int, maxnorm: Number) -> Tensor:
    """The same as renorm, written into the tensor itself."""

def repeat_interleave(input: Tensor, repeats: builtins.int | Tensor | None=None, dim: builtins.int | None=None, *, output_size: builtins.int | None=None) -> Tensor:
    """Each element (along ``dim``; of the flattened tensor without one) so many times in a
    row."""

def reshape(input: Tensor, *sizes: Any, shape: Any=None) -> Tensor:
    """The elements, in their order, in another shape: a view where there is one, or a copy."""

def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any=None) -> Tensor:
    """Gives the tensor another tensor's shape, as ``resize_`` does."""

def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are always computed at once."""

def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: negations are always computed at once."""

def result_type(tensor1: Any, tensor2: Any) -> Dtype:
    """The type that arithmetic between two tensors or numbers has."""

def rms_norm(input: Tensor, normalized_shape: Sequence[builtins.int], weight: Tensor | None=None, eps: builtins.float | None=None) -> Tensor:
    """x / sqrt(mean(x^2) + eps) * weight over the last dimensions."""

def rnn_relu(input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any=False) -> tuple[Tensor, ...]:
    """Layers of a simple RNN with relu over a sequence; see `nn.RNN`, whose parameters
    ``params`` lists."""

def rnn_relu_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None=None, b_hh: Tensor | None=None) -> Tensor:
    """relu(W_ih x + b_ih + W_hh h + b_hh)"""

def rnn_tanh(input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any=False) -> tuple[Tensor, ...]:
    """Layers of a simple RNN with tanh over a sequence; see `nn.RNN`, whose parameters
    ``params`` lists."""

def rnn_tanh_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None=None, b_hh: Tensor | None=None) -> Tensor:
    """tanh(W_ih x + b_ih + W_hh h + b_hh)"""

def roll(input: Tensor, shifts: builtins.int | Sequence[builtins.int], dims: builtins.int | Sequence[builtins.int]=(), *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Shifts the elements along dimensions; those that leave at one end enter at the other."""

def rot90(input: Tensor, k: builtins.int=1, dims: builtins.int | Sequence[builtins.int]=(0, 1)) -> Tensor:
    """Turns a plane of the tensor k times by 90 degrees, from the first dimension to the
    second."""

def round(input: Tensor, *, decimals: builtins.int=0, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Rounds to the nearest number of so many decimals, halves to even."""

def round_(input: Tensor, *, decimals: builtins.int=0) -> Tensor:
    """The same as round, written into the tensor itself."""

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The tensors below each other, those with one dimension as rows."""

def rrelu(input: Tensor, lower: builtins.float=0.125, upper: builtins.float=0.3333333333333333, training: builtins.bool=False, generator: Any=None) -> Tensor:
    """max(0, x) + a min(0, x), a drawn from [lower, upper] in training, else their mean."""

def rrelu_(input: Tensor, lower: builtins.float=0.125, upper: builtins.float=0.3333333333333333, training: builtins.bool=False, generator: Any=None) -> Tensor:
    """The same as rrelu, written into the tensor itself."""

def rsqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x^{-1/2}$."""

def rsqrt_(input: Tensor) -> Tensor:
    """The same as rsqrt, written into the tensor itself."""

def rsub(input: Tensor, other: Any, *, alpha: Any=1) -> Tensor:
    """other - alpha input."""

def scalar_tensor(s: Any, *, dtype: Dtype | None=None, device: Any=None, requires_grad: builtins.bool=False) -> Tensor:
    """A 0-d tensor of a number, in the default type."""

def scatter(input: Tensor, dim: builtins.int, index: Tensor, src: Any=None, *, value: Any=None, reduce: str | None=None, out: Tensor | None=None) -> Tensor:
    """A copy with values written at indices along a dimension: ``x[index[i][j]][j] =
    src[i][j]``."""

def scatter_add(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Adds values at indices along a dimension: ``x[index[i][j]][j] += src[i][j]``."""

def scatter_add_(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
    """The same as scatter_add, written into the tensor itself."""

def scatter_reduce(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool=True, out: Tensor | None=None) -> Tensor:
    """Combines values that meet at an index: ``reduce`` "sum", "prod", "mean", "amax" or
    "amin"."""

def searchsorted(sorted_sequence: Tensor, input: Any, *, out_int32: builtins.bool=False, right: builtins.bool=False, side: str | None=None, sorter: Tensor | None=None, out: Tensor | None=None) -> Tensor:
    """Where values would be put into a sorted sequence to keep it sorted."""

def select(input: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
    """A view of the slice at ``index`` of a dimension, without that dimension."""

def select_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what select gives as a view."""

def select_scatter(input: Tensor, src: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
    """A copy of the tensor with ``src`` in place of ``input.select(dim, index)``."""

def selu(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $s\\,(\\max(0, x) + \\min(0, \\alpha (e^x - 1)))$."""

def selu_(input: Tensor) -> Tensor:
    """The same as selu, written into the tensor itself."""

def sgn(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x / |x|$."""

def sgn_(input: Tensor) -> Tensor:
    """The same as sgn, written into the tensor itself."""

def sigmoid(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{1}{1 + e^{-x}}$."""

def sigmoid_(input: Tensor) -> Tensor:
    """The same as sigmoid, written into the tensor itself."""

def sign(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{sign} x$."""

def sign_(input: Tensor) -> Tensor:
    """The same as sign, written into the tensor itself."""

def signbit(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    ...

def sin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sin x$."""

def sin_(input: Tensor) -> Tensor:
    """The same as sin, written into the tensor itself."""

def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{\\sin \\pi x}{\\pi x}$."""

def sinc_(input: Tensor) -> Tensor:
    """The same as sinc, written into the tensor itself."""

def sinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sinh x$."""

def sinh_(input: Tensor) -> Tensor:
    """The same as sinh, written into the tensor itself."""

def slice_scatter(input: Tensor, src: Tensor, dim: builtins.int=0, start: builtins.int | None=None, end: builtins.int | None=None, step: builtins.int=1) -> Tensor:
    """A copy of the tensor with ``src`` in place of a slice of one dimension."""

def slogdet(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """The same as linalg.slogdet."""

def softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \\sum_j e^{x_j}`."""

def solve(*args: Any, **kwargs: Any) -> Any:
    """Removed. Use X = linalg.solve(A, B): the arguments are reversed; for the LU see
    linalg.lu."""

def sort(input: Tensor, dim: builtins.int=-1, descending: builtins.bool=False, stable: builtins.bool=False, *, out: Any=None) -> Any:
    """The elements in order along a dimension: the named tuple (values, indices)."""

def special_logit(input: Tensor, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def split(tensor: Tensor, split_size_or_sections: Any=None, dim: builtins.int=0, *, split_size: Any=None) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: of one size (the last may be smaller) or of given
    ones."""

def split_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what split gives as a view."""

def split_with_sizes(input: Tensor, split_sizes: builtins.int | Sequence[builtins.int], dim: builtins.int=0) -> Tensor:
    """Views of neighbours along a dimension, as many as each size says."""

def split_with_sizes_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what split_with_sizes gives as a view."""

def sqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sqrt{x}$."""

def sqrt_(input: Tensor) -> Tensor:
    """The same as sqrt, written into the tensor itself."""

def square(input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """x^2."""

def square_(input: Tensor) -> Tensor:
    """The same as square, written into the tensor itself."""

def squeeze(input: Tensor, dim: Any=None) -> Tensor:
    """A view without the dimensions of size 1 (those of ``dim`` alone, where given)."""

def squeeze_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what squeeze gives as a view."""

def stack(tensors: Sequence[Tensor], dim: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The tensors, all of one shape, along a new dimension."""

def std(input: Tensor, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
    """The standard deviation, the square root of the variance."""

def std_mean(input: Tensor, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
    """The standard deviation and the mean, as a tuple."""

def stft(input: Tensor, n_fft: builtins.int, hop_length: builtins.int | None=None, win_length: builtins.int | None=None, window: Tensor | None=None, center: builtins.bool=True, pad_mode: str='reflect', normalized: builtins.bool=False, onesided: builtins.bool | None=None, return_complex: builtins.bool | None=None, align_to_window: builtins.bool | None=None) -> Tensor:
    """The spectrum around each moment: :math:`\\sum_m w_m x_{m + t h} e^{-2\\pi i k m / n}`."""

def sub(input: Tensor, other: Tensor | Number, *, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x - \\alpha y$."""

def sub_(input: Tensor, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
    """The same as sub, written into the tensor itself."""

def subtract(input: Tensor, other: Tensor | Number, *, alpha: Number=1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x - \\alpha y$."""

def subtract_(input: Tensor, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
    """The same as subtract, written into the tensor itself."""

def sum(input: Tensor, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """The sum of all elements, or over the dimensions ``dim``: :math:`\\sum_i x_i`."""

def svd(input: Tensor, some: builtins.bool=True, compute_uv: builtins.bool=True, *, out: Any=None) -> tuple:
    """(U, S, V) with input = U diag(S) Vᴴ; an older form of linalg.svd, which gives Vᴴ."""

def svd_lowrank(A: Tensor, q: builtins.int | None=6, niter: builtins.int | None=2, M: Tensor | None=None) -> tuple:
    """(U, S, V) with A - M nearly U diag(S) Vᴴ: the first ``q`` singular values, by sampling."""

def swapaxes(input: Tensor, axis0: builtins.int, axis1: builtins.int) -> Tensor:
    """The same as transpose."""

def swapdims(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """The same as transpose."""

def symeig(*args: Any, **kwargs: Any) -> Any:
    """Removed. Use L, V = linalg.eigh(A, UPLO='U'), or L = linalg.eigvalsh(A, UPLO='U')."""

def t(input: Tensor) -> Tensor:
    """The transposed matrix, as a view; tensors with 0 or 1 dimensions stay as they are."""

def t_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what t gives as a view."""

def take(input: Tensor, index: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The elements of the flattened tensor at the indices."""

def take_along_dim(input: Tensor, indices: Tensor, dim: builtins.int | None=None, *, out: Tensor | None=None) -> Tensor:
    """``gather``, input and indices broadcast together; without ``dim`` of the flattened
    input."""

def tan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\tan x$."""

def tan_(input: Tensor) -> Tensor:
    """The same as tan, written into the tensor itself."""

def tanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\tanh x$."""

def tanh_(input: Tensor) -> Tensor:
    """The same as tanh, written into the tensor itself."""

def tensor(data: Any, *, dtype: Dtype | None=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False) -> Tensor:
    """A new tensor that holds a copy of the data: numbers, nested sequences, arrays, tensors."""

def tensor_split(input: Tensor, indices_or_sections: Any=None, dim: builtins.int=0, *, indices: Any=None, sections: builtins.int | None=None) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: so many of nearly one size, or cut at given indices."""

def tensordot(a: Tensor, b: Tensor, dims: Any=2, out: Tensor | None=None) -> Tensor:
    """The sum of the products over pairs of dimensions."""

def threshold(input: Tensor, threshold: Number, value: Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\text{ if } x > t, \\text{ else } v$."""

def threshold_(input: Tensor, threshold: Number, value: Number) -> Tensor:
    """The same as threshold, written into the tensor itself."""

def tile(input: Tensor, *repeats: Any, dims: Any=None) -> Tensor:
    """The tensor so many times along each of its last dimensions."""

def topk(input: Tensor, k: builtins.int, dim: builtins.int=-1, largest: builtins.bool=True, sorted: builtins.bool=True, *, out: Any=None) -> Any:
    """The ``k`` largest elements along a dimension: the named tuple (values, indices)."""

def trace(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The sum of the diagonal of a matrix; integers are added up as int64."""

def transpose(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """A view with two dimensions in each other's place."""

def transpose_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what transpose gives as a view."""

def trapezoid(y: Tensor, x: Tensor | None=None, *, dx: builtins.float | None=None, dim: builtins.int=-1) -> Tensor:
    """The integral along a dimension: :math:`\\sum_i \\frac{1}{2} (x_{i+1} - x_i)(y_i +
    y_{i+1})`."""

def trapz(y: Tensor, x: Tensor | None=None, *, dx: builtins.float | None=None, dim: builtins.int=-1) -> Tensor:
    """The same as ``trapezoid``."""

def triangular_solve(input: Tensor, A: Tensor, upper: builtins.bool=True, transpose: builtins.bool=False, unitriangular: builtins.bool=False, *, out: Any=None) -> tuple:
    """X with A X = input, and a copy of A. An older form of linalg.solve_triangular."""

def tril(input: Tensor, diagonal: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The lower triangle of matrices, zero above the diagonal."""

def tril_(input: Tensor, diagonal: builtins.int=0) -> Tensor:
    """The same as tril, written into the tensor itself."""

def tril_indices(row: builtins.int, col: builtins.int, offset: builtins.int=0, *, dtype: Any=None, device: Any=None, layout: Any=None) -> Tensor:
    """Rows and columns of the lower triangle's elements, row by row."""

def triu(input: Tensor, diagonal: builtins.int=0, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The upper triangle of matrices, zero below the diagonal."""

def triu_(input: Tensor, diagonal: builtins.int=0) -> Tensor:
    """The same as triu, written into the tensor itself."""

def triu_indices(row: builtins.int, col: builtins.int, offset: builtins.int=0, *, dtype: Any=None, device: Any=None, layout: Any=None) -> Tensor:
    """Rows and columns of the upper triangle's elements, row by row."""

def true_divide(input: Tensor, other: Any, *, out: Tensor | None=None) -> Tensor:
    """input / other."""

def trunc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{trunc} x$."""

def trunc_(input: Tensor) -> Tensor:
    """The same as trunc, written into the tensor itself."""

def unbind(input: Tensor, dim: builtins.int=0) -> Tensor:
    """The slices along a dimension, as views without that dimension."""

def unbind_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what unbind gives as a view."""

def unflatten(input: Tensor, dim: builtins.int, sizes: Any) -> Tensor:
    """Makes several dimensions of one; their sizes multiply to its size, one may be -1."""

def unfold_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what unfold gives as a view."""

def unique(input: Tensor, sorted: builtins.bool=True, return_inverse: builtins.bool=False, return_counts: builtins.bool=False, dim: builtins.int | None=None) -> Any:
    """The different elements, in order; with ``dim`` the different slices along it."""

def unique_consecutive(input: Tensor, return_inverse: builtins.bool=False, return_counts: builtins.bool=False, dim: builtins.int | None=None) -> Any:
    """The elements without those that repeat the one before; with ``dim`` slices along it."""

def unravel_index(indices: Tensor, shape: builtins.int | Sequence[builtins.int]) -> tuple[Tensor, ...]:
    """The coordinates, in an array of this shape, of elements that are counted row by row."""

def unsafe_chunk(input: Tensor, chunks: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
    """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

def unsafe_split(input: Tensor, split_size: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
    """The same as split."""

def unsafe_split_with_sizes(input: Tensor, split_sizes: Any, dim: builtins.int=0) -> tuple[Tensor, ...]:
    """The same as split_with_sizes."""

def unsqueeze(input: Tensor, dim: builtins.int) -> Tensor:
    """A view with a new dimension of size 1 at ``dim``."""

def unsqueeze_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what unsqueeze gives as a view."""

def vander(x: Tensor, N: builtins.int | None=None, increasing: builtins.bool=False) -> Tensor:
    """The powers of each element in a row, falling from N - 1 to 0 unless ``increasing``."""

def var(input: Tensor, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
    """The variance, :math:`\\frac{1}{n - c} \\sum_i |x_i - \\bar x|^2`."""

def var_mean(input: Tensor, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
    """The variance and the mean, as a tuple."""

def vdot(input: Tensor, other: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The inner product of two vectors: the first one's conjugate times the second."""

def view_as_complex(input: Tensor) -> Tensor:
    """A real tensor whose last dimension holds real and imaginary parts, as a complex tensor."""

def view_as_complex_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what view_as_complex gives as a view."""

def view_as_real(input: Tensor) -> Tensor:
    """A complex tensor's memory as real and imaginary parts, in a new last dimension of size
    2."""

def view_as_real_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what view_as_real gives as a view."""

def view_copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """A copy of what view gives."""

def vsplit(input: Tensor, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
    """Splits along rows, dimension 0."""

def vstack(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The tensors below each other, those with one dimension as rows."""

def where(condition: Tensor, input: Any=None, other: Any=None, *, out: Tensor | None=None) -> Any:
    """``input`` where the condition holds, otherwise ``other``; all broadcast together."""

def xlogy(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ln y$."""

def xlogy_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as xlogy, written into the tensor itself."""

def zero_(input: Tensor) -> Tensor:
    """Fills the tensor with zeros."""

def zeros(*size: Any, out: Tensor | None=None, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, names: Any=None, **named: Any) -> Tensor:
    """A tensor of zeros of the given shape."""

def zeros_like(input: Tensor, *, dtype: Dtype | None=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False, pin_memory: builtins.bool=False, memory_format: Any=None) -> Tensor:
    """Zeros of another tensor's shape and type. Of a sparse tensor: none that is kept."""
