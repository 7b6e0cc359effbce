"""Fock matrices, coherent states and the cut-off check."""

import numpy as np
import pytest
import qutip

from wellhop.engine import fock
from wellhop.engine.errors import CutoffError, CutoffWarning, ParameterError


def test_matrices_are_those_of_qutip():
    n = 17
    for ours, theirs in [
        (fock.annihilation(n), qutip.destroy(n)),
        (fock.creation(n), qutip.create(n)),
        (fock.number(n), qutip.num(n)),
    ]:
        np.testing.assert_allclose(ours, theirs.full(), atol=1e-15)
    np.testing.assert_allclose(fock.parity(n) @ fock.annihilation(n) @ fock.parity(n), -fock.annihilation(n))


@pytest.mark.parametrize("alpha", [0.0, 0.3 - 0.2j, 2.0, -1.5j, 3.0 * np.exp(2.5j)])
def test_coherent_state_is_an_eigenstate_of_a(alpha):
    state = fock.coherent_state(alpha, 60)
    assert abs(np.linalg.norm(state) - 1.0) < 1e-14
    np.testing.assert_allclose((fock.annihilation(60) @ state)[:-1], alpha * state[:-1], atol=1e-12)
    theirs = qutip.coherent(60, alpha, method="analytic").full().ravel()
    np.testing.assert_allclose(state, theirs, atol=1e-12)


def test_large_coherent_state_does_not_overflow():
    state = fock.coherent_state(20.0, 700)
    assert abs(np.vdot(state, np.arange(700) * state) - 400.0) < 1e-8


def test_cutoff_check_is_silent_warns_and_refuses():
    populations = np.abs(fock.coherent_state(3.0, 60)) ** 2
    assert fock.check_cutoff(populations) < 1e-20
    tight = np.abs(fock.coherent_state(3.0, 26)) ** 2
    with pytest.warns(CutoffWarning, match=r"my state.*cutoff 26.*use cutoff \d+"):
        fock.check_cutoff(tight, what="my state")
    with pytest.raises(CutoffError, match=r"use cutoff \d+"):
        fock.check_cutoff(np.abs(fock.coherent_state(3.0, 14)) ** 2)


@pytest.mark.parametrize(("alpha", "n"), [(3.0, 14), (3.0, 18), (3.0, 26), (2.0, 9), (4.0, 22)])
def test_the_cutoff_named_is_sufficient(alpha, n):
    """Following the advice ends in a silent check after a few rounds, without absurd sizes."""
    rounds, size = 0, n
    while (populations := np.abs(fock.coherent_state(alpha, size)) ** 2)[-4:].sum() > 1e-8:
        size = fock.suggested_cutoff(populations, 1e-9)
        rounds += 1
    assert rounds <= 3
    assert size <= alpha**2 + 16 * alpha + 20


@pytest.mark.parametrize("bad", [1, 0, -3, 2.0, True, "10", None])
def test_bad_dimension_is_refused(bad):
    with pytest.raises(ParameterError, match="cutoff: got"):
        fock.annihilation(bad)


def test_coherent_state_outside_the_space_names_the_cutoff():
    with pytest.raises(CutoffError, match="use cutoff 60"):
        fock.coherent_state(4.1, 8)
    with pytest.raises(ParameterError, match="alpha"):
        fock.coherent_state(np.nan, 8)
