"""What a condition tells of the values in it: on the way where it holds, and on the way where it does not."""

import re

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES
from backend_advisor.code.assignment import write_back
from backend_advisor.code.checks import is_own_function, told_by
from backend_advisor.code.clearing import HOSTS, clear, note_checked
from backend_advisor.code.containment import is_resolved, lets_siblings_pass
from backend_advisor.code.one_of import asked_of_each
from backend_advisor.code.patterns import cleared_by_match
from backend_advisor.code.placing import NO_DOTS, NO_ROOT
from backend_advisor.code.prototypes import cleared_by_marks, marks_of_others
from backend_advisor.code.record_lookups import keys_of, looks_up, throws_for_none
from backend_advisor.code.roles import Argument
from backend_advisor.code.run import Env, Run, join_env
from backend_advisor.code.taints import ALL
from backend_advisor.code.values import Value, all_taints, cleaned, element, types_of

_PATHS = ("path.file", "path.entry")
_CHARACTERS = frozenset({"isalnum", "isdigit", "isdecimal", "isnumeric", "isalpha", "isidentifier", "isInteger"})
_OF_LINES = ("header.value", "log.text", "mail.header", "header.name")
"""What a line break harms."""
_NUMBER_TYPES = frozenset({"int", "float", "bool", "number", "boolean", "Integer", "Long", "Double", "UUID"})
_MEMBERSHIP = frozenset({"includes", "contains", "has", "containsKey", "get", "contain"})
_LOOKS = frozenset({"includes", "has", "test", "exec"})
_VALIDATES = re.compile(
    r"(?i)_*is_?\w*(?:valid|safe|allowed|permitted|trusted|supported|known|uuid|cuid|ulid|slug|object_?id|public)"
    r"|_*(?:is_?)?valid(?:ate)?(?=_|[A-Z]|$)"
)
_OUTCOMES = {
    **dict.fromkeys(("error", "errors", "invalid", "failed"), False),
    **dict.fromkeys(("valid", "isValid", "success", "ok"), True),
}
"""Fields of a check's answer, and what they say when it let the value pass."""
_OF_PATHS = re.compile(r"(?i)file|path|folder|dir|name")
_INSIDE = re.compile(
    r"(?i)is_?(?:in_?)?(?:private|local|internal|loopback|reserved|blocked|forbidden)\w*(?:ip|host|address|url)\w*"
)
"""Checks named so say that an address leads into the network behind the server."""
_INDEX: dict[tuple[str, object], bool] = {
    **dict.fromkeys([("===", -1), ("==", -1), ("<", 0)], False),
    **dict.fromkeys([("!==", -1), ("!=", -1), (">=", 0), (">", -1)], True),
}
"""What a comparison of `indexOf` says of an item: that it is in the list."""
_OPERATORS = frozenset({"environment.value", "cli.input"})
"""What whoever runs the program gives it."""
_SET_UP = _OPERATORS | {"configuration.value", "file.content", "db.value"}
_FOLDER = re.compile(r"(?i)root|base|dir(?:ectory)?$|folder|parent|storage|prefix")
_STARTS = frozenset({"startswith", "startsWith"})
_ENDS = frozenset({"endswith", "endsWith"})
_LOCAL = ("(from /)", "(not //)", "(not \\)")
"""What must be known of an address together so that it leads to the same host: browsers read `/\\` as `//`."""
_CONTAINMENT = frozenset({"startswith", "startsWith", "is_relative_to"})
_RELATIVE = {"relative": 1, "relpath": 0}
"""What gives a path as seen from a folder, and which argument the path is."""
_UPWARDS = re.compile(r"\.\.[/\\]?")
_MATCHES = frozenset({"match", "fullmatch", "test", "matches", "exec", "find"})
_NORMAL = re.compile(r"(?i)normal|canonical|real_?path|resolve|absolute")


def refine(run: Run, test: ir.Expr, env: Env, holds: bool) -> Env:
    """The state where a condition is known to hold, or known not to."""
    if isinstance(test, ir.Unary) and test.op == "not":
        return refine(run, test.operand, env, not holds)
    if isinstance(test, ir.Logic):
        return _logic(run, test, env, holds)
    if isinstance(test, ir.Binary):
        _comparison(run, test, env, holds)
    elif isinstance(test, ir.Call):
        _call(run, test, env, holds)
    elif isinstance(test, ir.Name | ir.Attr | ir.Index):
        _bare(run, test, env, holds)
    elif isinstance(test, ir.AssignExpr | ir.Await | ir.Cast):
        return refine(run, test.value, env, holds)
    return env


