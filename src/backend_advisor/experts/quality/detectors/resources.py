"""Files and streams that are opened and not closed on every way (QUA110)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import children, name_of, names_in, own
from backend_advisor.experts.quality.detectors.closing import closed
from backend_advisor.experts.quality.detectors.tree import is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext, detects_in_code

_OPENS = {
    "python": re.compile(
        r"^(?:open|io\.open|codecs\.open|gzip\.open|bz2\.open|lzma\.open|tarfile\.open|zipfile\.ZipFile|"
        r"urllib\.request\.urlopen|pathlib\.Path\.open|builtins\.open)$"
    ),
    "java": re.compile(
        r"^java\.(?:io\.(?:File(?:Input|Output)Stream|File(?:Reader|Writer)|RandomAccessFile)|"
        r"nio\.file\.Files\.(?:new(?:Input|Output)Stream|newBuffered(?:Reader|Writer)|newByteChannel|"
        r"lines|list|walk|find|newDirectoryStream)|"
        r"nio\.channels\.FileChannel\.open|util\.(?:zip\.ZipFile|jar\.JarFile)|net\.URL\.openStream)$"
    ),
    "javascript": re.compile(r"^(?:fs\.openSync|fs/promises\.open|fs\.promises\.open)$"),
}
_WRAPPERS = re.compile(r"(?:Reader|Writer|InputStream|OutputStream|Scanner|TextIOWrapper|ZipFile|GzipFile|Channel)$")
_MANAGERS = frozenset({"closing", "enter_context", "push", "enter_async_context", "callback", "aclosing", "register"})
_CLOSES = re.compile(r"(?i)^(?:close\w*|aclose|shutdown|closeQuietly|release|__exit__)$")
_STREAMS = frozenset({"lines", "list", "walk", "find", "newDirectoryStream"})
_LEAVES_OPEN = re.compile(r"^(?:IOUtils|ImageIO|Files|ByteStreams|StreamUtils|props?|\w*[pP]roperties)$")
"""What reads a stream that it is given and leaves it open; Jackson and `FileCopyUtils` close theirs."""
_FAMILY = {"typescript": "javascript"}


@detects_in_code("QUA110")
def resource_not_closed(context: CodeContext) -> Iterator[Match]:
    """Something opened in a function that neither closes it on every way nor gives it to somebody else."""
    told: set[int] = set()
    for call in context.seen.calls.values():
        opens = _OPENS[_FAMILY.get(call.unit.language, call.unit.language)]
        if call.info is None or id(call.node) in told or not opens.match(call.role.name) or is_apart(call.unit):
            continue
        if call.unit.language == "java" and _is_a_tool(call.info):
            continue  # what it opens is closed when the process ends
        told.add(id(call.node))
        path = _path(call.info, call.node)
        found = _judged(call, path) if path is not None else None
        if found is not None and path is not None:
            severity, confidence = found
            edits, applicability = closed(call, path, context.places)
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": short(context.text(call.unit, call.node)), "function": call.info.name},
                severity=severity,
                confidence=confidence,
                edits=edits,
                applicability=applicability,
            )


def _is_a_tool(info: FunctionInfo) -> bool:
    """Whether a class is run from the command line: it has a `main`, and no framework makes its objects."""
    owner = info.owner
    return (
        owner is not None
        and not owner.node.decorators
        and any("static" in one.node.modifiers for one in owner.methods.get("main", ()))
    )


def _path(info: FunctionInfo, wanted: ir.Node) -> list[ir.Node] | None:
    """What is around a node in its function, outermost first."""
    path: list[ir.Node] = [info.node]
    at: ir.Node = info.node
    while at is not wanted:
        inside = None
        for part in children(at):
            if part is wanted or (part.start <= wanted.start and wanted.end <= part.end and _holds(part, wanted)):
                inside = part
                break
        if inside is None:
            return None
        path.append(inside)
        at = inside
    return path[:-1]


def _holds(part: ir.Node, wanted: ir.Node) -> bool:
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if node is wanted:
            return True
        waiting += [one for one in children(node) if one.start <= wanted.start and wanted.end <= one.end]
    return False


def _is_in_memory(node: ir.Node) -> bool:
    """`zipfile.ZipFile(BytesIO(content))`: no file is open."""
    return isinstance(node, ir.Call) and any(
        isinstance(one, ir.Call) and name_of(one.func) in ("BytesIO", "StringIO") for one in node.args[:1]
    )


def _judged(call: CallSeen, path: list[ir.Node]) -> tuple[Severity, Confidence] | None:
    """How bad it is that what a call opens is left to itself; None when it is not."""
    node: ir.Node = call.node
    if _is_in_memory(node):
        return None
    number = len(path) - 1
    while number >= 0 and _is_around(path[number], node):
        node = path[number]
        number -= 1
    if number < 0:
        return None
    holder = path[number]
    if isinstance(holder, ir.Return | ir.Yield | ir.With | ir.Lambda | ir.Throw | ir.Spread | ir.Mapping | ir.Sequence):
        return None
    if isinstance(holder, ir.Attr) and holder.name.startswith("read") and call.unit.language == "python":
        return Severity.NOTE, Confidence.LOW  # CPython closes it as soon as it is read
    if isinstance(holder, ir.Call | ir.Attr):
        return _passed(call, holder, path[number - 1] if number else None)
    if isinstance(holder, ir.Assign | ir.AssignExpr) and isinstance(holder.target, ir.Name):
        if _is_field(call, holder):
            return None  # the object holds it, and closes it when it is closed
        return _assigned(call, holder.target.id, path, holder)
    return None


def _is_field(call: CallSeen, holder: ir.Assign | ir.AssignExpr) -> bool:
    """`file = new RandomAccessFile(…)` where `file` is a field: Java needs no `this` before it."""
    owner = call.info.owner if call.info is not None and call.unit.language == "java" else None
    if owner is None or call.info is None or (isinstance(holder, ir.Assign) and (holder.declares or holder.type)):
        return False
    name = name_of(holder.target)
    if any(
        isinstance(one, ir.Assign) and (one.declares or one.type) and name_of(one.target) == name
        for one in own(*call.info.node.body)
    ):
        return False
    return name in owner.fields and all(param.name != name for param in call.info.node.params)


def _is_around(holder: ir.Node, node: ir.Node) -> bool:
    """Whether a holder is another face of the same resource: an await, a cast, a reader made of it."""
    if isinstance(holder, ir.Await | ir.Cast | ir.Conditional):
        return True
    return isinstance(holder, ir.Call) and node in holder.args and _WRAPPERS.search(name_of(holder.func)) is not None


def _passed(call: CallSeen, holder: ir.Node, outer: ir.Node | None) -> tuple[Severity, Confidence] | None:
    """Used at once and dropped: `json.load(open(path))`, `open(path).read()`, `Files.lines(path).count()`."""
    name = name_of(holder)
    if isinstance(holder, ir.Call) and (name in _MANAGERS or holder.new or name[:1].isupper()):
        return None
    if isinstance(holder, ir.Attr) and (_CLOSES.match(holder.name) or holder.name == "getChannel"):
        return None  # closing the channel closes the file
    if call.unit.language == "python":
        # CPython closes it when the last reference goes; other implementations, and tracebacks, keep it.
        return Severity.NOTE, Confidence.LOW
    if isinstance(holder, ir.Attr):
        if call.unit.language != "java" or _is_returned(call, outer):
            return None
        return Severity.WARNING, Confidence.HIGH
    return (Severity.WARNING, Confidence.MEDIUM) if _LEAVES_OPEN.match(_receiver(holder)) else None


def _receiver(holder: ir.Node) -> str:
    return name_of(holder.func.value) if isinstance(holder, ir.Call) and isinstance(holder.func, ir.Attr) else ""


def _is_returned(call: CallSeen, outer: ir.Node | None) -> bool:
    """`return Files.lines(path).filter(…)`: the caller closes the stream."""
    info = call.info
    lazy = call.role.name.rpartition(".")[2] in _STREAMS
    stated = info.node.returns.name if info is not None and info.node.returns is not None else ""
    return lazy and outer is not None and stated in ("Stream", "Flux", "Iterator", "Iterable")


def _assigned(
    call: CallSeen, name: str, path: list[ir.Node], assignment: ir.Node
) -> tuple[Severity, Confidence] | None:
    function = next(one for one in reversed(path) if isinstance(one, ir.Function))
    nodes = list(own(*function.body))
    if _is_managed(name, nodes, assignment):
        return None
    closings = [one for one in nodes if isinstance(one, ir.Call) and _closes(one, name)]
    if not closings:
        return Severity.WARNING, Confidence.HIGH
    first = min(closings, key=lambda one: one.start)
    for one in nodes:
        if isinstance(one, ir.Try) and any(_closes(part, name) for part in own(*one.final)):
            return None
    between = [
        one
        for one in nodes
        if isinstance(one, ir.Call | ir.Throw | ir.Return) and call.node.end <= one.start < first.start
    ]
    if any(isinstance(one, ir.Return | ir.Throw) or not _is_about(one, name) for one in between) or len(between) > 1:
        # When something fails, CPython closes it with the last reference.
        return Severity.NOTE, Confidence.LOW if call.unit.language == "python" else Confidence.MEDIUM
    return None


def _closes(node: ir.Node, name: str) -> bool:
    if not isinstance(node, ir.Call) or not _CLOSES.match(name_of(node.func)):
        return False
    return name in names_in(node.func, *node.args)


def _is_about(node: ir.Node, name: str) -> bool:
    return isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and name_of(node.func.value) == name


def _is_managed(name: str, nodes: list[ir.Node], assignment: ir.Node) -> bool:
    """Whether somebody else takes the resource over: it is returned, stored, passed on, or a `with` closes it."""
    for one in nodes:
        if one is assignment:
            continue
        if isinstance(one, ir.Return | ir.Yield | ir.Global) and _holds_bare(one, name):
            return True
        if isinstance(one, ir.With) and any(name in names_in(item) for item, _ in one.items):
            return True
        held = one.value if isinstance(one, ir.Assign) else None
        if isinstance(held, ir.Name | ir.Mapping | ir.Sequence | ir.Conditional) and name in names_in(held):
            return True
        if isinstance(one, ir.Call) and not _closes(one, name):
            given = [*one.args, *(value for _, value in one.keywords)]
            if any(isinstance(value, ir.Name) and value.id == name for value in given):
                return True
            if any(
                isinstance(value, ir.Lambda | ir.Mapping | ir.Sequence) and name in names_in(value) for value in given
            ):
                return True
        if isinstance(one, ir.Lambda) and name in names_in(*one.function.body):
            return True
    return False


_LAZY = frozenset({"filter", "map", "flatMap", "sorted", "distinct", "limit", "skip", "peek", "onClose", "mapToObj"})


def _holds_bare(node: ir.Return | ir.Yield | ir.Global, name: str) -> bool:
    if isinstance(node, ir.Global):
        return name in node.names
    value = node.value
    while isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name in _LAZY:
        value = value.func.value  # a stream of a stream, for the caller to close
    if isinstance(value, ir.Name):
        return value.id == name
    return isinstance(value, ir.Sequence | ir.Mapping) and name in names_in(value)
