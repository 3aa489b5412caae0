"""All threads of a process share a plan: whoever is first prepares what is missing, and nobody is graded wrong."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from app.answers import read_answers, read_json
from app.assignments import Assignment
from app.checking import check
from tests.app.checking.grading import adjacency, graph, summary
from tests.app.support import hw3, perfect


def _answers(seed: int) -> dict[str, Any]:
    """Some right answers, some wrong ones, and some that follow from a wrong graph."""
    rng = np.random.default_rng(seed)
    answers: dict[str, Any] = perfect(3)
    for question in rng.choice(list(answers), size=7, replace=False):
        answers[question] = {name: np.array(value) + 0.137 for name, value in answers[question].items()}
    return {**answers, **graph(adjacency(extra=(4, 9)))} if seed % 2 else answers


def test_many_threads_on_a_new_assignment_grade_as_one_does() -> None:
    bodies = [json.dumps(_answers(seed), default=lambda value: value.tolist()).encode() for seed in range(12)]

    def graded(assignment: Assignment, body: bytes) -> dict[str, Any]:
        report = check(assignment, read_answers(read_json(body), assignment.answer_fields))
        return {name: summary(one) for name, one in report["questions"].items()}

    expected = [graded(hw3(), body) for body in bodies]
    for attempt in range(4):
        new = hw3().model_copy(deep=True).stamped(f"threads {attempt}")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda body, new=new: graded(new, body), bodies))
        assert found == expected
