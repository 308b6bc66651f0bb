"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
import numpy as np
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from .tensor.dtype import dtype as Dtype
from .tensor.tensor import Tensor

def fft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The discrete Fourier transform."""

def fft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The discrete Fourier transform, over two dimensions."""

def fftfreq(n: builtins.int, d: builtins.float=1.0, *, out: Tensor | None=None, dtype: Any=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False) -> Tensor:
    """The frequencies of the results of fft for a signal of length n, sampled every d: k / (n
    d)."""

def fftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The discrete Fourier transform, over several dimensions, all by default."""

def fftshift(input: Tensor, dim: Any=None) -> Tensor:
    """Moves frequency 0 to the middle, along ``dim`` (all dimensions by default)."""

def hfft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real Fourier transform of a Hermitian signal, whose first half is given."""

def hfft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real Fourier transform of a Hermitian signal, whose first half is given, over two
    dimensions."""

def hfftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real Fourier transform of a Hermitian signal, whose first half is given, over
    several dimensions, all by default."""

def ifft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The inverse Fourier transform."""

def ifft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The inverse Fourier transform, over two dimensions."""

def ifftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The inverse Fourier transform, over several dimensions, all by default."""

def ifftshift(input: Tensor, dim: Any=None) -> Tensor:
    """Moves frequency 0 back to the front: the inverse of fftshift."""

def ihfft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Hermitian signal whose real transform is given."""

def ihfft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Hermitian signal whose real transform is given, over two
    dimensions."""

def ihfftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Hermitian signal whose real transform is given, over several
    dimensions, all by default."""

def irfft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real signal of which the input is the first half of the transform."""

def irfft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real signal of which the input is the first half of the transform, over two
    dimensions."""

def irfftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The real signal of which the input is the first half of the transform, over several
    dimensions, all by default."""

def rfft(input: Tensor, n: builtins.int | None=None, dim: builtins.int=-1, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Fourier transform of a real signal."""

def rfft2(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=(-2, -1), norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Fourier transform of a real signal, over two dimensions."""

def rfftfreq(n: builtins.int, d: builtins.float=1.0, *, out: Tensor | None=None, dtype: Any=None, layout: Any=None, device: Any=None, requires_grad: builtins.bool=False) -> Tensor:
    """The frequencies of the results of rfft for a signal of length n, sampled every d: k / (n
    d)."""

def rfftn(input: Tensor, s: Sequence[builtins.int] | None=None, dim: Any=None, norm: str | None=None, *, out: Tensor | None=None) -> Tensor:
    """The first half of the Fourier transform of a real signal, over several dimensions, all
    by default."""
