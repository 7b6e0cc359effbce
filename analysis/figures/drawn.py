"""The table of what a figure shows: every number drawn, under a column name with its unit.

A figure function returns this beside the figure, and it is saved as CSV under the same name. One row is one
mark: the column ``series`` says which line or set of points it belongs to; a cell that means nothing for a
series is ``None``.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wellhop.engine.errors import ParameterError

Cell = float | int | str | bool | None


@dataclass
class DrawnTable:
    """Rows of drawn numbers with named columns.

    Attributes:
        columns: names, units in brackets, for instance ``time [1/K]``.
        rows: one tuple per mark, in drawing order.

    Example:
        >>> table = DrawnTable(("series", "time [1/K]"))
        >>> table.add("measured", 2.5)
        >>> table.add("exact", np.float64(3.0))
        >>> table.numbers("time [1/K]", series="exact")
        array([3.])
        >>> print(table.csv(), end="")
        series,time [1/K]
        measured,2.5
        exact,3.0
    """

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Append one row; numpy scalars become plain numbers, so that the text of a number is the same
        everywhere.
        """
        if len(cells) != len(self.columns):
            raise ParameterError("cells", len(cells), f"{len(self.columns)} cells, one per column")
        self.rows.append(tuple(_plain(cell) for cell in cells))

    def add_series(self, series: str, *columns: Cell | Sequence[float] | npt.NDArray[np.float64]) -> None:
        """Append many rows at once: arrays run along the rows, scalars repeat."""
        arrays = [
            np.asarray(c, dtype=np.float64) if isinstance(c, (np.ndarray, list, tuple)) else c
            for c in columns
        ]
        lengths = {len(a) for a in arrays if isinstance(a, np.ndarray)}
        if len(lengths) != 1:
            raise ParameterError("columns", sorted(lengths), "arrays of one common length")
        for row in range(lengths.pop()):
            self.add(series, *(a[row] if isinstance(a, np.ndarray) else a for a in arrays))

    def select(self, **where: Cell) -> list[tuple[Cell, ...]]:
        """Rows whose cells equal ``where`` (column name = value), in order."""
        wanted = [(self.columns.index(name), value) for name, value in where.items()]
        return [row for row in self.rows if all(row[i] == value for i, value in wanted)]

    def numbers(self, column: str, **where: Cell) -> npt.NDArray[np.float64]:
        """One column as float64, ``nan`` where a cell is empty."""
        index = self.columns.index(column)
        cells = [row[index] for row in self.select(**where)]
        return np.array([math.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)

    def csv(self) -> str:
        """The table as comma-separated text with full precision and Unix line ends."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_text(cell) for cell in row] for row in self.rows)
        return out.getvalue()


def _plain(cell: object) -> Cell:
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or isinstance(cell, (str, bool, int)):
        return cell
    if isinstance(cell, float):
        # An infinite limit is information (no upper bound); a nan is an empty cell.
        return None if math.isnan(cell) else cell
    raise ParameterError("cell", cell, "a number, a text, a truth value or None")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)
