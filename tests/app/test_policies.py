"""Policies as data: when something is late, what that costs, and from when the truth may be seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.assignments import Everybody, Overrides, Policy, Terms, everybodys, faults_of
from app.checking import lint
from tests.app.planted import planted

MILLISECOND = timedelta(milliseconds=1)


def _utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _terms(**policy: Any) -> Terms:  # noqa: ANN401 - whatever a file holds
    return _everybody(policy).usual


def _everybody(policy: dict[str, Any], **allowed: dict[str, Any]) -> Everybody:
    read = Policy.model_validate(policy)
    context = {"time_zone": read.time_zone}
    return everybodys(read, {one: Overrides.model_validate(said, context=context) for one, said in allowed.items()})


def _codes(policy: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate(policy)
    return [fault.code for fault in faults_of(caught.value, policy, Policy)]


@pytest.mark.parametrize(
    ("zone", "written", "in_utc"),
    [
        ("Asia/Taipei", "2026-12-01 23:59", "2026-12-01 15:59"),
        ("Asia/Taipei", "2026-12-01T23:59:59.250", "2026-12-01 15:59:59.250"),
        ("Asia/Taipei", "2026-12-01T23:59:00+00:00", "2026-12-01 23:59"),
        ("Asia/Taipei", "2026-12-01T23:59:00Z", "2026-12-01 23:59"),
        ("Asia/Taipei", date(2026, 12, 1), "2026-12-01 15:59"),
        ("Asia/Taipei", "2026-12-01", "2026-12-01 15:59"),
        ("Asia/Taipei", datetime(2026, 12, 1, 23, 59), "2026-12-01 15:59"),  # noqa: DTZ001 - as YAML reads it
        ("America/New_York", "2026-07-01 23:59", "2026-07-02 03:59"),
        ("America/New_York", "2026-12-01 23:59", "2026-12-02 04:59"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 06:30"),  # shown twice: the later one
        ("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00"),
    ],
)
def test_a_time_is_local_unless_it_has_an_offset(zone: str, written: object, in_utc: str) -> None:
    policy = Policy.model_validate({"time_zone": zone, "due_at": written})
    assert policy.due_at == _utc(in_utc)
    assert policy.due_at.tzinfo is UTC


def test_a_day_alone_opens_at_its_first_moment() -> None:
    assert Policy.model_validate({"opens_at": "2026-12-01"}).opens_at == _utc("2026-11-30 16:00")


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"time_zone": "Asia/Taibei"}, "unknown_value"),
        ({"time_zone": "../../etc/passwd"}, "unknown_value"),
        ({"time_zone": "localtime"}, "unknown_value"),
        ({"time_zone": "America/New_York", "due_at": "2026-03-08 02:30"}, "inconsistent"),
        ({"due_at": "tomorrow"}, "wrong_type"),
        ({"due_at": "2026-12-01 23:59 +08:00"}, "wrong_type"),
        ({"due_at": "2026-02-30"}, "wrong_type"),
        ({"due_at": "２026-12-01"}, "wrong_type"),
        ({"due_at": 1_800_000_000}, "wrong_type"),
        ({"due_at": True}, "wrong_type"),
        ({"due_at": "0001-01-01"}, "out_of_range"),
        ({"due_at": "9999-12-31 23:59"}, "out_of_range"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 0}}, "out_of_range"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 1.1}}, "out_of_range"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "at_most": -0.1}}, "out_of_range"),
        ({"due_at": "2026-12-01", "late": {"grace_minutes": -1}}, "out_of_range"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": True}}, "wrong_type"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "at_most": "0.5"}}, "wrong_type"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "at_most": 0.5}}, "inconsistent"),
        ({"late": {"rule": "cut_off"}}, "inconsistent"),
        ({"due_at": "2026-12-01 12:00", "closes_at": "2026-12-01 11:59"}, "inconsistent"),
        ({"due_at": "2026-12-01", "closes_at": "2026-12-01", "late": {"grace_minutes": 1}}, "inconsistent"),
        ({"opens_at": "2026-12-01 12:01", "due_at": "2026-12-01 12:00"}, "inconsistent"),
        ({"feedback": {"before": "hints", "after": "score"}}, "inconsistent"),
        ({"feedback": {"before": "all"}}, "unknown_value"),
    ],
)
def test_what_cannot_be_meant_is_a_fault(policy: dict[str, Any], code: str) -> None:
    assert _codes(policy) == [code]


def test_times_are_in_order_as_they_take_effect() -> None:
    assert Policy.model_validate({"due_at": "2026-12-01 23:59:59", "closes_at": "2026-12-01 23:59"}).in_order
    assert Policy.model_validate({"opens_at": "2026-12-01 23:59:30", "due_at": "2026-12-01 23:59"}).in_order


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("  late: {rule: linear, per_day: 7}\n", "per_day: 7", "7"),
        ("  time_zone: Asia/Taibei\n", "time_zone: Asia/Taibei", "Asia/Taibei"),
    ],
)
def test_the_lint_says_where_it_stands(before: str, line: str, column: str) -> None:
    source = planted(("policy", "  counts: best\n", f"  counts: best\n  due_at: 2026-12-01\n{before}"))
    (found,) = lint(source).findings
    lines = source.decode().splitlines()
    number = next(index for index, one in enumerate(lines) if line in one)
    assert (found.line, found.column) == (number + 1, lines[number].rindex(column) + 1)


@pytest.mark.parametrize("written", ["2026-12-01 23:59", "2026-12-01 23:59:59", "2026-12-01"])
def test_the_last_millisecond_is_on_time_and_midnight_is_not(written: str) -> None:
    terms = _terms(due_at=written, closes_at=written)
    midnight = _utc("2026-12-01 16:00")
    assert not terms.timing(midnight - MILLISECOND).late
    assert terms.timing(midnight).late
    assert terms.takes_until == midnight


def test_fractions_of_a_second_hold_exactly() -> None:
    terms = _terms(due_at="2026-12-01T12:00:00.250Z")
    moment = _utc("2026-12-01 12:00:00.250")
    assert not terms.timing(moment).late
    assert terms.timing(moment + timedelta(microseconds=1)).late


def test_within_the_grace_nothing_is_late_or_lost() -> None:
    terms = _terms(due_at="2026-12-01 23:59", late={"rule": "linear", "grace_minutes": 15, "per_day": 0.25})
    end = _utc("2026-12-01 16:15")
    assert terms.timing(end - MILLISECOND).late_factor == 1
    assert not terms.timing(end - MILLISECOND).late
    assert (terms.timing(end).late, terms.timing(end).late_factor) == (True, 0.75)


def test_a_linear_rule_costs_for_every_day_that_has_begun() -> None:
    terms = _terms(due_at="2026-12-01 23:59", closes_at="2026-12-20", late={"rule": "linear", "at_most": 0.3})
    due, day = _utc("2026-12-01 16:00"), timedelta(days=1)
    moments = (due - MILLISECOND, due, due + day - MILLISECOND, due + day, due + 2 * day, due + 3 * day, due + 9 * day)
    assert [terms.timing(moment).late_factor for moment in moments] == [1, 0.9, 0.9, 0.8, 0.7, 0.7, 0.7]
    assert [terms.timing(moment).late for moment in moments] == [False, *[True] * 6]


def test_without_a_rule_late_work_is_worth_everything() -> None:
    timing = _terms(due_at="2026-12-01", closes_at="2026-12-31").timing(_utc("2026-12-20 00:00"))
    assert (timing.late, timing.late_factor, timing.after_release) == (True, 1.0, False)


def test_a_cut_off_takes_nothing_after_the_grace() -> None:
    terms = _terms(due_at="2026-12-01 23:59", closes_at="2026-12-05", late={"rule": "cut_off", "grace_minutes": 5})
    assert terms.takes_until == _utc("2026-12-01 16:05")


@given(st.integers(0, 10**7), st.sampled_from(["none", "linear", "cut_off"]), st.integers(0, 5000))
def test_later_is_never_worth_more(minutes: int, rule: str, grace: int) -> None:
    late = {"rule": rule, "grace_minutes": grace, "per_day": 0.07}
    terms = _terms(due_at="2026-12-01", release="never", late=late)
    moment = _utc("2026-11-25 00:00") + timedelta(minutes=minutes)
    sooner, later = terms.timing(moment), terms.timing(moment + timedelta(hours=7))
    assert 0 <= later.late_factor <= sooner.late_factor <= 1
    assert later.late >= sooner.late


def _seen_from(everybody: Everybody, moment: str) -> None:
    start = _utc(moment)
    assert everybody.usual.level(start - MILLISECOND) == "hints"
    assert everybody.usual.level(start) == "everything"


@pytest.mark.parametrize(
    ("policy", "moment"),
    [
        ({"due_at": "2026-12-01"}, "2026-12-01 16:00"),
        ({"due_at": "2026-12-01", "late": {"grace_minutes": 10}}, "2026-12-01 16:10"),
        ({"due_at": "2026-12-01", "closes_at": "2026-12-03"}, "2026-12-03 16:00"),
        ({"due_at": "2026-12-01", "closes_at": "2026-12-03", "late": {"rule": "cut_off"}}, "2026-12-01 16:00"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 0.4}}, "2026-12-03 16:00"),
        ({"due_at": "2026-12-01", "late": {"rule": "linear", "per_day": 1.0}}, "2026-12-01 16:00"),
        ({"due_at": "2026-12-01", "closes_at": "2026-12-03", "release": "after_close"}, "2026-12-03 16:00"),
    ],
)
def test_the_truth_waits_until_nothing_can_be_earned(policy: dict[str, Any], moment: str) -> None:
    _seen_from(_everybody(policy), moment)


def test_the_truth_waits_for_the_latest_extension_of_anybody() -> None:
    everybody = _everybody({"due_at": "2026-12-01"}, b1={"due_at": "2026-12-05"}, b2={"due_at": "2026-11-28"})
    _seen_from(everybody, "2026-12-05 16:00")
    for student in ("b1", "b2", "b3", None):
        assert everybody.of(student).level(_utc("2026-12-05 15:59")) == "hints"
        assert everybody.of(student).level(_utc("2026-12-05 16:00")) == "everything"


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        ({"release": "never", "due_at": "2026-12-01"}, "hints", "hints"),
        ({"release": "after_due"}, "hints", "hints"),
        ({"release": "after_close", "due_at": "2026-12-01"}, "hints", "hints"),
        ({"release": "always"}, "everything", "everything"),
        ({"due_at": "2026-12-01", "feedback": {"before": "score", "after": "questions"}}, "score", "questions"),
    ],
)
def test_the_level_follows_the_release(policy: dict[str, Any], before: str, after: str) -> None:
    terms = _terms(**policy)
    assert [terms.level(_utc(moment)) for moment in ("2026-11-01 00:00", "2030-01-01 00:00")] == [before, after]


@pytest.mark.parametrize(
    ("policy", "spoilt"),
    [
        ({}, True),
        ({"release": "never"}, False),
        ({"release": "always"}, False),
        ({"feedback": {"after": "hints"}}, False),
        ({"feedback": {"before": "everything"}}, False),
        ({"closes_at": "2026-12-20"}, False),
    ],
)
def test_what_comes_after_the_truth_was_seen_does_not_count(policy: dict[str, Any], spoilt: bool) -> None:
    assert _terms(due_at="2026-12-01", **policy).timing(_utc("2026-12-10 00:00")).after_release is spoilt


def test_an_extension_takes_the_closing_along_unless_it_says_otherwise() -> None:
    policy = {"due_at": "2026-12-01", "closes_at": "2026-12-03", "late": {"grace_minutes": 60}}
    longer = {"due_at": "2026-12-08", "attempts": None}
    everybody = _everybody(policy, b1=longer, b2={**longer, "closes_at": "2026-12-09"}, b3={"due_at": "2026-12-02"})
    ends = [everybody.of(student).takes_until for student in ("b1", "b2", "b3", "b4")]
    assert ends == list(map(_utc, ("2026-12-08 17:00", "2026-12-09 16:00", "2026-12-03 16:00", "2026-12-03 16:00")))


def test_an_allowance_without_a_deadline_keeps_the_truth_back() -> None:
    everybody = _everybody({"due_at": "2026-12-01", "late": {"rule": "cut_off"}}, b1={"due_at": None})
    assert not everybody.of("b1").timing(_utc("2027-12-01 00:00")).late
    assert everybody.of("b1").takes_until is None
    assert everybody.of("b2").takes_until == _utc("2026-12-01 16:00")
    assert everybody.of("b2").level(_utc("2027-12-01 00:00")) == "hints"
