"""Rows inserted because a query found none, where nothing keeps a second one out (QUA139)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of, own, within
from backend_advisor.code.uniqueness import Uniqueness
from backend_advisor.experts.quality.detectors.arithmetic import locals_of
from backend_advisor.experts.quality.detectors.lookups import LookUp, inserted, look_up_in
from backend_advisor.experts.quality.detectors.models import Model, declared_unique, is_unique, models_of
from backend_advisor.experts.quality.detectors.one_at_a_time import callers_of, is_guarded
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_IDENTIFIES = re.compile(
    r"^(?:\w*e?mail|\w*username|login(?:id|name)?|userid|nick(?:name)?|\w*phone(?:number)?|\w*code|sku|slug|\w*token|serial|"
    r"\w*number|\w*no|isbn|ssn|accountid|externalid|\w*key|idempotency\w*|orderid|paymentid|transactionid|\w*handle)$"
)
"""Plain names of fields by which people tell one row from all others."""
_ONCE = re.compile(r"\w+id$")
_HANDLED = re.compile(
    rb"(?i)IntegrityError|DataIntegrityViolation|Duplicate(?:_?Key|Entry)|Unique(?:Violation|Constraint)|P2002|23505|E?11000|"
    rb"ER_DUP|on\s?conflict|on_duplicate|ignore_conflicts|insert\s+ignore|upsert|already_?exists_?error"
)
"""What shows that somebody counts on a constraint."""
_ONCE_RUN = re.compile(
    r"(?i)seed|bootstrap|^init|initiali[sz]e|fixture|populate|^run$|import|migrat|^setup|^handle$|default"
)
_NONE_FOUND = re.compile(r"DoesNotExist|NoResultFound|NotFound|EntityNotFound|NoSuchElement")
_EMPTY = frozenset({None, 0, "undefined"})
_DEEPEST = 2


@dataclass(frozen=True, slots=True)
class _Checked:
    """A look-up on whose answer it depends whether the statements after a place, or some nodes, are run."""

    look_up: LookUp
    after: int
    inside: tuple[ir.Node, ...] = ()


@dataclass(frozen=True, slots=True)
class _Function:
    """A function with what its variables are made by and stated to be, and the functions that its calls mean."""

    info: FunctionInfo
    made: Mapping[str, ir.Expr]
    names: Mapping[str, str]


class _Reader:
    """What the functions of one program ask and insert, read when somebody needs it."""

    def __init__(self, context: CodeContext) -> None:
        self._program = context.program
        self._callees = {id(reach.node): reach.callee for reach in context.seen.reaches.values()}
        self._read: dict[int, _Function] = {}
        self._of_class: dict[int, dict[str, str]] = {}

    def function(self, info: FunctionInfo) -> _Function:
        known = self._read.get(id(info))
        if known is None:
            names = {**self._class_names(info.owner), **_stated(self._program, info.node.params)}
            known = self._read[id(info)] = _Function(info, locals_of(info.node), names)
        return known

    def _class_names(self, owner: ClassInfo | None) -> dict[str, str]:
        if owner is None:
            return {}
        known = self._of_class.get(id(owner))
        if known is None:
            made = [param for several in owner.methods.values() for one in several for param in one.node.params]
            known = _stated(self._program, [*made, *owner.fields.values()])
            self._of_class[id(owner)] = known
        return known

    def look_up(self, here: _Function, value: ir.Expr | None, depth: int = 0) -> LookUp | None:
        """The look-up whose answer a value is, made here or by a function that is called."""
        while isinstance(value, ir.Await | ir.Cast):
            value = value.value
        if isinstance(value, ir.Name):
            value = here.made.get(value.id)
        if value is None or depth > _DEEPEST:
            return None
        found = look_up_in(value, here.names)
        if found is not None:
            return found
        for node in within(value):
            callee = self._callees.get(id(node))
            if callee is not None and isinstance(node, ir.Call):
                there = self.function(callee)
                for part in in_body(callee.node):
                    if isinstance(part, ir.Return):
                        found = self.look_up(there, part.value, depth + 1)
                        if found is not None:
                            return LookUp(found.model, found.fields, node)
        return None

    def checked(self, here: _Function) -> Iterator[_Checked]:
        """Every place of a function where an answer decides what is run."""
        for node in in_body(here.info.node):
            if isinstance(node, ir.If):
                yield from self._branch(here, node)
            elif isinstance(node, ir.Do):
                yield from self._helper(here, node)
            elif isinstance(node, ir.Try):
                yield from self._tried(here, node)
            elif isinstance(node, ir.Logic) and node.op in ("or", "??"):
                yield from self._otherwise(here, node.operands[0], node.operands[1:])
            elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name == "orElseGet":
                yield from self._otherwise(here, node.func.value, node.args)

    def _branch(self, here: _Function, node: ir.If) -> Iterator[_Checked]:
        asked = self._asked(here, node.test, found=True)
        if asked is None:
            return
        look_up, found = asked
        then, otherwise = (node.then, node.otherwise) if found else (node.otherwise, node.then)
        if otherwise:
            yield _Checked(look_up, -1, tuple(otherwise))
        if found and then and _leaves(then):
            yield _Checked(look_up, node.end)

    def _asked(self, here: _Function, test: ir.Expr, *, found: bool) -> tuple[LookUp, bool] | None:
        """The look-up that a condition asks about, and whether it holds when a row was found."""
        while isinstance(test, ir.Await | ir.Cast):
            test = test.value
        if isinstance(test, ir.Unary) and test.op == "not":
            return self._asked(here, test.operand, found=not found)
        if isinstance(test, ir.Logic) and test.op in ("and", "or"):
            several = (self._asked(here, one, found=found) for one in test.operands)
            return next((one for one in several if one is not None), None)
        if isinstance(test, ir.Binary):
            return self._compared(here, test, found=found)
        if isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) and test.func.name in ("isPresent", "isEmpty"):
            return self._asked(here, test.func.value, found=found == (test.func.name == "isPresent"))
        if isinstance(test, ir.Attr) and test.name in ("length", "size"):
            test = test.value
        look_up = self.look_up(here, test)
        return (look_up, found) if look_up is not None else None

    def _compared(self, here: _Function, test: ir.Binary, *, found: bool) -> tuple[LookUp, bool] | None:
        right = test.right
        bound = right.value if isinstance(right, ir.Const) else right.id if isinstance(right, ir.Name) else ""
        if test.op in ("==", "===", "is") and bound in _EMPTY:
            return self._asked(here, _counted(test.left), found=not found)
        if (test.op in ("!=", "!==", "is not") and bound in _EMPTY) or (test.op == ">" and bound == 0):
            return self._asked(here, _counted(test.left), found=found)
        return self._asked(here, _counted(test.left), found=found) if (test.op, bound) == (">=", 1) else None

    def _helper(self, here: _Function, node: ir.Do, depth: int = 0) -> Iterator[_Checked]:
        """A call of a function that throws when a row is there: `validateDuplicate(member);`."""
        value = node.value.value if isinstance(node.value, ir.Await) else node.value
        if isinstance(value, ir.Call) and name_of(value.func) == "ifPresent" and isinstance(value.func, ir.Attr):
            look_up = self.look_up(here, value.func.value)
            if look_up is not None and any(isinstance(part, ir.Throw) for part in within(*value.args)):
                yield _Checked(look_up, node.end)
            return
        callee = self._callees.get(id(value))
        if callee is None or depth >= _DEEPEST:
            return
        there = self.function(callee)
        for part in in_body(callee.node):
            if isinstance(part, ir.If) and part.then and isinstance(part.then[-1], ir.Throw):
                asked = self._asked(there, part.test, found=True)
                if asked is not None and asked[1]:
                    yield _Checked(LookUp(asked[0].model, asked[0].fields, value), node.end)
            elif isinstance(part, ir.Do):
                yield from (
                    _Checked(LookUp(one.look_up.model, one.look_up.fields, value), node.end)
                    for one in self._helper(there, part, depth + 1)
                )

    def _tried(self, here: _Function, node: ir.Try) -> Iterator[_Checked]:
        """`try: … get(email=email)`, `except DoesNotExist: … create(…)`."""
        handlers = [one for one in node.handlers if any(_NONE_FOUND.search(name_of(kind)) for kind in one.types)]
        for statement in node.body if handlers else ():
            value = statement.value if isinstance(statement, ir.Assign | ir.Do | ir.Return) else None
            look_up = self.look_up(here, value) if value is not None else None
            if look_up is not None:
                yield _Checked(look_up, -1, tuple(part for one in handlers for part in one.body))

    def _otherwise(self, here: _Function, asked: ir.Expr, instead: Iterable[ir.Expr]) -> Iterator[_Checked]:
        look_up = self.look_up(here, asked)
        if look_up is not None:
            yield _Checked(look_up, -1, tuple(instead))

    def insert(self, here: _Function, checked: _Checked) -> ir.Node | None:
        """The call that inserts such a row where the answer was that there is none."""
        nodes = within(*checked.inside) if checked.inside else in_body(here.info.node)
        for node in nodes:
            if node.start >= checked.after and isinstance(node, ir.Call) and self._inserts(here, node, checked.look_up):
                return node
        return None

    def _inserts(self, here: _Function, call: ir.Call, look_up: LookUp, depth: int = 0) -> bool:
        if inserted(call, here.names, here.made) == look_up.model:
            return True
        callee = self._callees.get(id(call))
        if callee is None or depth >= _DEEPEST or callee is here.info:
            return False
        there = self.function(callee)
        return any(
            isinstance(part, ir.Call) and self._inserts(there, part, look_up, depth + 1)
            for part in own(*callee.node.body)
        )


@detects_in_code("QUA139")
def check_then_insert(context: CodeContext) -> Iterator[Match]:
    """A query says that no such row is there, one is inserted, and of two requests at once both insert."""
    models = models_of(context.program)
    if not models:
        return
    reader = _Reader(context)
    declared: tuple[Uniqueness, ...] | None = None
    callers: dict[int, list[FunctionInfo]] | None = None
    for info in context.program.functions():
        if is_apart(info.unit) or _ONCE_RUN.search(info.node.name) or _counts_on_constraint(info):
            continue
        here = reader.function(info)
        for checked in reader.checked(here):
            model = models.get(checked.look_up.model)
            written = reader.insert(here, checked) if model is not None else None
            if model is None or written is None or not _has(model, checked.look_up.fields):
                continue
            declared = declared if declared is not None else declared_unique(context.program)
            callers = callers if callers is not None else callers_of(context)
            if is_unique(model, _spellings(checked.look_up.fields), declared) or any(
                _counts_on_constraint(caller) for caller in callers.get(id(info), ())
            ):
                continue
            yield _match(context, info, model, checked.look_up, written)
            break


def _match(context: CodeContext, info: FunctionInfo, model: Model, look_up: LookUp, written: ir.Node) -> Match:
    return Match(
        location=context.location(info.unit, written),
        values={"model": model.name, "fields": ", ".join(look_up.fields), "function": function_name(info)},
        confidence=_confidence(look_up.fields),
        steps=(
            (context.location(info.unit, look_up.node), "step_asked"),
            (context.location(info.unit, written), "step_inserted"),
        ),
    )


def _confidence(fields: tuple[str, ...]) -> Confidence:
    if len(fields) == 1:
        return Confidence.MEDIUM if _IDENTIFIES.match(fields[0]) else Confidence.LOW
    return Confidence.MEDIUM if all(_ONCE.match(one) for one in fields) else Confidence.LOW


def _spellings(fields: tuple[str, ...]) -> set[str]:
    """The fields, and the relations and columns that they may be: `user` for `userid` and the reverse."""
    return {one for field in fields for one in (field, field.removesuffix("id"), f"{field}id") if one}


def _has(model: Model, fields: tuple[str, ...]) -> bool:
    return all(field in model.fields or field.removesuffix("id") in model.fields for field in fields)


def _counts_on_constraint(info: FunctionInfo) -> bool:
    if is_guarded(info):
        return True
    return _HANDLED.search(info.unit.module.source, info.node.start, info.node.end) is not None


def _counted(value: ir.Expr) -> ir.Expr:
    """What is counted: `rows` of `rows.length`, `len(rows)`, `rows.size()`."""
    if isinstance(value, ir.Attr) and value.name in ("length", "size"):
        return value.value
    if isinstance(value, ir.Call) and name_of(value.func) == "len" and value.args:
        return value.args[0]
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name == "size" and not value.args:
        return value.func.value
    return value


def _leaves(body: list[ir.Stmt]) -> bool:
    return isinstance(body[-1], ir.Throw | ir.Return | ir.Continue)


def _stated(program: Program, places: Iterable[ir.Param | ir.Field]) -> dict[str, str]:
    """The class whose rows the variables keep, by their types: `User` of `Repository<User>`, of `UserRepository`."""
    found: dict[str, str] = {}
    for place in places:
        for note in place.decorators:
            if name_of(note).startswith("Inject") and isinstance(note, ir.Call) and note.args:
                given = note.args[0]
                found[place.name] = name_of(
                    given.value if isinstance(given, ir.Attr) and given.name == "name" else given
                )
        if place.type is None or place.name in found:
            continue
        kind = place.type
        if kind.args and kind.name in ("Repository", "Model", "MongoRepository", "EntityRepository", "ModelStatic"):
            found[place.name] = kind.args[0].name
        else:
            found[place.name] = _entity(program, kind.name)
    return found


def _entity(program: Program, name: str) -> str:
    """The entity of a repository's interface, or its own name."""
    for owner in program.by_short_name.get(name, ()):
        for base in owner.node.base_types:
            if base.args and "Repository" in base.name:
                return base.args[0].name
    return name
