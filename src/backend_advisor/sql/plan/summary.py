"""What EXPLAIN prints about the whole run: planning and execution time, settings, triggers, compilation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_advisor.sql.plan.details import detail
from backend_advisor.sql.plan.document import Jit, Trigger
from backend_advisor.sql.plan.fields import number, properties
from backend_advisor.sql.plan.structured import Tree
from backend_advisor.sql.plan.unwrap import Line

_TRIGGER = re.compile(
    r"^Trigger (?P<what>.+?)(?: on (?P<relation>\S.*?))?: "
    r"(?:time=(?P<ms>[\d.]+) )?calls=(?P<calls>\d+(?:\.\d+)?)$"
)
_LONGEST_LINE = 5_000
_CONSTRAINT = re.compile(r"^(?:(?P<name>.+) )?for constraint (?P<constraint>.+)$")
_SETTING = re.compile(r"([A-Za-z_][\w.]*) = '((?:[^']|'')*)'")
_PHASE = re.compile(r"(Generation|Deform|Inlining|Optimization|Emission|Total)(?: Time)?:? ([\d.]+) ms")
_OPTION = re.compile(r"(Inlining|Optimization|Expressions|Deforming):? (true|false)")


@dataclass
class Summary:
    """The figures about the run, as they are found."""

    planning_ms: float | None = None
    execution_ms: float | None = None
    settings: dict[str, str] = field(default_factory=dict)
    planning: dict[str, str] = field(default_factory=dict)
    summary: dict[str, str] = field(default_factory=dict)
    triggers: list[Trigger] = field(default_factory=list)
    jit: Jit | None = None


def read_lines(lines: list[Line]) -> Summary:
    """The summary of the text format: `lines` follow the tree."""
    found = Summary()
    section = ""
    jit: dict[str, str] = {}
    jit_line: int | None = None
    for line in lines:
        text = line.text.strip()
        if text in ("Planning:", "JIT:", "Serialization:"):
            section = text.rstrip(":")
            jit_line = line.number if section == "JIT" else jit_line
            continue
        key, _, value = (part.strip() for part in text.partition(":"))
        trigger = _TRIGGER.match(text) if len(text) <= _LONGEST_LINE else None
        if trigger:
            found.triggers.append(_trigger(trigger, line.number))
        elif section == "JIT" and key in _JIT_KEYS:
            jit[key] = value
        elif section == "Planning" and key in ("Buffers", "Memory", "I/O Timings"):
            found.planning.update(_memory(value) if key == "Memory" else detail(key, value))
        elif value:
            section = ""
            _figure(found, key, value)
    if jit:
        found.jit = _jit_of_text(jit, jit_line)
    return found


_JIT_KEYS = {
    "Functions", "Options", "Timing", "Generation Time", "Inlining", "Inlining Time", "Optimization",
    "Optimization Time", "Emission Time",
}  # fmt: skip


def read_fields(fields: Mapping[str, Tree]) -> Summary:
    """The summary of the structured formats: the fields beside "Plan"."""
    found = Summary()
    for key, value in fields.items():
        if key == "Planning" and isinstance(value, dict):
            found.planning.update(properties(value))
        elif key == "Settings" and isinstance(value, dict):
            found.settings.update({name: str(text) for name, text in value.items()})
        elif key == "Triggers" and isinstance(value, list):
            found.triggers.extend(_trigger_of(item) for item in value if isinstance(item, dict))
        elif key == "JIT" and isinstance(value, dict):
            found.jit = _jit_of(value)
        elif isinstance(value, str):
            _figure(found, key, value)
    return found


def _figure(found: Summary, key: str, value: str) -> None:
    name = key.lower()
    figure = number(value.removesuffix("ms").strip())
    if name == "planning time":
        found.planning_ms = figure
    elif name in ("execution time", "total runtime"):
        found.execution_ms = figure
    elif name == "settings":
        pairs = _SETTING.findall(value[:_LONGEST_LINE])
        found.settings.update({setting: text.replace("''", "'") for setting, text in pairs})
    elif key:
        found.summary[key] = value


def _memory(value: str) -> dict[str, str]:
    names = {"used": "Memory Used", "allocated": "Memory Allocated"}
    return {names[key]: size for key, size in re.findall(r"(used|allocated)=(\d+)", value)}


def _trigger(match: re.Match[str], line: int) -> Trigger:
    constraint = _CONSTRAINT.match(match["what"])
    return Trigger(
        name=(constraint["name"] or "") if constraint else match["what"],
        relation=match["relation"],
        constraint=constraint["constraint"] if constraint else None,
        ms=number(match["ms"]) if match["ms"] else None,
        calls=float(match["calls"]),
        line=line,
    )


def _trigger_of(fields: Mapping[str, Tree]) -> Trigger:
    word = {key: value for key, value in fields.items() if isinstance(value, str)}
    return Trigger(
        name=word.get("Trigger Name", ""),
        relation=word.get("Relation"),
        constraint=word.get("Constraint Name"),
        ms=number(word.get("Time", "")),
        calls=number(word.get("Calls", "")) or 0.0,
    )


def _jit_of_text(values: dict[str, str], line: int | None) -> Jit:
    text = "; ".join(f"{key}: {value}" for key, value in values.items())
    phases = {name: float(ms) for name, ms in _PHASE.findall(text)}
    total = phases.pop("Total", None)
    if total is None and phases:
        total = sum(ms for name, ms in phases.items() if name != "Deform")
    return Jit(
        functions=int(number(values.get("Functions", "0").split()[0]) or 0),
        total_ms=total,
        phases=phases,
        options={name: state == "true" for name, state in _OPTION.findall(text)},
        line=line,
    )


def _jit_of(fields: Mapping[str, Tree]) -> Jit:
    options, timing = fields.get("Options"), fields.get("Timing")
    times: dict[str, float] = {}
    for name, value in timing.items() if isinstance(timing, dict) else []:
        inner = value.get("Total", "") if isinstance(value, dict) else value
        times[name] = number(inner if isinstance(inner, str) else "") or 0.0
        if isinstance(value, dict) and isinstance(value.get("Deform"), str):
            times["Deform"] = number(str(value["Deform"])) or 0.0
    functions = fields.get("Functions", "0")
    return Jit(
        functions=int(number(functions if isinstance(functions, str) else "0") or 0),
        total_ms=times.pop("Total", None),
        phases=times,
        options={k: v == "true" for k, v in options.items()} if isinstance(options, dict) else {},
    )
