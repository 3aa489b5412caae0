"""Recompute certificates from the submitted numbers, the certificate and the assignment file alone.

No comparison of `graders` is imported here, and nothing of `app.checking`: the file is read as YAML, solvers are
those of `reference`, and the arithmetic is plain NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference

Array = NDArray[np.float64]
Document = Mapping[str, Any]

_TRANSFORM = {"sqrt": np.sqrt, "square": np.square, "negate": np.negative}
_SLACK = 1e-12


class Verifier:
    """One submission's certificates, held against the assignment file.

    Parameters
    ----------
    document : mapping
        The assignment file, parsed.
    answers : mapping
        What was submitted, question by question and field by field.
    questions : mapping
        The report's `questions`.
    """

    def __init__(self, document: Document, answers: Document, questions: Document) -> None:
        self.document, self.questions = document, questions
        self.specs = {str(one["id"]): one for one in document["questions"]}
        self.answers = {
            question: {name: np.array(value, dtype=float) for name, value in self._fields(question, sent).items()}
            for question, sent in answers.items()
        }

    def _fields(self, question: str, sent: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        required = [name for name, spec in self.specs[question]["fields"].items() if spec.get("required", True)]
        return sent if isinstance(sent, dict) else {required[0]: sent}

    def verify(self, question: str) -> int:
        """Check every correct field of a question; how many there were."""
        report = self.questions[question]
        correct = [name for name, field in report["fields"].items() if field["verdict"] == "correct"]
        if not correct or report["matched"] is None:
            return 0
        truths = self._solve(question, report["matched"], report.get("basis"))
        for name in correct:
            self._check(question, name, truths)
        return len(correct)

    def _check(self, question: str, name: str, truths: Mapping[str, Array]) -> None:
        field = self.questions[question]["fields"][name]
        sent = self._canonical(question, name)
        allowed = self._allowed(question, name, truths[name])
        grown = (self.questions[question].get("basis") or {}).get("grown", False)
        if not grown:
            assert field["allowed"] <= allowed.max() * (1 + 1e-9) + 1e-13, (question, name)
        assert field["measured"] <= field["allowed"], (question, name)
        expected = self._acted(question, name, truths[name])
        error = np.abs(sent - expected)
        if grown:
            assert error.max() >= field["measured"] - _SLACK
            return
        if (error <= allowed + _SLACK).all():
            assert abs(error.max() - field["measured"]) <= 1e-9 * max(1.0, np.abs(expected).max())
            return
        own = self._own(question, name)
        assert own is not None, (question, name, error.max())
        assert (np.abs(sent - own) <= allowed + _SLACK).all(), (question, name)

    def _acted(self, question: str, name: str, truth: Array) -> Array:
        """Apply the certificate's element, after seeing that it is one of its group."""
        spec = self.specs[question]["fields"][name]
        symmetry = self.questions[question]["fields"][name]["symmetry"]
        element = symmetry["element"]
        if element is None or "moves" not in spec:
            assert symmetry["group"] in ("identity", "span") or element is None
            return truth
        axis = spec["moves"]["axes"][0]
        last = np.moveaxis(truth, axis, -1)
        array = np.array(element, dtype=float)
        if symmetry["group"] == "relabelling":
            order = array.astype(int)
            assert sorted(order.tolist()) == list(range(len(order)))
            return np.moveaxis(last[..., order], -1, axis)
        matrix = np.diag(array) if array.ndim == 1 else array
        assert np.abs(matrix.T @ matrix - np.eye(matrix.shape[1])).max() <= 1e-12
        return np.moveaxis(last @ (matrix**2 if spec["moves"].get("magnitude") else matrix), -1, axis)

    def _allowed(self, question: str, name: str, truth: Array) -> Array:
        spec = self.specs[question]
        asked = spec["fields"][name].get("tolerance") or spec.get("tolerance") or self.document["tolerance"]
        if "exact" in asked:
            return np.full(truth.shape, 1e-9)
        if "decimals" in asked:
            return np.full(truth.shape, 0.5 * 10.0 ** -asked["decimals"])
        raise ValueError(f"the assignments verified here do not ask for {asked}")

    def _layout(self, question: str) -> dict[str, str]:
        """How fields are written by what matched, or by the convention beside it."""
        report = self.questions[question]
        named = {one["id"]: one for one in self.specs[question].get("conventions", [])}
        basis = report.get("basis") or {}
        convention = named.get(report["matched"]) or named.get(basis.get("convention"))
        return dict(convention.get("layout", {})) if convention else {}

    def _canonical(self, question: str, name: str) -> Array:
        value = self.answers[question][name]
        how = self._layout(question).get(name)
        return value.T if how == "transposed" else np.diag(value) if how == "diagonal" else value

    def _solve(self, question: str, matched: str, basis: Document | None) -> dict[str, Array]:
        """What matched, in full precision, from the assignment file (and the learner's own answers)."""
        spec = self.specs[question]
        basis = basis or {}
        conventions = {one["id"]: one for one in spec.get("conventions", [])}
        mistakes = {one["id"]: one for one in spec.get("mistakes", [])}
        node = {**spec["truth"], "options": dict(spec["truth"].get("options", {}))}
        named = matched if matched in conventions else basis.get("convention")
        node["options"] |= conventions.get(named, {}).get("options", {}) if matched not in mistakes else {}
        slip = mistakes.get(matched, {})
        node["inputs"] = {**node["inputs"], **slip.get("inputs", {})}
        node["options"] |= slip.get("options", {})
        record = self._run(node, basis.get("inputs"))
        truths = {}
        for name, field in spec["fields"].items():
            value = np.asarray(getattr(record, field.get("output", name)), dtype=float)
            truths[name] = _TRANSFORM[slip["apply"][name]](value) if name in slip.get("apply", {}) else value
        return truths

    def _run(self, node: Document, taken: str | None, own: Mapping[str, Array] | None = None) -> object:
        inputs = {name: self._input(source, taken, own) for name, source in node["inputs"].items()}
        return reference.SOLVERS[node["solver"]](**inputs, **node.get("options", {}))

    def _input(self, source: Document, taken: str | None, own: Mapping[str, Array] | None) -> Any:  # noqa: ANN401 - a solver's argument
        if "data" in source:
            value: Any = self.document["data"]
            for step in source["data"].split("."):
                value = value[step]
            return value
        if "value" in source:
            return source["value"]
        if "question" not in source:
            assert own is not None
            return own[source["field"]]
        earlier, name = source["question"], source["field"]
        if taken is not None and earlier in self.answers and name in self.answers[earlier]:
            return self._own_input(earlier, name, taken)
        return self._solve(earlier, source.get("under", "truth"), None)[name]

    def _own_input(self, earlier: str, name: str, taken: str) -> Array:
        """The learner's own answer, moved back by the element that it was matched with."""
        report = self.questions[earlier]
        if taken == "as matched":
            return self._solve(earlier, report["matched"], report.get("basis"))[name]
        value = self._canonical(earlier, name)
        element = report["fields"][name]["symmetry"]["element"]
        own = (report.get("basis") or {}).get("inputs") is not None
        if element is None or own or report["matched"] is None:
            return value
        axis = self.specs[earlier]["fields"][name]["moves"]["axes"][0]
        last = np.moveaxis(value, axis, -1)
        array = np.array(element, dtype=float)
        if report["fields"][name]["symmetry"]["group"] == "relabelling":
            return np.moveaxis(last[..., np.argsort(array.astype(int))], -1, axis)
        return np.moveaxis(last @ (np.diag(array) if array.ndim == 1 else array).T, -1, axis)

    def _own(self, question: str, name: str) -> Array | None:
        """What the answer's own fields give for a field."""
        node = self.specs[question]["fields"][name].get("own")
        if node is None:
            return None
        sources = [one["field"] for one in node["inputs"].values() if "question" not in one and "field" in one]
        assert all(self.questions[question]["fields"][one]["verdict"] in ("correct", "partial") for one in sources)
        taken = (self.questions[question].get("basis") or {}).get("inputs")
        record = self._run(node, taken, {one: self._canonical(question, one) for one in sources})
        return np.asarray(getattr(record, name), dtype=float)
