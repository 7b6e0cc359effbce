"""Who may begin or continue in a folder, and what to say when not; nothing here writes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from wellhop.engine.errors import DamagedFileError, FolderError
from wellhop.jobs import lock as locks
from wellhop.jobs.durable import LARGEST_DOCUMENT, PARTIAL, read_bytes, read_document

FORMAT: Final = "wellhop run folder"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
CAMPAIGN: Final = "campaign.toml"
PREPARED: Final = "prepared.wh"
HEAD: Final = "head.json"
SEGMENTS: Final = "segments"
#: What a creation that was cut short may have left behind.
_UNFINISHED: Final = frozenset({CAMPAIGN, PREPARED, HEAD, SEGMENTS, locks.NAME})

#: (text of the campaign in the folder, text given now) -> key paths that differ
ChangedKeys = Callable[[str, str], Sequence[str]]


def check_new(
    path: Path, campaign_text: bytes | None = None, changed_keys: ChangedKeys | None = None
) -> None:
    """Refuse a folder in which a new campaign must not begin; writes nothing.

    Raises:
        FolderError: it is no folder, belongs to something else, or holds progress (then ``resume`` is named
        and, with
            ``changed_keys``, what is different in the campaign given now).
    """
    try:
        if not path.exists():
            return
        if not path.is_dir():
            raise FolderError(f"{path}: is not a folder; give another output folder")
        names = {entry.name.removesuffix(PARTIAL) for entry in path.iterdir()}
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror or error}") from error
    if MANIFEST in names and (path / MANIFEST).exists():
        raise _has_progress(path, campaign_text, changed_keys)
    if names and not (names <= _UNFINISHED | {MANIFEST} and locks.is_lock(path / locks.NAME)):
        stranger = min(names - _UNFINISHED, default=min(names))
        raise FolderError(
            f"{path}: is not empty and not a wellhop run (holds {stranger!r}); give another output folder"
        )


def _has_progress(path: Path, campaign_text: bytes | None, changed_keys: ChangedKeys | None) -> FolderError:
    message = f"{path}: already holds progress; continue it with: wellhop resume {path}"
    if campaign_text is not None and changed_keys is not None:
        with contextlib.suppress(DamagedFileError, FolderError):
            old = read_document(path / MANIFEST).get("campaign", "")
            keys = list(changed_keys(str(old), campaign_text.decode("utf-8", "replace")))
            if keys:
                message = (
                    f"{path}: holds progress of a different campaign; changed keys: {', '.join(keys)}; "
                    + ("give another output folder")
                )
    return FolderError(message)


def demand_run(path: Path) -> None:
    try:
        if not path.is_dir():
            raise FolderError(f"{path}: there is no such folder")
        if (path / MANIFEST).exists():
            return
        names = {entry.name.removesuffix(PARTIAL) for entry in path.iterdir()}
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror or error}") from error
    if names <= _UNFINISHED | {MANIFEST}:
        raise FolderError(f"{path}: no run has begun here; begin one with: wellhop run CAMPAIGN.toml")
    raise FolderError(f"{path}: is not a wellhop run folder (no {MANIFEST})")


def read_manifest(path: Path) -> dict[str, Any]:
    manifest = read_document(path / MANIFEST)
    if manifest.get("format") != FORMAT or not isinstance(manifest.get("campaign"), str):
        raise FolderError(f"{path / MANIFEST}: is not the manifest of a wellhop run")
    if manifest.get("format_version") != VERSION:
        raise FolderError(
            f"{path}: has format version {manifest.get('format_version')!r}, this program reads {VERSION}; "
            "use the version of wellhop named in its manifest"
        )
    return manifest


def check_campaign(path: Path, changed_keys: ChangedKeys | None) -> None:
    """The campaign file is never rewritten: an edited copy in the folder is refused, not ignored."""
    manifest = read_manifest(path)
    text = read_bytes(path / CAMPAIGN, LARGEST_DOCUMENT)
    if hashlib.sha256(text).hexdigest() == manifest.get("campaign_sha256"):
        return
    keys: Sequence[str] = ()
    if changed_keys is not None:
        with contextlib.suppress(
            Exception
        ):  # an edited file may be anything; that it differs is already an error
            keys = changed_keys(manifest["campaign"], text.decode("utf-8"))
    named = f"; changed keys: {', '.join(keys)}" if keys else ""
    raise FolderError(
        f"{path / CAMPAIGN}: damaged or edited since the run began{named}; "
        "a changed campaign needs a new output folder, "
        f"the original text stands in {MANIFEST}"
    )
