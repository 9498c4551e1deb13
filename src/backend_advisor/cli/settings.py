"""Settings of a project: `advisor.toml`, or `[tool.advisor]` in `pyproject.toml`, nearest folder first."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from backend_advisor.cli.wording import Wording
from backend_advisor.report import MODULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the file says; None where it says nothing."""

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    format: str | None = None
    lang: str | None = None
    exit_zero: bool = False
    strict: bool = False
    baseline: Path | None = None
    prove: bool | None = None


def load_settings(folder: Path, say: Wording) -> Settings:
    """The settings that hold in a folder; a wrong value ends the command, an unknown key is only warned of."""
    found = _find(folder, say)
    if found is None:
        return Settings()
    path, table = found
    values: dict[str, Any] = {"path": path}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            click.echo(say("setting_unknown", path=path, key=key), err=True)
            continue
        try:
            values[key.replace("-", "_")] = reader(value)
        except ValueError as error:
            raise click.ClickException(say("setting_wrong", path=path, key=key, wanted=say(f"wants_{error}"))) from None
    if values.get("baseline"):
        values["baseline"] = path.parent / values["baseline"]
    return Settings(**values)


def _find(folder: Path, say: Wording) -> tuple[Path, dict[str, Any]] | None:
    for parent in (folder, *folder.parents):
        own, project = parent / "advisor.toml", parent / "pyproject.toml"
        if own.is_file():
            return own, _read(own, say)
        if project.is_file():
            tools = _read(project, say).get("tool")
            if isinstance(tools, dict) and "advisor" in tools:
                return project, _table(project, tools["advisor"], say)
    return None


def _table(path: Path, value: object, say: Wording) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise click.ClickException(say("setting_wrong", path=path, key="tool.advisor", wanted=say("wants_table")))
    return value


def _read(path: Path, say: Wording) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(say("file_unreadable", path=path, cause=error)) from None


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("texts")
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("flag")  # noqa: TRY004 - every wrong value is reported in one way
    return value


def _rows(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not all(type(count) is int and count >= 0 for count in value.values()):
        raise ValueError("rows")
    return value


def _one_of(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError("choice")
        return value

    return read


def _path(value: object) -> Path:
    if not isinstance(value, str):
        raise ValueError("text")  # noqa: TRY004 - every wrong value is reported in one way
    return Path(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "select": _texts,
    "ignore": _texts,
    "exclude": _texts,
    "rows": _rows,
    "format": _one_of(*(name for name in MODULES if name != "review")),
    "lang": _one_of("auto", "en", "ko"),
    "exit-zero": _flag,
    "strict": _flag,
    "baseline": _path,
    "prove": _flag,
}
