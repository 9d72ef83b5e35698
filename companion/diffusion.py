r"""Noise schedules, the errors a denoiser may be trained on, and a sampler.

A noisy sample at timestep :math:`t` mixes data :math:`x_0` and noise
:math:`\varepsilon`. A network may predict the noise, the data or the velocity
:math:`v = \sqrt{\bar\alpha_t}\,\varepsilon - \sqrt{1 - \bar\alpha_t}\,x_0`;
each determines the other two. See the chapter `diffusion-weighting`.
"""

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

from companion._checks import check_floating, check_positive

__all__ = [
    "add_noise",
    "cosine_schedule",
    "data_estimate",
    "linear_schedule",
    "sample_backwards",
    "signal_to_noise",
]

Prediction = Literal["noise", "data", "velocity"]
PREDICTIONS = get_args(Prediction)


def linear_schedule(steps: int) -> Tensor:
    r"""Share of signal left at each timestep of the linear schedule.

    .. math:: \bar\alpha_t = \prod_{s=1}^t (1 - \beta_s), \qquad
        \beta_s \text{ linear from } 0.1 / T \text{ to } 20 / T

    Args:
        steps: The number of timesteps :math:`T`; more than 20, so that
            :math:`\beta_T < 1`.

    Returns:
        :math:`\bar\alpha_1, \dots, \bar\alpha_T`, shape ``(T,)``, float64, decreasing.

    Raises:
        ValueError: `steps` is not above 20.

    Source:
        Ho, Jain, Abbeel (2020), "Denoising diffusion probabilistic models", section 4,
        where :math:`T = 1000`; other numbers of steps scale :math:`\beta` by
        :math:`1000 / T`, so that the noise at the end stays the same.

    Example:
        >>> signal = linear_schedule(1000)
        >>> round(signal[0].item(), 6), f"{signal[-1].item():.1e}"
        (0.9999, '4.0e-05')
    """
    if not steps > 20:
        raise ValueError(f"steps must be above 20, got {steps}")
    beta = torch.linspace(0.1 / steps, 20 / steps, steps, dtype=torch.float64)
    return torch.cumprod(1 - beta, dim=0)


def cosine_schedule(steps: int) -> Tensor:
    r"""Share of signal left at each timestep of the cosine schedule.

    .. math:: \bar\alpha_t = \prod_{s=1}^t (1 - \beta_s), \quad
        1 - \beta_s = \max\Bigl(0.001, \frac{f(s)}{f(s - 1)}\Bigr), \quad
        f(s) = \cos^2\Bigl(\frac{s / T + 0.008}{1.008} \cdot \frac\pi2\Bigr)

    Args:
        steps: The number of timesteps :math:`T`.

    Returns:
        :math:`\bar\alpha_1, \dots, \bar\alpha_T`, shape ``(T,)``, float64, decreasing.

    Raises:
        ValueError: `steps` is not positive and finite.

    Source:
        Nichol, Dhariwal (2021), "Improved denoising diffusion probabilistic models",
        eq. 17, with their bound :math:`\beta_s \le 0.999`.

    Example:
        >>> signal = cosine_schedule(1000)
        >>> f"{signal[0].item():.6f}, {signal[-1].item():.1e}"
        '0.999959, 2.4e-09'
    """
    check_positive("steps", steps)
    time = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    f = torch.cos((time + 0.008) / 1.008 * math.pi / 2).square()
    return torch.cumprod((f[1:] / f[:-1]).clamp(min=0.001), dim=0)


def signal_to_noise(alpha_bar: Tensor) -> Tensor:
    r"""Variance of the signal over that of the noise, for data of variance 1.

    .. math:: \mathrm{SNR} = \frac{\bar\alpha}{1 - \bar\alpha}

    Args:
        alpha_bar: Share of signal :math:`\bar\alpha`, shape ``(...)``, floating point,
            between 0 and 1, both excluded.

    Returns:
        The ratios, shape ``(...)``.

    Raises:
        TypeError: `alpha_bar` is no floating-point tensor.
        ValueError: An entry of `alpha_bar` is outside (0, 1).

    Source:
        Kingma, Salimans, Poole, Ho (2021), "Variational diffusion models", section
        3.1.

    Example:
        >>> import torch
        >>> signal_to_noise(torch.tensor([0.9, 0.5, 0.2]))
        tensor([9.0000, 1.0000, 0.2500])
    """
    _check_share(alpha_bar)
    return alpha_bar / (1 - alpha_bar)


def add_noise(clean: Tensor, noise: Tensor, *, alpha_bar: Tensor) -> Tensor:
    r"""Mix data with noise.

    .. math:: x_t = \sqrt{\bar\alpha}\,x_0 + \sqrt{1 - \bar\alpha}\,\varepsilon

    Args:
        clean: The data :math:`x_0`, shape ``(...)``.
        noise: The noise :math:`\varepsilon`, shape ``(...)``.
        alpha_bar: Share of signal :math:`\bar\alpha`, floating point, between 0 and 1,
            of a shape that broadcasts to ``(...)``.

    Returns:
        The noisy sample :math:`x_t`, shape ``(...)``.

    Raises:
        TypeError: `alpha_bar` is no floating-point tensor.
        ValueError: An entry of `alpha_bar` is outside (0, 1).

    Source:
        Ho, Jain, Abbeel (2020), eq. 4.

    Example:
        >>> import torch
        >>> share = torch.tensor(0.36)
        >>> add_noise(torch.tensor([1.0]), torch.tensor([-1.0]), alpha_bar=share)
        tensor([-0.2000])
    """
    _check_share(alpha_bar)
    return alpha_bar.sqrt() * clean + (1 - alpha_bar).sqrt() * noise


