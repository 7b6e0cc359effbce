"""Driven Duffing (Kerr) oscillator with two attractors: small orbit LAS, large orbit HAS, and the saddle between them.

    H = (dw + χ) a†a + χ (a†a)² + ε (a + a†),      sqrt(κ(1+n_th)) a,  sqrt(κ n_th) a†,  sqrt(2η) a†a      (2), (7)
    λ = -χ/dw,  β = 2λ (ε/dw)²,  k̂ = κ/(2 dw),     z = sqrt(2λ) α,  r = |z|²
    dz/dt = -i(1-r) z - i sqrt(β) - k̂ z            (t in 1/dw),      r [k̂² + (1-r)²] = β at the fixed points

z is the mean of the Weyl symbol: the rotation frequency holds dw and not dw + 2χ, which multiplies a†a in normal order.
Soft case: dw > 0, χ < 0. Three fixed points, the middle one a saddle, for k̂ < 1/√3 and β between two bounds.

Feng, Guo, "Quantum dissipative dynamics of a driven Duffing oscillator near attractors", Eqs. (2)-(8); λ and β as used
after Eq. (8) (the definitions printed before it belong to a nonlinearity four times as large).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import FixedPoint, Oscillator, finite_real

Attractor = Literal["LAS", "HAS"]
Place = Literal["LAS", "saddle", "HAS"]

#: Largest size of a parameter; beyond, squares and quotients overflow.
LARGEST = 1e60
#: Standard deviations of the photon number of a coherent state at HAS that the Fock space holds by default.
CUTOFF_WIDTHS = 9.0


@dataclass(frozen=True)
class DuffingAttractors:
    """Parameters of the driven Duffing oscillator: λ, β, k̂ and n_th are dimensionless, dw and eta rates.

    Args:
        lam: λ = -χ/dw > 0, the size of a quantum: wells hold r/(2λ) photons.
        beta: β = 2λ(ε/dw)² > 0, the drive.
        khat: k̂ = κ/(2 dw) > 0, half the energy decay rate over dw.
        n_th: thermal photons of the bath >= 0.
        eta: dephasing rate η >= 0, jump operator sqrt(2η) a†a.
        dw: detuning dw > 0; rates and eta come in whatever unit it is given in: 2π x 1 MHz = 6.2832 rad/us gives rates in 1/us.

    The command line and :func:`wellhop.engine.systems.build` also take the rates dw, chi, eps, kappa instead of lam, beta, khat.

    Raises:
        ParameterError: a parameter is not a finite number or outside its range.

    >>> system = DuffingAttractors(lam=0.06, beta=4 / 75, khat=0.1)
    >>> system.bistable, [round(p.real, 6) for p in (system.scaled("LAS"), system.scaled("HAS"))]
    (True, [-0.24284, 0.960608])
    """

    lam: float
    beta: float
    khat: float
    n_th: float = 0.0
    eta: float = 0.0
    dw: float = 1.0

    name: ClassVar[str] = "duffing_attractors"
    title: ClassVar[str] = "Driven Duffing oscillator"
    reference: ClassVar[str] = (
        "Feng, Guo: Quantum dissipative dynamics of a driven Duffing oscillator near attractors"
    )
    attractors: ClassVar[tuple[str, ...]] = ("LAS", "HAS")
    order_parameter: ClassVar[str] = "X, along the line between the attractors: -1 at LAS (small orbit), +1 at HAS (large)"
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check every parameter."""
        for name in ("lam", "beta", "khat", "n_th", "eta", "dw"):
            strict = name not in ("n_th", "eta")
            value = finite_real(name, getattr(self, name), minimum=0.0, strict=strict)
            if value > LARGEST or (strict and value < 1.0 / LARGEST):
                raise ParameterError(name, value, f"a number of size {1.0 / LARGEST:g} ... {LARGEST:g}")
            object.__setattr__(self, name, value)

    @classmethod
    def from_rates(
        cls, dw: float, chi: float, eps: float, kappa: float, n_th: float = 0.0, eta: float = 0.0
    ) -> DuffingAttractors:
        """The same system from the rates of (2) and (7).

        Args:
            dw: > 0. chi: χ < 0 (soft). eps: drive, other than 0; its sign only turns the plane by π. kappa: energy decay rate.

        Raises:
            ParameterError: a rate outside its range; the message names it.

        >>> DuffingAttractors.from_rates(dw=1.0, chi=-0.06, eps=2 / 3, kappa=0.2).beta
        0.05333333333333333
        """
        width = finite_real("dw", dw, minimum=0.0, strict=True)
        nonlinearity, drive = finite_real("chi", chi), finite_real("eps", eps)
        loss = finite_real("kappa", kappa, minimum=0.0, strict=True)
        if not nonlinearity < 0.0:
            raise ParameterError(
                "chi", chi, "a number < 0", "the oscillator is soft: dw and chi have opposite signs"
            )
        if drive == 0.0:
            raise ParameterError(
                "eps", eps, "a number other than 0", "without a drive there is one well only"
            )
        lam = -nonlinearity / width
        return cls(lam, 2.0 * lam * (drive / width) ** 2, loss / (2.0 * width), n_th, eta, width)

    @property
    def chi(self) -> float:
        """χ = -λ dw, unit of a rate."""
        return -self.lam * self.dw

    @property
    def eps(self) -> float:
        """Drive ε = dw sqrt(β/(2λ)) > 0, unit of a rate."""
        return self.dw * float(np.sqrt(self.beta / (2.0 * self.lam)))

    @property
    def kappa(self) -> float:
        """Energy decay rate κ = 2 k̂ dw."""
        return 2.0 * self.khat * self.dw

    @property
    def drive_range(self) -> tuple[float, float]:
        """β between which two attractors exist, (0, 0) where k̂ >= 1/√3 leaves none.

        >>> low, high = DuffingAttractors(0.06, 4 / 75, 0.1).drive_range
        >>> print(f"{low:.6f} {high:.6f}")
        0.009975 0.151507
        """
        inside = 1.0 - 3.0 * self.khat**2
        if inside <= 0.0:
            return 0.0, 0.0
        turns = [(2.0 + sign * np.sqrt(inside)) / 3.0 for sign in (1.0, -1.0)]
        low, high = (float(r * (self.khat**2 + (1.0 - r) ** 2)) for r in turns)
        return low, high

    @property
    def bistable(self) -> bool:
        """Whether LAS, saddle and HAS all exist."""
        low, high = self.drive_range
        return low < self.beta < high

    def require_bistable(self, what: str) -> None:
        """Refuse what needs two attractors.

        Raises:
            PredictionError: one attractor only; the message names the range.
        """
        if self.bistable:
            return
        low, high = self.drive_range
        if high == 0.0:
            why = f"khat = {self.khat:g} >= 1/sqrt(3), use khat < 0.57735"
        else:
            why = f"beta = {self.beta:g} outside {low:.8g} ... {high:.8g} at khat = {self.khat:g}"
        raise PredictionError(f"{what}: no bistability here: {why}")

    def photon_roots(self) -> list[float]:
        """Scaled photon numbers r = |z|² of the fixed points, increasing: r [k̂² + (1-r)²] = β.

        >>> [round(r, 6) for r in DuffingAttractors(0.06, 4 / 75, 0.1).photon_roots()]
        [0.059638, 0.753454, 1.186908]
        """
        cubic = np.array([1.0, -2.0, 1.0 + self.khat**2, -self.beta])
        found = []
        for root in np.roots(cubic):
            # a double root is found as a close complex pair
            if abs(root.imag) < 1e-6 * max(1.0, abs(root)):
                r = float(root.real)
                for _ in range(3):
                    slope = float(np.polyval(np.polyder(cubic), r))
                    r -= float(np.polyval(cubic, r)) / slope if slope != 0.0 else 0.0
                found.append(r)
        return sorted(found)

    def scaled(self, place: Place) -> complex:
        """Scaled amplitude z = sqrt(2λ) α of a fixed point, z = -i sqrt(β)/(k̂ + i(1-r)).

        Raises:
            PredictionError: not bistable. ParameterError: an unknown name.
        """
        if place not in ("LAS", "saddle", "HAS"):
            raise ParameterError("place", place, "one of LAS, saddle, HAS")
        self.require_bistable(f"{place}")
        r = self.photon_roots()[("LAS", "saddle", "HAS").index(place)]
        return self._place(r)

    def amplitude(self, place: Place) -> complex:
        """α of a fixed point.

        >>> system = DuffingAttractors(0.06, 4 / 75, 0.1)
        >>> abs(system.weyl_oscillator().mean_field_drift(system.amplitude("saddle"))) < 1e-12
        True
        """
        return self.scaled(place) / float(np.sqrt(2.0 * self.lam))

    def oscillator(self) -> Oscillator:
        """The same system as a member of the oscillator family: detuning = dw + 2χ, kerr = 2χ, drive_1 = ε, kappa_phi = 2η."""
        return Oscillator(
            detuning=self.dw + 2.0 * self.chi,
            kerr=2.0 * self.chi,
            drive_1=self.eps,
            kappa_1=self.kappa,
            n_thermal=self.n_th,
            kappa_phi=2.0 * self.eta,
        )

    def weyl_oscillator(self) -> Oscillator:
        """The mean field of this paper as a member of the family: the rotation frequency dw + 2χ|α|² of the Weyl symbol.

        Its drift is that of truncated-Wigner trajectories; that of :meth:`oscillator` differs by the order λ.
        """
        return Oscillator(
            detuning=self.dw, kerr=2.0 * self.chi, drive_1=self.eps, kappa_1=self.kappa, n_thermal=self.n_th
        )

    def fixed_points(self) -> list[FixedPoint]:
        """Fixed points of the mean field with their eigenvalues dw (-k̂ ± i sqrt((1-r)(1-3r))), in the order of Re α."""
        mean_field = self.weyl_oscillator()
        places = [self._place(r) / float(np.sqrt(2.0 * self.lam)) for r in self.photon_roots()]
        places.sort(key=lambda alpha: alpha.real)
        return [FixedPoint(alpha, mean_field.linearised_eigenvalues(alpha)) for alpha in places]

    def default_cutoff(self) -> int:
        """Fock states: m + 9 sqrt(m (1 + 2 n_th)) + 12 for m photons at the outermost attractor, at least 40.

        >>> [DuffingAttractors(lam, 4 / 75, 0.1).default_cutoff() for lam in (0.06, 0.04, 0.03)]
        [51, 62, 72]

        Raises:
            CutoffError: more photons than any Fock space can hold.
        """
        photons = self._photons()
        if not photons < 1e12:
            raise CutoffError(
                f"cutoff: the outermost attractor holds {photons:.3g} photons, no Fock space can; use a larger lam"
            )
        spread = CUTOFF_WIDTHS * np.sqrt(photons * (1.0 + 2.0 * self.n_th))
        return max(40, int(np.ceil(photons + max(spread + 12.0, self.thermal_levels()))))

    def thermal_levels(self) -> float:
        """Fock states that a thermal state of n_th photons fills up to 1e-12 of its weight.

        >>> round(DuffingAttractors(0.06, 4 / 75, 0.1, n_th=1.0).thermal_levels(), 1)
        39.9
        """
        return float(np.log(1e12) / np.log1p(1.0 / self.n_th)) if self.n_th > 0.0 else 0.0

    def lindblad(self, cutoff: int | None = None) -> LindbladModel:
        """The model in Fock space.

        Args:
            cutoff: Fock states; :meth:`default_cutoff` by default.

        Raises:
            ParameterError: the cutoff is not an integer >= 2.
            CutoffError: too few Fock states to hold the attractors.
        """
        if cutoff is None:
            return self.oscillator().lindblad(self.default_cutoff())
        if isinstance(cutoff, bool) or not isinstance(cutoff, (int, np.integer)) or cutoff < 2:
            raise ParameterError("cutoff", cutoff, "an integer >= 2")
        photons = self._photons()
        smallest = int(np.ceil(photons + 4.0 * np.sqrt(photons) + 8.0))
        if cutoff < smallest:
            raise CutoffError(
                f"cutoff: got {cutoff}, allowed is >= {smallest} for {photons:.4g} photons; use cutoff {self.default_cutoff()}"
            )
        return self.oscillator().lindblad(int(cutoff))

    def _place(self, r: float) -> complex:
        """Scaled amplitude of a fixed point with r = |z|²."""
        return complex(-1j * np.sqrt(self.beta) / (self.khat + 1j * (1.0 - r)))

    def _photons(self) -> float:
        """Photons r/(2λ) of the outermost fixed point."""
        return self.photon_roots()[-1] / (2.0 * self.lam)
