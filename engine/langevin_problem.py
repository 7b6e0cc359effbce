"""What a Langevin run needs, as plain arrays: built from an oscillator, or from a user's drift in a few real variables."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ModelError, ParameterError
from wellhop.engine.langevin_schemes import SCHEMES, step_coefficients
from wellhop.engine.langevin_wells import (
    DEFAULT_SHARE,
    Cores,
    check_step,
    oscillator_cores,
    refuse_unsupported,
)
from wellhop.engine.oscillator import Oscillator, finite_real

_FACTS = ("kind", "scheme", "dt", "n_steps", "every", "relaxation_time", "observable_names", "core_names")


@dataclass(frozen=True)
class LangevinProblem:
    """A prepared Langevin simulation: plain arrays, ready for the kernels, storable without pickling.

    Attributes:
        kind: ``"oscillator"`` or ``"drift"`` (a user's function; that one cannot be stored).
        scheme: name of the step. dt: its length. n_steps: length of a trajectory. every: steps per sample.
        relaxation_time: 1/|slowest rate| towards the attractors, 0 if not known.
        table: ``coefficients`` or ``spread``, ``cores`` (definitions, wells, d + 1), ``observables`` (k, d + 2), ``start`` (wells,
            d), ``start_spread`` (standard deviation per coordinate of the start state).
    """

    kind: str
    scheme: str
    dt: float
    n_steps: int
    every: int
    relaxation_time: float
    observable_names: tuple[str, ...]
    core_names: tuple[str, ...]
    table: dict[str, npt.NDArray[Any]] = field(repr=False)
    drift: Any = field(default=None, repr=False, compare=False)

    @property
    def duration(self) -> float:
        """Length of a trajectory, a whole number of steps."""
        return self.n_steps * self.dt

    @property
    def sample_interval(self) -> float:
        """Time between samples."""
        return self.every * self.dt

    @property
    def n_samples(self) -> int:
        """Number of samples of a whole trajectory, the one at time zero included."""
        return self.n_steps // self.every + 1

    @property
    def dim(self) -> int:
        """Number of real variables."""
        return int(self.table["start"].shape[1])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays; :meth:`from_arrays` is the inverse.

        Raises:
            ModelError: the drift is a user's function, which arrays cannot hold.
        """
        if self.drift is not None:
            raise ModelError("a drift given as a function cannot be stored as arrays; run it from Python with run_many")
        facts = {name: getattr(self, name) for name in _FACTS}
        return {"facts": np.frombuffer(json.dumps(facts, sort_keys=True).encode(), dtype=np.uint8).copy(), **self.table}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> LangevinProblem:
        """Problem from the arrays of :meth:`arrays`.

        Raises:
            ModelError: the arrays do not describe a Langevin problem.
        """
        try:
            facts = json.loads(bytes(arrays["facts"].tobytes()).decode())
            chosen = {name: facts[name] for name in _FACTS}
            for name in ("observable_names", "core_names"):
                chosen[name] = tuple(chosen[name])
            table = {name: arrays[name] for name in ("coefficients", "cores", "observables", "start", "start_spread")}
            return cls(**chosen, table=table)
        except (KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
            raise ModelError(f"prepared arrays: not a Langevin problem ({error})") from error


def time_grid(dt: float, duration: float, sample_interval: float) -> tuple[float, int, int]:
    """(dt, n_steps, steps per sample): dt is lowered until it divides the sample interval."""
    dt = finite_real("dt", dt, minimum=0.0, strict=True)
    duration = finite_real("duration", duration, minimum=0.0, strict=True)
    sample_interval = finite_real("sample_interval", sample_interval, minimum=0.0, strict=True)
    every = max(1, math.ceil(sample_interval / dt * (1.0 - 1e-12)))
    dt = sample_interval / every
    n_steps = int(duration / dt * (1.0 + 1e-12))
    if n_steps < 1:
        raise ParameterError("duration", duration, f"a time of at least one step, dt = {dt:g}")
    if n_steps >= 1 << 48:
        raise ParameterError("duration", duration, "fewer than 2^48 steps")
    return dt, n_steps, every


def core_table(cores: Sequence[Cores], wells: int, dim: int) -> npt.NDArray[np.float64]:
    for core in cores:
        if core.centres.shape != (wells, dim):
            raise ModelError(f"core {core.name!r}: centres must have shape {(wells, dim)}, got {core.centres.shape}")
    table = [np.column_stack([core.centres, core.radii**2]) for core in cores]
    return np.array(table, dtype=np.float64).reshape(len(cores), wells, dim + 1)


def oscillator_problem(
    oscillator: Oscillator,
    *,
    duration: float,
    sample_interval: float,
    dt: float | None = None,
    scheme: str = "strang",
    cores: Sequence[Cores] | None = None,
    observables: Sequence[str] = ("X", "n"),
) -> LangevinProblem:
    """Truncated-Wigner trajectories of an oscillator.

        dα = -[κ₁/2 + i(detuning + kerr(|α|² - 1))] α dt - i drive_2 α* dt - i drive_1 dt + sqrt(κ₁(2 n_th + 1)/4) (dW₁ + i dW₂)

    and the terms of two-photon loss and dephasing, see :mod:`wellhop.engine.multiplicative_noise`.

    Args:
        oscillator: one-photon loss is needed, κ₂ <= κ₁(n_th + 1/2).
        duration, sample_interval: times of a trajectory; the last one ends with a whole step.
        dt: step, lowered until it divides ``sample_interval``; None: 0.25 of the largest recommended one.
        scheme: ``strang`` (recommended), ``midpoint`` (additive noise only), ``heun`` or ``euler``.
        cores: core sets; None: :func:`~wellhop.engine.langevin_wells.oscillator_cores`. Trajectories start alternately in the
            wells of the first one, as coherent (thermal) states: Re α, Im α each N(centre, (2 n_th + 1)/4).
        observables: of ``X`` (α seen along the axis of the brightest well), ``n`` (|α|² - 1/2, the photon number), ``re``, ``im``.

    Raises:
        ParameterError: not supported or out of range, dt above the rotation frequency. ModelError: no or overlapping wells.

    >>> problem = oscillator_problem(Oscillator(-3.0, 0.4, 0.0, 1.8, 2.0), duration=100.0, sample_interval=0.5, dt=0.05)
    >>> problem.scheme, problem.n_steps, problem.table["start"].shape
    ('strang', 2000, (3, 2))
    """
    if scheme not in SCHEMES:
        raise ParameterError("scheme", scheme, "one of " + ", ".join(SCHEMES))
    refuse_unsupported(oscillator, scheme)
    recommended, slowest = check_step(oscillator, scheme, None)
    sets = oscillator_cores(oscillator) if cores is None else tuple(cores)
    if not sets:
        raise ModelError("cores: at least one core set is needed, its centres are the start states")
    dt, n_steps, every = time_grid(DEFAULT_SHARE * recommended if dt is None else dt, duration, sample_interval)
    check_step(oscillator, scheme, dt)
    wells = np.asarray(sets[0].centres, dtype=np.float64)
    brightest = wells[np.argmax((wells**2).sum(axis=1) * (1.0 + 1e-9 * (wells[:, 0] > 0.0)))]
    length = float(np.hypot(*brightest))
    axis = brightest / length if length > 0.0 else np.array([1.0, 0.0])
    rows = {"X": [0.0, *axis, 0.0], "n": [-0.5, 0.0, 0.0, 1.0], "re": [0.0, 1.0, 0.0, 0.0], "im": [0.0, 0.0, 1.0, 0.0]}
    if not observables or not set(observables) <= set(rows):
        raise ParameterError("observables", tuple(observables), "some of " + ", ".join(rows))
    width = 0.5 * math.sqrt(2.0 * oscillator.n_thermal + 1.0)
    table = {
        "coefficients": step_coefficients(oscillator, dt),
        "cores": core_table(sets, len(wells), 2),
        "observables": np.array([rows[name] for name in observables]),
        "start": wells,
        "start_spread": np.full(2, width),
    }
    names = tuple(core.name for core in sets)
    return LangevinProblem(
        "oscillator", scheme, dt, n_steps, every, 1.0 / slowest, tuple(observables), names, table
    )


def drift_problem(
    drift: Any,
    diffusion: npt.ArrayLike,
    *,
    wells: npt.ArrayLike,
    dt: float,
    duration: float,
    sample_interval: float,
    cores: Sequence[Cores] = (),
    scheme: str = "heun",
) -> LangevinProblem:
    """Trajectories of dq = f(q) dt + sqrt(2 D) dW in a few real variables, D a constant matrix.

    Args:
        drift: ``numba.njit`` function f(q, out) that writes the drift at q (d,) into out (d,).
        diffusion: D, (d, d), symmetric and positive semi-definite.
        wells: (wells, d) start points, taken in turn.
        dt, duration, sample_interval: as for :func:`oscillator_problem`; nothing is known here about the largest good dt.
        cores: core sets with one ball per well. scheme: ``heun`` (weak order 2) or ``euler``.

    Observables are the coordinates ``q0``, ``q1``, ...

    Raises:
        ParameterError, ModelError: as for :func:`oscillator_problem`.
    """
    if scheme not in ("heun", "euler"):
        raise ParameterError("scheme", scheme, "heun or euler for a drift given as a function")
    if not hasattr(drift, "py_func"):
        raise ModelError("drift: must be compiled, put @numba.njit above its definition")
    starts = np.ascontiguousarray(np.atleast_2d(np.asarray(wells, dtype=np.float64)))
    d = starts.shape[1]
    matrix = np.asarray(diffusion, dtype=np.float64)
    if matrix.shape != (d, d) or not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
        raise ModelError(f"diffusion: must be a symmetric matrix of shape {(d, d)}, one row per coordinate of the wells")
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -1e-12 * max(1.0, values.max()):
        raise ModelError(f"diffusion: has the negative eigenvalue {values.min():g}")
    dt, n_steps, every = time_grid(dt, duration, sample_interval)
    table = {
        "spread": np.ascontiguousarray(vectors * np.sqrt(2.0 * dt * np.maximum(values, 0.0))),
        "cores": core_table(cores, len(starts), d),
        "observables": np.column_stack([np.zeros(d), np.eye(d), np.zeros(d)]),
        "start": starts,
        "start_spread": np.zeros(d),
    }
    names = tuple(f"q{k}" for k in range(d))
    return LangevinProblem(
        "drift", scheme, dt, n_steps, every, 0.0, names, tuple(core.name for core in cores), table, drift
    )
