"""The staircase: rate equations, semi-analytical formulas, critical drives, and controls that must fail."""

import numpy as np
import pytest

from wellhop.analysis.curves import reduced_rate
from wellhop.analysis.liouvillian import decay_rate, superoperator
from wellhop.analysis.prediction import methods_of, predict
from wellhop.analysis.staircase import RateModel, critical_drive, ground_rate, rate_model
from wellhop.engine.errors import CutoffError, ParameterError, PredictionError
from wellhop.engine.fock import annihilation, parity_signs
from wellhop.engine.systems.kerr_cat import KerrCat

POINT = KerrCat(6.0, 0.025, 0.05)
SEMI_ANALYTICAL = {"semi_analytical": "one_down", "semi_analytical_up": "up", "resummed": "resummed"}


def slowest(generator):
    """Smallest decay rate of a real matrix, by a plain dense diagonalisation."""
    values = np.linalg.eigvals(generator)
    real = values[np.abs(values.imag) < 1e-9]
    return float(np.min(-real.real, initial=np.inf))


def test_every_semi_analytical_rate_to_printed_digits(reference, printed_as):
    for row in reference["rates"]:
        system = KerrCat(*row["point"])
        model = rate_model(system)
        found = {"rate_model": model.decay_rate(), "ground_only": ground_rate(system)}
        found |= {name: model.quasi_stationary(m).decay_rate for name, m in SEMI_ANALYTICAL.items()}
        for name, value in found.items():
            if name in row:
                assert printed_as(value, row[name]), (row["point"], name, value, row[name])


def test_intermediate_quantities_to_printed_digits(reference, printed_as):
    model, levels = rate_model(POINT), reference["levels"]
    one_down = model.quasi_stationary("one_down")
    for name, values, first in [
        ("dephasing", model.dephasing, 0),
        ("decay", model.decay, 0),
        ("branching", model.branching, 1),
        ("contributions", one_down.contributions, 0),
    ]:
        for n, printed in enumerate(levels[name], start=first):
            assert printed_as(values[n], printed), (name, n, values[n], printed)


def test_two_forms_of_the_contributions_agree():
    """Γ_m = f_m J_m (81) equals (80) where the populations solve the quasi-stationary equations exactly."""
    model = rate_model(KerrCat(8.0, 0.1, 0.1))
    full = model.quasi_stationary("resummed")
    np.testing.assert_allclose(full.contributions[1:], (model.branching * full.currents)[1:], rtol=1e-10)
    assert full.contributions[0] == pytest.approx(2.0 * model.V[:, 0].sum() * full.populations[0])
    assert full.populations.sum() == pytest.approx(1.0)


def test_paths_agree_with_their_enumeration():
    """Recursions against explicit sums over all paths from manifold 0 to 1 ... 4."""
    full = rate_model(KerrCat(7.0, 0.1, 0.1))
    model = RateModel(full.W[:5, :5], full.V[:5, :5], full.splitting[:5])
    q, m = model.step_weights, model.count

    def walk(at, weight, downs, limit, sums):
        sums[at] += weight
        # Only the sum over all paths, which never ends, needs the cut; it is far below its tolerance.
        if abs(weight) < 1e-19:
            return
        for to in range(1, m):
            if to != at and (to > at or downs < limit):
                walk(to, weight * q[to, at], downs + (to < at), limit, sums)

    for method, limit in [("up", 0), ("one_down", 1)]:
        sums = np.zeros(m)
        walk(0, 1.0, 0, limit, sums)
        np.testing.assert_allclose(model.quasi_stationary(method).populations, sums / sums.sum(), rtol=1e-12)
    many = np.zeros(m)
    walk(0, 1.0, 0, 50, many)
    np.testing.assert_allclose(model.quasi_stationary("resummed").populations, many / many.sum(), rtol=1e-10)


@pytest.mark.parametrize("system", [POINT, KerrCat(4.0, 0.3, 0.2)])
def test_rate_equations_are_the_projected_master_equation(system):
    """d<X_m>/dt and d<Y_m>/dt from the full Liouvillian in block-diagonal states are the rate equations."""
    levels, count = system.manifolds(), 8
    model = rate_model(system, levels)
    n = levels.even.shape[0]
    generator = superoperator(system.lindblad(n)).conj().T
    pairs = [np.outer(levels.even[:, k], levels.odd[:, k]) for k in range(count)]
    operators = [p + p.T for p in pairs] + [-1j * (p - p.T) for p in pairs]
    rows = [(generator @ op.astype(complex).ravel()).reshape(n, n) for op in operators]
    # <O> = Tr(O ρ); a unit of x_m or y_m is half the operator, since Tr X_m² = 2.
    matrix = np.array([[np.trace(row @ state).real / 2.0 for state in operators] for row in rows])
    keep = [*range(count), *range(model.count, model.count + count)]
    np.testing.assert_allclose(matrix, model.generator()[np.ix_(keep, keep)], atol=1e-11)


def test_inverse_iteration_agrees_with_dense_diagonalisation():
    for point in [(4.0, 0.025, 0.05), (6.0, 0.1, 0.02), (9.0, 0.1, 0.1), (2.0, 0.5, 0.1)]:
        model = rate_model(KerrCat(*point))
        assert model.decay_rate() == pytest.approx(slowest(model.generator()), rel=1e-7)


