"""The detail lines of the text format, by the names that the server gives the same figures in JSON."""

import re

_PAIR = re.compile(r"([A-Za-z][A-Za-z -]*?): (.+?)(?=  +[A-Za-z][A-Za-z -]*: |$)")
_NUMBER = re.compile(r"^-?\d+(?:\.\d+)?")
_ORIGINALLY = re.compile(r"^(\d+) \(originally (\d+)\)$")
_UNITS = re.compile(r"^(-?\d+(?:\.\d+)?) ?(?:kB|ms|bytes)$")

_LONGEST_FIGURES = 1_000
"""Lines of figures are far shorter; what is longer is a condition, or no plan at all."""

_BUFFER_VERBS = {"hit": "Hit", "read": "Read", "dirtied": "Dirtied", "written": "Written"}
_HASH_NAMES = {"Buckets": "Hash Buckets", "Batches": "Hash Batches", "Memory Usage": "Peak Memory Usage"}
_AGGREGATE_NAMES = {"Batches": "HashAgg Batches", "Memory Usage": "Peak Memory Usage"}
_MEMOIZE_NAMES = {
    "Hits": "Cache Hits",
    "Misses": "Cache Misses",
    "Evictions": "Cache Evictions",
    "Overflows": "Cache Overflows",
    "Memory Usage": "Peak Memory Usage",
}
_WAL_NAMES = {
    "records": "WAL Records",
    "fpi": "WAL FPI",
    "bytes": "WAL Bytes",
    "fpi bytes": "WAL FPI Bytes",
    "buffers full": "WAL Buffers Full",
}
_NAMED_PAIRS = {
    "Buckets": _HASH_NAMES,
    "Hits": _MEMOIZE_NAMES,
    "Batches": _AGGREGATE_NAMES,
    "Planned Partitions": _AGGREGATE_NAMES,
    "Storage": {},
    "Memory Usage": _AGGREGATE_NAMES,
    "Peak Memory Usage": {},
    "Disk Usage": _AGGREGATE_NAMES,
}


def detail(key: str, value: str) -> dict[str, str]:
    """The properties that one detail line states, by the server's own names."""
    if len(value) > _LONGEST_FIGURES:
        return {key: value}
    if key == "Buffers":
        return _buffers(value)
    if key == "I/O Timings":
        return _io_timings(value)
    if key == "WAL":
        return _assignments(value, _WAL_NAMES)
    if key == "Heap Blocks":
        return _assignments(value, {"exact": "Exact Heap Blocks", "lossy": "Lossy Heap Blocks"})
    if key == "Tuples":
        words = ("inserted", "updated", "deleted", "skipped")
        return _assignments(value, {word: f"Tuples {word.title()}" for word in words})
    if key == "Sort Method":
        return _sort(value)
    if key in ("Full-sort Groups", "Pre-sorted Groups"):
        return _sort_groups(key, value)
    if key in _NAMED_PAIRS:
        return _pairs(f"{key}: {value}", _NAMED_PAIRS[key])
    return {key: _plain(value)}


def _plain(value: str) -> str:
    match = _UNITS.match(value)
    return match.group(1) if match else value


def _pairs(text: str, names: dict[str, str]) -> dict[str, str]:
    found = {}
    for key, value in _PAIR.findall(text):
        name = names.get(key, key)
        originally = _ORIGINALLY.match(value)
        if originally:
            found[name], found[f"Original {name}"] = originally.groups()
        else:
            found[name] = _plain(value)
    if "Hash Batches" in found:
        # JSON always states where the hash table started; the text format only when that changed.
        found.setdefault("Original Hash Batches", found["Hash Batches"])
        found.setdefault("Original Hash Buckets", found.get("Hash Buckets", ""))
    return found


def _buffers(value: str) -> dict[str, str]:
    """`shared hit=5 read=3, temp read=1 written=2`."""
    found = {}
    for group in value.split(", "):
        kind, *counters = group.split()
        for counter in counters:
            verb, _, number = counter.partition("=")
            if verb in _BUFFER_VERBS and number.isdigit():
                found[f"{kind.title()} {_BUFFER_VERBS[verb]} Blocks"] = number
    return found


def _io_timings(value: str) -> dict[str, str]:
    """`shared read=1.2 write=0.1, temp read=0.5` since version 17, `read=1.2` before."""
    found = {}
    for group in value.split(", "):
        prefix = ""
        for word in group.split():
            verb, equals, number = word.partition("=")
            if not equals:
                prefix = word.title() + " "
            elif verb in ("read", "write") and _NUMBER.match(number):
                found[f"{prefix}I/O {verb.title()} Time"] = number
    return found


def _assignments(value: str, names: dict[str, str]) -> dict[str, str]:
    found = re.findall(r"([a-z][a-z ]*)=(-?\d+)", value)
    return {names[key.strip()]: number for key, number in found if key.strip() in names}


def _sort(value: str) -> dict[str, str]:
    """`external merge  Disk: 1234kB`."""
    match = re.match(r"(.+?)\s+(Memory|Disk): (\d+)kB$", value)
    if match is None:
        return {"Sort Method": value}
    method, kind, size = match.groups()
    return {"Sort Method": method, "Sort Space Used": size, "Sort Space Type": kind}


def _sort_groups(key: str, value: str) -> dict[str, str]:
    """`1  Sort Method: quicksort  Average Memory: 28kB  Peak Memory: 28kB`."""
    count, _, rest = value.partition("  ")
    found = {f"{key} Group Count": count}
    for name, figure in _PAIR.findall(rest):
        if name in ("Sort Method", "Sort Methods"):
            found[f"{key} Sort Methods Used"] = figure
        elif " " in name:
            measure, kind = name.split(" ", 1)
            found[f"{key} Sort Space {kind} {measure} Sort Space Used"] = _plain(figure)
    return found
