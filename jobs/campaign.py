"""A campaign: what to measure, read from a TOML file into frozen objects, with a fingerprint of its meaning.

Every key is checked and all problems come in one :class:`~wellhop.engine.errors.CampaignError`. The
fingerprint covers what decides the results (system, points, seed, arms) and what is made of them
(predictions, figures); it leaves out where they are written (``campaign.output``) and how they are computed
(``[run]``).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from wellhop.engine.errors import CampaignError
from wellhop.jobs.arms import Arm, arms
from wellhop.jobs.campaign_points import Point, campaign_points
from wellhop.jobs.campaign_schema import Problems, Section, at_least, shown
from wellhop.jobs.point_checks import check_points, wells_in_common
from wellhop.jobs.resonator_checks import check_figures
from wellhop.jobs.run_options import RunOptions, run_options

#: Figures a report can show, by system; keys of ``wellhop.analysis.report``.
FIGURES_OF: Final = {
    "kerr_cat_staircase": ("staircase", "residence", "survival", "trajectory", "clicks", "checks", "directed_rates"),
    "kerr_two_photon_drive": ("arrhenius", "directed_rates", "trajectory"),
    "duffing_attractors": ("inverse_lam", "directed_rates", "trajectory"),
    "two_photon_resonator": ("inverse_eta", "directed_rates", "coherence", "residence", "survival", "trajectory"),
}
#: Figures that the sweep of one parameter needs.
EXPONENT_FIGURES: Final = ("arrhenius", "inverse_eta", "inverse_lam")
#: Prediction of Langevin trajectories where the others are of the quantum model.
TWA_METHOD: Final = "twa"
#: Stands in where ``system.name`` is missing or wrong, so that reading goes on.
SYSTEM_OF_A_WRONG_NAME: Final = "kerr_cat_staircase"
MAX_BYTES: Final = 2**20
MAX_SEED: Final = 2**63 - 1


@dataclass(frozen=True)
class Campaign:
    """A checked campaign.

    Attributes:
        name, title: of the campaign. seed: of all its random streams. output: run folder as written in the
            file.
        system: name of a built-in system. points, arms: what is measured and how.
        swept: parameters that differ between points.
        predict: prediction methods. figures: of the report. run: how it is run.
        text: the file as it stands. source: where it was read from.
    """

    name: str
    title: str
    seed: int
    output: str
    system: str
    points: tuple[Point, ...]
    arms: tuple[Arm, ...]
    predict: tuple[str, ...]
    figures: tuple[str, ...]
    run: RunOptions
    text: str
    source: str

    @property
    def swept(self) -> tuple[str, ...]:
        """Names of the parameters that take more than one value."""
        names = self.points[0].parameters
        return tuple(n for n in names if len({point.parameters[n] for point in self.points}) > 1)


class CampaignFileError(CampaignError):
    """There is no campaign file; one line says so, for there are no keys to list."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, [reason])
        self.args = (f"{source}: {reason}",)


def load(path: str | Path) -> Campaign:
    """Read and check a campaign file.

    Raises:
        CampaignError: it does not exist (:class:`CampaignFileError`), cannot be read, is not UTF-8, is no TOML, or has
            wrong keys.
    """
    source = str(path)
    try:
        if "\0" in source:
            raise OSError("the path holds a NUL character")
        info = Path(path).stat()
        if not stat.S_ISREG(info.st_mode):
            raise CampaignError(source, ["file: got a folder or a device, allowed is a readable TOML file"])
        if info.st_size > MAX_BYTES:
            raise CampaignError(source, [f"file: got {info.st_size} bytes, allowed is at most {MAX_BYTES}"])
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise CampaignFileError(source, "no such file") from error
    except OSError as error:
        reason = error.strerror or str(error)
        problem = f"file: got {reason!r} on reading, allowed is a readable TOML file"
        raise CampaignError(source, [problem]) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"file: got a byte that is not UTF-8 at offset {error.start}, allowed is UTF-8 text"
        raise CampaignError(source, [problem]) from error
    return parse(text, source)


def parse(text: str, source: str = "campaign") -> Campaign:
    """Check the text of a campaign file.

    Args:
        text: TOML.
        source: name for messages.

    Raises:
        CampaignError: with every problem found.
    """
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        reason = "tables nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CampaignError(source, [f"file: got text that is no TOML ({reason})"]) from error
    problems = Problems(source)
    campaign = _read(Section(content, "", problems), text, source)
    if problems.found or campaign is None:
        raise CampaignError(source, problems.found)
    return campaign


