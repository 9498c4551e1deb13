"""Commands and their arguments: which of them a shell reads as text, and which a program may take for an option."""

import re
from collections.abc import Sequence

from backend_advisor.code.roles import CallRole
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, all_taints, cleaned, known_text, words

_SHELL_FLAG = re.compile(r"(?i)^(?:-\w*c|/c|-command|-enc\w*)$")
_RUNS_TEXT = re.compile(r"(?i)(?:^|[/\\])(?:sh|bash|zsh|dash|ksh|cmd|powershell|pwsh|env|sudo|ssh|xargs)(?:\.exe)?$")
_SHELL = re.compile(r"(?:^|/)(?:sh|bash|zsh|dash|ksh)$")
_SCRIPT_FLAG = re.compile(r"^-[a-z]*c$")
_MEDIA = re.compile(r"(?:^|/)(?:ffmpeg|ffprobe|ffplay|sox|convert|magick|mogrify|identify|montage|composite|pdftoppm)$")
_OPTION_OF_MEDIA = re.compile(r"-(?!(?:y|n|nostdin|hide_banner|an|vn|sn|version|h|help|v|q|s|l)$)[A-Za-z][\w:-]*$")
"""Options of such programs have a value of their own, but for a few."""
_OPTION_WITH_VALUE = re.compile(
    r"-[bcdeimnoptuCDEHIOTUW]$"
    r"|--(?:[a-z]+-)*(?:file|name|title|output|out|dir|directory|path|message|format|user|host|port|filter|to|from|since|until|"
    r"author|date|size|width|height|text|prefix|suffix|label|input|key|value|body|subject|lang|language|margin|page|range|"
    r"password|url|data|header|encoding|profile|resource-path|variable|metadata|template|depth|branch)$"
)
"""Options after which programs read a value in any case; behind a switch such as `--oneline` an option may stand."""
_RUNS_PARAMETERS = re.compile(
    r"""\b(?:eval|exec|source|sh|bash|zsh|dash|ksh|ssh|sudo|env|xargs|python\d?|perl|ruby|node|awk|sed|find)\b"""
    r"""|(?:^|[;&|(`]|\b(?:then|do|else)\b)\s*["']?\$\{?[@*\d]"""
)
"""What makes a shell's script run what it is given: `eval "$1"`, `"$@"`, `sh -c "$1"`."""


def runs_no_shell(value: Value, site: Site, role: CallRole) -> bool:
    """Whether a command is a list whose first item, the program, is not the data's, and asks no shell to read text:
    none, or one that is written in full and takes the data as its parameters."""
    items = value.fields or {}
    if 0 not in items or value.rest is not None or all_taints(items[0], 1):
        return False
    if _script_ends(_in_order(value), _program(site, role)) is not None:
        return True
    flags = [one for part in items.values() for one in part.consts or ()]
    return not any(isinstance(one, str) and (_SHELL_FLAG.match(one) or _RUNS_TEXT.search(one)) for one in flags)


def may_be_options(value: Value, site: Site, role: CallRole) -> Sequence[Value]:
    """The arguments that a program may take for options: not those behind `--` or that begin with a text of the
    program's own, as `--grep=…` does, and no parameters of a shell's script."""
    items = _in_order(value)
    if items is None:
        if any(one.consts == ("--",) for one in _before(value, site)) or _begins(value):
            return ()
        known = {key: one for key, one in (value.fields or {}).items() if isinstance(key, int)}
        if known and value.rest is not None:
            return (*_doubtful([known[key] for key in sorted(known)], _program(site, role)), value.rest)
        return (value,)
    end = _script_ends(items, _program(site, role))
    items = items if end is None else items[:end]
    return _doubtful(items, _program(site, role))


def _doubtful(items: Sequence[Value], program: str) -> list[Value]:
    """The arguments in the place of an option."""
    found: list[Value] = []
    before: Value | None = None
    for one in items:
        if one.consts == ("--",):
            break
        if not _begins(one) and not _takes_value(before, program):
            found.append(one)
        before = one
    return found


def _takes_value(option: Value | None, program: str) -> bool:
    """Whether what follows is an option's value, whatever it begins with: `-o`, `--title`, ffmpeg's `-metadata`."""
    texts = option.consts if option is not None else None
    if not texts:
        return False
    takes = _OPTION_OF_MEDIA if _MEDIA.search(program) else _OPTION_WITH_VALUE
    return all(isinstance(one, str) and takes.match(one) is not None for one in texts)


def no_options(items: Sequence[Value]) -> list[Value]:
    """The items of a list of which not all is known: what no program takes for an option in its place is marked so."""
    doubtful = {id(one) for one in _doubtful(items, "ffmpeg")}
    return [one if id(one) in doubtful else cleaned(one, ("command.argument",)) for one in items]


def _in_order(value: Value) -> list[Value] | None:
    """The items of a list that is known whole."""
    items = value.fields
    if items is None or value.rest is not None or not all(isinstance(key, int) for key in items):
        return None
    return [items[key] for key in sorted(items)]


def _before(value: Value, site: Site) -> Sequence[Value]:
    """The arguments before one that is given by itself: `execlp("git", "git", "clone", "--", url)`."""
    number = next((n for n, one in enumerate(site.args) if one is value), 0)
    return site.args[:number]


def _begins(value: Value) -> bool:
    start = known_text(value)[:1]
    return bool(start) and start[0] is not None and start[0].strip("-") != ""


def _program(site: Site, role: CallRole) -> str:
    """The program where a call is given it apart from its arguments."""
    said = words(site.properties(role).get("command", Value()))
    return said[0] if said is not None and len(said) == 1 else ""


def _script_ends(items: list[Value] | None, program: str) -> int | None:
    """Where the script of `sh -c SCRIPT name parameters…` ends, when it is written in full and runs none of them."""
    at = 0
    if items and not _SHELL.search(program):
        program, at = (items[0].consts or ("",))[0] if items[0].consts else "", 1  # type: ignore[assignment]
    if items is None or not isinstance(program, str) or not _SHELL.search(program):
        return None
    flag = next(
        (n for n, one in enumerate(items[at:], at) if one.consts and _SCRIPT_FLAG.match(str(one.consts[0]))), None
    )
    if flag is None or flag + 1 >= len(items):
        return None
    script = items[flag + 1].consts
    if not script or not all(isinstance(one, str) and not _RUNS_PARAMETERS.search(one) for one in script):
        return None
    return flag + 2
