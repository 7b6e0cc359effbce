"""Every error a user can meet, by name.

All derive from :class:`WellhopError`; the command line turns any of them into one line on stderr and exit code 2.
A message names the argument or key, the value got, what is allowed and, where there is one, the next step.
"""

from __future__ import annotations


class WellhopError(Exception):
    """Base of all errors caused by the input or by the files given, not by a bug."""


class ParameterError(WellhopError):
    """A physical or numerical parameter is outside its range.

    >>> str(ParameterError("kappa", -0.1, "a number > 0"))
    'kappa: got -0.1, allowed is a number > 0'
    """

    def __init__(self, name: str, value: object, allowed: str, hint: str = "") -> None:
        self.name, self.value, self.allowed, self.hint = name, value, allowed, hint
        super().__init__(f"{name}: got {value!r}, allowed is {allowed}" + (f"; {hint}" if hint else ""))


class CutoffError(WellhopError):
    """The Hilbert space is too small for the state; the message names the size to use."""


class CutoffWarning(UserWarning):
    """A state comes close to the end of the Hilbert space; the message names the size to use."""


class UnravellingError(WellhopError):
    """The chosen unravelling cannot answer the question asked (for example: residence times from photon counting)."""


class ModelError(WellhopError):
    """A Hamiltonian, jump operator or observable is malformed (shape, hermiticity, not finite)."""


class SpectrumError(WellhopError):
    """The slow spectrum is not what was asked for: no real slow mode, several steady states, no second mode."""


class TooFewSwitchesError(WellhopError):
    """Not enough switches for the estimate asked for; the message holds the upper limit that the records do give."""


class StatisticsError(WellhopError):
    """Durations, flags or samples handed to an estimator are malformed."""


class PredictionError(WellhopError):
    """A prediction is not defined at these parameters; the message names the range where it is."""


class CampaignError(WellhopError):
    """One or more keys of a campaign file are wrong; all problems are listed, one a line, each with its key path."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source, self.problems = source, list(problems)
        head = f"{source}: {len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__("\n".join([head, *(f"  {p}" for p in problems)]))


class UsageError(WellhopError):
    """The words of a command line do not make a command."""


class FolderError(WellhopError):
    """The output folder is foreign, locked, unreadable, unwritable, or already holds progress."""


class DamagedFileError(WellhopError):
    """A stored file does not match its checksum or its own description."""


class MPIError(WellhopError):
    """Started under an MPI launcher without a usable mpi4py, or the ranks disagree."""