def _read(top: Section, text: str, source: str) -> Campaign | None:
    """All sections of a file; None (with problems noted) where no campaign can be made of them."""
    problems = top.problems
    if "campaign" not in top:
        problems.missing("campaign", "a table with the key name")
    head = top.table("campaign")
    name = head.text("name", None if "campaign" in top else "", "1 to 80 printable characters", _is_name)
    title = head.text("title", name, "printable text of at most 200 characters", _is_title)
    seed = head.integer("seed", 0, at_least(0, MAX_SEED))
    default = "runs/" + (re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip(".") or "campaign")
    output = head.text("output", default, "a relative path without '..'", _is_output)
    head.finish()
    system, drafts = campaign_points(top)
    measured = arms(top.raw("measure"), problems, wells_in_common(system, drafts))
    if system and drafts:
        check_points(system, drafts, measured, problems)
    predict = top.table("predict")
    methods = predict.words("methods", _usual_methods(system, measured), _methods(system))
    predict.finish()
    report = top.table("report")
    known = FIGURES_OF.get(system, tuple(dict.fromkeys(sum(FIGURES_OF.values(), ()))))
    figures = report.words("figures", known, known)
    if system == "two_photon_resonator" and "figures" in report:
        check_figures(drafts, figures, report.at("figures"), problems)
    report.finish()
    run = run_options(top.table("run"))
    top.finish()
    if problems.found:
        return None
    points = tuple(draft.point for draft in drafts)
    return Campaign(name, title, seed, output, system, points, measured, methods, figures, run, text, source)


def _methods(system: str) -> tuple[str, ...]:
    """Names of the predictions of a system; of some system where the name is wrong, which is said elsewhere."""
    from wellhop.analysis.prediction import methods_of

    return tuple(methods_of(system or SYSTEM_OF_A_WRONG_NAME))


def _usual_methods(system: str, measured: tuple[Arm, ...]) -> tuple[str, ...]:
    """What is predicted where the file says nothing: the defaults, and the rate of Langevin trajectories where there are any."""
    from wellhop.analysis.prediction import default_methods_of

    usual = default_methods_of(system or SYSTEM_OF_A_WRONG_NAME)
    wanted = {*usual, TWA_METHOD} if any(arm.engine == "langevin" for arm in measured) else set(usual)
    return tuple(name for name in _methods(system) if name in wanted)


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= 80 and text.isprintable() and bool(text.strip())


def _is_title(text: str) -> bool:
    return len(text) <= 200 and text.isprintable()


def _is_output(text: str) -> bool:
    path = PurePosixPath(text)
    inside = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return inside and not text.startswith("~") and text.isprintable() and len(text) <= 1000


def meaning(campaign: Campaign) -> dict[str, Any]:
    """What a campaign means, as plain JSON values: everything but its place and the way it is run."""
    return {
        "campaign": {"name": campaign.name, "title": campaign.title, "seed": campaign.seed},
        "system": {"name": campaign.system},
        "points": [dict(point.parameters) for point in campaign.points],
        "measure": {arm.name: dataclasses.asdict(arm) for arm in campaign.arms},
        "predict": {"methods": _chosen(campaign.predict, _usual_methods(campaign.system, campaign.arms))},
        "report": {"figures": _chosen(campaign.figures, FIGURES_OF[campaign.system])},
    }


def _chosen(words: tuple[str, ...], every: tuple[str, ...]) -> str | list[str]:
    """``all`` stays ``all`` in a version that knows more of them, so that old runs can be continued."""
    return "all" if words == every else list(words)


def fingerprint(campaign: Campaign) -> str:
    """SHA-256 of the canonical JSON of :func:`meaning`, in hex.

    Two files have the same fingerprint when they ask for the same thing, however they are written.
    """
    canonical = json.dumps(meaning(campaign), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def changes(old: Campaign, new: Campaign) -> dict[str, tuple[object, object]]:
    """Key paths whose meaning differs, with the old and the new value (None where absent)."""
    before, after = _flat(old), _flat(new)
    pairs = {path: (before.get(path), after.get(path)) for path in [*before, *after]}
    return {path: (one, other) for path, (one, other) in pairs.items() if one != other}


def changed_keys(old: Campaign, new: Campaign) -> list[str]:
    """Key paths whose meaning differs; empty exactly when the fingerprints are equal."""
    return list(changes(old, new))


def changed_keys_of_texts(old: str, new: str) -> list[str]:
    """:func:`changed_keys` of two campaign files; one that cannot be read differs as a whole."""
    try:
        return changed_keys(parse(old), parse(new))
    except CampaignError:
        return ["the whole file"]


def _flat(campaign: Campaign) -> dict[str, object]:
    """:func:`meaning` by key path; the points as one list of values for each parameter."""
    tree = meaning(campaign)
    points = tree.pop("points")
    flat: dict[str, object] = {}

    def descend(path: str, value: object) -> None:
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                descend(f"{path}.{key}" if path else key, inner)
        else:
            flat[path] = value

    descend("", tree)
    for name in points[0]:
        values = [point[name] for point in points]
        where = "sweep" if len(set(values)) > 1 else "system"
        flat[f"{where}.{name}"] = values if where == "sweep" else values[0]
    flat["number of points"] = len(points)
    return flat


def require_same(old: Campaign, new: Campaign) -> None:
    """Refuse to go on with a campaign whose meaning has changed.

    Raises:
        CampaignError: listing every changed key with its old and new value.
    """
    changed = changes(old, new)
    if changed:
        lines = [
            f"{path}: got {shown(after)}, allowed is {shown(before)} as in the run"
            for path, (before, after) in changed.items()
        ]
        lines[-1] += "; a changed campaign is a new run: give it another output folder"
        raise CampaignError(new.source, lines)
