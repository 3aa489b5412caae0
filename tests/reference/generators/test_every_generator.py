"""What every generator keeps, so that a new one is covered the day it is added."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from numpy.typing import ArrayLike

from reference import GENERATORS
from reference.errors import InvalidInputError
from reference.generators import Generator

every_generator = pytest.mark.parametrize("generator", GENERATORS.values(), ids=GENERATORS.keys())

NEEDED: dict[str, dict[str, Any]] = {"choice": {"of": [0.5, 1.5, 2.5]}, "shuffled": {"of": list(range(20))}}
SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "Examples")
_UNFIT: tuple[Any, ...] = ("many", None, float("nan"), {"a": 1}, 10**7)


def draw(generator: Generator, seed: int, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - of any type
    record = generator(np.random.default_rng(seed), **{**NEEDED.get(generator.__name__, {}), **options})
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def sections(docstring: str) -> dict[str, str]:
    parts = re.split(r"^(\w+)\n-+$", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def numbers(value: Any) -> list[Any]:  # noqa: ANN401 - nested lists
    return [one for inner in value for one in numbers(inner)] if isinstance(value, list) else [value]


@every_generator
def test_docstring_has_every_section_and_names_every_option_and_figure(generator: Generator) -> None:
    found = sections(inspect.getdoc(generator) or "")
    assert tuple(name for name in found if name != "References") == SECTIONS
    documented = {
        name for line in found["Parameters"].splitlines() if line[:1].strip() for name in re.findall(r"\w+", line)
    }
    assert set(inspect.signature(generator).parameters) <= documented
    assert "InvalidInputError" in found["Raises"]
    assert re.search(r"(?i)uniform|equally likely", found["Notes"])  # the distribution is said
    record: Any = get_type_hints(generator)["return"]
    assert record.__dataclass_params__.frozen
    figures = sections(inspect.getdoc(record) or "")["Parameters"]
    assert all(re.search(rf"\b{field.name}\b", figures) for field in dataclasses.fields(record))


@every_generator
def test_the_random_generator_comes_by_position_and_options_by_keyword(generator: Generator) -> None:
    hints = get_type_hints(generator)
    first, *options = inspect.signature(generator).parameters.values()
    assert first.kind is first.POSITIONAL_ONLY
    assert hints[first.name] is np.random.Generator
    for option in options:
        assert option.kind is option.KEYWORD_ONLY
        hint = hints[option.name]
        assert hint in {bool, int, float, Sequence[int], ArrayLike} or get_origin(hint) is Literal
        if get_origin(hint) is Literal:
            assert option.default == get_args(hint)[0]


@every_generator
def test_the_same_state_gives_the_same_data_and_another_one_others(generator: Generator) -> None:
    assert listed(draw(generator, 1)) == listed(draw(generator, 1))
    assert len({json.dumps(listed(draw(generator, seed))) for seed in range(8)}) > 1


@every_generator
@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_finite_and_plain_to_write_down(generator: Generator, seed: int) -> None:
    for value in listed(draw(generator, seed)).values():
        assert json.loads(json.dumps(value)) == value
        for number in numbers(value):
            assert type(number) in {int, float}
            written = Decimal(repr(number))
            assert written == round(written, 2)
            assert float(written) == number
            assert not str(written).startswith("-0.0")


_DECIMALS = [
    (generator, decimals)
    for generator in GENERATORS.values()
    if "decimals" in inspect.signature(generator).parameters
    for decimals in (1, 2, 4)
]
_FIXED = {"pi", "Sigma", "y", "component", "order"}  # shares have two decimals, labels none


@pytest.mark.parametrize(("generator", "decimals"), _DECIMALS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_decimals_have_as_many_places_as_were_asked_for(generator: Generator, decimals: int) -> None:
    drawn = [draw(generator, seed, decimals=decimals) for seed in range(4)]
    places = [
        max(0, -int(Decimal(repr(number)).normalize().as_tuple().exponent))
        for values in drawn
        for name, value in values.items()
        if name not in _FIXED or (name == "y" and np.asarray(value).dtype.kind == "f")
        for number in numbers(np.asarray(value).tolist())
    ]
    assert max(places) == decimals


@every_generator
def test_arrays_are_read_only(generator: Generator) -> None:
    for value in draw(generator, 0).values():
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0


_OPTIONS = [
    (generator, option.name)
    for generator in GENERATORS.values()
    for option in inspect.signature(generator).parameters.values()
    if option.kind is option.KEYWORD_ONLY and get_type_hints(generator)[option.name] is not bool
]


@pytest.mark.parametrize(("generator", "option"), _OPTIONS, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("unfit", _UNFIT, ids=repr)
def test_an_option_that_does_not_fit_is_refused_with_what_arrived(
    generator: Generator, option: str, unfit: object
) -> None:
    with pytest.raises(InvalidInputError, match="wanted"):
        draw(generator, 0, **{option: unfit})


def test_an_option_that_is_not_there_is_no_option() -> None:
    with pytest.raises(TypeError, match="sides"):
        draw(GENERATORS["integers"], 0, sides=6)


def test_names_are_those_of_the_functions_and_cannot_be_changed() -> None:
    assert all(name == generator.__name__ for name, generator in GENERATORS.items())
    with pytest.raises(TypeError):
        GENERATORS["mine"] = print  # type: ignore[index]


@every_generator
def test_the_page_on_generators_lists_its_options_with_defaults_and_its_figures(generator: Generator) -> None:
    page = (Path(__file__).parents[3] / "docs" / "generators.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{generator.__name__}` |")]
    options, figures = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[3:5])
    _, *parameters = inspect.signature(generator).parameters.values()
    assert options == [_shown(one) for one in parameters]
    assert figures == [field.name for field in dataclasses.fields(get_type_hints(generator)["return"])]


def _shown(option: inspect.Parameter) -> str:
    if option.default is option.empty:
        return option.name
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    return f"{option.name}: {str(default).lower() if isinstance(default, bool) else default}"