def _logic(run: Run, test: ir.Logic, env: Env, holds: bool) -> Env:
    if (test.op == "and") == holds and test.op != "??":
        for operand in test.operands:
            env = refine(run, operand, env, holds)
        return env
    ways: Env | None = None
    state = env
    for operand in test.operands:
        ways = join_env(ways, refine(run, operand, dict(state), holds))
        state = refine(run, operand, dict(state), not holds)
    return ways if ways is not None else env


def _bare(run: Run, test: ir.Expr, env: Env, holds: bool) -> None:
    if isinstance(test, ir.Attr) and _OUTCOMES.get(test.name) is holds:
        _passed(run, test.value, env)
    if not isinstance(test, ir.Name):
        return
    value = env.get(test.id)
    if value is None:
        return
    if isinstance(value.guard, ir.Call | ir.Binary | ir.Logic | ir.Unary):
        guard, env[test.id] = value.guard, value.but(guard=None)
        env.update(refine(run, guard, env, holds))
        env[test.id] = env[test.id].but(guard=guard)
    elif not holds and value.taints and not value.types:
        # An empty string or nothing at all does no harm.
        env[test.id] = cleaned(value, (ALL,))


def _passed(run: Run, outcome: ir.Expr, env: Env) -> None:
    """`const checked = validateFileName(name); if (checked.error) return …`: a check whose answer is an object."""
    made_by = env[outcome.id].guard if isinstance(outcome, ir.Name) and outcome.id in env else None
    if not isinstance(made_by, ir.Call):
        return
    name = getattr(made_by.func, "name", "") or getattr(made_by.func, "id", "")
    if not _VALIDATES.match(name):
        return
    _doubted(made_by, env)
    for place in made_by.args if _OF_PATHS.search(name) else ():
        if isinstance(place, ir.Attr | ir.Index):
            note_checked(run, place, _PATHS, env)


def _comparison(run: Run, test: ir.Binary, env: Env, holds: bool) -> None:
    op = test.op
    found = _found(test)
    if found is not None:
        item, collection, says = found
        if says == holds:
            _member(run, item, _not_text(run.evaluate(collection, env)), env)
        else:
            _other_than(run, item, collection, env)
    elif op in ("==", "===", "is", "!=", "!==", "is not"):
        if (op in ("==", "===", "is")) == holds:
            _begins(run, test, env)
            _equal(run, test.left, test.right, env)
            _equal(run, test.right, test.left, env)
        else:
            _other_than(run, test.left, test.right, env)
    elif op in ("in", "not in"):
        if (op == "in") == holds and isinstance(test.right, ir.Attr) and test.right.name == "parents":
            if _is_inside(run, test.right.value, env):
                clear(run, test.right.value, env, _PATHS)
        elif (op == "in") == holds:
            _member(run, test.left, run.evaluate(test.right, env), env)
        else:
            _without(run, test, env)
    elif op == "instanceof" and holds and isinstance(test.right, ir.Name) and test.right.id in _NUMBER_TYPES:
        clear(run, test.left, env, (ALL,))


def _begins(run: Run, test: ir.Binary, env: Env) -> None:
    """`path.indexOf(folder) === 0`."""
    call, bound = test.left, test.right
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or len(call.args) != 1:
        return
    if call.func.name in ("indexOf", "find") and isinstance(bound, ir.Const) and bound.value == 0:
        _contained(run, call.func.value, call.args[0], env)


def _found(test: ir.Binary) -> tuple[ir.Expr, ir.Expr, bool] | None:
    """`list.indexOf(item) === -1`: the item and the list, and whether the comparison says that the list has it."""
    call, bound = test.left, test.right
    if not (isinstance(call, ir.Call) and isinstance(call.func, ir.Attr) and call.func.name == "indexOf" and call.args):
        return None
    says = _INDEX.get((test.op, bound.value)) if isinstance(bound, ir.Const) else None
    return None if says is None else (call.args[0], call.func.value, says)


