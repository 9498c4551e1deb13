"""Inputs: what is given, assumed, missing or wrong, by name and in both languages."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_advisor.calculators import NAMES, InputError, UnknownCalculatorError, calculate, describe, work_out
from backend_advisor.calculators.cache import CacheInputs
from backend_advisor.calculators.partitions import Flow, PartitionsInputs
from backend_advisor.calculators.pool import PoolInputs

WORKING = {
    "capacity": {"rate": "300/s", "one": "45/s"},
    "pool": {"rate": "400/s", "held": "6ms"},
    "rate-limit": {"limit": "100", "window": "1min"},
    "cache": {"hit": "95%", "hit_time": "1ms", "miss_time": "40ms", "rate": "5000/s"},
    "availability": {"parts": "a:99.9%,b:99%x2"},
    "retries": {"attempts": "3,3", "timeout": "500ms"},
    "burn-rate": {"slo": "99.9%"},
    "partitions": {"produce": "50MB/s", "per_partition": "10MB/s"},
    "storage": {"rows": "5M/day", "row": "200B"},
    "password-hash": {"target": "10ms", "algorithm": "pbkdf2"},
    "polling": {"clients": "200k", "interval": "30s"},
    "upload-parts": {"file": "500GiB"},
    "fan-out": {"calls": "20"},
    "demand": {"users": "300k", "each": "40"},
    "batch": {"items": "50k", "rate": "10/s"},
    "key-memory": {"keys": "20M", "value": "500B"},
}
WRONG = [
    ("pool", {"held": "6ms"}, "rate", "missing"),
    ("pool", {"rate": "400/s", "held": "-6ms"}, "held=-6ms", "negative"),
    ("pool", {"rate": "400/s", "held": "0ms"}, "held=0ms", "larger than"),
    ("pool", {"rate": "NaN", "held": "6ms"}, "rate=NaN", "finite"),
    ("pool", {"rate": "inf", "held": "6ms"}, "rate=inf", "finite"),
    ("pool", {"rate": "1e400/s", "held": "6ms"}, "rate=1e400/s", "too large"),
    ("pool", {"rate": "1e300/s", "held": "6ms"}, "rate=1e300/s", "too large"),
    ("pool", {"rate": "400", "held": "6ms"}, "rate=400", "unit is missing"),
    ("pool", {"rate": "400/s", "held": "6"}, "held=6", "unit is missing"),
    ("pool", {"rate": "400/s", "held": "6MB"}, "held=6MB", "no unit `MB`"),
    ("pool", {"rate": "400/s", "held": "6ms", "cores": "2.5"}, "cores=2.5", "whole number"),
    ("pool", {"rate": "400/s", "held": "6ms", "cores": "0"}, "cores=0", "1 at least"),
    ("pool", {"rate": "400/s", "held": "6ms", "surge": "150%"}, "surge=150%", "too large"),
    ("pool", {"rate": "400/s", "held": "6ms", "surge": "50"}, "surge=50", "50%"),
    ("pool", {"rate": "400/s", "held": "6ms", "core": "8"}, "core", "there is cores"),
    ("pool", {"rate": "400/s", "RATE": "400/s", "held": "6ms"}, "rate", "twice"),
    ("pool", {"rate": "400/s", "held": ""}, "held=", "no value"),
    ("pool", {"rate": "9" * 300 + "/s", "held": "6ms"}, "rate=999", "longer than"),
    ("pool", {"rate": "1e9/s", "held": "1h"}, "rate", "stops at"),
    ("rate-limit", {"limit": "10", "window": "1s", "burst": "20"}, "burst", "larger than limit"),
    ("cache", {"hit": "101%", "hit_time": "1ms", "miss_time": "2ms", "rate": "1/s"}, "hit=101%", "too large"),
    ("cache", {"hit": "5%", "hit_time": "9ms", "miss_time": "2ms", "rate": "1/s"}, "miss_time", "shorter than hit"),
    ("availability", {"parts": "a:99.9%x2of3,b"}, "parts=", "NAME:AVAILABILITY"),
    ("availability", {"parts": "a:99.9%x4of3"}, "parts=", "can be needed"),
    ("availability", {"parts": ",".join(["99%"] * 101)}, "parts=", "too many"),
    ("availability", {"parts": "a:999%"}, "parts=", "NAME:AVAILABILITY"),
    ("retries", {"attempts": "3,0", "timeout": "1s"}, "attempts=3,0", "outermost first"),
    ("retries", {"attempts": "3,x", "timeout": "1s"}, "attempts=3,x", "outermost first"),
    ("retries", {"attempts": "3,1000", "timeout": "1s"}, "attempts=3,1000", "too large"),
    ("retries", {"attempts": "3", "timeout": "1s", "jitter": "some"}, "jitter=some", "full, equal, none"),
    ("burn-rate", {"slo": "100%"}, "slo=100%", "too large"),
    ("burn-rate", {"slo": "0%"}, "slo=0%", "larger than"),
    ("burn-rate", {"slo": "99%", "alerts": "2%"}, "alerts=2%", "long window"),
    ("burn-rate", {"slo": "99%", "alerts": "2%:1min"}, "alerts=2%:1min", "long window"),
    ("burn-rate", {"slo": "99%", "period": "1d"}, "alerts", "longer than the period"),
    ("partitions", {"consumers": "3"}, "produce", "size with limit"),
    ("partitions", {"size": "2TB"}, "size", "needs limit"),
    ("partitions", {"produce": "50MB/s", "per_partition": "100/s"}, "per_partition", "unit of produce"),
    ("storage", {"rows": "5M/day", "row": "200"}, "row=200", "unit is missing"),
    ("storage", {"rows": "5M/day", "row": "200B", "months": "1e9"}, "months=1e9", "too large"),
    ("password-hash", {"target": "1h"}, "target=1h", "too large"),
    ("password-hash", {"algorithm": "md5"}, "algorithm=md5", "argon2id"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "named", "cause"), WRONG)
def test_a_wrong_input_is_named_with_its_cause(name: str, inputs: dict[str, str], named: str, cause: str) -> None:
    with pytest.raises(InputError) as caught:
        calculate(name, inputs, "en")
    message = caught.value.message("en")
    assert message.startswith(named)
    assert cause in message
    korean = caught.value.message("ko")
    assert korean.startswith(named)
    assert any("가" <= letter <= "힣" for letter in korean)
    assert "{" not in message + korean


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, "6ms", None, True])
def test_figures_in_base_units_are_checked_too(value: float) -> None:
    with pytest.raises(InputError) as caught:
        PoolInputs(rate=value, held=0.006)
    assert caught.value.name == "rate"


def test_a_count_has_to_be_whole_also_as_a_figure() -> None:
    with pytest.raises(InputError, match="instances"):
        PoolInputs(rate=1.0, held=1.0, instances=2.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="produce"):
        PartitionsInputs(produce=Flow(math.nan), per_partition=Flow(1.0))


def test_assumptions_are_named_with_their_reason_and_what_is_given_is_not_assumed() -> None:
    made = calculate("pool", {"rate": "400/s", "held": "6ms", "instances": "1", "wait": "10ms"}, "en")
    assumed = {one.name: one.reason for one in made.inputs if one.assumed}
    assert assumed.keys() == {"reserved", "surge"}
    assert all(assumed.values())
    assert made.assumptions


def test_names_and_inputs_may_be_spelt_as_people_do() -> None:
    plain = calculate("burn-rate", {"slo": "99.9%"}, "en")
    assert calculate(" Burn_Rate ", {"SLO": "0.999"}, "en").results == plain.results
    limit = {"rate": "1/s", "held": "1ms", "max-connections": "100"}
    assert calculate("pool", limit, "en").results["available"] == 97


def test_a_written_value_is_shown_as_it_was_read() -> None:
    made = calculate("cache", {**WORKING["cache"], "keys": "1M"}, "en")
    values = {one.name: one.value for one in made.inputs}
    assert values["keys"] == "1M (1,000,000)"
    assert values["rate"] == "5,000/s"


def test_figures_of_a_case_give_the_same_as_texts() -> None:
    texts = calculate("cache", WORKING["cache"], "ko")
    figures = work_out(CacheInputs(hit=0.95, hit_time=0.001, miss_time=0.040, rate=5000.0), "ko")
    assert figures.results == texts.results
    assert figures.conclusion == texts.conclusion
    assert [one.assumed for one in figures.inputs] == [one.assumed for one in texts.inputs]


def test_an_unknown_calculator_is_refused_with_names_like_it() -> None:
    with pytest.raises(UnknownCalculatorError) as caught:
        describe("ratelimit", "en")
    assert caught.value.near == ("rate-limit",)


@settings(deadline=None)
@given(texts=st.dictionaries(st.sampled_from(["rate", "held", "cores", "wait", "surge", "x"]), st.text(max_size=20)))
def test_whatever_is_written_the_pool_is_calculated_or_an_input_is_refused(texts: dict[str, str]) -> None:
    try:
        calculate("pool", texts, "en")
    except InputError as error:
        assert error.message("ko").isprintable()


def test_every_calculator_has_a_call_that_works_here() -> None:
    assert WORKING.keys() == set(NAMES)
    for name, inputs in WORKING.items():
        assert calculate(name, inputs, "en").conclusion