def data_estimate(
    output: Tensor, noisy: Tensor, *, alpha_bar: Tensor, prediction: Prediction
) -> Tensor:
    r"""Read the estimate of the data off a network that predicts something else.

    .. math:: \hat x_0 = \frac{x_t - \sqrt{1 - \bar\alpha}\,\hat\varepsilon}
        {\sqrt{\bar\alpha}} \qquad\text{or}\qquad
        \hat x_0 = \sqrt{\bar\alpha}\,x_t - \sqrt{1 - \bar\alpha}\,\hat v

    Args:
        output: What the network returned, shape ``(...)``.
        noisy: The noisy sample :math:`x_t` it was given, shape ``(...)``.
        alpha_bar: Share of signal :math:`\bar\alpha`, floating point, between 0 and 1,
            of a shape that broadcasts to ``(...)``.
        prediction: What the network predicts: ``"noise"``, ``"data"`` or
            ``"velocity"``.

    Returns:
        The estimate :math:`\hat x_0`, shape ``(...)``.

    Raises:
        TypeError: `alpha_bar` is no floating-point tensor.
        ValueError: `prediction` is none of the three, or an entry of `alpha_bar` is
            outside (0, 1).

    Source:
        Salimans, Ho (2022), "Progressive distillation for fast sampling of diffusion
        models", section 4 and appendix D.

    Example:
        >>> import torch
        >>> noise, share = torch.tensor([-1.0]), torch.tensor(0.36)
        >>> noisy = add_noise(torch.tensor([1.0]), noise, alpha_bar=share)
        >>> data_estimate(noise, noisy, alpha_bar=share, prediction="noise")
        tensor([1.])
    """
    _check_share(alpha_bar)
    _check_prediction(prediction)
    if prediction == "data":
        return output
    signal, spread = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    if prediction == "noise":
        return (noisy - spread * output) / signal
    return signal * noisy - spread * output


def sample_backwards(
    denoise: Callable[[Tensor, int], Tensor], start: Tensor, *, alpha_bar: Tensor
) -> Tensor:
    r"""Turn noise into data by the deterministic sampler.

    .. math:: x_{t-1} = \sqrt{\bar\alpha_{t-1}}\,\hat x_0 +
        \sqrt{1 - \bar\alpha_{t-1}}\,\hat\varepsilon, \qquad
        \hat\varepsilon = \frac{x_t - \sqrt{\bar\alpha_t}\,\hat x_0}
        {\sqrt{1 - \bar\alpha_t}}, \qquad \bar\alpha_0 = 1

    Args:
        denoise: Returns the estimate :math:`\hat x_0`, given :math:`x_t` of shape
            ``(...)`` and :math:`t`, which counts from 1.
        start: The noise :math:`x_T`, shape ``(...)``.
        alpha_bar: Share of signal :math:`\bar\alpha_1, \dots, \bar\alpha_T`, shape
            ``(T,)``, floating point, between 0 and 1.

    Returns:
        The samples :math:`x_0`, shape ``(...)``.

    Raises:
        TypeError: `alpha_bar` is no floating-point tensor.
        ValueError: An entry of `alpha_bar` is outside (0, 1).

    Source:
        Song, Meng, Ermon (2021), "Denoising diffusion implicit models", eq. 12 with
        :math:`\sigma_t = 0`.

    Example:
        >>> import torch
        >>> always_three = lambda x, t: torch.full_like(x, 3.0)
        >>> noise = torch.tensor([-1.0, 1.0])
        >>> sample_backwards(always_three, noise, alpha_bar=torch.tensor([0.9, 0.1]))
        tensor([3., 3.])
    """
    _check_share(alpha_bar)
    x = start
    before = torch.cat([alpha_bar.new_ones(1), alpha_bar[:-1]])
    for t in range(len(alpha_bar), 0, -1):
        clean = denoise(x, t)
        noise = (x - alpha_bar[t - 1].sqrt() * clean) / (1 - alpha_bar[t - 1]).sqrt()
        x = before[t - 1].sqrt() * clean + (1 - before[t - 1]).sqrt() * noise
    return x


def _check_share(alpha_bar: Tensor) -> None:
    check_floating("alpha_bar", alpha_bar)
    if not ((alpha_bar > 0) & (alpha_bar < 1)).all():
        entries = alpha_bar.detach().flatten().tolist()
        raise ValueError(f"alpha_bar must lie between 0 and 1, got {entries}")


def _check_prediction(prediction: Prediction) -> None:
    if prediction not in PREDICTIONS:
        raise ValueError(f"prediction must be among {PREDICTIONS}, got {prediction!r}")