def _equal(run: Run, left: ir.Expr, right: ir.Expr, env: Env) -> None:
    if isinstance(left, ir.Const):
        return
    if isinstance(left, ir.Call) and getattr(left.func, "name", "") == "commonpath":
        _shared(run, left, env)
    value = run.evaluate(right, env)
    if isinstance(left, ir.Unary) and left.op == "typeof":
        if value.consts and set(value.consts) <= {"number", "boolean", "bigint"}:
            clear(run, left.operand, env, (ALL,))
        elif value.consts == ("string",):
            clear(run, left.operand, env, ("nosql.query", "model.fields", "object.merge"))
        return
    if value.consts and None not in value.consts and not all_taints(value, 1):
        if isinstance(left, ir.Name):
            held = run.evaluate(left, env)
            clear(run, left, env, (ALL,))
            write_back(run, left, Value(consts=value.consts, types=held.types), env)
        else:
            clear(run, left, env, (ALL,))
    elif not value.consts and isinstance(right, ir.Name | ir.Attr) and _is_no_clients(value, right):
        clear(run, left, env, _PATHS)  # the very folder that no client chose


def _is_no_clients(value: Value, named: ir.Name | ir.Attr) -> bool:
    """Whether a folder is not the client's: the operator's, or one that the caller names as the one to stay in."""
    allowed = _OPERATORS
    if _FOLDER.search(named.id if isinstance(named, ir.Name) else named.name):
        allowed = allowed | {"parameter"}
    return all(taint.role in allowed for taint in all_taints(value, 1))


def _member(run: Run, item: ir.Expr, collection: Value, env: Env) -> None:
    # A field of the object, or what a caller gives, is the list that was meant.
    if any(taint.index < 0 and taint.role not in _SET_UP for taint in all_taints(collection, 3)):
        return
    if collection.consts is not None and any(isinstance(one, str) for one in collection.consts):
        return
    if isinstance(item, ir.Const):
        return
    if isinstance(item, ir.Text):
        for part in item.parts:  # `files.includes(`${folder}/${name}`)`
            if isinstance(part, ir.Name | ir.Attr | ir.Index):
                clear(run, part, env, (ALL,))
        return
    everything = element(collection)
    if isinstance(item, ir.Name) and everything.consts and collection.fields and "dict" not in collection.types:
        clear(run, item, env, (ALL,))
        if item.id in env:
            env[item.id] = Value(consts=everything.consts)
    else:
        clear(run, item, env, (ALL,))


def _without(run: Run, test: ir.Binary, env: Env) -> None:
    """A value that does not hold certain characters."""
    text = run.evaluate(test.left, env)
    if not text.consts or len(text.consts) != 1:
        return
    if text.consts[0] in ("..", "../", "..\\", "/"):
        marks = () if run.language != "python" else (NO_ROOT,) if text.consts[0] == "/" else (NO_DOTS,)
        clear(run, test.right, env, (*_PATHS, *marks))
    elif text.consts[0] in ("'", '"'):
        inner = test.right
        quoted = isinstance(inner, ir.Index) and isinstance(inner.key, ir.Slice)
        clear(
            run,
            inner.value if quoted and isinstance(inner, ir.Index) else inner,
            env,
            ("xpath.text", *(("code.text",) if quoted else ())),
        )
    elif text.consts[0] in ("\n", "\r", "\r\n"):
        clear(run, test.right, env, _OF_LINES)
    else:
        _not_foreign(run, test.right, _text(text), env)


