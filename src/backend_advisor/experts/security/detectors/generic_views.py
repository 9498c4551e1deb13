"""Class-based views of Django that open every record of a model to all who are signed in (part of SEC401)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import of_kind, within
from backend_advisor.experts.security.detectors.words import OWNER_FIELD, dotted

_OPENS_ONE = re.compile(
    r"^(?:rest_framework|django)\..*(?:ModelViewSet|Retrieve\w*APIView|UpdateAPIView|DestroyAPIView|"
    r"(?:Retrieve|Update|Destroy)ModelMixin|DetailView|UpdateView|DeleteView)$"
)
_KNOWN = re.compile(r"^(?:rest_framework|django)\.")
_NARROWS = frozenset(
    ["get_queryset", "get_object", "filter_queryset", "test_func", "dispatch", "check_object_permissions", "initial",
     "check_permissions", "get_permissions", "retrieve", "get"]
)  # fmt: skip
_OF_QUERY = frozenset({"get_queryset", "filter_queryset"})
_TAKES_OUT = frozenset({"filter", "exclude", "user", "none", "for_user", "request", "visible_to"})
_SIGNED_IN = frozenset({"IsAuthenticated", "IsAuthenticatedOrReadOnly"})
_ANY_RECORD = frozenset({"all", "objects", "select_related", "prefetch_related", "order_by", "only", "defer"})
_BY_OWNER = re.compile(r"(?i)owner|tenant|user|permission|guardian|account|organi[sz]ation|workspace|team")


@dataclass(frozen=True, slots=True)
class OpenView:
    """A view that finds any record of a model by its key; `node` is where it says of which."""

    unit: Unit
    name: str
    model: str
    node: ir.Node
    is_owned: bool
    """Whether the view itself gives such records to who calls, or lists the caller's: `save(customer=request.user)`."""


def open_views(program: Program) -> Iterator[OpenView]:
    """The views whose records nothing narrows to those of the caller."""
    if program.language != "python":
        return
    for owner in program.classes.values():
        if is_test(owner.unit.path) or not any(_OPENS_ONE.match(base) for base in program.foreign_bases(owner)):
            continue
        family = program.ancestry(owner)
        if not all(_KNOWN.match(base) for base in program.foreign_bases(owner)):
            continue  # a mixin that is not in view may narrow them
        if any(_narrows(one) for one in family) or not _asks_only_who(program, owner):
            continue
        found = _of_all(family)
        if found is not None:
            yield OpenView(owner.unit, owner.node.name, *found, _gives_to_caller(family))


def _gives_to_caller(family: list[ClassInfo]) -> bool:
    return any(
        OWNER_FIELD.match(key) and _is_of_caller(value)
        for one in family
        for several in one.methods.values()
        for method in several
        for call in of_kind(method.node, ir.Call)
        for key, value in call.keywords
    )


def _is_of_caller(value: ir.Expr) -> bool:
    return f"{dotted(value)}.".startswith(("self.request.user.", "request.user."))


def _narrows(owner: ClassInfo) -> bool:
    """Whether a class chooses the records itself, and not only those of its list: `if self.action == "list"`."""
    return any(
        name not in _OF_QUERY or not (_only_for_lists(method) or _whole_of(method) is not None)
        for name in _NARROWS & owner.methods.keys()
        for method in owner.methods[name]
    )


def _only_for_lists(method: FunctionInfo) -> bool:
    """Whether all that a method takes out of the query stands below a question for the list."""
    below: set[int] = set()
    asked = False
    for node in within(*method.node.body):
        if isinstance(node, ir.If) and _asks_for_list(node.test):
            asked = True
            below |= {id(part) for part in within(*node.then)}
    left = [node for node in within(*method.node.body) if isinstance(node, ir.Attr) and id(node) not in below]
    return asked and not any(node.name in _TAKES_OUT for node in left)


def _whole_of(method: FunctionInfo) -> ir.Expr | None:
    """What a method gives that does nothing but give every record: `return Order.objects.all()`."""
    body = [one for one in method.node.body if not isinstance(one, ir.Do) or not isinstance(one.value, ir.Const)]
    given = body[0].value if len(body) == 1 and isinstance(body[0], ir.Return) else None
    return given if given is not None and _model_of(given) is not None else None


def _asks_for_list(test: ir.Expr) -> bool:
    """`self.action == "list"`, `self.action in ("list",)`; what else is asked for is no list alone."""
    if not isinstance(test, ir.Binary) or test.op not in ("==", "in") or getattr(test.left, "name", "") != "action":
        return False
    values = [one.value for one in within(test.right) if isinstance(one, ir.Const)]
    return bool(values) and set(values) <= {"list", "export", "count"}


def _asks_only_who(program: Program, owner: ClassInfo) -> bool:
    """Whether a view asks that one is signed in, and nothing more."""
    if any(base.endswith(".LoginRequiredMixin") for base in program.foreign_bases(owner)):
        return not any(
            base.endswith(("PermissionRequiredMixin", "UserPassesTestMixin")) for base in program.foreign_bases(owner)
        )
    names = set(_classes_in(_value(program.ancestry(owner), "permission_classes")))
    backends = _classes_in(_value(program.ancestry(owner), "filter_backends"))
    return bool(names) and names <= _SIGNED_IN and not any(_BY_OWNER.search(name) for name in backends)


def _classes_in(value: ir.Expr | None) -> Iterator[str]:
    for part in within(value):
        name = part.id if isinstance(part, ir.Name) else part.name if isinstance(part, ir.Attr) else ""
        if name[:1].isupper():
            yield name


def _value(family: list[ClassInfo], name: str) -> ir.Expr | None:
    return next((one.fields[name].value for one in family if name in one.fields), None)


def _of_all(family: list[ClassInfo]) -> tuple[str, ir.Node] | None:
    """The model of `queryset = Order.objects.all()` or `model = Order`, and where it says so."""
    several = next((one.methods["get_queryset"] for one in family if "get_queryset" in one.methods), ())
    queryset = next(filter(None, map(_whole_of, several)), None) or _value(family, "queryset")
    if queryset is None:
        model = _value(family, "model")
        return (model.id, model) if isinstance(model, ir.Name) else None
    named = _model_of(queryset)
    return (named, queryset) if named is not None else None


def _model_of(queryset: ir.Expr) -> str | None:
    """The model of a query that takes nothing out: `Order.objects.select_related("customer")`."""
    at = queryset
    while True:
        if isinstance(at, ir.Call):
            at = at.func
        elif isinstance(at, ir.Attr) and at.name in _ANY_RECORD:
            at = at.value
        else:
            return at.id if isinstance(at, ir.Name) and at is not queryset else None
