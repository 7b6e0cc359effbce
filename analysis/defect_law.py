"""Distribution of the amplitude in phase space after a coherent state or one photon has decayed: ring plus disk.

    p(α) = e^{-|z|²/W}/(πW) [1 - r + r|z|²/W],    z = α - center

r = 0 is the Gaussian (9) of variance W/2 per real quadrature, r > 0 the ring of (E1). Distribution functions are closed, so
that samples can be tested against them:

    P(|z| <= ρ) = 1 - (1 + rρ²/W) e^{-ρ²/W},     P(Re z <= x) = ½(1 + erf u) - r u e^{-u²}/(2 sqrt(π)),   u = x/sqrt(W)

Wang, You, Ian, on the decoherence of a driven superconducting qubit coupled to a coherent two-level system, Eqs. (9), (E1);
distribution functions and the Wigner counterpart are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from wellhop.engine.errors import ParameterError, PredictionError

RealArray = npt.NDArray[np.float64]
Quadrature = Literal["real", "imaginary"]


def chosen(name: str, value: object, allowed: object) -> None:
    """Check a word against the ``Literal`` it has to come from.

    Raises:
        ParameterError: another word.

    >>> chosen("quadrature", "real", Quadrature)
    """
    words = get_args(allowed)
    if value not in words:
        raise ParameterError(name, value, "one of " + ", ".join(words))


@dataclass(frozen=True)
class PhaseSpaceLaw:
    """Ring plus disk around a center.

    Attributes:
        center: mean amplitude, complex. width: W > 0. ring: r, from 0 (disk) to 1; above 1 the density has a negative core, as
            the Wigner function of one photon has with r = 2.

    >>> one_photon = PhaseSpaceLaw(0j, 1.0, 1.0)  # Q = |α|² e^{-|α|²}/π
    >>> float(one_photon.density(0.0)), one_photon.variance
    (0.0, 1.0)
    """

    center: complex
    width: float
    ring: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not (math.isfinite(self.width) and self.width > 0.0):
            raise ParameterError("width", self.width, "a finite number > 0")
        if not (math.isfinite(self.ring) and self.ring >= 0.0):
            raise ParameterError("ring", self.ring, "a finite number >= 0")
        if not np.isfinite(self.center):
            raise ParameterError("center", self.center, "a finite complex number")

    @property
    def variance(self) -> float:
        """Variance per real quadrature, (1 + r) W/2."""
        return 0.5 * (1.0 + self.ring) * self.width

    @property
    def positive(self) -> bool:
        """Whether the density is >= 0 everywhere, that is r <= 1."""
        return self.ring <= 1.0

    def density(self, alpha: npt.ArrayLike) -> RealArray:
        """p(α), normalised to ∫p dRe α dIm α = 1; float64 of the shape of alpha.

        >>> round(float(PhaseSpaceLaw(1.0, 1.0).density(1.0)) * math.pi, 12)
        1.0
        """
        z = np.asarray(alpha, dtype=np.complex128) - self.center
        scaled = (z.real**2 + z.imag**2) / self.width
        shape = 1.0 + self.ring * (scaled - 1.0)
        return np.asarray(np.exp(-scaled) * shape / (math.pi * self.width), dtype=np.float64)

    def radial_cdf(self, radius: npt.ArrayLike) -> RealArray:
        """P(|α - center| <= radius); radius of any shape, 0 where it is negative.

        Raises:
            PredictionError: r > 1, which is no probability.

        >>> round(float(PhaseSpaceLaw(0j, 2.0).radial_cdf(math.sqrt(2.0 * math.log(2.0)))), 12)
        0.5
        """
        self._require_positive()
        rho = np.maximum(np.asarray(radius, dtype=np.float64), 0.0)
        scaled = rho**2 / self.width
        return np.asarray(-np.expm1(-scaled) - self.ring * scaled * np.exp(-scaled), dtype=np.float64)

    def marginal_cdf(self, value: npt.ArrayLike, quadrature: Quadrature) -> RealArray:
        """P(Re α <= value), or of Im α; value of any shape.

        Raises:
            ParameterError: another quadrature. PredictionError: r > 1.

        >>> float(PhaseSpaceLaw(0.3 + 1.0j, 1.0, 0.5).marginal_cdf(1.0, "imaginary"))
        0.5
        """
        self._require_positive()
        chosen("quadrature", quadrature, Quadrature)
        middle = self.center.real if quadrature == "real" else self.center.imag
        u = (np.asarray(value, dtype=np.float64) - middle) / math.sqrt(self.width)
        disk = 0.5 * (1.0 + erf(u))
        return np.asarray(
            disk - self.ring * u * np.exp(-(u**2)) / (2.0 * math.sqrt(math.pi)), dtype=np.float64
        )

    def _require_positive(self) -> None:
        if not self.positive:
            raise PredictionError(
                f"distribution function: the density is negative near its center (ring = {self.ring:.3g} > 1), so it is no "
                "probability; use the Husimi representation"
            )