def _call(run: Run, test: ir.Call, env: Env, holds: bool) -> None:
    name = test.func.name if isinstance(test.func, ir.Attr) else test.func.id if isinstance(test.func, ir.Name) else ""
    receiver = test.func.value if isinstance(test.func, ir.Attr) else None
    if not holds:
        _denied(run, test, name, receiver, env)
        return
    if name in _CHARACTERS:
        clear(
            run,
            receiver if receiver is not None and not test.args else test.args[0] if test.args else test.func,
            env,
            (ALL,),
        )
    elif name == "isprintable" and receiver is not None:
        clear(run, receiver, env, _OF_LINES)
    elif name in ("isinstance", "is_a") and len(test.args) == 2:
        _of_types(run, test.args[0], test.args[1], env)
    elif (asked := asked_of_each(test, name, receiver)) is not None:
        _member(run, asked[0], _not_text(run.evaluate(asked[1], env)), env)
    elif (owned := _owned(test, name, receiver)) is not None:
        _own_field(run, *owned, env)
    elif name in _MEMBERSHIP and receiver is not None and test.args:
        _member(run, test.args[0], _not_text(run.evaluate(receiver, env)), env)
    elif name in ("equals", "equalsIgnoreCase", "compare") and receiver is not None and test.args:
        _equal(run, receiver, test.args[0], env)
        _equal(run, test.args[0], receiver, env)
    elif name in _CONTAINMENT and receiver is not None and test.args:
        _contained(run, receiver, test.args[0], env)
    elif name in _ENDS and receiver is not None and test.args:
        _within_domain(run, receiver, run.evaluate(test.args[0], env), env)
    elif name in _MATCHES:
        _matched(run, test, name, receiver, env)
    elif _VALIDATES.match(name) and not is_own_function(run, test, env):
        _doubted(test, env)
    _opened(run, test, env)
    _checked(run, test, env)
    own_check(run, test, env, answer=True)


def _opened(run: Run, lookup: ir.Call, env: Env) -> None:
    """The key of a record that was found is one that the program gave out."""
    for place in keys_of(lookup) if looks_up(lookup) or throws_for_none(lookup) else ():
        if isinstance(place, ir.Name | ir.Attr | ir.Index):
            clear(run, place, env, _PATHS)


def _of_types(run: Run, value: ir.Expr, types: ir.Expr, env: Env) -> None:
    """`isinstance(value, int)`: a number does no harm anywhere."""
    kinds = types.items if isinstance(types, ir.Sequence) else [types]
    if all(isinstance(kind, ir.Name) and kind.id in _NUMBER_TYPES for kind in kinds):
        clear(run, value, env, (ALL,))


def _owned(test: ir.Call, name: str, receiver: ir.Expr | None) -> tuple[ir.Expr, ir.Expr] | None:
    """The key and the object of `object.hasOwnProperty(key)`, `Object.hasOwn(object, key)` and
    `hasOwnProperty.call(object, key)`."""
    if name == "hasOwnProperty" and receiver is not None and test.args:
        return test.args[0], receiver
    called = getattr(receiver, "name", "") or getattr(receiver, "id", "")
    if (name == "hasOwn" or (name == "call" and called == "hasOwnProperty")) and len(test.args) > 1:
        return test.args[1], test.args[0]
    return None


def _own_field(run: Run, key: ir.Expr, holder: ir.Expr, env: Env) -> None:
    """A key that an object has itself; that of the object which the key was taken from says nothing."""
    held, collection = run.evaluate(key, env), _not_text(run.evaluate(holder, env))
    keys = {(taint.role, taint.index) for taint in all_taints(held, 1)}
    theirs = {(taint.role, taint.index) for taint in collection.taints}
    if not theirs or not theirs <= keys:
        clear(run, key, env, ("object.key", "object.merge"))
        _member(run, key, collection, env)


def _denied(run: Run, test: ir.Call, name: str, receiver: ir.Expr | None, env: Env) -> None:
    """What a call that answered no has told."""
    if name in _LOOKS and receiver is not None and test.args:
        _other_than(run, test.args[0], receiver, env)
    if name in ("includes", "contains", "indexOf") and receiver is not None and test.args:
        _without(run, ir.Binary(test.start, test.end, "not in", test.args[0], receiver), env)
    elif _INSIDE.match(name):
        for place in test.args:
            clear(run, place, env, ADDRESSES)
    elif name == "isabs" and test.args:
        clear(run, test.args[0], env, (NO_ROOT,))
    elif name == "is_absolute" and receiver is not None:
        clear(run, receiver, env, (NO_ROOT,))
    elif name in _STARTS and receiver is not None and test.args:
        start = _text(run.evaluate(test.args[0], env))
        _not_foreign(run, receiver, start, env)
        if run.language == "python" and "/" in _beginnings(run.evaluate(test.args[0], env)):
            clear(run, receiver, env, (NO_ROOT,))
        if _leads_up(test.args[0], start):
            _not_above(run, receiver, env)


def _beginnings(start: Value) -> tuple[object, ...]:
    """The texts that a test for the beginning asks for: one, or several of a tuple."""
    return (*(start.consts or ()), *(one for part in (start.fields or {}).values() for one in part.consts or ()))


