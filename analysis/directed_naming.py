"""What wells and rates are called: a central and two bright wells, or two wells that are no mirror images.

Both kinds are read by the same estimators. With two different wells the first of them is the "centre" and the second the
"bright" one: k_v is the rate out of the first well, k_b out of the second, lam_e = k_v + k_b; neither lam_o nor k_d exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def _frozen(**names: str) -> Mapping[str, str]:
    return MappingProxyType(names)


@dataclass(frozen=True)
class Naming:
    """Names of the rates and of the wells.

    Attributes:
        wells: 2 or 3. centre: index of the central well, or of the first of two.
        rates: name inside the estimators -> public name, in the order of tables.
        first, other: what the central and the bright wells are called. methods: inner name -> name of the spectral estimator.
    """

    wells: int
    centre: int
    rates: Mapping[str, str] = field(hash=False)
    first: str
    other: str
    methods: Mapping[str, str] = field(hash=False)

    def inner(self, public: str) -> str:
        """Name inside the estimators.

        >>> TWO_WELLS.inner("k_LH"), THREE_WELLS.inner("k_v")
        ('k_v', 'k_v')
        """
        return next(inner for inner, name in self.rates.items() if name == public)

    @property
    def escapes(self) -> tuple[str, str]:
        """Public names of the rates out of the first and out of the other wells."""
        return self.rates["k_v"], self.rates["k_b"]


THREE_WELLS = Naming(
    wells=3,
    centre=1,
    rates=_frozen(lam_e="lam_e", lam_o="lam_o", k_v="k_v", k_b="k_b", k_d="k_d"),
    first="centre",
    other="bright",
    methods=_frozen(
        lam_e="autocorrelation of bright/centre",
        lam_o="autocorrelation of the side",
        k_v="lam_e x bright weight",
        k_b="lam_e x (1 - bright weight)",
        k_d="(lam_o - k_b)/2",
    ),
)
#: The small and the large orbit of a driven Duffing oscillator, wells 0 and 1.
TWO_WELLS = Naming(
    wells=2,
    centre=0,
    rates=_frozen(lam_e="Gamma", k_v="k_LH", k_b="k_HL"),
    first="LAS",
    other="HAS",
    methods=_frozen(
        lam_e="autocorrelation of LAS/HAS", k_v="Gamma x HAS weight", k_b="Gamma x (1 - HAS weight)"
    ),
)
#: By number of wells.
NAMINGS: Mapping[int, Naming] = MappingProxyType({2: TWO_WELLS, 3: THREE_WELLS})
