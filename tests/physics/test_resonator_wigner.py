"""Exact Wigner function and moments of the two-photon resonator: printed digits, QuTiP, quadrature, many-digit sums."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
import qutip
from scipy.optimize import minimize

from wellhop.analysis.hypergeometric_0f1 import log_0f1
from wellhop.analysis.resonator_moments import log_norm, log_weights, resonator_moments
from wellhop.analysis.resonator_spectrum import steady_mixture
from wellhop.analysis.resonator_wigner import (
    log_slope,
    log_wigner,
    log_wigner_xp,
    wigner,
    wigner_maximum,
)
from wellhop.engine.errors import ParameterError, PredictionError
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: G, Δ, η -> ⟨P⟩, ⟨n⟩, ⟨n⟩_even, W₀(0), W₀(α₀).
TABLE = {
    (3, 1, 1): "0.03741410985313 2.709900131566 2.612168184168 0.02381856209803 0.3060861499112",
    (4, 1, 1): "0.005787576154343 3.817050768125 3.795086416477 0.003684485413938 0.313085994233",
    (4, 0.1, 1): "0.0007022572681125 3.998252237554 3.995446406275 0.0004470708621692 0.3182634720156",
    (4, 2, 1): "0.05231280649242 3.179250407944 3.021202809972 0.03330336696111 0.2907363526099",
    (6, 1, 1): "0.0001185311360064 5.897131397711 5.89643248687 7.545926482288e-5 0.316641750827",
    (6, 3, 1): "0.01362697562572 4.931698300786 4.865397645659 0.008675202120903 0.2960257970588",
    (8, 2, 1): "3.514078696138e-5 7.70480671622 7.704535972763 2.237131979617e-5 0.3148022388009",
    (8, 4, 1): "0.003512297573654 6.691225252586 6.667805933983 0.002235998081827 0.2993237618316",
    (12, 6, 1): "0.0002297203715413 10.18708553572 10.18474589211 0.0001462445306388 0.3022182531049",
    (10, 7, 1): "0.02810484988739 6.405770120011 6.230658400953 0.01789210313773 0.2651637181734",
    (4, 1, 0.5): "3.514078696138e-5 7.70480671622 7.704535972763 2.237131979617e-5 0.3148022388009",
}
#: α -> W₀ at G = 10, Δ = 7, η = 1.
OFF_AXIS = {1 + 1j: "0.055474267452991", 1 - 1j: "1.3412398860907e-6", 0.5 - 2j: "6.2685922950124e-8"}
PAPER = TwoPhotonResonator(10.0, 7.0)


def digits_0f1(b: complex, z: complex, places: int) -> tuple[Decimal, Decimal]:
    """The series in decimal arithmetic, term by term."""
    with localcontext() as context:
        context.prec = places
        x, y, c, d = (Decimal(v) for v in (z.real, z.imag, b.real, b.imag))
        re, im = term = (Decimal(1), Decimal(0))
        for k in range(1, 4 * int(abs(z) ** 0.5) + 200):
            u, v = c + k - 1, d
            size = k * (u * u + v * v)
            f, g = (x * u + y * v) / size, (y * u - x * v) / size
            term = (term[0] * f - term[1] * g, term[0] * g + term[1] * f)
            re, im = re + term[0], im + term[1]
        return re, im


def log_modulus(value: tuple[Decimal, Decimal]) -> float:
    with localcontext() as context:
        context.prec = 50
        return float((value[0] * value[0] + value[1] * value[1]).ln() / 2)


@pytest.mark.parametrize("point", TABLE, ids=str)
def test_printed_moments_and_values(
    point: tuple[float, float, float], printed_as: Callable[..., bool]
) -> None:
    system = TwoPhotonResonator(*point)
    moments = resonator_moments(system)
    values = (
        moments.parity,
        moments.photons,
        moments.photons_even,
        *wigner(system, [0.0, system.alpha0]),
    )
    for value, printed in zip(values, TABLE[point].split(), strict=True):
        assert printed_as(float(value), printed, 2e-15 * float(value))


def test_printed_values_off_the_axes(printed_as: Callable[..., bool]) -> None:
    for alpha, printed in OFF_AXIS.items():
        assert printed_as(float(wigner(PAPER, alpha)), printed)
        mirrored = TwoPhotonResonator(10.0, -7.0)
        assert float(wigner(mirrored, alpha.conjugate())) == pytest.approx(float(printed), rel=1e-13)
        # Negative control: the sign of Δ matters.
        assert abs(float(wigner(mirrored, alpha)) / float(printed) - 1.0) > 0.1


@pytest.mark.parametrize("point", [(1.2, 0.3), (5.0, -4.0), (6.0, 0.0), (2.0, 3.0)])
def test_moments_of_the_parity_blocks(point: tuple[float, float]) -> None:
    """Independent: null vectors of both parity blocks, balanced by one-photon loss."""
    system = TwoPhotonResonator(*point)
    moments = resonator_moments(system)
    if system.bistable:
        parity, even, odd = steady_mixture(system, levels=30)
        assert (moments.parity, moments.photons_even, moments.photons_odd) == pytest.approx(
            (parity, even, odd), rel=1e-10, abs=1e-13
        )
    assert moments.even * moments.photons_even == pytest.approx(
        (1.0 - moments.even) * moments.photons_odd, rel=1e-12
    )
    assert float(wigner(system, 0.0)) == pytest.approx(2.0 / np.pi * moments.parity, rel=1e-13)


def test_qutip_steady_state_with_vanishing_one_photon_loss() -> None:
    """Independent: the whole steady state and its Wigner function, extrapolated to κ₁ = 0."""
    losses, levels = np.array([1e-3, 2e-3, 4e-3]), 28
    x, y = np.array([-1.5, -0.4, 0.0, 0.3, 1.6]), np.array([-1.4, -0.5, 0.0, 0.2, 1.0])
    maps, photons = [], []
    for loss in losses:
        model = TwoPhotonResonator(3.0, 1.0, 1.0, float(loss)).lindblad(levels)
        jumps = [qutip.Qobj(c) for c in model.jump_operators]
        rho = qutip.steadystate(qutip.Qobj(model.hamiltonian), jumps)
        photons.append(float(qutip.expect(qutip.num(levels), rho)))
        maps.append(qutip.wigner(rho, x, y, g=2))
    # Quadratic in κ₁ through three points, at κ₁ = 0.
    weights = np.array([8.0 / 3.0, -2.0, 1.0 / 3.0])
    system = TwoPhotonResonator(3.0, 1.0)
    exact = wigner(system, x[None, :] + 1j * y[:, None])
    np.testing.assert_allclose(np.tensordot(weights, maps, 1), exact, atol=3e-8)
    assert weights @ photons == pytest.approx(resonator_moments(system).photons, abs=3e-7)
    # Negative control: a finite loss is seen.
    assert np.abs(maps[0] - exact).max() > 1e-5


@pytest.mark.parametrize("point", [(4.0, 1.0), (2.0, -1.5), (3.0, 0.0)])
def test_norm_and_photons_by_quadrature(point: tuple[float, float]) -> None:
    """The trapezoidal rule converges exponentially for such functions."""
    system, step = TwoPhotonResonator(*point), 0.2
    x = step * np.arange(-30, 31)
    alpha = x[:, None] + 1j * x[None, :]
    values = wigner(system, alpha)
    assert values.sum() * step**2 == pytest.approx(1.0, abs=1e-12)
    moments = (np.abs(alpha) ** 2 * values).sum() * step**2
    assert moments == pytest.approx(resonator_moments(system).photons + 0.5, abs=1e-11)
    quadratures = np.exp(log_wigner_xp(system, np.sqrt(2.0) * x[:, None], np.sqrt(2.0) * x[None, :]))
    np.testing.assert_allclose(quadratures, 0.5 * values, rtol=1e-12)


def test_relative_accuracy_where_the_series_cancels() -> None:
    """Many-digit sums at g = 300 and beside a zero; double precision has no digit left there."""
    points = [(30.0, -200.0 + 3.0j), (210.0, -9e3 + 9e3j), (0.0, -3e4 + 0j), (-1.0, 2e4 - 2e4j)]
    for delta, z in points:
        b = complex(0.5, delta)
        exact = log_modulus(digits_0f1(b, z, 60 + int(1.2 * abs(z) ** 0.5 + 1.4 * abs(delta))))
        assert float(log_0f1(b, z).real) == pytest.approx(exact, rel=1e-13, abs=1e-12)
    k = np.arange(1, 900)
    naive = 1.0 + np.cumprod(points[2][1].real / (k * (k - 0.5))).sum()
    assert abs(naive) > 1e100
    # A zero of Ψ in the fourth quadrant, found by Newton's method.
    alpha = 1.2 - 1.3j
    for _ in range(60):
        alpha -= 1.0 / log_slope(PAPER, alpha)
    assert alpha.real > 0.1 > -0.1 > alpha.imag
    assert abs(log_slope(PAPER, alpha)) > 1e12
    for distance in (1e-3, 1e-8):
        z = 10.0 * (alpha + distance) ** 2
        exact = log_modulus(digits_0f1(0.5 + 7j, z, 80))
        assert float(log_0f1(0.5 + 7j, z).real) == pytest.approx(exact, abs=1e-13)
    assert float(log_wigner(PAPER, alpha + 1e-8) - log_wigner(PAPER, alpha + 1e-3)) == pytest.approx(
        2.0 * np.log(1e-5), abs=0.01
    )


def test_closed_forms_without_detuning() -> None:
    """Δ = 0: Ψ = cosh(2 sqrt(g) α), ⟨P⟩ = 1/cosh 2g, ⟨n⟩ = g tanh 2g, two pure cat states."""
    for g in (0.01, 1.0, 30.0, 1e5):
        system = TwoPhotonResonator(g, 0.0)
        exact = np.logaddexp(2.0 * g, -2.0 * g) - np.log(2.0)
        assert log_norm(system) == pytest.approx(exact, rel=1e-12)
        assert resonator_moments(system).photons == pytest.approx(g * np.tanh(2.0 * g), rel=1e-12)
        assert log_weights(system).max() < exact + 1e-9
    system = TwoPhotonResonator(200.0, 0.0)
    x, y = np.meshgrid([-14.0, 0.0, 1e-3, 2.0], [-13.0, 0.0, 0.02, 7.0])
    big = 2.0 * np.sqrt(200.0) * np.abs(x)
    log_cosh = np.logaddexp(big, -big) - np.log(2.0)
    turn = 2.0 * np.sqrt(200.0) * y
    # |cosh(X + iY)|² = cosh² X cos² Y + sinh² X sin² Y.
    log_square = 2.0 * log_cosh + np.log(np.cos(turn) ** 2 + np.tanh(big) ** 2 * np.sin(turn) ** 2)
    exact = np.log(2.0 / np.pi) - (400.0 - np.log(2.0)) - 2.0 * (x**2 + y**2) + log_square
    np.testing.assert_allclose(log_wigner(system, x + 1j * y), exact, atol=1e-10)


def test_depth_of_the_wells_far_beyond_double_precision() -> None:
    """⟨P⟩ -> (s/G)(1 + e^{-2π|δ|}) e^{-S} with S of (32), corrections of the order 1/S where the wells are close."""
    for G, Delta in ((1e3, 500.0), (1e5, 2.0), (1e5, -9.9e4)):
        system = TwoPhotonResonator(G, Delta)
        action = 2.0 * system.s - 2.0 * abs(Delta) * np.arccos(abs(Delta) / G)
        leading = np.log(system.s / G) + np.log1p(np.exp(-2.0 * np.pi * abs(Delta))) - action
        assert -log_norm(system) == pytest.approx(leading, abs=G**2 / system.s**3 + 1e-12 * action)
        # Negative control: the prefactor is resolved.
        if abs(Delta) > 2.0:
            assert abs(log_norm(system) - action) > 0.1


@pytest.mark.parametrize("point", [(10.0, 7.0), (4.0, -2.0), (0.7, 0.3), (1.01, 0.866), (120.0, 60.0)])
def test_maxima_by_a_search_without_derivatives(point: tuple[float, float]) -> None:
    system = TwoPhotonResonator(*point)
    alpha = wigner_maximum(system)
    assert abs(log_slope(system, alpha) - 2.0 * alpha.conjugate()) < 1e-12 * abs(alpha) * point[0]
    found = minimize(
        lambda q: -float(log_wigner(system, complex(*q))),
        [system.alpha0.real, system.alpha0.imag],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-15, "maxiter": 1000},
    )
    assert found.x == pytest.approx([alpha.real, alpha.imag], abs=1e-5)
    assert float(log_wigner(system, alpha)) > float(log_wigner(system, system.alpha0))


def test_maxima_are_neither_fixed_points_nor_where_the_text_has_them(printed_as: Callable[..., bool]) -> None:
    alpha = np.sqrt(2.0) * wigner_maximum(PAPER)
    assert printed_as(alpha.real, "3.3964")
    assert printed_as(alpha.imag, "1.4456")
    assert float(log_wigner_xp(PAPER, alpha.real, alpha.imag)) > float(log_wigner_xp(PAPER, 5.0, 0.0)) + 3.0
    assert wigner_maximum(TwoPhotonResonator(10.0, 0.0)) == pytest.approx(np.sqrt(10.0), rel=1e-12)
    # The two maxima part from 0 at G² = Δ² + η²/4: just beyond, they are close to it.
    assert abs(wigner_maximum(TwoPhotonResonator(0.5002, 0.0))) < 0.05
    with pytest.raises(PredictionError, match="only that at 0"):
        wigner_maximum(TwoPhotonResonator(0.4999, 0.0))


def test_bad_input_is_refused() -> None:
    lossy = TwoPhotonResonator(4.0, 1.0, 1.0, 0.1)
    for refused in (resonator_moments, wigner_maximum, lambda s: log_wigner(s, 0.0)):
        with pytest.raises(ParameterError, match="kappa_1"):
            refused(lossy)
    with pytest.raises(ParameterError, match="alpha"):
        log_wigner(PAPER, [0.0, np.nan])
    with pytest.raises(ParameterError, match="alpha"):
        log_wigner(PAPER, 1e80)
    with pytest.raises(PredictionError, match="log_wigner_wkb"):
        log_wigner(TwoPhotonResonator(2e4, 1.0), np.full(1000, 100.0))
    with pytest.raises(PredictionError, match="G/eta"):
        log_norm(TwoPhotonResonator(1e7, 1.0))
    with pytest.raises(ParameterError, match="Re b"):
        log_0f1(-0.5, 1.0)
    with pytest.raises(ParameterError, match="z"):
        log_0f1(0.5, np.inf)
    assert log_wigner(PAPER, np.empty((0, 3))).shape == (0, 3)