def _leads_up(start: ir.Expr, text: str | None) -> bool:
    """`..`, `../`, `".." + path.sep`."""
    if text is not None:
        return _UPWARDS.fullmatch(text) is not None
    first = start.left if isinstance(start, ir.Binary) and start.op == "+" else None
    if isinstance(start, ir.Text) and len(start.parts) == len(("..", "separator")):
        first = start.parts[0]
    return isinstance(first, ir.Const) and first.value == ".."


def _other_than(run: Run, key: ir.Expr, words: ir.Expr, env: Env) -> None:
    """A key that is none of some words: those by which the prototype of all objects is reached."""
    if run.language not in ("javascript", "typescript") or isinstance(key, ir.Const):
        return
    marks = marks_of_others(run.evaluate(words, env))
    if marks:
        clear(run, key, env, marks)
        known = [taint.cleared for taint in all_taints(run.evaluate(key, env), 1)]
        clear(run, key, env, cleared_by_marks(frozenset.intersection(*known)) if known else ())


def _doubted(test: ir.Call, env: Env) -> None:
    """What a check that is not known here has let pass may well be harmless: `if (!isValidName(name)) throw …`."""
    for place in test.args:
        value = env.get(place.id) if isinstance(place, ir.Name) else None
        if value is not None and value.taints and isinstance(place, ir.Name):
            env[place.id] = value.but(taints={taint.doubted(): trail for taint, trail in value.taints.items()})


def own_check(run: Run, test: ir.Call, env: Env, *, answer: bool) -> None:
    """What a function of the program has checked of its arguments when it says yes, or comes back."""
    for place, roles in told_by(run, test, env, refine, answer=answer):
        clear(run, place, env, roles)
        if answer and isinstance(place, ir.Call) and ALL not in roles:
            note_checked(run, place, roles, env)


def _not_text(value: Value) -> Value:
    """A string that holds another is no list of what is allowed."""
    if value.types & {"str", "java.lang.String", "string"}:
        return Value(consts=("",))
    return value


def _contained(run: Run, path: ir.Expr, base: ir.Expr, env: Env) -> None:
    start = run.evaluate(base, env)
    known = start.consts[0] if start.consts and len(start.consts) == 1 else None
    if isinstance(known, str) and re.match(r"https?://[^/]+/", known):
        clear(run, path, env, ADDRESSES)
    elif known == "/":
        _marked(run, path, _LOCAL[0], env)
    elif _is_inside(run, path, env) and not lets_siblings_pass(run, path, base, env):
        clear(run, path, env, _PATHS)


def _is_inside(run: Run, path: ir.Expr, env: Env) -> bool:
    """Whether a path whose beginning is that of a folder lies in it: nothing leads out of it again."""
    return _is_normal(path) or is_resolved(run.evaluate(path, env))


def _shared(run: Run, call: ir.Call, env: Env) -> None:
    """`os.path.commonpath([folder, path]) == folder`; `commonprefix` compares letters, not names."""
    given = call.args[0] if len(call.args) == 1 else None
    for path in given.items if isinstance(given, ir.Sequence) else ():
        if _is_inside(run, path, env):
            clear(run, path, env, _PATHS)


def _not_above(run: Run, seen: ir.Expr, env: Env) -> None:
    """The way from a folder to a path, as `path.relative(folder, path)`, that does not begin with `..`."""
    made_by = run.evaluate(seen, env).guard if isinstance(seen, ir.Name) else seen
    if not isinstance(made_by, ir.Call) or not isinstance(made_by.func, ir.Attr):
        return
    name, given = made_by.func.name, made_by.args
    if name in _RELATIVE and len(given) == 2:
        clear(run, given[_RELATIVE[name]], env, _PATHS)
        clear(run, seen, env, _PATHS)
    elif name == "relativize" and all(_is_normal(one) or is_resolved(run.evaluate(one, env)) for one in given):
        # Java leaves the `..` of what it is given where they are.
        for place in (*given, seen):
            clear(run, place, env, _PATHS)


def came_back(run: Run, call: ir.Call, env: Env) -> None:
    """What a call that did not throw has told of its arguments: `path.relative_to(folder)` throws for one outside."""
    if isinstance(call.func, ir.Attr) and call.func.name == "relative_to" and _is_inside(run, call.func.value, env):
        clear(run, call.func.value, env, _PATHS)
    if throws_for_none(call):
        _opened(run, call, env)
    own_check(run, call, env, answer=False)


