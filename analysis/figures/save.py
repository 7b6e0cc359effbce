"""Write a figure and its table: PNG, PDF and CSV beside each other, the same bytes every time.

No time of day, user or machine enters a file, so two reports of the same results can be compared byte for
byte.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from wellhop.analysis.figures.drawn import DrawnTable
from wellhop.analysis.figures.style import house_style
from wellhop.engine.errors import FolderError

# Only the entries that matplotlib would otherwise fill by itself: None drops them.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": "wellhop", "Producer": None},
    "svg": {"Date": None, "Creator": "wellhop"},
}


@dataclass(frozen=True)
class SavedFigure:
    """Where one figure was written, and its picture for embedding.

    Attributes:
        name: file name without suffix.
        png, pdf, csv: paths. picture: the bytes of the PNG.
    """

    name: str
    png: Path
    pdf: Path
    csv: Path
    picture: bytes


def figure_bytes(figure: Figure, form: str) -> bytes:
    """A figure as ``"png"``, ``"pdf"`` or ``"svg"``, without any metadata that changes from run to run."""
    out = io.BytesIO()
    with house_style():
        figure.savefig(out, format=form, metadata=_METADATA[form])
    return out.getvalue()


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file or nothing: a reader never sees a half-written figure.

    Raises:
        FolderError: the folder cannot be made or written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise FolderError(
            f"cannot write {path}: {error.strerror}; choose a folder you may write to"
        ) from error


def save_figure(folder: Path, name: str, figure: Figure, table: DrawnTable) -> SavedFigure:
    """Write ``name.png``, ``name.pdf`` and ``name.csv`` into ``folder``.

    Raises:
        FolderError: the folder cannot be made or written.
    """
    png, pdf, csv = (folder / f"{name}.{form}" for form in ("png", "pdf", "csv"))
    saved = SavedFigure(name, png, pdf, csv, figure_bytes(figure, "png"))
    # The page and the print show the same layout, and it is computed once.
    figure.set_layout_engine("none")
    write_file(saved.png, saved.picture)
    write_file(saved.pdf, figure_bytes(figure, "pdf"))
    write_file(saved.csv, table.csv().encode("utf-8"))
    return saved


def remove_stale(folder: Path, names: tuple[str, ...]) -> None:
    """Delete earlier files of figures that are not part of this report any more; nothing else is touched."""
    for name in names:
        for form in ("png", "pdf", "csv"):
            (folder / f"{name}.{form}").unlink(missing_ok=True)
