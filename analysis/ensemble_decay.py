"""⟨X⟩(t) of the master equation from the well state |r_0⟩: what the mean over any trajectories must follow.

X is odd under the parity, so that the odd sector of the Liouvillian, d vec(ρ_odd)/dt = L_odd vec(ρ_odd), is all that is needed.
Su, Cortiñas, Venkatraman, Puri, Eqs. (16), (52), (53).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import eig

from wellhop.analysis.liouvillian import sector_index, superoperator
from wellhop.engine.errors import ParameterError
from wellhop.engine.systems.kerr_cat import KerrCat


def mean_well_difference(
    system: KerrCat, times: npt.ArrayLike, *, manifolds: int | None = None
) -> npt.NDArray[np.float64]:
    """(n_times,) ⟨X⟩(t) with ⟨X⟩(0) = 1, from all eigenmodes of the odd sector of the projected model.

    Args:
        system: the parameters. times: finite, >= 0, in the unit 1/(unit of the rates).
        manifolds: pairs of levels kept, as trajectories do; 12 take a quarter of a second.

    Raises:
        ParameterError: a time is negative or not finite.

    >>> mean_well_difference(KerrCat(3.0, 0.1, 0.1), [0.0, 200.0, 300.0], manifolds=8).round(4).tolist()
    [1.0, 0.1364, 0.0504]
    """
    at = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if at.ndim != 1 or not np.isfinite(at).all() or (at < 0.0).any():
        raise ParameterError("times", times, "finite times >= 0")
    count = system.default_manifolds() if manifolds is None else manifolds
    model = system.reduced_model(count)
    index = sector_index(model, "odd", np.repeat([1.0, -1.0], count))
    generator = superoperator(model)[index][:, index].toarray()
    levels = system.manifolds(count)
    order_parameter = levels.order_parameter().astype(np.complex128)
    start = np.zeros(2 * count)
    start[[0, count]] = np.sqrt(0.5)
    values, modes = eig(generator)
    weights = np.linalg.solve(modes, np.outer(start, start).ravel()[index].astype(np.complex128))
    # Tr(X ρ) with row-major vec(ρ): the transpose of a real symmetric X is itself
    seen = (order_parameter.ravel()[index] @ modes) * weights
    return np.asarray((np.exp(np.outer(at, values)) @ seen).real)
