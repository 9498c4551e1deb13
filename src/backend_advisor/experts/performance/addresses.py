"""Addresses of HTTP calls as templates: what is another value at each call is taken out."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

_IS_PATH = re.compile(
    r"^(?:(?P<method>[A-Z]{3,7}) )?(?P<host>https?://[^/?#]*)?(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_CALL = re.compile(r"^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY)(?= |$)")
_UUID = re.compile(r"^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$", re.IGNORECASE)
_HEX = re.compile(r"^(?=.*\d)[0-9a-f]{8,}$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:\d+|[\w.]*[a-zA-Z][-_:.~]\w*\d[\w:.~-]*|\w*\d{3,}\w*|\d[\d:.T+-]+Z?)$")
_MIXED = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[\w-]{10,}$")
_ADDRESSED = re.compile(r"^[^@\s]+@[^@\s]+$")
_VERSION = re.compile(r"(?i)^(?:[a-z-]+[-_])?v\d+(?:[._-]?(?:\d+|alpha\d*|beta\d*))*$|^\d{4}-\d{2}-\d{2}$")
_FEWEST_VALUES = 8
"""A part of a path that has this many values in one trace is no name of a resource."""
_ID = "{id}"


def template(address: str) -> str:
    """An address or the name of a call without its values: `GET /prices/SKU-1?lang=ko` is `GET /prices/{id}?lang`."""
    found = _IS_PATH.match(address)
    if found is None:
        return address
    # A date in the first part is a version of an API, further on it is a value.
    parts = found["path"].split("/")
    path = "/".join(_ID if _is_value(part, first=number <= 2) else part for number, part in enumerate(parts))
    names = [one.partition("=")[0] for one in found["query"].split("&") if one] if found["query"] else []
    query = f"?{'&'.join(dict.fromkeys(names))}" if names else ""
    method = f"{found['method']} " if found["method"] else ""
    return f"{method}{found['host'] or ''}{path}{query}"


def is_call(name: str) -> bool:
    """Whether a span's name is that of an HTTP call."""
    return _CALL.match(name) is not None


def _is_value(part: str, *, first: bool) -> bool:
    if not part or part[0] in "{:<":
        return False
    if _VERSION.match(part):
        return not first and not part[0].isalpha()
    return any(form.match(part) for form in (_UUID, _HEX, _NUMBERED, _MIXED, _ADDRESSED))


def joined_by_position(operations: Sequence[str]) -> Mapping[str, str]:
    """Operations that differ in one part of the path alone, of which there are many, by their common form."""
    kinds: dict[tuple[str, ...], set[str]] = defaultdict(set)
    split = {one: one.partition("?")[0].split("/") for one in dict.fromkeys(operations) if _IS_PATH.match(one)}
    if len(split) < _FEWEST_VALUES:
        return {}
    for operation, parts in split.items():
        for position in _positions(parts):
            kinds[(*parts[:position], _ID, *parts[position + 1 :])].add(operation)
    many = sorted(
        (form for form, held in kinds.items() if len(held) >= _FEWEST_VALUES), key=lambda form: -len(kinds[form])
    )
    made: dict[str, str] = {}
    for form in many:
        for operation in kinds[form]:
            made.setdefault(operation, "/".join(form))
    return made


def _positions(parts: Sequence[str]) -> range:
    """Where a value can stand: behind the first word of the path, which tells the resource."""
    host = next((number for number, part in enumerate(parts) if part.endswith((" ", ":")) or "//" in part), 0)
    first = 3 if parts[0].endswith(("http:", "https:")) else host + 1
    return range(first + 1, len(parts))
