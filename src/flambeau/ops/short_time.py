"""Short-time Fourier transforms: the spectrum of a signal around each moment, and back."""

from __future__ import annotations

import warnings
from typing import Any

from ..tensor import dtype as D
from ..tensor.creation import ones, zeros
from ..tensor.ranges import arange
from ..tensor.tensor import Tensor
from .dispatch import execute
from .expressions import TENSORS as T
from .fourier import NONE, ROOT, WHOLE
from .overloads import overloaded
from .table import ROWS, composite

RECTANGLE = (
    "A window was not provided. A rectangular window will be applied,which is known to cause "
    "spectral leakage. Other windows such as torch.hann_window or torch.hamming_window are "
    "recommended to reduce spectral leakage.To suppress this warning and use a rectangular window, "
    "explicitly set `window=torch.ones(n_fft, device=<device>)`."
)


def _call(name: str, kind: str, window: Tensor | None, options: dict) -> str:
    """The call as PyTorch's sentences show it."""
    shown = dict(options)
    at = list(shown).index("win_length") + 1
    items = list(shown.items())
    text = "None" if window is None else f"torch.{window.dtype.legacy}{{{list(window.shape)}}}"
    items.insert(at, ("window", text))
    parts = [f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in items]
    return f"{name}({kind}, {', '.join(parts)})"


def _whole_window(window: Tensor | None, win_length: int, n_fft: int, dtype: Any) -> Tensor:
    """The window, with zeros on both sides where it is shorter than the transform."""
    if window is None:
        window = ones(win_length, dtype=dtype)
    left = (n_fft - win_length) // 2
    if win_length == n_fft:
        return window
    return T["constant_pad_nd"](window, (left, n_fft - win_length - left))


