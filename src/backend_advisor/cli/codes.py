"""Codes and names of rules as people type them: what they may have meant, and which select nothing at all."""

import difflib
from collections.abc import Iterable, Iterator

import click

from backend_advisor.cli.wording import Wording
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.pages import EXPERTS

_LOOKALIKES = str.maketrans("OIL", "011")
"""Letters that are typed for digits."""


def unknown_code(code: str, known: Knowledge, say: Wording) -> str:
    """That there is no such rule, with those that are written alike."""
    names = {one.name: one.code for one in known.playbooks.values()}
    near = [one for one in (code.upper().translate(_LOOKALIKES),) if one in known.playbooks]
    near += difflib.get_close_matches(code.upper(), list(known.playbooks), 3)
    near += [names[name] for name in difflib.get_close_matches(code.lower(), list(names), 3)]
    shown = ", ".join(f"{one} ({known.playbooks[one].name})" for one in dict.fromkeys(near))
    return say("code_unknown_near", code=code, near=shown) if shown else say("code_unknown", code=code)


def check_codes(select: Iterable[str], ignore: Iterable[str], known: Knowledge, say: Wording) -> None:
    """End the command when a selection names no rule: "nothing found" would be untrue. One ignored is warned of."""
    for code in _unknown(select, known):
        raise click.ClickException(unknown_code(code, known, say))
    for code in _unknown(ignore, known):
        click.echo(say("ignore_unknown", code=code), err=True)


def _unknown(prefixes: Iterable[str], known: Knowledge) -> Iterator[str]:
    if not prefixes:
        return  # most reviews ask for every rule, and names are unpacked when they are asked for
    names = [name.lower() for one in known.playbooks.values() for name in (one.code, one.name)]
    names += [prefix.lower() for prefix in EXPERTS]
    for prefix in prefixes:
        if not any(name.startswith(prefix.lower()) for name in names):
            yield prefix
