"""Fourier transforms: inverses, shifts, Parseval's theorem, norms, and derivatives."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck

F = fl.fft
NORMS = [None, "backward", "ortho", "forward"]


def rand(*shape: int, complex: bool = False, seed: int = 0) -> fl.Tensor:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return fl.from_numpy(x + 1j * rng.standard_normal(shape) if complex else x)


def close(a, b) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_inverses(n, norm):
    x, z = rand(3, n), rand(3, n, complex=True)
    close(F.ifft(F.fft(z, norm=norm), norm=norm), z)
    close(F.ifft(F.fft(x, norm=norm), norm=norm).real, x)
    close(F.irfft(F.rfft(x, norm=norm), n, norm=norm), x)
    close(F.hfft(F.ihfft(x, norm=norm), n, norm=norm), x)
    close(F.ifftn(F.fftn(z, norm=norm), norm=norm), z)
    close(F.irfft2(F.rfft2(x, norm=norm), (3, n), norm=norm), x)
    close(F.hfftn(F.ihfftn(x, norm=norm), (3, n), norm=norm), x)


def test_the_definition():
    n = 6
    z = rand(n, complex=True)
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / n)
    close(F.fft(z), matrix @ z.numpy())
    close(F.rfft(z.real), (matrix @ z.real.numpy())[:4])
    close(F.fft2(z.reshape(2, 3)), F.fft(F.fft(z.reshape(2, 3), dim=0), dim=1))


def test_parseval():
    z = rand(4, 5, complex=True)
    close((F.fft2(z, norm="ortho").abs() ** 2).sum(), (z.abs() ** 2).sum())


def test_lengths_cut_or_fill_up():
    x = rand(2, 5)
    close(F.fft(x, 3), F.fft(x[:, :3]))
    close(F.fft(x, 8), F.fft(fl.nn.functional.pad(x, (0, 3))))
    close(F.rfft(x, 4, dim=0), F.rfft(fl.nn.functional.pad(x, (0, 0, 0, 2)), dim=0))
    assert F.irfft(F.rfft(x)).shape == (2, 4)
    assert F.fftn(x, s=(3,)).shape == (2, 3)
    assert F.fft2(x, s=(-1, 7)).shape == (2, 7)


def test_element_types():
    assert F.fft(fl.ones(4)).dtype is fl.complex64
    assert F.rfft(fl.arange(4)).dtype is fl.complex64
    assert F.irfft(fl.ones(3, dtype=fl.complex128)).dtype is fl.float64
    assert F.ifft(fl.tensor([True, False])).dtype is fl.complex64


def test_frequencies_and_shifts():
    assert F.fftfreq(5).tolist() == pytest.approx([0, 0.2, 0.4, -0.4, -0.2])
    assert F.rfftfreq(4, d=0.5).tolist() == [0, 0.5, 1]
    for n in (4, 5):
        x = fl.arange(n)
        assert F.fftshift(F.fftfreq(n)).diff().min() > 0
        assert F.ifftshift(F.fftshift(x)).tolist() == x.tolist()
    x = fl.arange(6).reshape(2, 3)
    assert F.fftshift(x, dim=1).tolist() == [[2, 0, 1], [5, 3, 4]]


@pytest.mark.parametrize("norm", NORMS[1:])
def test_derivatives(norm):
    x, z = rand(2, 5).requires_grad_(), rand(2, 5, complex=True, seed=1).requires_grad_()
    real = fl.view_as_real

    def check(names: str, input: fl.Tensor, *n: int, pairs: bool = False) -> None:
        for name in names.split():
            transform = getattr(F, name)

            def function(a: fl.Tensor, transform=transform) -> fl.Tensor:
                out = transform(a, *n, norm=norm)
                return real(out) if pairs else out

            assert gradcheck(function, [input])

    check("fft ifft fft2 ifftn", z, pairs=True)
    check("fft ifft fft2 ifftn rfft ihfft rfft2 ihfftn", x, pairs=True)
    check("irfft hfft irfftn hfft2", z)
    check("irfft hfft", z, 5)
    assert gradgradcheck(lambda a: real(F.rfft(a, norm=norm)) ** 2, [x])
    assert gradgradcheck(lambda a: F.irfft(a, norm=norm) ** 2, [z])


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: F.fft(fl.ones(3), n=0), RuntimeError, r"Invalid number of data points \(0\)"),
        (lambda: F.irfft(fl.ones(1)), RuntimeError, "Invalid number of data points"),
        (lambda: F.fft(fl.ones(3), norm="x"), RuntimeError, 'Invalid normalization mode: "x"'),
        (lambda: F.rfft(fl.ones(3) * 1j), RuntimeError, "rfft expects a real input tensor"),
        (lambda: F.fft(fl.ones(3).half()), RuntimeError, "Unsupported dtype Half"),
        (lambda: F.fft(fl.tensor(1.0)), IndexError, "tensor has no dimensions"),
        (lambda: F.fft(fl.ones(3), dim=1), IndexError, "Dimension out of range"),
        (lambda: F.fftn(fl.ones(2, 2), dim=(0, 0)), RuntimeError, "FFT dims must be unique"),
        (lambda: F.fftn(fl.ones(2), s=(1, 2)), RuntimeError, "Got shape with 2 values"),
        (lambda: F.fft2(fl.ones(2, 2), s=(1,)), RuntimeError, "must have the same length"),
        (lambda: F.rfftn(fl.ones(2), dim=()), RuntimeError, "at least one axis"),
        (lambda: F.fftfreq(4, dtype=fl.int64), RuntimeError, "requires a floating point"),
        (lambda: fl.stft(fl.ones(20), 8, window=fl.ones(8)), RuntimeError, "return_complex"),
        (lambda: fl.istft(fl.ones(5, 3), 8), RuntimeError, "requires a complex-valued input"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- short-time transforms -----------------------------------------------------------------------


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("onesided", [False, True])
@pytest.mark.parametrize("win_length", [8, 16])
def test_short_time_transforms_are_inverses(win_length, onesided, normalized):
    x = rand(3, 64)
    options = {
        "n_fft": 16, "hop_length": 4, "win_length": win_length, "normalized": normalized,
        "onesided": onesided, "window": fl.hann_window(win_length, dtype=fl.float64),
    }  # fmt: skip
    spectrum = fl.stft(x, **options, return_complex=True)
    assert spectrum.shape == (3, 9 if onesided else 16, 17)
    close(fl.istft(spectrum, **options, length=64), x)
    pairs = fl.stft(x, **options, return_complex=False)
    close(fl.view_as_complex(pairs.contiguous()), spectrum)


def test_a_frame_is_a_transform():
    x, w = rand(40), fl.hamming_window(8, dtype=fl.float64)
    spectrum = fl.stft(x, 8, 4, window=w, center=False, return_complex=True)
    assert spectrum.shape == (5, 9)
    close(spectrum[:, 3], F.rfft(x[12:20] * w))


def test_short_time_derivatives():
    w = fl.hann_window(8, dtype=fl.float64)
    x = rand(24).requires_grad_()
    assert gradcheck(lambda a: fl.stft(a, 8, 4, window=w, return_complex=False), [x])
    z = rand(5, 6, complex=True).requires_grad_()
    assert gradcheck(lambda a: fl.istft(a, 8, 4, window=w), [z])


def test_windows_that_do_not_overlap_are_refused():
    w = fl.hann_window(8, dtype=fl.float64)
    spectrum = fl.stft(rand(40), 8, 4, window=w, center=False, return_complex=True)
    with pytest.raises(RuntimeError, match="window overlap add min"):
        fl.istft(spectrum, 8, 4, window=w, center=False)


def test_a_missing_window_warns():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fl.stft(rand(40), 8, return_complex=True)
    assert "A window was not provided" in str(caught[0].message)


# --- windows of the torch-level names ------------------------------------------------------------


def test_windows():
    assert fl.hann_window(4).tolist() == pytest.approx([0, 0.5, 1, 0.5], abs=1e-7)
    assert fl.hann_window(3, periodic=False).tolist() == pytest.approx([0, 1, 0], abs=1e-7)
    assert fl.hamming_window(4, True, 0.5, 0.5).tolist() == fl.hann_window(4).tolist()
    assert fl.bartlett_window(5, False).tolist() == [0, 0.5, 1, 0.5, 0]
    assert fl.blackman_window(3, False).tolist() == pytest.approx([0, 1, 0], abs=1e-7)
    k = fl.kaiser_window(5, False, beta=2.0)
    assert k[2] == 1 and k[0].item() == pytest.approx(1 / np.i0(2.0))
    assert fl.hann_window(0).shape == (0,) and fl.hann_window(1).tolist() == [1.0]
    assert fl.hann_window(3, dtype=fl.float64, requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="non-negative window_length"):
        fl.hann_window(-1)
    with pytest.raises(TypeError, match="must be int, not float"):
        fl.hann_window(4.0)
    with pytest.raises(TypeError, match="unexpected argument 'foo'"):
        fl.hann_window(4, foo=1)
    assert math.isclose(fl.hamming_window(4)[2].item(), 1.0, rel_tol=1e-6)
