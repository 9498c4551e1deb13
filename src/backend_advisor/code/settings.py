"""Properties files that stand beside Java code: what `Properties.load` of a file of the tree fills its object with."""

import re
from collections.abc import Iterable, Mapping

from backend_advisor.code.folding import fold_method
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, constant
from backend_advisor.model import Artifact

_SUFFIX = ".properties"
_LINE = re.compile(r"[ \t\f]*((?:\\.|[^\s=:\\])+)[ \t\f]*[=:]?[ \t\f]*(.*)")
_LONGEST = 200_000
_MOST = 200
_LOADS = re.compile(r"\.load\s*\(")

_PARSERS = frozenset({"parseBoolean", "parseInt", "parseLong", "valueOf"})
_BOXED = re.compile(r"^java\.lang\.(?:Boolean|Integer|Long)$")
_SAME = frozenset({"trim", "strip", "toLowerCase", "toUpperCase", "intern", "toString"})
_NUMBERS = frozenset({"java.lang.Number"})

Settings = Mapping[str, Mapping[str, str]]


def is_properties(artifact: Artifact) -> bool:
    """Whether an artifact is a properties file of Java."""
    return artifact.name.endswith(_SUFFIX)


def loads_properties(text: str) -> bool:
    """Whether code reads properties files by itself."""
    return "Properties" in text and _LOADS.search(text) is not None


def read_settings(artifacts: Iterable[Artifact]) -> dict[str, dict[str, str]]:
    """The entries of each properties file, by the file's path."""
    return {one.name.replace("\\", "/"): _entries(one.text) for one in artifacts if len(one.text) <= _LONGEST}


def _entries(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in re.sub(r"\\\r?\n[ \t]*", "", text).splitlines():
        entry = _LINE.match(line)
        if entry is not None and not line.lstrip().startswith(("#", "!")):
            found[re.sub(r"\\(.)", r"\1", entry[1])] = entry[2].strip()
            if len(found) >= _MOST:
                break
    return found


def of_setting(site: Site) -> Value | None:
    """What is read out of a setting's text: a flag, a number, the text itself without what stands around it."""
    receiver = site.receiver
    if site.name in _PARSERS and receiver is not None and _BOXED.search(receiver.name or "") and len(site.args) == 1:
        given = _only(site.args[0])
        if given is None:
            return None
        flag = "Boolean" in (receiver.name or "")
        text = str(given.strip().lower() == "true").lower() if flag else given.strip()
        return Value(types=_NUMBERS, text=(text,))
    if site.name in _SAME and not site.args and receiver is not None and receiver.consts is None:
        given = _only(receiver)
        made = fold_method(site.name, constant(given), []) if given is not None else None
        return Value(types=receiver.types, text=(str(made[0]),)) if made else None
    return None


def _only(value: Value) -> str | None:
    """The text of a setting; None of anything else."""
    known = value.text if value.consts is None and not value.taints else None
    return known[0] if known is not None and len(known) == 1 else None


def loaded(run: Run, site: Site) -> Value | None:
    """A `Properties` object after it was loaded from a file of the tree; None for every other call.

    What it holds is known as text: another installation may have another file, so that it decides no branch.
    """
    if site.name != "load" or site.receiver is None or not any("Properties" in kind for kind in site.receiver.types):
        return None
    source = (site.args[0].fields or {}).get("resource") if site.args else None
    names = source.consts if source is not None else None
    if not names or len(names) != 1 or not isinstance(names[0], str):
        return None
    entries = _file(run.machine.program.settings, names[0])
    if entries is None:
        return None
    texts = {key: Value(types=frozenset({"str"}), text=(value,)) for key, value in entries.items()}
    return site.receiver.but(fields={**(site.receiver.fields or {}), **texts}, rest=None)


def _file(settings: Settings, name: str) -> Mapping[str, str] | None:
    """The entries of the one file that a name means; None where there is none or several."""
    wanted = name.lstrip("/").removeprefix("classpath:")
    found = [entries for path, entries in settings.items() if path == wanted or path.endswith(f"/{wanted}")]
    return found[0] if len(found) == 1 else None
