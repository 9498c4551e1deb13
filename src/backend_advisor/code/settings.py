"""Files of settings that stand beside code: what `Properties.load` of Java and `yaml.safe_load` of Python give.

What they hold is known as text: another installation may have another file, so that it decides no branch.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backend_advisor.code.files import is_test
from backend_advisor.code.folding import fold_method
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import UNKNOWN, Value, constant, with_field
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.plain_yaml import load_plain_yaml

_SUFFIX = ".properties"
_LINE = re.compile(r"[ \t\f]*((?:\\.|[^\s=:\\])+)[ \t\f]*[=:]?[ \t\f]*(.*)")
_LONGEST = 200_000
_MOST = 200
_LOADS = re.compile(r"\.load\s*\(")
_READS = re.compile(r"\b(?:yaml|YAML\(\)|tomllib|tomli|toml|json)\.(?:safe_|full_)?loads?\s*\(")
"""How Python reads a file of settings."""
_NAMED = re.compile(r"[\"'/]([\w.-]+\.(?:ya?ml|toml|json))[\"']")
_KINDS = frozenset({ArtifactKind.YAML, ArtifactKind.JSON, ArtifactKind.CONFIGURATION})
_READERS = frozenset(
    ["yaml.safe_load", "yaml.load", "yaml.full_load", "ruamel.yaml.YAML.load", "tomllib.load", "tomllib.loads",
     "toml.load", "toml.loads", "json.load", "json.loads"]
)  # fmt: skip
_ENDINGS = (".yaml", ".yml", ".toml", ".json")
_DEEPEST = 8

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


def named_settings(code: Iterable[str]) -> frozenset[str]:
    """The names of the files that code of Python reads settings of."""
    return frozenset(
        name
        for text in code
        if any(ending in text for ending in _ENDINGS) and _READS.search(text)
        for name in _NAMED.findall(text)
    )


def is_settings(artifact: Artifact, names: frozenset[str]) -> bool:
    """Whether an artifact is a file of settings that the code reads by one of these names."""
    return artifact.kind in _KINDS and artifact.name.replace("\\", "/").rpartition("/")[2] in names


def read_settings(artifacts: Iterable[Artifact]) -> dict[str, dict[str, str]]:
    """The entries of each file of settings, by the file's path; `crypto.digest` is what stands under `crypto`."""
    return {one.name.replace("\\", "/"): _read(one) for one in artifacts if len(one.text) <= _LONGEST}


def _read(artifact: Artifact) -> dict[str, str]:
    if is_properties(artifact):
        return _entries(artifact.text)
    try:
        found = dict(_flat(_parsed(artifact), (), _DEEPEST))
    except Exception:  # a template of such a file, or another language's: it tells nothing
        return {}
    return dict(list(found.items())[:_MOST])


def _parsed(artifact: Artifact) -> Any:
    if artifact.name.endswith(".toml"):
        import tomllib

        return tomllib.loads(artifact.text)
    return json.loads(artifact.text) if artifact.name.endswith(".json") else load_plain_yaml(artifact.text)


def _flat(held: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(held, str) and path:
        yield ".".join(path), held
    elif isinstance(held, dict) and depth:
        for key, value in held.items():
            yield from _flat(value, (*path, str(key)), depth - 1)


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


def read_by(run: Run, name: str) -> Value | None:
    """What a call that reads a file of settings in Python gives: the one that the file of code names."""
    if run.language != "python" or name not in _READERS or not run.machine.program.settings:
        return None
    entries = _of_unit(run, run.unit.module.source)
    if entries is None:
        return None
    made = Value(types=frozenset({"dict"}), fields={}, rest=UNKNOWN)
    for path, text in entries.items():
        made = _with(made, path.split("."), Value(types=frozenset({"str"}), text=(text,)))
    return made


def _with(holder: Value, path: list[str], value: Value) -> Value:
    if len(path) == 1:
        return with_field(holder, path[0], value)
    inner = (holder.fields or {}).get(path[0]) or Value(types=frozenset({"dict"}), fields={}, rest=UNKNOWN)
    return with_field(holder, path[0], _with(inner, path[1:], value))


def asked_setting(run: Run, info: FunctionInfo, site: Site, made: Value) -> Value:
    """What a function of the program gives for the whole name of a setting, which it looks up step by step:
    `settings.get("crypto.digest")`."""
    if not run.machine.program.settings or info.unit.language != "python" or made.consts or made.text or not site.args:
        return made
    key = site.args[0].consts
    if not key or len(key) != 1 or not isinstance(key[0], str) or is_test(info.unit.path):
        return made
    if not any(key[0] in entries for entries in run.machine.program.settings.values()):
        return made
    text = (_of_unit(run, info.unit.module.source) or {}).get(key[0])
    return made if text is None else made.but(text=(text,), types=made.types | {"str"})


def _of_unit(run: Run, source: bytes) -> Mapping[str, str] | None:
    """The settings of the one file that a file of code reads."""
    if _READS.search(text := source.decode("utf-8", "replace")) is None:
        return None
    names = set(_NAMED.findall(text))
    found = [entries for path, entries in run.machine.program.settings.items() if path.rpartition("/")[2] in names]
    return found[0] if len(found) == 1 else None
