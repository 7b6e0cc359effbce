"""Records of a coherence whose λ = -Γ - iΩ is known in closed form.

Two processes. *Parity record*: what a resonator does. A hidden parity b = ±1 drives the log-odds l = b c t/2 + sqrt(c) W, the even
weight is 1/(1 + e^{-l}), z = sech(l/2) e^{iφ} with φ = -Ωt + sqrt(d) W': E z = exp(-(c/8 + d/2) t - iΩt) exactly, and |z| dies
out along every trajectory as the record gives the parity away. *Martingale*: z = exp(a W - a²t/2 + i(b W - ωt)): Γ = b²/2,
Ω = ω - ab, and the errors of the two are correlated. On top of either, additive complex noise that is forgotten
within half of the stated relaxation time.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Series = npt.NDArray[np.complex128]

#: learning rate of the parity, phase diffusion, frequency: Γ = c/8 + d/2
LEARNING, DIFFUSION, TURNING = 2.0, 0.3, 1.0
DECAY_RATE = LEARNING / 8.0 + DIFFUSION / 2.0
GUESS = complex(DECAY_RATE, TURNING)
INTERVAL, RELAXATION, LENGTH = 0.1, 0.1, 50


def fast_noise(rng: np.random.Generator, shape: tuple[int, int], size: float) -> Series:
    """Stationary complex Ornstein-Uhlenbeck noise, variance ``size``², forgotten within RELAXATION/2."""
    keep = math.exp(-INTERVAL / (0.5 * RELAXATION))
    kicks = rng.standard_normal((2, *shape)) * size * math.sqrt((1.0 - keep**2) / 2.0)
    kicks[..., 0] /= math.sqrt(1.0 - keep**2)
    re, im = lfilter([1.0], [1.0, -keep], kicks, axis=-1)
    return np.asarray(re + 1j * im)


def brownian(rng: np.random.Generator, n: int, length: int) -> npt.NDArray[np.float64]:
    """(n, length + 1) Wiener paths on the sampling grid, 0 first."""
    steps = rng.standard_normal((n, length)) * math.sqrt(INTERVAL)
    return np.pad(steps.cumsum(axis=1), ((0, 0), (1, 0)))


def parity_record(
    seed: int, n: int, length: int = LENGTH, noise: float = 0.3, turning: float = TURNING,
    learning: float = LEARNING, diffusion: float = DIFFUSION,
) -> Series:  # fmt: skip
    """(n, length + 1) coherences, Γ = learning/8 + diffusion/2, Ω = turning."""
    rng = np.random.default_rng(seed)
    t = INTERVAL * np.arange(length + 1)
    odds = rng.choice([-1.0, 1.0], (n, 1)) * 0.5 * learning * t + math.sqrt(learning) * brownian(
        rng, n, length
    )
    phase = -turning * t + math.sqrt(diffusion) * brownian(rng, n, length)
    return np.asarray(np.exp(1j * phase) / np.cosh(odds / 2.0) + fast_noise(rng, phase.shape, noise))


def martingale(seed: int, n: int, length: int = 16, a: float = 0.4, b: float = 0.4) -> tuple[Series, complex]:
    """(n, length + 1) coherences with a random amplitude of mean 1 and a phase that moves with it, and Γ + iΩ."""
    rng = np.random.default_rng(seed)
    t = INTERVAL * np.arange(length + 1)
    w = brownian(rng, n, length)
    z = np.exp(a * w - 0.5 * a**2 * t + 1j * (b * w - (TURNING + a * b) * t))
    return z + fast_noise(rng, z.shape, 0.3), complex(0.5 * b**2, TURNING)
