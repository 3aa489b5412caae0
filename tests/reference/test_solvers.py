"""What every solver keeps, so that a new one is covered the day it is added."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from numpy.typing import ArrayLike

import reference
from reference import SOLVERS, errors

every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS.keys())

SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "References", "Examples")


def sections(docstring: str) -> dict[str, str]:
    parts = re.split(r"^(\w+)\n-+$", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@every_solver
def test_docstring_has_every_numpydoc_section_in_order(solver: Callable[..., object]) -> None:
    found = sections(inspect.getdoc(solver) or "")
    assert tuple(found) == SECTIONS
    assert all(text.strip() for text in found.values())
    assert ">>> " in found["Examples"]
    assert "identifiable" in found["Notes"].lower()


@every_solver
def test_docstring_names_every_parameter(solver: Callable[..., object]) -> None:
    documented = sections(inspect.getdoc(solver) or "")["Parameters"]
    names = {name for line in documented.splitlines() if not line.startswith(" ") for name in re.findall(r"\w+", line)}
    assert set(inspect.signature(solver).parameters) <= names


@every_solver
def test_raises_names_errors_of_the_tree(solver: Callable[..., object]) -> None:
    named = re.findall(r"\w+Error", sections(inspect.getdoc(solver) or "")["Raises"])
    assert named
    assert set(named) <= set(errors.__all__)


@every_solver
def test_inputs_come_by_position_and_options_by_keyword(solver: Callable[..., object]) -> None:
    for parameter in inspect.signature(solver).parameters.values():
        assert parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            assert parameter.default is parameter.empty


@every_solver
def test_options_are_typed_as_data(solver: Callable[..., object]) -> None:
    hints = get_type_hints(solver)
    for name, parameter in inspect.signature(solver).parameters.items():
        assert name in hints
        if parameter.kind is parameter.KEYWORD_ONLY:
            hint = hints[name]
            if hint == ArrayLike | None:
                assert parameter.default is None
            else:
                assert hint in {bool, int, float} or get_origin(hint) is Literal


@every_solver
def test_first_of_several_choices_is_the_default(solver: Callable[..., object]) -> None:
    hints = get_type_hints(solver)
    for name, parameter in inspect.signature(solver).parameters.items():
        if get_origin(hints[name]) is Literal:
            assert parameter.default == get_args(hints[name])[0]


@every_solver
def test_result_is_a_documented_frozen_record(solver: Callable[..., object]) -> None:
    result: Any = get_type_hints(solver)["return"]
    assert dataclasses.is_dataclass(result)
    assert result.__dataclass_params__.frozen  # type: ignore[union-attr]
    documented = sections(inspect.getdoc(result) or "")["Parameters"]
    assert all(re.search(rf"\b{field.name}\b", documented) for field in dataclasses.fields(result))


def test_names_are_module_and_function() -> None:
    for name, solver in SOLVERS.items():
        assert name == f"{solver.__module__.removeprefix('reference.')}.{solver.__name__}"
    assert {"pca.principal_components", "graphs.laplacian", "gaussian_mixture.m_step"} <= set(SOLVERS)


def test_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SOLVERS["mine"] = print  # type: ignore[index]


def test_public_names_exist_and_errors_are_one_tree() -> None:
    assert all(hasattr(reference, name) for name in reference.__all__)
    tree = {cls for cls in vars(errors).values() if inspect.isclass(cls)}
    assert {cls.__name__ for cls in tree} == set(errors.__all__)
    assert all(issubclass(cls, errors.SolverError) for cls in tree)
    assert all(name in (errors.__doc__ or "") for name in errors.__all__)


def test_arrays_of_a_record_are_read_only_and_its_own() -> None:
    given = np.array([[0.0, 1.0], [1.0, 0.0]])
    found = reference.graphs.laplacian(given)
    with pytest.raises(ValueError, match="read-only"):
        found.L[0, 0] = 7.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.L = given  # type: ignore[misc]
    given[0, 1] = 5.0
    assert found.L[0, 1] == -1.0
