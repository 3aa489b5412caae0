"""The parser under atheris, which keeps the inputs that reach new code: ``python -m tests.fuzz.guided RESULT ...``.

A process of its own, because the modules are instrumented as they are imported, and because libFuzzer ends it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.running import Failure, Input, Tally

__all__ = ["guided"]

NAME = "guided"
_SECONDS = 0.5  # between two notes of what was answered: libFuzzer ends the process without a word to Python
_UNHURRIED = "-timeout=86400"  # by the wall clock; 0 ends it after a second. Processor time is judged here
_LONGEST = 20_000
_SEEDS = 200


def guided(seed: int, most: int | None, seconds: float | None) -> Tally:
    """Let atheris look for inputs that the parser does not expect.

    Parameters
    ----------
    seed : int
    most : int or None
        Inputs.
    seconds : float or None

    Returns
    -------
    Tally
    """
    from tests.fuzz.documents import body

    tally = Tally(NAME)
    with TemporaryDirectory(prefix="upto-fuzz-") as name:
        folder = Path(name)
        corpus, result = folder / "corpus", folder / "result.json"
        corpus.mkdir()
        rng = Random(f"{NAME} {seed}")
        for number in range(_SEEDS):
            (corpus / str(number)).write_bytes(body(rng)[:_LONGEST])
        limits = [
            f"-runs={most if most is not None else -1}",
            f"-seed={seed % 2**31 + 1}",
            f"-max_len={_LONGEST}",
            "-len_control=0",
        ]
        if seconds is not None:
            limits.append(f"-max_total_time={max(int(seconds), 1)}")
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.guided",
            str(result),
            str(seed),
            *limits,
            _UNHURRIED,
            str(corpus),
        ]
        began = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if not result.exists():
            raise RuntimeError(f"atheris did not start ({time.monotonic() - began:.0f} s): {ended.stderr[-3000:]}")
        told = json.loads(result.read_text(encoding="utf-8"))
        tally.tried, tally.answers = sum(told["answers"].values()), Counter(told["answers"])
        tally.slowest, tally.memory = told["slowest"], [tuple(told["memory"])]
        for what, data in told["failures"]:
            tally.fail(Failure(NAME, seed, 0, 0, what, Input(bytes.fromhex(data))))
        if ended.returncode:
            tally.fail(Failure(NAME, seed, 0, 0, f"atheris ended: {ended.stderr[-3000:]}", Input(b"")))
    return tally


def _fuzz(result: Path, seed: str, arguments: list[str]) -> None:
    """What runs in the process of its own."""
    import atheris

    with atheris.instrument_imports(include=["app.answers"]):
        from tests.fuzz.reading import Reading
    import warnings

    from tests.fuzz.documents import changed
    from tests.fuzz.running import judge_one

    warnings.simplefilter("error")
    part, tally = Reading(), Tally(NAME)
    part.open(0)
    memory, noted = [part.memory(), 0], 0.0

    def note() -> None:
        memory[1] = part.memory()  # libFuzzer's own corpus is in it, so that nothing is concluded from it
        told: dict[str, Any] = {"answers": tally.answers, "slowest": tally.slowest, "memory": memory}
        told["failures"] = [(one.what, one.sent.data.hex()) for one in tally.failures]
        result.write_text(json.dumps(told), encoding="utf-8")

    def target(data: bytes) -> None:
        judge_one(part, tally, (int(seed), 0, tally.tried), Input(data))
        nonlocal noted
        if time.monotonic() - noted > _SECONDS:
            note()
            noted = time.monotonic()

    def mutate(data: bytes, size: int, number: int) -> bytes:
        """Change the structure, or let libFuzzer change bytes."""
        rng = Random(number)
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(data, size))
        return changed(rng, data)[:size]

    note()
    atheris.Setup([sys.argv[0], *arguments], target, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
