"""Truncated Wigner approximation as a generator on operators: the same Fokker-Planck equation without sampling.

The Wigner equation of a Kerr oscillator has derivatives up to third order; the truncated one leaves the
third out. In the Fock basis, with X_L ρ = Xρ, X_R ρ = ρX and Q = a_L - a_R, Q̄ = a†_L - a†_R,
S = (a_L + a_R)/2, S̄ = (a†_L + a†_R)/2, that is

    L_TWA = L + (i kerr/4) Q̄ Q (S̄ Q + S Q̄).

Its stationary operator need not be positive. Its slow eigenvalues are those a Langevin simulation of
truncated-Wigner trajectories has in the limit of small steps and many samples. Loss and heating give second
derivatives only and stay as they are; two-photon loss and dephasing do not and are refused.

Kerr-cat systems have kerr = -2K.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from wellhop.analysis.liouvillian import (
    ComplexMatrix,
    Sector,
    SlowModes,
    generator_modes,
    generator_steady_state,
    sector_index,
    superoperator,
)
from wellhop.engine import fock
from wellhop.engine.errors import ModelError
from wellhop.engine.oscillator import Oscillator


def twa_generator(oscillator: Oscillator, n: int) -> Any:
    """Sparse (n², n²) truncated-Wigner generator in n Fock states, acting on row-major vec(ρ).

    Every term begins with a commutator, so the trace is kept exactly at any cut-off.

    Args:
        oscillator: member of the family with one-photon loss and heating only.
        n: number of Fock states.

    Raises:
        ModelError: two-photon loss or dephasing, or nothing dissipative.

    >>> generator = twa_generator(Oscillator(kerr=1.0, drive_2=1.2, kappa_1=2.0), 12)
    >>> bool(abs(np.eye(12).ravel() @ generator).max() < 1e-12)
    True
    """
    for name in ("kappa_2", "kappa_phi"):
        rate = getattr(oscillator, name)
        if rate != 0.0:
            raise ModelError(
                f"truncated Wigner: got {name} = {rate:g}, allowed are one-photon loss and heating only"
            )
    exact = superoperator(oscillator.lindblad(n))
    eye = sp.eye_array(n, dtype=np.complex128, format="csr")
    a = sp.csr_array(fock.annihilation(n))
    up = sp.csr_array(fock.creation(n))
    lower_left, lower_right = sp.kron(a, eye, format="csr"), sp.kron(eye, a.T, format="csr")
    raise_left, raise_right = sp.kron(up, eye, format="csr"), sp.kron(eye, up.T, format="csr")
    q, q_bar = lower_left - lower_right, raise_left - raise_right
    s, s_bar = 0.5 * (lower_left + lower_right), 0.5 * (raise_left + raise_right)
    third = q_bar @ q @ (s_bar @ q + s @ q_bar)
    out = sp.csc_array(exact + 0.25j * oscillator.kerr * third)
    out.eliminate_zeros()
    return out


def twa_modes(oscillator: Oscillator, n: int, *, sector: Sector = "all", count: int = 6) -> SlowModes:
    """Slow modes of the truncated-Wigner generator; ``odd`` and ``even`` refer to the photon-number parity.

    Raises:
        ModelError: no truncated-Wigner generator exists, or a one-photon drive breaks the parity asked for.
        SpectrumError: no convergence.

    >>> modes = twa_modes(Oscillator(-10.0, 1.0, 0.0, 3.2, 2.0), 60, sector="odd")
    >>> print(f"{modes.slowest_real().value:.4e}")
    3.8409e-03
    """
    index = _index(oscillator, n, sector)
    return generator_modes(twa_generator(oscillator, n), n, index, sector, count=count)


def twa_steady_state(oscillator: Oscillator, n: int) -> ComplexMatrix:
    """(n, n) stationary operator, trace 1, Hermitian, not necessarily positive.

    Raises:
        ModelError: as in :func:`twa_generator`. SpectrumError: not unique.

    >>> rho = twa_steady_state(Oscillator(-10.0, 1.0, 0.0, 3.2, 2.0), 60)
    >>> round(float(np.trace(fock.number(60) @ rho).real), 5)  # <n>
    3.71129
    """
    index = _index(oscillator, n, "all" if oscillator.drive_1 else "even")
    return generator_steady_state(twa_generator(oscillator, n), n, index)


def _index(oscillator: Oscillator, n: int, sector: Sector) -> Any:
    """Positions of a photon-number parity sector in vec(ρ)."""
    signs = None if sector == "all" else fock.parity_signs(n)
    return sector_index(oscillator.lindblad(n), sector, signs)