def _within_domain(run: Run, host: ir.Expr, end: Value, env: Env) -> None:
    """A host below a domain. Without the dot before it `evil-example.com` ends so too; an address ends in its path."""
    domain = _text(end)
    if domain is not None and domain.startswith(".") and _is_host(run, host, env):
        clear(run, host, env, ADDRESSES)


def _is_host(run: Run, place: ir.Expr, env: Env) -> bool:
    made_by = run.evaluate(place, env).guard if isinstance(place, ir.Name) else place
    if isinstance(made_by, ir.Call):
        made_by = made_by.func
    return isinstance(made_by, ir.Attr) and made_by.name in HOSTS


def _not_foreign(run: Run, path: ir.Expr, start: str | None, env: Env) -> None:
    """A value that does not begin as an address of another host does, or does not hold such a beginning."""
    if start == "//":
        _marked(run, path, _LOCAL[1], env)
    elif start is not None and start in ("\\", "/\\"):
        _marked(run, path, _LOCAL[2], env)


def _marked(run: Run, path: ir.Expr, mark: str, env: Env) -> None:
    clear(run, path, env, (mark,))
    if all(taint.cleared.issuperset(_LOCAL) for taint in all_taints(run.evaluate(path, env), 1)):
        clear(run, path, env, ("redirect.url",))


def _is_normal(path: ir.Expr) -> bool:
    """Whether what is compared is named or made so that its `..` are resolved, as only a check of containment does."""
    name = path.func.name if isinstance(path, ir.Call) and isinstance(path.func, ir.Attr) else getattr(path, "id", "")
    return _NORMAL.search(name) is not None


def _matched(run: Run, test: ir.Call, name: str, receiver: ir.Expr | None, env: Env) -> None:
    pattern: str | None = None
    subject: ir.Expr | None = None
    whole = name in ("fullmatch", "matches")
    if not test.args and isinstance(receiver, ir.Call) and isinstance(receiver.func, ir.Attr) and receiver.args:
        # Java's `PATTERN.matcher(text).matches()`
        test, receiver = receiver, receiver.func.value
    held = run.evaluate(receiver, env) if receiver is not None else Value()
    stored = (held.fields or {}).get("(pattern)")
    if stored is not None and stored.consts and test.args:
        pattern, subject = _text(stored), test.args[0]
    elif len(test.args) >= 2:
        pattern, subject = _text(run.evaluate(test.args[0], env)), test.args[1]
    elif test.args and receiver is not None:
        argument = run.evaluate(test.args[0], env)
        inner = (argument.fields or {}).get("(pattern)", argument)
        pattern, subject = _text(inner), receiver
    if pattern is not None and subject is not None:
        clear(run, subject, env, cleared_by_match(pattern, whole=whole, from_start=name == "match"))


def _checked(run: Run, test: ir.Call, env: Env) -> None:
    """What a framework's check tells of its argument, where it holds."""
    for wanted, kinds in _role_of(run, test, env):
        place = _place(test, wanted)
        if place is not None:
            clear(run, place, env, kinds)


def _role_of(run: Run, test: ir.Call, env: Env) -> tuple[tuple[Argument, tuple[str, ...]], ...]:
    machine = run.machine
    if not isinstance(test.func, ir.Attr):
        role = machine.roles.calls.get(run.evaluate(test.func, env).name or "")
        return role.checks if role is not None else ()
    receiver = run.evaluate(test.func.value, env)
    for kind in types_of(receiver):
        role = machine.method_role(kind, test.func.name)
        if role is not None:
            return role.checks
    role = machine.roles.calls.get(f"{receiver.name}.{test.func.name}")
    return role.checks if role is not None else ()


def _place(test: ir.Call, wanted: Argument) -> ir.Expr | None:
    if wanted.keyword == "this":
        return test.func.value if isinstance(test.func, ir.Attr) else None
    if wanted.position is not None and wanted.position < len(test.args):
        return test.args[wanted.position]
    return next((value for key, value in test.keywords if key == wanted.keyword), None)


def _text(value: Value) -> str | None:
    only = value.consts[0] if value.consts and len(value.consts) == 1 else None
    return only if isinstance(only, str) else None
