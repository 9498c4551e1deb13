"""Configuration files in YAML and JSON that code of JavaScript reads: `yaml.load(readFileSync("settings.yaml"))`,
`JSON.parse(…)`, `require("./settings.json")`, and `config.get("a.b")` of the package `config`.

What they hold is known as text: another installation may have another file, so that it decides no branch.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from backend_advisor.code import ir
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import UNKNOWN, Value
from backend_advisor.model import SOURCE_CODE, Artifact, ArtifactKind
from backend_advisor.plain_yaml import load_plain_yaml

_SUFFIXES = (".yaml", ".yml", ".json")
_NAMED = re.compile(r"""["'`/]([\w.-]+\.(?:ya?ml|json))["'`]""")
_LOADS = re.compile(r"\b(?:load|safeLoad|parse|readFile(?:Sync)?|readJ(?:son|SON)(?:Sync)?|require)\s*\(|\bimport\b")
_MANIFESTS = re.compile(r"(?:^|/)(?:package(?:-lock)?|[jt]sconfig[\w.-]*|composer|lerna|nest-cli)\.json$|lock\.yaml$")
_CONFIG = re.compile(r"(?:^|/)config/default\.(?:json|ya?ml)$")
"""What the package `config` reads first."""
_CONFIG_USED = re.compile(r"""(?:require\(|from\s+)["']config["']""")
_LONGEST = 100_000
_MOST = 400
_DEEPEST = 6
_PARSERS = frozenset({"js-yaml.load", "js-yaml.safeLoad", "yaml.parse", "yaml.load", "JSON.parse", "json5.parse"})
_READS = frozenset({"readFileSync", "readFile", "readJsonSync", "readJson", "readJSON"})
_FILES = frozenset({"fs-extra.readJsonSync", "fs-extra.readJson", "fs-extra.readJSON"})
_READERS = frozenset(one.rpartition(".")[2] for one in (*_PARSERS, *_FILES, "config.get"))
_KEEPS = frozenset({"toString", "trim", "String", "freeze", "fileURLToPath"})
_PATHS = frozenset({"join", "resolve"})

Documents = Mapping[str, Any]


def is_document(artifact: Artifact) -> bool:
    """Whether an artifact may be a file of settings in YAML or JSON."""
    return (
        artifact.name.endswith(_SUFFIXES)
        and artifact.kind not in SOURCE_CODE
        and artifact.kind is not ArtifactKind.OPENAPI
        and len(artifact.text) <= _LONGEST
        and _MANIFESTS.search(artifact.name) is None
    )


def documents_of(code: Iterable[Artifact], artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
    """The files of settings that the code names where it reads files."""
    named: set[str] = set()
    packaged = False
    for one in code:
        if one.kind in (ArtifactKind.JAVASCRIPT, ArtifactKind.TYPESCRIPT):
            if (".yaml" in one.text or ".yml" in one.text or ".json" in one.text) and _LOADS.search(one.text):
                named.update(_NAMED.findall(one.text))
            packaged = packaged or ("config" in one.text and _CONFIG_USED.search(one.text) is not None)
    if not named and not packaged:
        return
    for artifact in artifacts:
        name = artifact.name.replace("\\", "/")
        chosen = name.rpartition("/")[2] in named or (packaged and _CONFIG.search(name) is not None)
        if chosen and is_document(artifact):
            yield artifact


def read_documents(artifacts: Iterable[Artifact]) -> dict[str, Any]:
    """What each file holds, every scalar as text, by the file's path."""
    found: dict[str, Any] = {}
    for one in islice(artifacts, _MOST):
        try:
            held = json.loads(one.text) if one.name.endswith(".json") else load_plain_yaml(one.text)
        except Exception:  # noqa: S112 (whatever is wrong with a file, it is then no file of settings)
            continue
        if isinstance(held, dict):
            found[one.name.replace("\\", "/")] = held
    return found


def parsed(run: Run, site: Site) -> Value | None:
    """What a call gives that reads a file of settings of the tree; None for every other call."""
    documents = run.machine.program.documents
    if not documents or not site.arg_exprs or site.name.rpartition(".")[2] not in _READERS:
        return None
    receiver = site.receiver.name if site.receiver is not None else None
    called = f"{receiver}.{site.name}" if receiver else site.name
    if called == "config.get":
        key = site.args[0].consts
        held = _only(path for path in documents if _CONFIG.search(path)) if key and len(key) == 1 else None
        return None if held is None else _at(documents[held], str(key[0]).split(".") if key else [])
    if called in _PARSERS:
        name = _file_named(run, site.arg_exprs[0], site, reads=False)
    elif called in _FILES:
        name = _file_named(run, site.arg_exprs[0], site, reads=True)
    else:
        return None
    return None if name is None else document(run, name)


def document(run: Run, name: str) -> Value | None:
    """What the one file holds that a name means for the file of the code."""
    documents = run.machine.program.documents
    wanted = re.sub(r"^(?:\.{0,2}/)+", "", name)
    found = [path for path in documents if path == wanted or path.endswith(f"/{wanted}")]
    if len(found) > 1:
        beside = f"{run.unit.path.rpartition('/')[0]}/{wanted}"
        found = [path for path in found if path == beside or path.endswith(f"/{beside}")]
    return _value(documents[found[0]]) if len(found) == 1 else None


def _only(paths: Iterable[str]) -> str | None:
    found = list(paths)
    return found[0] if len(found) == 1 else None


def _at(held: Any, keys: list[str]) -> Value | None:
    for key in keys:
        if not isinstance(held, dict) or key not in held:
            return None
        held = held[key]
    return _value(held)


def _value(held: Any, depth: int = _DEEPEST) -> Value:
    if isinstance(held, dict) and depth:
        fields: dict[str | int, Value] = {str(key): _value(one, depth - 1) for key, one in islice(held.items(), 60)}
        return Value(types=frozenset({"dict"}), fields=fields, rest=UNKNOWN)
    if isinstance(held, list) and depth:
        items = dict(enumerate(_value(one, depth - 1) for one in held[:40]))
        return Value(types=frozenset({"list"}), fields=items, rest=UNKNOWN)  # type: ignore[arg-type]
    return Value(types=frozenset({"str"}), text=(held,)) if isinstance(held, str) else UNKNOWN


def _file_named(run: Run, given: ir.Expr | None, site: Site, *, reads: bool) -> str | None:
    """The name of the file whose content, or whose path, an expression gives."""
    if isinstance(given, ir.Await | ir.Cast):
        return _file_named(run, given.value, site, reads=reads)
    if isinstance(given, ir.Call):
        called = getattr(given.func, "name", "") or getattr(given.func, "id", "")
        if called in _READS and given.args:
            return _file_named(run, given.args[0], site, reads=True)
        if called in _KEEPS:
            inner = given.args[0] if given.args else getattr(given.func, "value", None)
            return _file_named(run, inner, site, reads=reads)
        if reads and given.args and (called in _PATHS or called == "URL"):
            return _file_named(run, given.args[-1 if called in _PATHS else 0], site, reads=True)
        return None
    if isinstance(given, ir.Name):
        value = run.evaluate(given, site.env)
        if reads and value.consts and len(value.consts) == 1 and isinstance(value.consts[0], str):
            return value.consts[0]
        return _file_named(run, value.guard, site, reads=reads) if isinstance(value.guard, ir.Call) else None
    if isinstance(given, ir.Text) and given.parts and reads:
        given = given.parts[-1]
    elif isinstance(given, ir.Binary) and given.op == "+" and reads:
        given = given.right
    return given.value if reads and isinstance(given, ir.Const) and isinstance(given.value, str) else None
