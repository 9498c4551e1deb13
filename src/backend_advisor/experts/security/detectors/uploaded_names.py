"""Uploads of JavaScript that keep the ending their sender chose, in a folder that the program serves (SEC122)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import everything, name_of, names_in
from backend_advisor.experts.security.detectors.reading import calls_with
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import is_for_browsers

_SAID = frozenset({"originalname", "mimetype", "originalFilename", "clientFilename"})
"""What only the sender says of an upload: Multer's, Formidable's and Busboy's names."""
_NAMES = frozenset({"filename", "name", "originalname", "originalFilename"})
_UPLOADS = (b"originalname", b"originalFilename", b"mimetype")
_LOOKS_INSIDE = re.compile(
    rb"(?i)file-?type|fromBuffer|fileTypeFrom|magic|mmmagic|\bsharp\(|\bjimp\b|imageSize|probe-image|sniff|clamav"
)
"""What decides by the content, or writes the picture anew."""
_TESTS = frozenset({"includes", "has", "indexOf", "test", "match", "exec", "get", "some", "every", "find", "endsWith"})
_WEB = re.compile(r"(?i)(?:^|[/_.-])(?:public|static|www|html|htdocs|web_?root|wwwroot|assets)(?:$|[/_.-])")
_WEB_NAME = re.compile(r"(?i)(?:^|_)(?:public|static|www|web_?root|assets)(?:$|_)|^(?:public|static|web)(?=[A-Z])")
_SERVES = frozenset({"static", "serveStatic", "fastifyStatic", "koaStatic", "serve", "forRoot", "useStaticAssets"})
_OF_PATHS = frozenset({"path", "process", "cwd", "join", "resolve", "__dirname", "import", "meta", "this", "app"})
_DEPTH = 4


@detects_in_code("SEC122")
def sender_chooses_ending(context: CodeContext) -> Iterator[Match]:
    """A file that browsers are served under the ending that its sender chose: `.html` and `.svg` run as the site."""
    if context.program.language not in ("javascript", "typescript"):
        return
    served = _served_words(context)
    told: set[str] = set()
    for unit, given, folder in (*_written(context), *_of_multer(context)):
        if unit.path in told or _is_checked(unit):
            continue
        if not _is_served(unit, folder, served):
            continue
        told.add(unit.path)
        text = context.text(unit, given)[:60]
        yield Match(
            location=context.location(unit, given),
            values={"call": text, "text": text, "source": text},
            confidence=Confidence.MEDIUM,
        )


def _units(context: CodeContext) -> Iterator[Unit]:
    for unit in context.program.units.values():
        if any(word in unit.module.source for word in _UPLOADS) and not is_for_browsers(unit):
            yield unit


def _of_multer(context: CodeContext) -> Iterator[tuple[Unit, ir.Expr, ir.Node]]:
    """`multer.diskStorage({ destination, filename: (req, file, done) => done(null, …) })`."""
    for unit in _units(context):
        for node in everything(unit.module.body):
            if not isinstance(node, ir.Call) or name_of(node.func) != "diskStorage" or not node.args:
                continue
            options = node.args[0]
            pairs = options.pairs if isinstance(options, ir.Mapping) else []
            written = {key.value: value for key, value in pairs if isinstance(key, ir.Const)}
            names, folder = written.get("filename"), written.get("destination")
            given = _handed_back(unit, names) if names is not None else None
            if given is not None and folder is not None and _is_senders(unit, given, _DEPTH):
                yield unit, given, folder


def _handed_back(unit: Unit, names: ir.Expr) -> ir.Expr | None:
    """What the function gives its callback as the name."""
    function = names.function if isinstance(names, ir.Lambda) else None
    if isinstance(names, ir.Name):
        function = next((one.node for one in unit.functions if one.node.name == names.id), None)
    if function is None or not function.params:
        return None
    done = function.params[-1].name
    for node in everything(function.body):
        if isinstance(node, ir.Call) and name_of(node.func) == done and len(node.args) > 1:
            return node.args[1]
    return None


def _written(context: CodeContext) -> Iterator[tuple[Unit, ir.Expr, ir.Node]]:
    """`writeFile(path.join(PUBLIC, id + path.extname(file.originalname)), file.buffer)`."""
    for call in calls_with(context, "file.write", "file.open", "file.move"):
        node = call.node
        if not isinstance(node, ir.Call) or not any(word in call.unit.module.source for word in _UPLOADS):
            continue
        if is_for_browsers(call.unit):
            continue
        for path in node.args[:2]:
            if _is_senders(call.unit, path, _DEPTH):
                yield call.unit, path, path
                break