@composite()
@overloaded
def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    r"""The spectrum around each moment: :math:`\sum_m w_m x_{m + t h} e^{-2\pi i k m / n}`.

    Args:
        input: signals, (length) or (batch, length).
        n_fft: the length n of each transform.
        hop_length: the distance h between transforms; n_fft // 4 by default.
        win_length: the window's length, n_fft by default.
        window: the window w; ones by default.
        center: pad the signal, so that transform t is centred at t h.
        pad_mode: how, as in nn.functional.pad.
        normalized: divide by the root of n_fft.
        onesided: the first half of the spectrum, which says all of a real signal (the default).
        return_complex: give complex numbers; otherwise pairs of real ones, in a last dimension.

    Returns:
        (batch, frequencies, moments), without the batch where the input has none.
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(RECTANGLE, stacklevel=3)
    complex_values = input.is_complex() or window is not None and window.is_complex()
    if return_complex is None:
        if not complex_values:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs, and will "
                "further require that return_complex=True in a future PyTorch release."
            )
        return_complex = True
    single = input.ndim == 1
    if center:
        shape = (1,) * (3 - input.ndim) + tuple(input.shape)
        padded = T["pad"](input.view(shape), (n_fft // 2, n_fft // 2), pad_mode)
        input = padded.view(padded.shape[-input.ndim :])
    options = {
        "n_fft": n_fft, "hop_length": hop, "win_length": length, "normalized": normalized,
        "onesided": onesided, "return_complex": return_complex,
        "align_to_window": align_to_window,
    }  # fmt: skip
    _check_stft(input, window, options)
    if onesided is None:
        onesided = not complex_values
    elif onesided and complex_values:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    x = input.unsqueeze(0) if single else input
    w = _whole_window(window, length, n_fft, x.dtype)
    frames = x.unfold(-1, n_fft, hop)
    if window is not None or length != n_fft:
        frames = frames * w
    by = ROOT if normalized else NONE
    if frames.is_complex():
        out = execute(ROWS["_fft_c2c"], (frames, (2,), by, True))
    else:
        out = execute(ROWS["_fft_r2c"], (frames, (2,), by, onesided))
    out = out.transpose(1, 2)
    out = out.squeeze(0) if single else out
    return out if return_complex else T["view_as_real"](T["contiguous"](out))


def _check_stft(x: Tensor, window: Tensor | None, options: dict) -> None:
    n_fft, hop, length = (options[k] for k in ("n_fft", "hop_length", "win_length"))
    sizes = ", ".join(map(str, x.shape))
    why = ""
    if x.dtype.category < D.FLOAT:
        why = "expected a tensor of floating point or complex values"
    elif x.ndim not in (1, 2):
        why = "expected a 1D or 2D tensor"
    elif not 0 < n_fft <= x.shape[-1]:
        why = f"expected 0 < n_fft < {x.shape[-1]}, but got n_fft={n_fft}"
    elif hop <= 0:
        why = f"expected hop_length > 0, but got hop_length={hop}"
    elif not 0 < length <= n_fft:
        why = f"expected 0 < win_length <= n_fft, but got win_length={length}"
    elif window is not None and tuple(window.shape) != (length,):
        why = (
            f"expected a 1D window tensor of size equal to win_length={length}, but got window "
            f"with size {list(window.shape)}"
        )
    if why:
        call = _call("stft", f"torch.{x.dtype.legacy}[{sizes}]", window, options)
        raise RuntimeError(f"{call} : {why}")


def overlap_add(frames: Tensor, hop: int) -> Tensor:
    """The sum of frames (batch, moments, n), each ``hop`` after the one before it."""
    batch, count, n = frames.shape
    index = (arange(count).unsqueeze(-1) * hop + arange(n)).reshape(-1)
    out = zeros(batch, n + hop * (count - 1), dtype=frames.dtype)
    return T["index_add"](out, 1, index, frames.reshape(batch, -1))


@composite()
@overloaded
def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal of which ``stft`` gave the input, where the windows overlap enough.

    The inverse transforms are multiplied by the window, added up, and divided by the sum of the
    windows' squares.

    Args:
        input: what stft gave, complex, (frequencies, moments) or (batch, frequencies, moments).
        length: the signal's length, to which the result is cut or filled up with zeros.
        return_complex: the signal is complex; needs the whole spectrum.
        n_fft, hop_length, win_length, window, center, normalized, onesided: as in stft.
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    win = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(RECTANGLE, stacklevel=3)
    if not input.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    options = {
        "n_fft": n_fft, "hop_length": hop, "win_length": win, "center": center,
        "normalized": normalized, "onesided": onesided, "length": length,
        "return_complex": return_complex,
    }  # fmt: skip
    sizes = ", ".join(map(str, input.shape))
    call = _call("istft", f"CPU{input.dtype.title}Type[{sizes}]", window, options)
    _check_istft(input, window, options, call)
    if onesided is None:
        onesided = input.shape[-2] != n_fft
    single = input.ndim == 2
    x = (input.unsqueeze(0) if single else input).transpose(1, 2)
    if return_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if not return_complex and window is not None and window.is_complex():
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    by = ROOT if normalized else WHOLE
    if return_complex:
        frames = execute(ROWS["_fft_c2c"], (x, (2,), by, False))
    else:
        half = x if onesided else x.narrow(2, 0, n_fft // 2 + 1)
        frames = execute(ROWS["_fft_c2r"], (half, (2,), by, n_fft))
    w = _whole_window(window, win, n_fft, input.dtype.to_real())
    signal = overlap_add(frames * w, hop)
    squares = (w * w).expand(1, frames.shape[1], n_fft)
    envelope = overlap_add(squares, hop)
    start = n_fft // 2 if center else 0
    total = signal.shape[-1]
    if length is not None:
        end = min(start + length, total)
    else:
        end = total - n_fft // 2 if center else total
    signal, envelope = signal[:, start:end], envelope[:, start:end]
    lowest = envelope.abs().min() if envelope.numel() else ones(())
    if not float(lowest) > 1e-11:
        raise RuntimeError(f"{call} window overlap add min: {int(float(lowest) > 1e-11)}")
    signal = signal / envelope
    if length is not None and signal.shape[-1] < length:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings.",
            stacklevel=3,
        )
        signal = T["constant_pad_nd"](signal, (0, length - signal.shape[-1]))
    return signal.squeeze(0) if single else signal


def _check_istft(x: Tensor, window: Tensor | None, options: dict, call: str) -> None:
    n_fft, hop, win = (options[k] for k in ("n_fft", "hop_length", "win_length"))
    why = ""
    if not x.numel():
        why = "input tensor cannot be empty."
    elif x.ndim not in (2, 3):
        why = f"expected a tensor with 2 or 3 dimensions, but got {x.ndim}"
    elif options["onesided"] is not False and x.shape[-2] == n_fft // 2 + 1:
        pass
    elif options["onesided"] is True or options["onesided"] is None and x.shape[-2] != n_fft:
        why = (
            "expected the frequency dimension (3rd to the last) of the input tensor to match n_fft "
            f"/ 2 + 1 when onesided=True, but got {x.shape[-2]}"
        )
    elif x.shape[-2] != n_fft:
        why = (
            "expected the frequency dimension (3rd to the last) of the input tensor to match n_fft "
            f"when onesided=False, but got {x.shape[-2]}"
        )
    if not why and not 0 < hop <= win:
        why = "expected 0 < hop_length <= win_length"
    if not why and not 0 < win <= n_fft:
        why = "expected 0 < win_length <= n_fft"
    if not why and window is not None and tuple(window.shape) != (win,):
        why = "Invalid window shape. window has to be 1D and length of `win_length`"
    if why:
        raise RuntimeError(f"{call} : {why}")
