"""Names of files as a service knows them that holds the repository: from its root, wherever the review ran."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, TypeVar

from backend_advisor.model import Artifact, Case, Location, Unread

Address = Callable[[str], str]
Record = TypeVar("Record")


def addresses(case: Case, address: Address) -> dict[str, str]:
    """The names of the case's files that have another address; names of what a question holds stay."""
    given = {one.name for one in case.artifacts if one.origin != "question"} | {one.name for one in case.unread}
    return {name: told for name in given if (told := address(name)) != name}


def renamed(value: Record, names: Mapping[str, str]) -> Record:
    """The value with these names changed in every place; the value itself where none changes."""
    changed: Record = _renamed(value, names) if names else value
    return changed


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    kind: Any = type(value)
    if kind is tuple:
        items = [_renamed(item, names) for item in value]
        return value if all(map(is_, items, value)) else tuple(items)
    if kind is Location:
        return replace(value, artifact=names[value.artifact]) if value.artifact in names else value
    if kind is Artifact:
        return replace(value, name=names[value.name], above=0) if value.name in names else value
    if kind is Unread:
        return replace(value, name=names[value.name]) if value.name in names else value
    changed = {}
    for name in _holding(kind):
        before = getattr(value, name)
        after = _renamed(before, names)
        if after is not before:
            changed[name] = after
    return replace(value, **changed) if changed else value


@cache
def _holding(kind: Any) -> tuple[str, ...]:
    """The fields of a record that may hold places."""
    plain = (str, int, float, bool)
    return tuple(one.name for one in fields(kind) if one.type not in plain) if is_dataclass(kind) else ()
