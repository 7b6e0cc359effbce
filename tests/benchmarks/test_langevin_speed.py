"""G4: Langevin steps against numpy, numba with a numpy Generator, and C++; at equal bias: ``test_langevin_merit.py``.

Work: two-photon-driven Kerr oscillator (gamma = 1, detuning -1, kerr 0.05, drive 2), Gaussian noise, float64, two core discs
looked at after every step. wellhop keeps labels, times and samples as in any run; the other sides only count visits.
"""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numba
import numpy as np

from wellhop.engine import langevin
from wellhop.engine.langevin_schemes import step_coefficients
from wellhop.engine.oscillator import Oscillator

#: costs of several sides taken in turns, see conftest.py
Interleave = Callable[..., dict[str, float]]

MODEL = Oscillator(detuning=-1.0, kerr=0.05, drive_2=2.0, kappa_1=2.0)
#: steps of a trajectory; starting and packing one costs as much as some 15 000 steps
DT, STEPS = 0.01, 400_000
SOURCE = Path(__file__).parent / "langevin_reference.cpp"
FLAGS = ["-std=gnu++17", "-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-fno-trapping-math"]


def _ours(scheme: str, lanes: int = 64, model: Oscillator = MODEL) -> Callable[[], float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = langevin.oscillator_problem(
            model, duration=STEPS * DT, sample_interval=2.0, dt=DT, scheme=scheme
        )
    names = range(lanes)

    def run() -> float:
        langevin.run_many(problem, 3, names)
        return float(STEPS * lanes)

    return run


def _discs() -> np.ndarray:
    return langevin.oscillator_problem(MODEL, duration=1.0, sample_interval=1.0, dt=DT).table["cores"][0]


def _numpy(lanes: int = 4096, steps: int = 60) -> Callable[[], float]:
    """The same Strang step on whole arrays, written without temporaries that could be avoided."""
    generator, p, discs = np.random.default_rng(1), step_coefficients(MODEL, DT), _discs()
    e, low = p[10:14], p[16:19]
    x, y = np.full(lanes, discs[0, 0]), np.full(lanes, discs[0, 1])

    def run() -> float:
        nonlocal x, y
        angle = -0.5 * DT * (p[1] + p[2] * (x * x + y * y))
        c, s = np.cos(angle), np.sin(angle)
        for _ in range(steps):
            u, v = c * x - s * y, s * x + c * y
            g, h = generator.standard_normal((2, lanes))
            a = e[0] * u + e[1] * v + low[0] * g
            b = e[2] * u + e[3] * v + low[1] * g + low[2] * h
            angle = -0.5 * DT * (p[1] + p[2] * (a * a + b * b))
            c, s = np.cos(angle), np.sin(angle)
            x, y = c * a - s * b, s * a + c * b
            for d in discs:
                np.count_nonzero((x - d[0]) ** 2 + (y - d[1]) ** 2 <= d[2])
        return float(lanes * steps)

    return run


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc", "nsz"})  # type: ignore[untyped-decorator]
def _plain(generator: Any, steps: int, p: np.ndarray, discs: np.ndarray, x: float, y: float) -> tuple[float, float, int]:
    visits = 0
    angle = -0.5 * p[0] * (p[1] + p[2] * (x * x + y * y))
    c, s = math.cos(angle), math.sin(angle)
    for _ in range(steps):
        u, v = c * x - s * y, s * x + c * y
        g, h = generator.standard_normal(), generator.standard_normal()
        a = p[10] * u + p[11] * v + p[16] * g
        b = p[12] * u + p[13] * v + p[17] * g + p[18] * h
        angle = -0.5 * p[0] * (p[1] + p[2] * (a * a + b * b))
        c, s = math.cos(angle), math.sin(angle)
        x, y = c * a - s * b, s * a + c * b
        for w in range(discs.shape[0]):
            if (x - discs[w, 0]) ** 2 + (y - discs[w, 1]) ** 2 <= discs[w, 2]:
                visits += 1
    return x, y, visits


def _generator() -> Callable[[], float]:
    generator, p, discs, steps = np.random.Generator(np.random.SFC64(1)), step_coefficients(MODEL, DT), _discs(), 300_000

    def run() -> float:
        _plain(generator, steps, p, discs, discs[0, 0], discs[0, 1])
        return float(steps)

    return run


def _compiled(folder: Path) -> tuple[Any, str]:
    compiler = shutil.which("g++") or shutil.which("clang++") or shutil.which("c++")
    if compiler is None:
        return None, "no C++ compiler: not compared"
    library = folder / "langevin_reference.so"
    done = subprocess.run(
        [compiler, *FLAGS, "-shared", "-fPIC", str(SOURCE), "-o", str(library)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return None, f"{compiler} failed: not compared"
    function = ctypes.CDLL(str(library)).run
    function.restype = ctypes.c_double
    return function, ""


def _cpp(function: Any) -> Callable[[], float]:
    p = step_coefficients(MODEL, DT)
    numbers = np.array([p[1], p[2], DT, *p[10:14], *p[16:19]])
    discs = _discs()
    x, y = np.full(64, discs[0, 0]), np.full(64, discs[0, 1])
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (numbers, discs, x, y)]  # keeps the arrays alive

    def run() -> float:
        function(ctypes.c_int64(STEPS), ctypes.c_uint64(5), ctypes.c_uint64(6), *pointers)
        return float(STEPS * 64)

    return run


def test_nanoseconds_per_step(
    interleave: Interleave, tell: Callable[[str], None], tmp_path: Path, benchmark: Any
) -> None:
    """G4: ns per step and trajectory."""
    function, message = _compiled(tmp_path)
    sides = {
        "strang": _ours("strang"),
        "heun": _ours("heun"),
        "midpoint": _ours("midpoint"),
        "euler": _ours("euler"),
        "strang, two-photon loss": _ours("strang", model=replace(MODEL, kappa_2=0.01, kappa_phi=0.01)),
        "strang, one lane": _ours("strang", 1),
        "numpy": _numpy(),
        "numba + Generator": _generator(),
    }
    if function is not None:
        sides["C++"] = _cpp(function)
    cost = interleave(sides, rounds=7)
    benchmark.extra_info.update(cost)
    benchmark.pedantic(sides["strang"], rounds=3)
    tell("G4  ns per step: " + ", ".join(f"{name} {value * 1e9:.1f}" for name, value in cost.items()))
    if find_spec("diffrax") is None:
        tell("G4  diffrax is not installed: not compared")
    ratios = [f"{name} / strang {cost[name] / cost['strang']:.1f}" for name in ("numpy", "numba + Generator")]
    tell("G4  " + ", ".join([*ratios, f"strang / C++ {cost['strang'] / cost['C++']:.2f}" if function else message]))