def wrong_dephasing(model):
    """μ with one instead of two W_mm."""
    g = model.generator()
    m = model.count
    g[m:, m:] += np.diag(np.diag(model.W))
    return g


def wrong_transfer_sign(model):
    """Transfer of the coherence with the sign of the populations."""
    g = model.generator()
    m = model.count
    g[m:, m:] += 2.0 * model.transfer
    return g


def wrong_decay(model):
    """λ with W_mm in place of V_mm."""
    g = model.generator()
    m = model.count
    g[:m, :m] += 2.0 * np.diag(np.diag(model.V) - np.diag(model.W))
    return g


def wrong_index_order(model):
    """W and V read as [initial, final]."""
    return RateModel(model.W.T, model.V.T, model.splitting).generator()


@pytest.mark.parametrize("wrong", [wrong_dephasing, wrong_transfer_sign, wrong_decay, wrong_index_order])
def test_controls_are_detected_by_the_printed_digits(wrong, reference, printed_as):
    """Each typical mistake moves the rate out of the printed digits that the right formula reproduces."""
    rows = [r for r in reference["rates"] if r["point"][:2] == [6.0, 0.025]]
    model = rate_model(KerrCat(*rows[0]["point"]))
    assert printed_as(slowest(model.generator()), rows[0]["rate_model"])
    assert not printed_as(slowest(wrong(model)), rows[0]["rate_model"])


def test_round_off_in_place_of_a_zero_splitting_would_show():
    """δ_0 = 1e-9 K instead of 0 changes a rate of 2V_00 only; at ε₂ = 10 and n_th = 0 that is everything."""
    model = rate_model(KerrCat(10.0, 0.025, 0.0))
    leaky = RateModel(model.W, model.V, np.concatenate([[1e-9], model.splitting[1:]]))
    assert leaky.decay_rate() > 1.5 * model.decay_rate()


@pytest.mark.parametrize("point", [(6.0, 0.025, 0.05), (12.0, 0.1, 0.1)])
def test_number_of_manifolds_is_enough(point):
    """Neither 16 nor 22 manifolds matter at the printed digits."""
    few, many = rate_model(KerrCat(*point)), rate_model(KerrCat(*point), count=22, cutoff=96)
    assert few.decay_rate() == pytest.approx(many.decay_rate(), rel=1e-9)
    assert few.quasi_stationary().decay_rate == pytest.approx(many.quasi_stationary().decay_rate, rel=1e-9)


def test_matrix_elements_deep_in_the_well():
    """|<r_m|a|r_n>|²: α² in place, n one step down, 1/(2α²) from 2 to 0; none out of manifold 0."""
    system = KerrCat(60.0, 1.0, 0.0)
    w = rate_model(system, count=12).W
    np.testing.assert_allclose(np.diag(w)[:4], 60.0 - 2.0 * np.arange(4), rtol=0.005)
    np.testing.assert_allclose([w[0, 1], w[1, 2], w[2, 3]], [1.0, 2.0, 3.0], rtol=0.05)
    assert w[0, 2] == pytest.approx(1.0 / 120.0, rel=0.1)
    assert w[2, 1] == pytest.approx(1.0 / (8.0 * 3600.0), rel=0.2)
    assert w[1:, 0].max() < 1e-20
    deep = rate_model(KerrCat(60.0, 0.1, 0.05), count=12)
    assert deep.dephasing[0] == pytest.approx(2.0 * 0.1 * 60.0 * 1.1, rel=0.01)
    np.testing.assert_allclose(
        deep.decay[:3], 0.1 * (1.05 * np.arange(3) + 0.05 * np.arange(1, 4)), rtol=0.05
    )


@pytest.mark.parametrize("eps2", [1.0, 4.0, 8.0])
def test_ground_rate_is_the_matrix_element(eps2):
    """2 V_00 in closed form against the explicit sum over the ladder."""
    system = KerrCat(eps2, 0.1, 0.3)
    levels = system.manifolds()
    right, left = levels.wells
    a = annihilation(right.shape[0]).real
    loss = (left[:, 0] @ a @ right[:, 0]) ** 2
    heating = (left[:, 0] @ a.T @ right[:, 0]) ** 2
    assert ground_rate(system) == pytest.approx(2 * 0.1 * (1.3 * loss + 0.3 * heating), rel=1e-5)
    assert ground_rate(KerrCat(400.0, 0.1, 0.1)) == 0.0


def test_critical_drives_to_printed_digits(reference, printed_as):
    for row in reference["critical"]:
        for criterion in ("branching", "balance", "crude"):
            for n, printed in enumerate(row.get(criterion, []), start=1):
                found = critical_drive(n, row["kappa"], row["n_th"], criterion=criterion)
                assert printed_as(found, printed), (row["kappa"], criterion, n, found, printed)