def _is_senders(unit: Unit, value: ir.Expr, depth: int) -> bool:
    """Whether the end of a name is what the sender said of the file, and not what a table of the program has for it."""
    last = _last_part(value)
    if isinstance(last, ir.Attr):
        return last.name in _SAID
    if isinstance(last, ir.Call):
        name = name_of(last.func)
        if name == "extname" and last.args:
            return name_of(last.args[0]) in _NAMES or _is_senders(unit, last.args[0], depth)
        if name in ("pop", "at", "toLowerCase", "toString", "replace", "slice", "substring", "split", "trim"):
            return isinstance(last.func, ir.Attr) and _is_senders(unit, last.func.value, depth)
        if name in ("join", "resolve", "basename", "String") and last.args:
            return _is_senders(unit, last.args[-1] if name != "basename" else last.args[0], depth)
        return depth > 0 and any(_is_senders(unit, one, depth - 1) for one in _given_by(unit, name, last))
    if isinstance(last, ir.Index):
        return isinstance(last.key, ir.Const) and _is_senders(unit, last.value, depth)
    if isinstance(last, ir.Name) and depth:
        return any(_is_senders(unit, one, depth - 1) for one in _values(unit, last))
    return isinstance(last, ir.Logic) and _is_senders(unit, last.operands[0], depth)


def _last_part(value: ir.Expr) -> ir.Expr:
    while True:
        if isinstance(value, ir.Text) and value.parts:
            value = value.parts[-1]
        elif isinstance(value, ir.Binary) and value.op == "+":
            value = value.right
        elif isinstance(value, ir.Cast | ir.Await):
            value = value.value
        else:
            return value


def _values(unit: Unit, name: ir.Name) -> Iterator[ir.Expr]:
    """What a variable of this name is given in the function around."""
    around = [one for one in unit.functions if one.node.start <= name.start and name.end <= one.node.end]
    for info in sorted(around, key=lambda one: one.node.end - one.node.start):
        found = [
            node.value
            for node in everything(info.node.body)
            if isinstance(node, ir.Assign) and getattr(node.target, "id", "") == name.id and node.value is not None
        ]
        if found:
            yield from found
            return


def _given_by(unit: Unit, name: str, call: ir.Call) -> Iterator[ir.Expr]:
    """What a function of the file gives: `extensionOf(file)`."""
    for info in unit.functions:
        if info.node.name == name and call.args:
            yield from (
                node.value
                for node in everything(info.node.body)
                if isinstance(node, ir.Return) and node.value is not None
            )


def _is_checked(unit: Unit) -> bool:
    """Whether the content decides, or the ending is one of a list of the program's own."""
    if _LOOKS_INSIDE.search(unit.module.source):
        return True
    endings = {"originalname", "originalFilename"}
    names = {
        getattr(node.target, "id", "")
        for node in everything(unit.module.body)
        if isinstance(node, ir.Assign) and node.value is not None and endings & _attributes(node.value)
    } - {""}
    for node in everything(unit.module.body):
        looked: list[ir.Node] = []
        if isinstance(node, ir.Call) and name_of(node.func) in _TESTS:
            looked = [*node.args, node.func]
        elif isinstance(node, ir.Index):
            looked = [node.key]
        elif isinstance(node, ir.Binary) and node.op in ("===", "!==", "==", "!=", "in"):
            looked = [node.left, node.right]
        elif isinstance(node, ir.Switch):
            looked = [node.subject]
        if any(endings & _attributes(one) or names & names_in(one) for one in looked):
            return True
    return False


def _attributes(node: ir.Node) -> set[str]:
    return {one.name for one in everything(node) if isinstance(one, ir.Attr)}


def _served_words(context: CodeContext) -> set[str]:
    """The folders that the program serves, by the names and texts that it says them with."""
    found: set[str] = set()
    for unit in context.program.units.values():
        if b"static" not in unit.module.source.lower():
            continue
        for node in everything(unit.module.body):
            if isinstance(node, ir.Call) and name_of(node.func) in _SERVES:
                found |= _words(node.args)
            elif isinstance(node, ir.Call) and _registers_static(node):
                found |= _words(node.args[1:])
    return found - {"/", ".", "..", "./"}


def _registers_static(node: ir.Call) -> bool:
    """`app.register(fastifyStatic, { root: PUBLIC })`."""
    return name_of(node.func) == "register" and len(node.args) > 1 and "static" in name_of(node.args[0]).lower()


def _words(nodes: list[ir.Expr] | list[ir.Node]) -> set[str]:
    texts = {
        one.value.strip("./") for one in everything(nodes) if isinstance(one, ir.Const) and isinstance(one.value, str)
    }
    return (texts | names_in(*nodes)) - _OF_PATHS - {""}


def _is_served(unit: Unit, folder: ir.Node, served: set[str]) -> bool:
    """Whether a folder is called so that it is a site's, or one that the program serves."""
    nodes: list[ir.Node] = [folder]
    for _ in range(2):
        known = names_in(*nodes) | {name for one in nodes for name in _attributes(one)}
        nodes += [
            value
            for node in everything(unit.module.body)
            if isinstance(node, ir.Assign | ir.Field)
            for value in [node.value]
            if value is not None and (node.name if isinstance(node, ir.Field) else name_of(node.target)) in known
        ]
    words = _words(nodes)
    return bool(words & served) or any(_WEB.search(word) or _WEB_NAME.search(word) for word in words)
