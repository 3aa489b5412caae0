"""The parts of the fuzzing, and how much of a run is each one's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.asking import Asking
from tests.fuzz.contract import contract
from tests.fuzz.grading import Grading
from tests.fuzz.guided import guided
from tests.fuzz.reading import Reading
from tests.fuzz.running import Part, Tally, run
from tests.fuzz.sources import Sources
from tests.fuzz.wire import Wire

__all__ = ["PARTS", "Share", "run_part"]


@dataclass(frozen=True)
class Share:
    """How much of a run is a part's.

    Parameters
    ----------
    inputs, seconds : float
        Of all inputs and of the whole time. Its inputs take longer the less of the former and the more of the latter.
    alone : bool
        Whether it starts processes of its own, so that there is one of it only.
    """

    inputs: float
    seconds: float
    alone: bool = False


PARTS: dict[str, Share] = {
    "parser": Share(0.80, 0.20),
    "guided": Share(0.08, 0.10, alone=True),
    "check": Share(0.08, 0.20),
    "files": Share(0.003, 0.12),
    "http": Share(0.029, 0.15),
    "wire": Share(0.003, 0.08, alone=True),
    "contract": Share(0.005, 0.15, alone=True),
}

_BY_ROUNDS: dict[str, type[Part]] = {one.name: one for one in (Reading, Grading, Sources, Asking, Wire)}
_WHOLE: dict[str, Callable[[int, int | None, float | None], Tally]] = {"guided": guided, "contract": contract}


def run_part(
    name: str, seed: int, job: int, jobs: int, most: int | None, seconds: float | None, number: int | None = None
) -> Tally:
    """Run a share of a part in this process; with `number`, that one round."""
    if name in _WHOLE:
        return _WHOLE[name](seed, most, seconds)
    part = _BY_ROUNDS[name]()
    if number is not None:
        return run(part, seed, first=number, rounds=1)
    return run(part, seed, first=job, step=jobs, most=most, seconds=seconds)
