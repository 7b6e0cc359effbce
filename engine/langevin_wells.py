"""Wells of a Langevin model: core sets of any number of attractors, the frequencies a step has to resolve, what is refused."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.oscillator import FixedPoint, Oscillator

#: largest recommended dt times frequency; from the bias of switching rates (at most a few per cent) seen at detuning/γ = -3 and -10
_RECOMMENDED = {"strang": 0.26, "midpoint": 0.26, "heun": 0.13}
#: the step taken where none is asked for, as a share of the largest recommended one. Rates of Strang steps are off by c dt²;
#: for the Kerr-cat c dt² is 2.6 to 6.6 % at a share of 1 (``wellhop.analysis.strang_bias``), so up to 1.05 % at 0.4 and 0.41 % here
DEFAULT_SHARE = 0.25
#: largest allowed dt times frequency; beyond it the sweeps of the midpoint rule do not converge on large orbits
_LIMIT = {"strang": 1.0, "midpoint": 0.8, "heun": 1.0}
#: Euler-Maruyama: largest recommended ω² dt/2 as a fraction of the damping that it weakens
_EULER_SHARE = 0.01


class StepSizeWarning(UserWarning):
    """The step is too long for the rotation frequency; the message names the dt to use."""


@dataclass(frozen=True)
class Cores:
    """One core set: a ball around each well. The label of a trajectory changes on entering the core of another well.

    Args:
        name: for reports. centres: (wells, d). radii: (wells,), positive.

    Raises:
        ModelError: shapes, sizes, or overlapping cores.

    >>> Cores("wide", np.array([[-1.0], [1.0]]), np.array([1.7, 0.5]))
    Traceback (most recent call last):
    ...
    wellhop.engine.errors.ModelError: core 'wide': the balls of wells 0 and 1 overlap: distance 2, radii 1.7 and 0.5
    """

    name: str
    centres: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the shapes and that cores are apart."""
        object.__setattr__(self, "centres", np.asarray(self.centres, dtype=np.float64))
        object.__setattr__(self, "radii", np.asarray(self.radii, dtype=np.float64))
        if self.centres.ndim != 2 or self.radii.shape != self.centres.shape[:1] or not len(self.radii):
            raise ModelError(f"core {self.name!r}: centres must have shape (wells, d) and radii (wells,)")
        if not np.isfinite(self.centres).all() or not (self.radii > 0.0).all() or not np.isfinite(self.radii).all():
            raise ModelError(f"core {self.name!r}: centres must be finite and radii positive")
        for i in range(len(self.radii)):
            for j in range(i + 1, len(self.radii)):
                apart = float(np.linalg.norm(self.centres[i] - self.centres[j]))
                if apart <= self.radii[i] + self.radii[j]:
                    raise ModelError(
                        f"core {self.name!r}: the balls of wells {i} and {j} overlap: distance {apart:g}, radii "
                        f"{self.radii[i]:g} and {self.radii[j]:g}"
                    )


def attractors(oscillator: Oscillator) -> list[FixedPoint]:
    """Stable fixed points of the mean field.

    Raises:
        ModelError: there is none.
    """
    stable = [point for point in oscillator.fixed_points() if point.stable]
    if not stable:
        raise ModelError("the mean-field drift has no stable fixed point: the drive is not balanced by damping or Kerr effect")
    return stable


