"""One-photon loss and the Monte Carlo facts of the spec: exceptional point, dark states, rates beside truncated Wigner."""

from __future__ import annotations

import pytest

from wellhop.analysis.resonator_angle import angle_rate
from wellhop.analysis.resonator_exceptional_point import exact_exceptional_loss
from wellhop.analysis.resonator_modes import slow_modes
from wellhop.analysis.resonator_spectrum import exceptional_loss, odd_sector_eigenvalues
from wellhop.engine.systems.two_photon_resonator import TwoPhotonResonator

#: Spec section 8: (G, Δ) -> exact Γ, Ω, Γ of truncated Wigner (drop), to the digits printed.
RATES = {
    (2.0, 0.5): ("0.022990", "0.089759", "0.091193"),
    (4.0, 1.0): ("0.0042433", "0.014112", "0.013756"),
    (6.0, 3.0): ("0.029006", "0.044374", "0.050505"),
}


def printed(value: float, like: str) -> str:
    """The value with as many decimals as the printed one."""
    return f"{value:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize("point", RATES)
def test_rates_beside_truncated_wigner(point: tuple[float, float]) -> None:
    """Section 8; the rate of truncated Wigner is near Ω, not near Γ."""
    system = TwoPhotonResonator(*point)
    rate = complex(slow_modes(system).values[0])
    found = (-rate.real, abs(rate.imag), angle_rate(system))
    assert tuple(printed(v, text) for v, text in zip(found, RATES[point], strict=True)) == RATES[point]
    assert abs(found[2] / found[1] - 1.0) < 0.15 < found[2] / found[0] - 1.0


def test_exceptional_point() -> None:
    """Section 6: 0.003727 in the whole sector, 0.003644 in the slow space of two dimensions."""
    system = TwoPhotonResonator(4.0, 1.0)
    assert printed(exact_exceptional_loss(system), "0.003727") == "0.003727"
    rate = complex(slow_modes(system).values[0])
    assert printed(exceptional_loss(system, rate), "0.003644") == "0.003644"
    below, above = (slow_modes(TwoPhotonResonator(4.0, 1.0, 1.0, loss)).values for loss in (0.00372, 0.00373))
    assert abs(below[0].imag) > 1e-6 * abs(below[0])
    assert abs(above[0].imag) < 1e-6 * abs(above[0])


def test_dark_states_flip_slowly() -> None:
    """Section 6: at Δ = 0, G = 6 the rates 7e-12, 7e-10, 8.4e-8 for κ₁ = 1e-3, 1e-2, 0.1; the first is below double precision."""
    for loss, text in ((1e-2, "7e-10"), (0.1, "8.4e-08")):
        digits = 0 if text.startswith("7") else 1
        assert f"{-slow_modes(TwoPhotonResonator(6.0, 0.0, 1.0, loss)).values[0].real:.{digits}e}" == text
    slow, _ = odd_sector_eigenvalues(TwoPhotonResonator(6.0, 0.0, 1.0, 1e-3), levels=22)
    assert f"{-slow.real:.0e}" == "7e-12"
