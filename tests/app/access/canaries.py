"""An assignment whose every secret has digits of its own, and what finds them wherever they come out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping

import numpy as np
from httpx2 import Response

from app.assignments import parse_assignment
from app.checking import prepare
from tests.app.varied import GRAPH

__all__ = ["CANARIES", "OWN_CANARY", "RIGHT", "SOURCE", "WRONG", "birds_in", "shown"]

WRITTEN: Mapping[str, str] = {
    "the truth": "5.3810274916357",
    "an entry of the truth": "2.4819037265418",
    "a truth graded by its share": "618.0472935167284",
    "a figure that the solver takes": "3.6172850394861",
    "what a slip gives": "7.2904618352749",
    "the tolerance of a slip": "0.0006928174650192",
    "the tolerance of a share": "0.0041839275016348",
    "a hint": "8205739164027",
    "a condition of draws": "0.0519283746501",
    "a comment in the file": "4471920385566",
}

_FILE = """\
# <a comment in the file>
format: 1
slug: canary
title: {en: "Canaries", zh-TW: "金絲雀"}
points: 6
tolerance: {decimals: 3}
policy: {opens_at: "2026-11-24 18:00", due_at: "2026-11-24 23:59"}
data:
  samples: [[1, 2], [3, 5], [4, 4]]
questions:
  - id: "1"
    title: {en: "A figure", zh-TW: "一個數"}
    prompt: {en: "Find it.", zh-TW: "請求出。"}
    points: 1
    truth: {values: {x: <the truth>}}
    fields: {x: {shape: []}}
    mistakes:
      - id: slip
        credit: 0.5
        values: {x: <what a slip gives>}
        tolerance: {atol: <the tolerance of a slip>}
        hint: {en: "Hint <a hint>.", zh-TW: "提示 <a hint>。"}
  - id: "2"
    title: {en: "Condition number", zh-TW: "條件數"}
    prompt: {en: "Find it.", zh-TW: "請求出。"}
    points: 1
    truth:
      solver: linear_algebra.condition_number
      inputs: {A: {value: [[<a figure that the solver takes>, 1.0], [0.5, 1.25]]}}
    tolerance: {significant: 4}
    fields: {kappa: {shape: []}}
  - id: "3"
    title: {en: "A large figure", zh-TW: "一個大的數"}
    prompt: {en: "Find it.", zh-TW: "請求出。"}
    points: 1
    truth: {values: {y: <a truth graded by its share>}}
    tolerance: {rtol: <the tolerance of a share>}
    fields: {y: {shape: []}}
  - id: "4"
    title: {en: "A matrix", zh-TW: "一個矩陣"}
    prompt: {en: "Find it.", zh-TW: "請求出。"}
    points: 1
    truth: {values: {M: [[<an entry of the truth>, 1.0], [0.5, 1.75]]}}
    fields: {M: {shape: [2, 2]}}
  - id: "5"
    title: {en: "Its condition number", zh-TW: "它的條件數"}
    prompt: {en: "Find it.", zh-TW: "請求出。"}
    points: 1
    truth:
      solver: linear_algebra.condition_number
      inputs: {A: {question: "4", field: M}}
    fields: {kappa: {shape: []}}
  - id: "6"
    title: {en: "A proof", zh-TW: "證明"}
    prompt: {en: "Prove it.", zh-TW: "請證明。"}
    points: 1
    fields: {proof: {kind: text}}
"""
SOURCE = re.sub("<([a-z ]+)>", lambda found: WRITTEN[found[1]], _FILE)

OWN_CANARY = GRAPH.replace("slug: own-graph", "slug: own-canary").replace(
    "at_least: 0.05}", f"at_least: {WRITTEN['a condition of draws']}}}"
)


def _solved() -> dict[str, str]:
    plan = prepare(parse_assignment(SOURCE.encode()))
    found = {}
    for question in ("2", "5"):
        target = plan.target(question, plan.questions[question].candidates[0])
        found[f"what the solver gives for {question}"] = repr(float(target.truths["kappa"][0]))
    return found


CANARIES: Mapping[str, str] = {
    name: re.sub(r"\D", "", said).lstrip("0")[:10] for name, said in {**WRITTEN, **_solved()}.items()
}
"""The first ten digits of each secret: the last ones may come out rounded."""

WRONG = {"1": 0, "2": 0, "3": 0, "4": [[0, 0], [0, 0]], "5": 0, "6": "Trivial."}
"""Whoever sends zeros is off by the truth itself."""
RIGHT = {
    "1": 5.381,
    "2": float(f"{float(_solved()['what the solver gives for 2']):.4g}"),
    "3": 618,
    "4": [[2.482, 1], [0.5, 1.75]],
    "5": round(float(_solved()["what the solver gives for 5"]), 3),
}


def birds_in(texts: Iterable[str]) -> set[str]:
    """The secrets that stand in texts, wherever the decimal point is and whatever stands before."""
    plain = "\n".join(texts).replace(".", "")
    return {name for name, digits in CANARIES.items() if digits in plain}


def shown(answer: Response) -> str:
    """All that an answer says: its headers and its body, arrays with all their digits."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    if answer.headers.get("content-type") != "application/zip":
        return f"{headers}\n{answer.text}"
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as arrays:
        return headers + "".join(f"{name} {arrays[name].tolist()}" for name in arrays)
