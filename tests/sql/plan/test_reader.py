"""Plans of a real server (18.6), the same statement explained in all four formats, must read as the same tree."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend_advisor.model import PlanNode
from backend_advisor.sql.plan import Plan, read_plan

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted({path.name.split(".")[0] for path in FIXTURES.iterdir()})
STRUCTURED = ("json", "yaml", "xml")


def read(name: str, variant: str, format: str) -> Plan:
    return read_plan((FIXTURES / f"{name}.{variant}.{format}").read_text())


def without(node: PlanNode, *, times: bool) -> PlanNode:
    """Drop lines, which differ by format, and with `times` what differs from run to run."""
    cleared = replace(node, line=None, children=tuple(without(child, times=times) for child in node.children))
    if not times:
        return cleared
    varying = ("Time", "WAL", "Blocks", "Memory", "Worker", "Space Used", "Disk Usage", "HashAgg Batches", "Storage", "Sort", "Hash")
    properties = {k: v for k, v in node.properties.items() if not any(word in k for word in varying)}
    return replace(
        cleared, ms=None, self_ms=None, hit_blocks=None, read_blocks=None, temp_blocks=None, properties=properties
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_without_analyze_agree_exactly(name: str, format: str) -> None:
    text, other = read(name, "plain", "text"), read(name, "plain", format)
    assert text.root is not None and other.root is not None
    assert without(text.root, times=False) == without(other.root, times=False)
    assert text.settings == other.settings


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_agree_on_what_a_run_counted(name: str, format: str) -> None:
    text, other = read(name, "rows", "text"), read(name, "rows", format)
    assert text.root is not None and other.root is not None
    if "parallel" not in name:
        assert without(text.root, times=False) == without(other.root, times=False)
    assert without(text.root, times=True) == without(other.root, times=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", STRUCTURED)
def test_formats_agree_with_every_option(name: str, format: str) -> None:
    text, other = read(name, "full", "text"), read(name, "full", format)
    assert text.root is not None and other.root is not None
    assert without(text.root, times=True) == without(other.root, times=True)
    assert [set(node.properties) for node, _ in text.walk()] == [set(node.properties) for node, _ in other.walk()]
    assert text.settings == other.settings
    assert [(t.name, t.constraint, t.relation, t.calls) for t in text.triggers] == [
        (t.name, t.constraint, t.relation, t.calls) for t in other.triggers
    ]
    assert text.execution_ms is not None and other.execution_ms is not None
