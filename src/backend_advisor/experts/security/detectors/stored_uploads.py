"""Uploads of Python that are stored under an ending of the client's choice, where only the client has said what they
are (SEC122)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import arguments, callee_of
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, name_of, names_in, within
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_UPLOADS = frozenset(
    {"UploadFile", "FileStorage", "UploadedFile", "InMemoryUploadedFile", "TemporaryUploadedFile", "File"}
)
_ABOUT = (b"UploadFile", b"FileStorage", b"UploadedFile", b".files", b".FILES", b"validated_data", b"cleaned_data")
_GIVES = re.compile(r"^(?:files|FILES|validated_data|cleaned_data)$")
_TAKES_PARTS = frozenset(
    ["Path", "PurePath", "PurePosixPath", "secure_filename", "splitext", "rsplit", "split", "rpartition", "partition",
     "lower", "basename", "join", "str", "strip", "lstrip", "get_valid_filename", "replace", "joinpath", "fspath",
     "casefold", "format"]
)  # fmt: skip
"""What a name keeps its ending by."""
_LOOKS_INSIDE = re.compile(
    rb"(?i)\bmagic\b|\bfiletype\b|puremagic|imghdr|Image\.open|FileExtensionValidator|ImageField|validate_image|"
    rb"sniff|signature"
)
"""What looks at the content, or states the endings elsewhere."""
_ENDINGS = re.compile(r"(?i)suffix|ext(?:ension)?s?$|ending|file_?name|splitext|^ext")
_SERVED = re.compile(rb"(?i)static|\bmedia|MEDIA_|public|\bwww\b|web_?root|htdocs|default_storage|base_url|/uploads")
_TYPE_ONLY = re.compile(rb"\.(?:content_type|mimetype)\b")
_ROUNDS = 2


@detects_in_code("SEC122")
def kept_ending(context: CodeContext) -> Iterator[Match]:
    """A file stored under the ending that its sender chose."""
    program = context.program
    if program.language != "python":
        return
    for unit in program.units.values():
        source = unit.module.source
        if not any(word in source for word in _ABOUT) or is_test(unit.path):
            continue
        if _LOOKS_INSIDE.search(source) or _tests_ending(unit):
            continue
        for info in unit.functions:
            uploads = _uploads(info)
            names = _client_names(info, uploads, helpers := _helpers(program, info, uploads))
            for node in in_body(info.node):
                if (
                    isinstance(node, ir.Call)
                    and _stores(node, uploads)
                    and (_is_of_client(_place(node), uploads, names | helpers))
                ):
                    believed = _TYPE_ONLY.search(source) is not None
                    yield Match(
                        location=context.location(unit, node),
                        values={"call": context.text(unit, node.func)},
                        confidence=Confidence.MEDIUM if believed or _SERVED.search(source) else Confidence.LOW,
                    )
                    break


def _tests_ending(unit: Unit) -> bool:
    """Whether the file compares endings with a list: `ending in ALLOWED`, `name.endswith((".png", ".jpg"))`."""
    for node in (part for one in unit.functions for part in in_body(one.node)):
        if isinstance(node, ir.Binary) and node.op in ("in", "not in", "==", "!="):
            words = [
                one.name if isinstance(one, ir.Attr) else one.id
                for one in within(node.left)
                if isinstance(one, ir.Attr | ir.Name)
            ]
            if any(map(_ENDINGS.search, words)):
                return True
        elif (
            isinstance(node, ir.Call)
            and isinstance(node.func, ir.Attr)
            and node.func.name in ("endswith", "match", "fullmatch")
        ):
            words = [one.name for one in within(node) if isinstance(one, ir.Attr)]
            if any(map(_ENDINGS.search, words)) or names_in(node) & {"filename", "name", "ext", "suffix"}:
                return True
        elif isinstance(node, ir.Index) or (isinstance(node, ir.Call) and name_of(node.func) == "get"):
            key = node.key if isinstance(node, ir.Index) else node.args[0] if node.args else None
            if key is not None and any(_ENDINGS.search(one) for one in names_in(key)):
                return True  # a table of endings decides
    return False


def _uploads(info: FunctionInfo) -> set[str]:
    """The variables that hold an upload."""
    found = {
        one.name
        for one in info.node.params
        if one.type is not None
        and ({one.type.name.rpartition(".")[2]} | {kind.name.rpartition(".")[2] for kind in one.type.args}) & _UPLOADS
    }
    for node in in_body(info.node):
        if not isinstance(node, ir.Assign | ir.For) or not isinstance(node.target, ir.Name):
            continue
        given = node.value if isinstance(node, ir.Assign) else node.iterable
        if any(isinstance(one, ir.Attr | ir.Name) and _GIVES.match(name_of(one)) for one in within(given)):
            found.add(node.target.id)
    return found


def _helpers(program: Program, info: FunctionInfo, uploads: set[str]) -> set[str]:
    """The functions of the program that give the ending of an upload: `extension_of(upload)`."""
    found: set[str] = set()
    for node in in_body(info.node) if uploads else ():
        if isinstance(node, ir.Call) and any(isinstance(one, ir.Name) and one.id in uploads for one in node.args):
            callee = callee_of(program, info, node.func)
            for param, value in arguments(node, callee) if callee is not None and callee is not info else ():
                if callee is not None and isinstance(value, ir.Name) and value.id in uploads:
                    given = [one.value for one in in_body(callee.node) if isinstance(one, ir.Return)]
                    inner = _client_names(callee, {param}, set())
                    if any(_is_of_client(one, {param}, inner) for one in given):
                        found.add(f"{name_of(node.func)}()")
    return found


def _client_names(info: FunctionInfo, uploads: set[str], helpers: set[str]) -> set[str]:
    """The variables that hold the name or the ending that the client chose."""
    found: set[str] = set()
    for _ in range(_ROUNDS):
        for node in in_body(info.node):
            if (
                isinstance(node, ir.Assign)
                and node.value is not None
                and _is_of_client(node.value, uploads, found | helpers)
            ):
                found |= names_in(node.target) if isinstance(node.target, ir.Sequence) else {name_of(node.target)}
    return found - {""}


def _is_of_client(value: ir.Expr | None, uploads: set[str], names: set[str]) -> bool:
    """Whether the client's name, or its ending, is in a value."""
    if value is None:
        return False
    if isinstance(value, ir.Name):
        return value.id in names
    if isinstance(value, ir.Attr):
        if value.name in ("filename", "name") and isinstance(value.value, ir.Name) and value.value.id in uploads:
            return True
        return value.name not in ("stem", "parent") and _is_of_client(value.value, uploads, names)
    if isinstance(value, ir.Call):
        if f"{name_of(value.func)}()" in names:
            return True
        if name_of(value.func) not in _TAKES_PARTS:
            return False
        held = value.func.value if isinstance(value.func, ir.Attr) else None
        return any(_is_of_client(one, uploads, names) for one in (*value.args, held))
    if isinstance(value, ir.Index):
        first = isinstance(value.key, ir.Const) and value.key.value == 0
        stem = first and name_of(value.value) in ("splitext", "rpartition", "partition", "split", "rsplit")
        return not stem and _is_of_client(value.value, uploads, names)
    if isinstance(value, ir.Binary):
        return any(_is_of_client(one, uploads, names) for one in (value.left, value.right))
    parts = value.parts if isinstance(value, ir.Text) else value.operands if isinstance(value, ir.Logic) else []
    if isinstance(value, ir.Conditional):
        parts = [value.then, value.otherwise]
    return any(_is_of_client(one, uploads, names) for one in parts)


def _stores(call: ir.Call, uploads: set[str]) -> bool:
    """`upload.save(place)`, `storage.save(name, upload)`, `open(place, "wb")`, `place.write_bytes(…)`."""
    name = name_of(call.func)
    if name == "save" and isinstance(call.func, ir.Attr) and call.args:
        return name_of(call.func.value) in uploads or bool(names_in(*call.args[1:]) & uploads)
    if name in ("open", "write_bytes"):
        return name == "write_bytes" or any(
            isinstance(one, ir.Const) and isinstance(one.value, str) and "w" in one.value and "b" in one.value
            for one in (*call.args, *(value for _, value in call.keywords))
        )
    return False


def _place(call: ir.Call) -> ir.Expr | None:
    """What says where it is stored."""
    name = name_of(call.func)
    of_path = isinstance(call.func, ir.Attr) and (name == "write_bytes" or (name == "open" and _is_mode(call)))
    if of_path and isinstance(call.func, ir.Attr):
        return call.func.value
    return call.args[0] if call.args else None


def _is_mode(call: ir.Call) -> bool:
    first = call.args[0] if call.args else None
    return first is None or (
        isinstance(first, ir.Const) and isinstance(first.value, str) and first.value.startswith("w")
    )
