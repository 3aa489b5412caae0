"""How fast answers are checked: figures to print and compare, never to assert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import reference
from app.answers import FieldAnswer, read_answers, read_envelope, read_json
from app.checking import Report, Submission, check, check_many, prepare
from tests.app.support import Answers, hw3, orthogonal, perfect, true_fields

UPTO = Path(sys.executable).parent / "upto"
BATCH = 10_000


def _turned(answers: Answers) -> Answers:
    rng = np.random.default_rng(1)
    psi = {question: np.array(answers[question]["Psi"]) @ orthogonal(rng, 3) for question in ("3.3", "3.4")}
    return {**answers, **{q: {**answers[q], "Psi": np.round(value, 3).tolist()} for q, value in psi.items()}}


FORMS: dict[str, Callable[[], Answers]] = {
    "full precision": perfect,
    "three decimals": lambda: perfect(3),
    "three decimals, embeddings turned": lambda: _turned(perfect()),
}


@pytest.mark.benchmark(group="one whole hw3 submission, parsing included (goal: under 2 ms)")
@pytest.mark.parametrize("form", FORMS)
def test_one_whole_submission(benchmark: BenchmarkFixture, form: str) -> None:
    body = json.dumps({"assignment": "hw3", "student": "b1", "answers": FORMS[form]()}).encode()

    def work() -> Report:
        envelope = read_envelope(read_json(body))
        return check(hw3(), read_answers(envelope.answers, hw3().answer_fields))

    assert benchmark(work)["score"] == 3.7


def _wrong() -> Answers:
    """Every answer wrong, and every earlier one sound, so that all candidates are tried on it as well."""
    rng = np.random.default_rng(3)
    answers = {
        question: {name: np.round(value + rng.normal(size=np.shape(value)), 3).tolist() for name, value in sent.items()}
        for question, sent in perfect().items()
    }
    W = 1.0 - np.eye(10)
    W[:3, 5:] = W[5:, :3] = 0.0
    other = W.copy()
    other[0, 1] = other[1, 0] = 0.0
    built = reference.graphs.laplacian(other)
    return {
        **answers,
        "1.1": {"axes": np.round(orthogonal(rng, 3), 3).tolist()},
        "3.1": {"W": W.tolist()},
        "3.2": {"D": built.D.tolist(), "L": built.L.tolist()},
        "4.2n": {"delta": rng.dirichlet(np.ones(4), size=24).tolist()},
        "5.1n": {"delta": rng.dirichlet(np.ones(2), size=20).tolist()},
    }


@pytest.mark.benchmark(group="one whole hw3 submission, every answer wrong, all candidates in play (goal: under 15 ms)")
def test_one_whole_submission_with_every_answer_wrong(benchmark: BenchmarkFixture) -> None:
    body = json.dumps({"assignment": "hw3", "student": "b1", "answers": _wrong()}).encode()

    def work() -> Report:
        envelope = read_envelope(read_json(body))
        return check(hw3(), read_answers(envelope.answers, hw3().answer_fields))

    report = benchmark(work)
    assert report["score"] == 0.0
    assert all(one["verdict"] in ("incorrect", "manual") for one in report["questions"].values())


def _axes_and_components() -> dict[str, dict[str, np.ndarray]]:
    rng = np.random.default_rng(2)
    signs = rng.choice([-1.0, 1.0], (BATCH, 1, 3))
    axes, components = true_fields("1.1")["axes"], true_fields("1.2")["components"]
    return {
        "1.1": {"axes": np.round(axes * signs, 3)},
        "1.2": {"components": np.round(components * signs, 3)},
    }


@pytest.mark.benchmark(group="10,000 answers of 1.1 and 1.2 as one batch (goal: under 100 ms, 10 us an answer)")
def test_a_batch_of_axes_and_components_compared(benchmark: BenchmarkFixture) -> None:
    sent = _axes_and_components()
    plan = prepare(hw3())
    first, second = (plan.target(name, plan.questions[name].candidates[0]) for name in sent)

    def work() -> bool:
        axes = first.compare(sent["1.1"])
        components = second.compare(sent["1.2"], axes.element)
        return bool(axes.fields["axes"].correct.all() and components.fields["components"].correct.all())

    assert benchmark(work)


@pytest.mark.benchmark(group="10,000 submissions of 1.1 and 1.2, reports included")
def test_a_batch_of_axes_and_components_reported(benchmark: BenchmarkFixture) -> None:
    sent = _axes_and_components()
    submissions = [
        Submission({q: {name: FieldAnswer(value[i], ()) for name, value in f.items()} for q, f in sent.items()})
        for i in range(BATCH)
    ]
    reports = benchmark.pedantic(check_many, (hw3(), submissions), rounds=2)  # type: ignore[no-untyped-call] # the plugin leaves it untyped
    assert all(report["score"] == 0.4 for report in reports)


def _grade(lines: int, folder: Path) -> tuple[float, int]:
    """Seconds and peak memory (KiB) of the command on so many whole submissions, on one core."""
    forms = [json.dumps({"student": f"b{number}", "answers": make()}) for number, make in enumerate(FORMS.values())]
    file = folder / f"{lines}.ndjson"
    with file.open("w", encoding="utf-8") as output:
        for number in range(lines):
            output.write(forms[number % len(forms)] + "\n")
    began = time.perf_counter()
    with (folder / "reports").open("wb") as reports:
        process = subprocess.Popen(["taskset", "-c", "0", UPTO, "grade", "hw3", file], stdout=reports)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    with (folder / "reports").open("rb") as reports:
        assert sum(1 for _ in reports) == lines
    return time.perf_counter() - began, usage.ru_maxrss


def test_a_file_of_10_000_submissions_in_memory_that_does_not_grow(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    small, small_memory = _grade(1000, tmp_path)
    large, large_memory = benchmark.pedantic(_grade, (BATCH, tmp_path), rounds=1)  # type: ignore[no-untyped-call] # the plugin leaves it untyped
    print(  # noqa: T201 - figures are what a benchmark is for
        f"\nupto grade: 1,000 lines {small:.1f} s, {small_memory // 1024} MiB; 10,000 lines {large:.1f} s "
        f"(goal: under 30 s), {large_memory // 1024} MiB; memory ratio {large_memory / small_memory:.2f}"
    )