def oscillator_cores(
    oscillator: Oscillator, bright: float = 0.35, vacuum: float = 0.25, name: str = "discs"
) -> tuple[Cores, ...]:
    """One core set around all attractors, the vacuum (if it is one) in its place of the order by Re α.

    Bright wells: |α - α_b| < ``bright`` |α_b|. Vacuum: |α|² < max(``vacuum`` |α_s|², 1/2), α_s the nearest saddle. With a
    one-photon drive: half of the distance to the nearest unstable point.

    >>> cores = oscillator_cores(Oscillator(-3.0, 0.4, 0.0, 1.8, 2.0))[0]
    >>> cores.radii.round(3).tolist()
    [1.174, 0.969, 1.174]
    """
    stable = attractors(oscillator)
    unstable = [point.alpha for point in oscillator.fixed_points() if not point.stable]
    radii = []
    for point in stable:
        nearest = min((abs(point.alpha - other) for other in unstable), default=2.0 * max(abs(point.alpha), 1.0))
        if oscillator.drive_1 != 0.0:
            radii.append(0.5 * nearest)
        elif abs(point.alpha) < 1e-9:
            radii.append(math.sqrt(max(vacuum * nearest**2, 0.5)))
        else:
            radii.append(bright * abs(point.alpha))
    centres = np.array([[point.alpha.real, point.alpha.imag] for point in stable])
    return (Cores(name, centres, np.array(radii)),)


def refuse_unsupported(oscillator: Oscillator, scheme: str = "strang") -> None:
    """Say clearly for which parts of the family there is no Langevin equation, or no scheme.

    Raises:
        ParameterError: no one-photon loss, negative diffusion, or a scheme without a form for multiplicative noise.
    """
    if not oscillator.kappa_1 > 0.0:
        raise ParameterError("kappa_1", oscillator.kappa_1, "a number > 0 for Langevin runs")
    largest = oscillator.kappa_1 * (oscillator.n_thermal + 0.5)
    if oscillator.kappa_2 > largest:
        raise ParameterError(
            "kappa_2", oscillator.kappa_2, f"at most kappa_1 (n_thermal + 1/2) = {largest:g} for Langevin runs",
            "above it the truncated Wigner equation has negative diffusion around the vacuum and no stochastic process belongs "
            "to it; use quantum jumps or the Liouvillian",
        )  # fmt: skip
    if scheme == "midpoint" and (oscillator.kappa_2 > 0.0 or oscillator.kappa_phi > 0.0):
        raise ParameterError(
            "scheme", scheme, "strang, heun or euler with two-photon loss or dephasing",
            "an implicit step with Gaussian noise that depends on the state need not have a solution",
        )  # fmt: skip


def check_step(oscillator: Oscillator, scheme: str, dt: float | None) -> tuple[float, float]:
    """Compare a step with the fastest rotation around an attractor.

    Returns:
        (largest recommended dt, slowest relaxation rate).

    Raises:
        ParameterError: more than one radian per step (midpoint: 0.8), or Euler-Maruyama without any damping left.
    """
    rates = [rate for point in attractors(oscillator) for rate in point.eigenvalues]
    damping = min(-rate.real for rate in rates)
    turning = max(abs(rate.imag) for rate in rates)
    # strang solves rotations exactly, but with two-photon loss not their interplay with the fast decay of amplitudes
    exact = scheme == "strang" and oscillator.kappa_2 == 0.0
    fastest = max(turning if exact else max(abs(rate) for rate in rates), damping)
    if scheme == "euler":
        recommended = _EULER_SHARE * 2.0 * damping / fastest**2
        limit = min(1.0 / fastest, 2.0 * damping / fastest**2)
    else:
        recommended, limit = _RECOMMENDED[scheme] / fastest, _LIMIT[scheme] / fastest
    if dt is None or dt <= recommended * (1.0 + 1e-9):
        return recommended, damping
    advice = f"use dt <= {recommended:.2g} for {scheme!r} (rotation frequency {turning:.4g})"
    if dt > limit:
        # rounded down: the number named is allowed
        shown = math.floor(limit * 10.0 ** (2 - math.floor(math.log10(limit)))) / 10.0 ** (2 - math.floor(math.log10(limit)))
        raise ParameterError("dt", dt, f"a step <= {shown:g}", advice)
    warnings.warn(f"dt = {dt:g} biases switching rates: {advice}", StepSizeWarning, stacklevel=3)
    return recommended, damping