def test_balance_criterion_is_close_to_branching_for_weak_damping():
    """At κ = 1e-4 (88) equals f = 1/2 within 2e-4."""
    for n in (1, 2, 3):
        one = critical_drive(n, 1e-4, 0.05, criterion="branching")
        assert critical_drive(n, 1e-4, 0.05, criterion="balance") == pytest.approx(one, abs=2.2e-4)


def test_critical_drive_scales_with_K_and_refuses_nonsense():
    assert critical_drive(1, 0.05, 0.05, 2.0) == pytest.approx(2.0 * critical_drive(1, 0.025, 0.05), rel=1e-7)
    assert printable(critical_drive(2, 0.025, 0.05)) == "9.5858"
    for bad in (0, -1, 1.0, True):
        with pytest.raises(ParameterError, match="n: got"):
            critical_drive(bad, 0.1, 0.1)
    with pytest.raises(PredictionError, match="criterion: got 'sharp'"):
        critical_drive(1, 0.1, 0.1, criterion="sharp")
    with pytest.raises(ParameterError, match="kappa: got -1"):
        critical_drive(1, -1.0, 0.1)
    with pytest.raises(PredictionError, match="no step 1"):
        critical_drive(1, 200.0, 0.1)


def printable(value):
    """Four decimals."""
    return f"{value:.4f}"


def test_error_table(reference):
    """Largest relative error over the staircase, entries of the table within their digits."""
    from decimal import Decimal

    for row in reference["errors"]:
        worst = dict.fromkeys(["rate_model", *SEMI_ANALYTICAL], 0.0)
        for eps2 in np.arange(1.0, 12.25, 0.5):
            system = KerrCat(float(eps2), row["kappa"], row["n_th"])
            # 12 manifolds: 1e-10 off the rate of the full space, checked below, and thirty times faster
            exact = reduced_rate(system, 12)
            for p in predict(system, list(worst)):
                worst[p.name] = max(worst[p.name], abs(p.value / exact - 1.0))
        full = decay_rate(
            system.lindblad(), parity_signs=parity_signs(system.default_cutoff()), count=2
        ).value
        assert exact == pytest.approx(full, rel=1e-8)
        for name, value in worst.items():
            digit = float(Decimal(1).scaleb(int(Decimal(row[name]).as_tuple().exponent)))
            assert abs(value - float(row[name])) <= digit, (row["kappa"], row["n_th"], name, value, row[name])


def test_using_one_rate_for_both_roles_is_far_off():
    """μ := λ everywhere moves the steps: a factor of 2.07 at (10, 0.025, 0.01), 3.02 on the first step at 7.0."""
    factors = {}
    for eps2 in np.arange(5.0, 12.25, 0.25):
        model = rate_model(KerrCat(float(eps2), 0.025, 0.01))
        limited = model.with_one_rate()
        assert limited.dephasing == pytest.approx(model.decay, rel=1e-12)
        assert limited.decay == pytest.approx(model.decay, rel=1e-12)
        assert np.array_equal(limited.V, model.V)
        factors[eps2] = limited.quasi_stationary().decay_rate / model.quasi_stationary().decay_rate
    system = KerrCat(10.0, 0.025, 0.01)
    exact = decay_rate(system.lindblad(), parity_signs=parity_signs(system.default_cutoff())).value
    limited = rate_model(system).with_one_rate().quasi_stationary().decay_rate
    assert limited / exact == pytest.approx(2.07, abs=0.01)
    # The right formula stays within its error there; this control does not.
    assert rate_model(system).quasi_stationary().decay_rate / exact == pytest.approx(1.0, abs=0.003)
    assert min(factors.values()) > 1.0
    assert max(factors, key=factors.__getitem__) == 7.0
    assert factors[7.0] == pytest.approx(3.02, abs=0.01)


def test_one_rate_moves_every_step_to_larger_drives():
    """The step with μ := λ is where δ_n = λ_n, and not where it belongs."""
    for n in (1, 2, 3):
        right, wrong = (critical_drive(n, 0.025, 0.05, criterion=c) for c in ("branching", "one_rate"))
        assert wrong - right > 0.5
        model = rate_model(KerrCat(wrong, 0.025, 0.05))
        assert model.splitting[n] == pytest.approx(model.decay[n], rel=0.01)
        assert model.splitting[n] ** 2 < 0.3 * model.dephasing[n] * model.decay[n]


def test_rate_model_prints_itself_and_refuses_nonsense():
    text = str(rate_model(POINT))
    assert "Gamma_n" in text
    assert "rate equations 0.000866312" in text
    model = rate_model(POINT)
    with pytest.raises(PredictionError, match="method: got 'down'"):
        model.quasi_stationary("down")
    with pytest.raises(PredictionError, match=r"allowed is \(16, 16\) each"):
        RateModel(model.W[:4], model.V, model.splitting)
    with pytest.raises(PredictionError, match=">= 0"):
        RateModel(-model.W, model.V, model.splitting)
    with pytest.raises(PredictionError, match="finite"):
        RateModel(model.W * np.nan, model.V, model.splitting)
    with pytest.raises(CutoffError, match="use cutoff 80"):
        rate_model(POINT, count=30, cutoff=60)
    assert set(SEMI_ANALYTICAL) < set(methods_of("kerr_cat_staircase"))
