"""The errors that a log tells, those most worth reading first."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from backend_advisor.advice.attached.told import Told, told_in
from backend_advisor.model import Artifact

_MOST_ERRORS = 3
_LONGEST_ERROR = 240
_LONGEST_LINE = 4_000
_CAUSE, _THROWN_RANK, _FATAL_RANK, _ERROR_RANK, _KNOWN_RANK, _WARNING_RANK, _STATE_RANK = 1_000, 100, 30, 10, 8, 3, 1
_HINTS = (
    "exception", "error", "fail", "fault", "timeout", "interrupt", "warn", "fatal", "panic", "critical", "severe",
    "state", "reason", "exit code", "message", "killed", "backoff", "evicted", "oom", "out of memory", "no space left",
    "deadlock", "emerg", "crit", "alert",
)  # fmt: skip
"""A line without any of these tells no error; looking for them is many times as fast as the patterns."""
_THROWN = re.compile(
    r"^(?P<cause>Caused by: )?(?:Exception in thread \"[^\"\n]*\" |Uncaught )?"
    r"(?P<name>[A-Za-z_][\w.$]{2,200}(?:Exception|Error|Failure|Fault|Timeout|Interrupt|Warning))"
    r"(?::[ \t]+(?P<text>\S.*))?$"
)
_REPORTED = re.compile(
    r"\b(?:error|fatal|panic|critical|severe|emerg|crit|alert|(?P<warning>warn(?:ing)?))\b"
    r"[\]\"]?[:,]?[ \t]+(?P<text>\S.{7,})$",
    re.IGNORECASE,
)
_LEVELS = frozenset({"error", "fatal", "critical", "panic", "severe", "50", "60"})
_MESSAGES = ("msg", "message", "event")
_DETAILS = (
    "err", "error", "exception", "exc_info", "error.message", "stack_trace", "stack", "error.stack_trace", "message",
    "msg", "type",
)  # fmt: skip
"""Where loggers put what was thrown: a text, an object with a message, or a trace whose first line tells."""
_SERVICE = re.compile(r"^[\w.-]+[ \t]+\|[ \t]")
"""What Compose writes before each line."""
_PREFIX = re.compile(
    r"^(?:\d+ --- )?(?:\[[^\]\n]{0,80}\][ \t]*)*(?:\d+#\d+: (?:\*\d+ )?)?(?:[\w.$\[\]/-]+[ \t]*(?::|[ \t]-)[ \t]+)?"
)
"""What a logging framework writes before the message itself: process, thread, logger."""
_KNOWN = re.compile(
    r"\b(?:OOMKilled|ImagePullBackOff|ErrImagePull|Evicted|FailedScheduling|Killed process|oom-kill|out of memory|"
    r"No space left|deadlock)\b",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"^[ \t]*(?:(?:Last )?State|Reason|Exit Code|Message)[ \t]*:[ \t]*\S|\bCrashLoopBackOff\b", re.IGNORECASE
)
_PLACE = re.compile(r"^[ \t]*(?:at |File \"|\.{3} \d+ more)")
_PACKAGE = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
_PORT = re.compile(r":(6379|5432|3306|27017|9092|5672|9200|11211)\b")
_PRODUCTS = {
    "6379": "Redis", "5432": "PostgreSQL", "3306": "MySQL", "27017": "MongoDB", "9092": "Kafka", "5672": "RabbitMQ",
    "9200": "Elasticsearch", "11211": "Memcached",
}  # fmt: skip
"""Who listens at a port by default: the address in an error seldom names the product."""
_PARTICULAR = re.compile(r"\b0x[0-9a-f]+\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+")


def without_packages(text: str) -> str:
    """Class names without the packages before them."""
    return _PACKAGE.sub("", text)


def errors_of(artifact: Artifact) -> list[Told]:
    """The errors that a log tells: causes before what they caused, then those told most often."""
    weight: Counter[str] = Counter()
    count: Counter[str] = Counter()
    first: dict[str, tuple[int, int, str]] = {}
    for number, line in enumerate(artifact.text.split("\n")):
        for rank, error in _in_line(line):
            key = _PARTICULAR.sub("#", error)
            weight[key] += rank
            count[key] += 1
            first.setdefault(key, (number, rank, error))
    told = []
    thrown = any(rank >= _THROWN_RANK for _, rank, _ in first.values())
    for key, _ in weight.most_common(_MOST_ERRORS):
        number, rank, error = first[key]
        words = " ".join([error, *(_PRODUCTS[port] for port in _PORT.findall(error))])
        sure = rank >= (_THROWN_RANK if thrown else _KNOWN_RANK)
        told.append(told_in(artifact, number, words, shown=error, count=count[key], sure=sure))
    return told


def _in_line(line: str) -> Iterator[tuple[int, str]]:
    """The error that a line reports, and how much it tells."""
    if not line or len(line) > _LONGEST_LINE:
        return
    lower = line.lower()
    if not any(hint in lower for hint in _HINTS) or _PLACE.match(line):
        return
    line = _SERVICE.sub("", line.strip()).strip()
    if (thrown := _THROWN.match(line)) is not None:
        said = f"{thrown['name']}: {thrown['text']}" if thrown["text"] else thrown["name"]
        yield _CAUSE if thrown["cause"] else _THROWN_RANK, without_packages(said)[:_LONGEST_ERROR]
    elif line.startswith("{"):
        if structured := _structured(line):
            yield _ERROR_RANK, without_packages(structured)[:_LONGEST_ERROR]
    elif (reported := _REPORTED.search(line)) is not None:
        said = _PREFIX.sub("", reported["text"]) or reported["text"]
        fatal = reported[0][:5].lower() in ("fatal", "panic", "emerg")
        rank = _WARNING_RANK if reported["warning"] else _FATAL_RANK if fatal else _ERROR_RANK
        yield rank, without_packages(said)[:_LONGEST_ERROR]
    elif _KNOWN.search(line):
        yield _KNOWN_RANK, line[:_LONGEST_ERROR]
    elif _STATE.search(line):
        yield _STATE_RANK, line[:_LONGEST_ERROR]


def _structured(line: str) -> str:
    """The message of a line of JSON at the level of an error, else nothing."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(record, dict):
        return ""
    nested = record.get("log")
    levels = (record.get(key) for key in ("level", "severity", "lvl", "levelname", "log.level"))
    level = next(filter(None, levels), nested.get("level", "") if isinstance(nested, dict) else "")
    if str(level).lower() not in _LEVELS:
        return ""
    message = next((text for key in _MESSAGES if isinstance(text := record.get(key), str) and text), "")
    detail = _detail(record)
    return message if detail in message else f"{detail} ({message})" if message else detail


def _detail(record: dict[str, Any]) -> str:
    """What was thrown, as a line of JSON tells it beside its message."""
    for key in _DETAILS[:-3]:
        value = record.get(key)
        if isinstance(value, dict):
            value = next((value[inner] for inner in _DETAILS[-3:] if isinstance(value.get(inner), str)), "")
        if isinstance(value, str) and value.strip():
            return value.strip().split("\n", 1)[0]
    return ""
