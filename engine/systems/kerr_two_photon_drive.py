"""Kerr oscillator under a two-photon drive, with one-photon loss into a vacuum bath.

    H = Δ a†a + (U/2) a†²a² + (ε/2)(a†² + a²),      L = sqrt(2γ) a                                  (1)

γ is the loss rate of the AMPLITUDE (2γ that of the energy). In scaled photon number n = U|α|² and with
s = sqrt(ε² - γ²) the mean field has, besides the vacuum, the bright pair n_b = -Δ + s and the saddle pair
n_s = -Δ - s, each where it is positive and ε > γ. All five exist for Δ < 0 and γ < ε < sqrt(γ² + Δ²): three
wells, the vacuum and two bright states.

Sépulcre, "Analytical phase boundary of a quantum driven-dissipative Kerr oscillator from classical
stochastic instantons", Eq. (1); fixed points as in Bartolo, Minganti, Casteels, Ciuti, PRA 94, 033841 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.lindblad import LindbladModel
from wellhop.engine.oscillator import FixedPoint, Oscillator, finite_real

Region = Literal["vacuum", "bistable", "cat"]
Kind = Literal["vacuum", "bright", "saddle"]

#: Largest size of a parameter.
LARGEST = 1e60


@dataclass(frozen=True)
class NamedFixedPoint(FixedPoint):
    """A fixed point of the mean field and which one it is.

    Attributes:
        kind: ``vacuum``, ``bright`` or ``saddle``; the bright ones and the saddles come in pairs ±α.
    """

    kind: Kind = "vacuum"


@dataclass(frozen=True)
class KerrTwoPhotonDrive:
    """Parameters of the two-photon-driven Kerr oscillator, all in one unit of a rate.

    Args:
        delta: detuning Δ = ω₀ - ω_drive, any sign.
        eps: two-photon drive ε > 0.
        U: Kerr constant > 0; a library with K a†²a² has U = 2K.
        gamma: amplitude loss rate γ > 0; a library with energy loss rate κ has γ = κ/2.

    Raises:
        ParameterError: a parameter is not a finite number or outside its range.

    >>> system = KerrTwoPhotonDrive(delta=-10.0, eps=3.2, U=1.0)
    >>> system.region, round(system.n_b, 4), round(system.n_s, 4), system.default_cutoff()
    ('bistable', 13.0397, 6.9603, 60)
    """

    delta: float
    eps: float
    U: float
    gamma: float = 1.0

    name: ClassVar[str] = "kerr_two_photon_drive"
    title: ClassVar[str] = "Kerr oscillator with two-photon drive"
    reference: ClassVar[str] = (
        "Sépulcre: Analytical phase boundary of a quantum driven-dissipative Kerr oscillator"
    )
    attractors: ClassVar[tuple[str, ...]] = ("vacuum", "bright +", "bright -")
    order_parameter: ClassVar[str] = "n = a^dag a for vacuum against bright, a for bright + against bright -"
    symmetric: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check every parameter."""
        for name in ("delta", "eps", "U", "gamma"):
            strict = name != "delta"
            value = finite_real(name, getattr(self, name), minimum=0.0 if strict else -np.inf, strict=strict)
            size = abs(value)
            if size > LARGEST or (strict and size < 1.0 / LARGEST):
                # Beyond, squares and quotients overflow.
                raise ParameterError(name, value, f"a number of size {1.0 / LARGEST:g} ... {LARGEST:g}")
            object.__setattr__(self, name, value)

    @property
    def s(self) -> float:
        """sqrt(ε² - γ²).

        Raises:
            PredictionError: ε <= γ, where only the vacuum exists.
        """
        if self.eps <= self.gamma:
            raise PredictionError(
                f"bright states: eps = {self.eps:g} <= gamma = {self.gamma:g}, only the vacuum exists; use eps > gamma"
            )
        return float(np.sqrt(self.eps - self.gamma) * np.sqrt(self.eps + self.gamma))

    @property
    def critical_drive(self) -> float:
        """sqrt(γ² + Δ²), the drive at which the vacuum becomes unstable."""
        return float(np.hypot(self.gamma, self.delta))

    @property
    def n_b(self) -> float:
        """Scaled photon number U|α|² of the bright pair.

        Raises:
            PredictionError: there is no bright pair here.
        """
        n = -self.delta + self.s
        if n <= 0.0:
            raise PredictionError(
                f"bright states: none at delta = {self.delta:g}, eps = {self.eps:g}; for delta > 0 they exist for "
                f"eps > {self.critical_drive:g}"
            )
        return n

    @property
    def n_s(self) -> float:
        """Scaled photon number U|α|² of the saddle pair.

        Raises:
            PredictionError: not bistable.
        """
        self.require_bistable("saddle")
        # -Δ - s without cancellation at the edge where the saddles reach the vacuum.
        return (self.critical_drive - self.eps) * (self.critical_drive + self.eps) / (self.s - self.delta)

    @property
    def region(self) -> Region:
        """``vacuum`` alone, ``bistable`` (vacuum and ±bright, three wells), or ``cat`` (±bright alone)."""
        if self.eps <= self.gamma:
            return "vacuum"
        if self.eps >= self.critical_drive:
            return "cat" if self.delta < 0.0 or self.eps > self.critical_drive else "vacuum"
        return "bistable" if self.delta < 0.0 else "vacuum"

    def require_bistable(self, what: str) -> None:
        """Refuse what only exists between vacuum and bright wells.

        Raises:
            PredictionError: no bistability; the message names the range.
        """
        if self.region == "bistable":
            return
        if self.delta >= 0.0:
            why = f"delta = {self.delta:g} >= 0, use delta < 0"
        else:
            why = f"eps = {self.eps:g} outside {self.gamma:g} ... {self.critical_drive:.10g} (gamma ... sqrt(gamma^2 + delta^2))"
        raise PredictionError(f"{what}: no bistability here: {why}")

    def amplitude(self, kind: Kind) -> complex:
        """α of a fixed point, Re α >= 0; α² = -(n/(Uε))(σ s + iγ), σ = +1 bright, -1 saddle.

        Of a pair the other one is -α.

        Raises:
            PredictionError: it does not exist here.

        >>> system = KerrTwoPhotonDrive(-10.0, 3.2, 1.0)
        >>> abs(system.oscillator().mean_field_drift(system.amplitude("saddle"))) < 1e-12
        True
        """
        if kind == "vacuum":
            return 0.0j
        if kind not in ("bright", "saddle"):
            raise ParameterError("kind", kind, "one of vacuum, bright, saddle")
        n, sign = (self.n_b, 1.0) if kind == "bright" else (self.n_s, -1.0)
        return complex(np.sqrt(-n / (self.U * self.eps) * (sign * self.s + 1j * self.gamma)))

    def fixed_points(self) -> list[NamedFixedPoint]:
        """Vacuum, bright pair, saddle pair, as far as they exist, each with its eigenvalues.

        >>> [(p.kind, p.stable) for p in KerrTwoPhotonDrive(-10.0, 3.2, 1.0).fixed_points()]
        [('vacuum', True), ('bright', True), ('bright', True), ('saddle', False), ('saddle', False)]
        """
        kinds: list[Kind] = []
        if self.eps > self.gamma and -self.delta + self.s > 0.0:
            kinds.append("bright")
        if self.region == "bistable":
            kinds.append("saddle")
        places: list[tuple[Kind, complex]] = [("vacuum", 0.0j)]
        places += [(kind, sign * self.amplitude(kind)) for kind in kinds for sign in (1.0, -1.0)]
        model = self.oscillator()
        return [NamedFixedPoint(z, model.linearised_eigenvalues(z), kind) for kind, z in places]

    def oscillator(self) -> Oscillator:
        """The same system as a member of the oscillator family: drive_2 = ε, kappa_1 = 2γ."""
        return Oscillator(detuning=self.delta, kerr=self.U, drive_2=self.eps, kappa_1=2.0 * self.gamma)

    def default_cutoff(self) -> int:
        """Fock states for bright wells of m = n_b/U photons: 1.35 m + 5.4 sqrt(m) + 22 rounded up, at least 40.

        >>> KerrTwoPhotonDrive(-10.0, 3.2, 0.5).default_cutoff()
        85

        Raises:
            CutoffError: more photons than any Fock space can hold.
        """
        photons = self._photons()
        if not photons < 1e12:
            raise CutoffError(
                f"cutoff: a bright well holds {photons:.3g} photons, no Fock space can; use a larger U"
            )
        return max(40, int(np.ceil(1.35 * photons + 5.4 * np.sqrt(photons) + 22.0)))

    def lindblad(self, cutoff: int | None = None) -> LindbladModel:
        """The model in Fock space.

        Raises:
            CutoffError: too few Fock states to hold the bright wells.
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

    def _photons(self) -> float:
        """Photons n_b/U of a bright well, zero where there is none."""
        return max(-self.delta + self.s, 0.0) / self.U if self.eps > self.gamma else 0.0
