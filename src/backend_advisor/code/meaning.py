"""What a call does by the role that a framework's file gives it: sinks, sources, cleaning, callbacks."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES, FIXED_HOST, OWN_FOLDER, host_is_fixed
from backend_advisor.code.assignment import write_back
from backend_advisor.code.bindings import closes_fields
from backend_advisor.code.commands import may_be_options, runs_no_shell
from backend_advisor.code.containers import holds_elements
from backend_advisor.code.factories import collection
from backend_advisor.code.mappers import paste_named
from backend_advisor.code.markup import BETWEEN_TAGS
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.operations import in_template
from backend_advisor.code.patterns import cleared_by_removal, is_plain
from backend_advisor.code.placing import QUOTED, at_root, joins
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.rendering import is_redirect, redirect, render, rendered
from backend_advisor.code.roles import Argument, CallRole, Fixed, Result
from backend_advisor.code.run import Run
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.site import Site
from backend_advisor.code.taints import ALL, NO_TAINTS, Taint, Taints, merge_taints, station
from backend_advisor.code.values import (
    NO_TYPES,
    UNKNOWN,
    Value,
    all_taints,
    cleaned,
    constant,
    element,
    join_all,
    known_text,
    with_field,
    words,
)

_LIST = frozenset({"list"})
_TEXTUAL = frozenset(
    {"sql.text", "html.text", "code.text", "command.text", "path.file", "url.request", "redirect.url", "template.text"}
)
_WHOLE = frozenset({"model.fields", "object.merge"})
_LIST = frozenset({"list"})
_LITERAL = frozenset({"$eq", "$literal"})
_ENTRY_MARKS = frozenset(
    {"http.handler", "http.middleware", "message.handler", "rpc.handler", "graphql.resolver", "scheduled", "background",
     "error.handler", "cli.command"}
)  # fmt: skip
_SHOWN = 60
_NO_PAGE = re.compile(
    r"(?i)^(?:application/(?!xhtml|xml)|text/(?!html|xml)|\.?(?:text|txt|json|csv|css|js)$|image/(?!svg)|audio/|video/|font/|multipart/)"
)
_JAVA_TEXT = frozenset({"str", "java.lang.String", "java.lang.CharSequence", "java.lang.Array"})


def apply_role(run: Run, role: CallRole, site: Site, *, certain: bool = True) -> Value:
    """Note what a call with this role does, and give its result."""
    if _applies(role, site):
        formats = any("format.text" in kinds for _, kinds in role.sinks)
        for wanted, kinds in role.sinks:
            for value in _in_format(site) if formats and wanted.onwards else site.values(wanted):
                for kind in kinds:
                    sink(run, kind, value, site, role)
    _further(run, role, site)
    if "template.render" in role.does:
        render(run, role, site)
    if "statement" in role.named:
        paste_named(run, role, site)
    note(run, role, site, certain=certain)
    for wanted, source in role.taints:
        _receive(run, site, wanted, source)
    for place, given in role.fills:
        _fill(run, site, place, given)
    _store(run, role, site, role.stores)
    called = _callbacks(run, role, site)
    if role.ends:
        return Value(name="(ends)")
    if role.makes is None:
        return _given_back(run, role, site, called)
    made = collection(role.makes, site)
    if role.makes == "merged" and site.arg_exprs:
        write_back(run, site.arg_exprs[0], made, site.env)
    return made


def _in_format(site: Site) -> list[Value]:
    """The arguments of `writer.printf(template, …)` as they stand in the template, also behind a locale."""
    at = next((number for number, one in enumerate(site.args) if isinstance((one.consts or (None,))[0], str)), None)
    return site.everything() if at is None else in_template(site.args[at], site.args[at + 1 :])


def _given_back(run: Run, role: CallRole, site: Site, called: Value | None) -> Value:
    if role.begins is not None:
        return _result(run, role, site, called).but(text=(role.begins, None))
    filled = rendered(role, site) if "engine" in role.named else None
    return filled if filled is not None else _result(run, role, site, called)


def _further(run: Run, role: CallRole, site: Site) -> None:
    """What the call means besides, by its properties."""
    for more in role.also:
        if _hold(more.when, more.unless, site.properties(role)):
            for wanted, kinds in more.sinks:
                for value, kind in product(site.values(wanted), kinds):
                    sink(run, kind, value, site, role)
            _store(run, role, site, more.stores)


def _store(run: Run, role: CallRole, site: Site, stores: Mapping[str, Argument | Fixed]) -> None:
    """Fields of the receiver are written."""
    if not stores or site.receiver is None or site.receiver_expr is None:
        return
    after = site.receiver
    for key, wanted in stores.items():
        name = _stored_name(key, role, site)
        if name is not None:
            value = constant(wanted.value) if isinstance(wanted, Fixed) else site.value(wanted) or UNKNOWN
            after = with_field(after, name, value)
    site.receiver = after
    write_back(run, site.receiver_expr, after, site.env)


def _applies(role: CallRole, site: Site) -> bool:
    """Whether the role's conditions on its properties hold, so that its arguments are sinks."""
    if not role.when and not role.unless:
        return True
    return _hold(role.when, role.unless, site.properties(role))


_PARSED = re.compile(r"Request\.(?:body|query|params|cookies)$")
_EVENT = re.compile(r"(?:(?:event|id|retry|message): ?[\w-]*\n)*data: ?")
"""How a message to an open page begins."""
_RAW_ANSWERS = frozenset({"end", "write"})
"""What Node's own answers are sent with: nothing calls them a page when no header does."""
_Conditions = Mapping[str, re.Pattern[str]]


def _hold(when: _Conditions, unless: _Conditions, given: Mapping[str, Value]) -> bool:
    return all(_matches(given, *one) for one in when.items()) and not any(
        _matches(given, *one) for one in unless.items()
    )


def _matches(given: Mapping[str, Value], name: str, pattern: re.Pattern[str]) -> bool:
    known = (words(given[name]) or _bases(given[name]) or tuple(given[name].types)) if name in given else ()
    return bool(known) and all(pattern.search(word) for word in known)


def _bases(given: Value) -> tuple[str, ...]:
    """What the classes of the program that a value can be are made from: `class Quoting(yaml.SafeLoader)`."""
    own = [ref for ref in given.refs if isinstance(ref, ClassInfo)]
    return tuple(" ".join(one.bases or ()) for one in own)


def sink(run: Run, kind: str, value: Value, site: Site, role: CallRole) -> None:
    """Note every unsafe data that reaches a sink."""
    if _is_harmless(run, kind, value, site, role):
        return
    if kind == "template.text" and is_redirect(value):
        redirect(run, value, site)
        return
    if kind == "nosql.text" and value.types and not value.types & _JAVA_TEXT:
        kind = "nosql.query"  # a document that was built, not written
    if kind == "html.text":
        value = _body(value) if run.language != "java" else _page(value, role)
    # An object given where text is expected is read by its keys, which have sinks of their own; fields that the
    # program names itself are no mass assignment.
    if kind in _TEXTUAL and "dict" in value.types:
        taints = value.taints
    elif kind == "command.argument":
        taints = merge_taints(*(all_taints(one, 3) for one in may_be_options(value, site, role)))
    elif kind in _WHOLE and (value.fields is not None or value.rest is not None):
        taints = _unnamed(value)
    else:
        taints = all_taints(_without_literals(value) if kind == "nosql.query" else value, 3)
    if not taints:
        return
    if kind in ADDRESSES and host_is_fixed(known_text(value)):
        return
    for taint, trail in taints.items():
        if taint.harms(kind):
            run.machine.functions.hit(run, kind, site, role.name, taint, trail, known_text(value))


def _is_script(run: Run) -> bool:
    return run.language in ("javascript", "typescript")


def _asks_shell(role: CallRole, site: Site) -> bool:
    """`spawn("git", words, { shell: true })`."""
    shell = site.properties(role).get("shell")
    return shell is not None and any(shell.consts or ())


def _unnamed(value: Value) -> Taints:
    """The data of an object whose fields the program did not name, or of such objects in a list."""
    item = value.rest
    if item is not None and item.fields is not None and (not value.fields or "list" in value.types):
        return merge_taints(value.taints, item.taints, item.rest.taints if item.rest is not None else NO_TAINTS)
    return merge_taints(value.taints, item.taints if item is not None else NO_TAINTS)


def _is_harmless(run: Run, kind: str, value: Value, site: Site, role: CallRole) -> bool:
    """Whether nothing comes of data there, whatever it holds."""
    if kind == "command.text":
        # Node joins a list to one text for a shell; Python hands its other items to the shell as parameters.
        return not (_is_script(run) and _asks_shell(role, site)) and runs_no_shell(value, site, role)
    if kind == "regex.pattern":  # a pattern that is only compiled: the question is whether it is one
        return "regex.compile" in role.does and site.node is run.alone
    if kind == "model.fields":
        return closes_fields(run, value)
    if kind == "ldap.name" and role.name.endswith(".LdapName"):  # a name that is the data as a whole is only parsed
        return not any(known_text(value))
    if kind != "html.text":
        return False
    if run.language in ("javascript", "typescript") and _is_object(value, site):
        return True
    return _is_no_page(site, role) or ("serialize.json" in role.does and run.machine.states_other_content(run.info))


def _is_object(value: Value, site: Site) -> bool:
    """Whether what is sent is all that a parser made of a request (an object, which goes out as JSON), a message to an
    open page, or JSON that no type of content calls a page."""
    if value.name is not None and _PARSED.search(value.name):
        return True
    start = known_text(value)[:1]
    if start and start[0] and _EVENT.match(start[0]):
        return True
    given = site.arg_exprs[0] if site.arg_exprs else None
    if isinstance(given, ir.Name):
        given = value.guard
    made_by = given.func if isinstance(given, ir.Call) and site.name in _RAW_ANSWERS else None
    return isinstance(made_by, ir.Attr) and made_by.name == "stringify"


def _stored_name(key: str, role: CallRole, site: Site) -> str | None:
    """The field that a call writes: `(name)` is the one that its property `name` says, `[name]` that with its case."""
    if key[0] not in "([":
        return key
    said = words(site.properties(role).get(key[1:-1], UNKNOWN))
    if said is None or len(said) != 1:
        return None
    return said[0].lower() if key[0] == "(" else said[0]


def _named_path(role: CallRole, site: Site, wanted: Argument) -> Argument:
    """A path with its `(name)` replaced by what the property says; all that is kept when it does not say."""
    if not any(key.startswith("(") for key in wanted.path):
        return wanted
    path = tuple(_stored_name(key, role, site) or "*" for key in wanted.path)
    return replace(wanted, path=path)


def _is_no_page(site: Site, role: CallRole) -> bool:
    """Whether the call states a type of content that browsers do not read as a page."""
    stated = site.properties(role).get("type")
    known = words(stated) if stated is not None else None
    return known is not None and all(_NO_PAGE.match(word) for word in known)


def _without_literals(value: Value) -> Value:
    """A query document without what `$eq` compares with: operators in there are data."""
    if not value.fields:
        return value
    return value.but(fields={k: _without_literals(v) for k, v in value.fields.items() if k not in _LITERAL})


def _body(value: Value) -> Value:
    """The part of a response that a browser shows: the first of a tuple with status and headers; no JSON."""
    if "tuple" in value.types and value.fields and 0 in value.fields:
        return _body(value.fields[0])
    if value.fields and "headers" in value.fields and any(kind.endswith("Response") for kind in value.types):
        value = value.but(fields={key: part for key, part in value.fields.items() if key != "headers"})
    return UNKNOWN if value.types & {"dict", "list", "tuple"} else value


def _page(value: Value, role: CallRole) -> Value:
    """What a browser shows of a body in Java: where objects are serialised, only text is sent as it is."""
    kinds = value.types - {"java.lang.Object"}
    return UNKNOWN if "serialize.json" in role.does and kinds and not kinds & _JAVA_TEXT else value


def note(run: Run, role: CallRole, site: Site, *, certain: bool = True) -> None:
    """Note a call with this role, and what the function around it does by it."""
    for act in role.does:
        run.acts.setdefault(act, (run.unit.path, site.node.start))
    if not role.does and not role.marks and not role.named:
        return
    if "cookie.set" in role.does and site.arg_exprs == [] and site.unpacked is not None:
        return  # `(...args) => response.cookie(...args)`: what is set is said elsewhere
    properties = site.properties(role)
    key = (
        run.unit.path,
        site.node.start,
        site.node.end,
        role.name,
        tuple((k, v.consts) for k, v in properties.items()),
    )
    seen = run.machine.seen.calls
    known = seen.get(key)
    if known is not None:
        if len(run.loops) > len(known.loops):
            known.loops = run.loops_here()
        return
    seen[key] = CallSeen(
        role, run.unit, run.info, site.node, properties, run.loops_here(), run.is_awaited(site.node),
        certain, site.receiver, tuple(site.args), tuple(run.withs),
    )  # fmt: skip


def _receive(run: Run, site: Site, wanted: object, source: str) -> None:
    expression = site.expression(wanted)  # type: ignore[arg-type]
    value = site.value(wanted)  # type: ignore[arg-type]
    if expression is None or value is None:
        return
    trail = station("source", run.unit.path, site.node.start, site.node.end, None)
    tainted = value.but(taints=merge_taints({Taint(source): trail}, value.taints), consts=None)
    write_back(run, expression, tainted, site.env)


def _fill(run: Run, site: Site, place: Argument, given: Argument) -> None:
    """An argument comes to hold data of another: `System.arraycopy(from, 0, to, 0, n)`."""
    expression, value = site.expression(place), site.value(place)
    taints = merge_taints(*(all_taints(one, 3) for one in site.values(given)))
    if expression is None or value is None or not taints:
        return
    filled = value.but(taints=merge_taints(value.taints, taints), consts=None)
    write_back(run, expression, filled, site.env)
    if place.keyword == "this":
        site.receiver = filled


def _callbacks(run: Run, role: CallRole, site: Site) -> Value | None:
    results: list[Value] = []
    handlers: list[Value] = []
    for wanted, kinds in role.calls:
        functions = site.values(wanted)
        for function in functions:
            for inner in _functions_in(function):
                given = [parameter_given(run, kind, site) for kind in kinds]
                if "http.middleware" in role.marks and len(inner.info.node.params) == len(kinds) + 1 == 4:
                    given.insert(
                        0, parameter_given(run, "source:exception.detail", site)
                    )  # Express tells error handlers so
                if role.marks and _ENTRY_MARKS.intersection(role.marks):
                    run.machine.register(run, inner, given, role, site, handlers)
                    handlers.append(function)
                else:
                    results.append(run.machine.functions.invoke(run, inner, given, {}, site.node))
    return join_all(results) if results else None


def _functions_in(value: Value) -> list[FunctionRef]:
    found = [ref for ref in value.refs if isinstance(ref, FunctionRef)]
    for part in (*(value.fields or {}).values(), *((value.rest,) if value.rest is not None else ())):
        if "list" in value.types:
            found += [ref for ref in part.refs if isinstance(ref, FunctionRef)]
    return found[:8]


def parameter_given(run: Run, kind: str, site: Site) -> Value:
    if kind.startswith("source:"):
        trail = station("source", run.unit.path, site.node.start, site.node.end, None)
        return Value({Taint(kind[7:]): trail})
    if kind == "element:this":
        return element(site.receiver) if site.receiver is not None else UNKNOWN
    if kind == "this":
        return site.receiver or UNKNOWN
    if kind.startswith("arg:"):
        return site.args[int(kind[4:])] if int(kind[4:]) < len(site.args) else UNKNOWN
    return Value(types=frozenset({kind})) if kind not in ("_", "any") else UNKNOWN


def _passed(role: CallRole, site: Site) -> Taints:
    if role.passes is not None:
        wanted = [_named_path(role, site, one) for one in role.passes]
        return merge_taints(*(all_taints(value, 3) for one in wanted for value in site.values(one)))
    if role.does and not role.cleans:
        return NO_TAINTS
    if role.name == "*.get":
        # `Event.get(key)` gives a record, `options.get(key)` an entry: neither is what it was asked for by.
        default = [*site.args[1:], *(value for key, value in site.keywords.items() if key == "default")]
        held = [site.receiver] if site.receiver is not None else []
        return merge_taints(*(all_taints(value, 3) for value in (*held, *default)))
    return merge_taints(*(all_taints(value, 3) for value in site.everything()))


def _result(run: Run, role: CallRole, site: Site, called: Value | None) -> Value:
    result = role.returns
    node = site.node
    if result is not None and result.argument is not None and not _is_other(result, site):
        value = site.value(result.argument)
        if value is None:
            return UNKNOWN
        if result.element:
            value = element(value)
        elif result.argument.keyword == "this" and site.receiver_expr is not None and not result.argument.path:
            value = _changed_receiver(run, role, site, value)
        return cleaned(value, role.cleans) if role.cleans else value
    taints = _handed_on(run, role, site)
    if role.source is not None:
        taints = merge_taints(
            {Taint(role.source).clean(role.cleans): station("source", run.unit.path, node.start, node.end, None)},
            taints,
        )
    types = _made_types(run, role)
    fields: dict[str | int, Value] | None = {} if any(holds_elements(kind) for kind in types) else None
    if "regex.compile" in role.does and site.args:
        fields = {"(pattern)": site.args[0], "(flags)": site.args[1] if len(site.args) > 1 else constant("")}
    if role.keeps:
        fields = _kept(role, site, fields)
    made = Value(taints, types=types, fields=fields, name=f"{role.name}()" if not types else None)
    made = Value(taints, types=_LIST, rest=made) if result is not None and result.several else made
    if called is not None and result is None:
        return called if not made.taints else called.but(taints=merge_taints(called.taints, made.taints))
    return made


def _handed_on(run: Run, role: CallRole, site: Site) -> Taints:
    """What of the given data is in what a call gives back, and by which station it came."""
    taints = _passed(role, site)
    if taints and ((role.name == "java.net.URL" and _is_given_host(site)) or _is_below_base(role, site)):
        taints = {taint.clean(ADDRESSES): trail for taint, trail in taints.items()}
    if role.restores:
        taints = {taint.restored(): trail for taint, trail in taints.items()}
    taints = _without_matches(role, site, taints)
    if joins(role.name):
        taints = at_root(taints)
    if role.cleans:
        cleans = (BETWEEN_TAGS,) if _keeps_quotes(role, site) else role.cleans
        cleans = (*cleans, QUOTED) if role.name in _QUOTES else cleans
        return {} if ALL in cleans else {t.clean(cleans): trail for t, trail in taints.items()}
    where = (run.unit.path, site.node.start, site.node.end)
    return {t: station("pass", *where, trail) for t, trail in taints.items()}


_QUOTES = frozenset({"shlex.quote", "pipes.quote"})


def _keeps_quotes(role: CallRole, site: Site) -> bool:
    """`html.escape(text, quote=False)`: fit between tags, and in no attribute."""
    quote = site.keywords.get("quote") or (site.args[1] if len(site.args) > 1 else None)
    return role.name == "html.escape" and quote is not None and quote.consts == (False,)


def _is_other(result: Result, site: Site) -> bool:
    """Whether a call that may give its argument back makes something of its own: `new PrintWriter(name)`."""
    value = site.value(result.argument) if result.argument is not None else None
    return result.type is not None and (value is None or not value.types or bool(value.types & _JAVA_TEXT))


def _without_matches(role: CallRole, site: Site, taints: Taints) -> Taints:
    """What is left of data after a regular expression's matches were replaced by text of the program."""
    if not taints or "regex.match" not in role.does or "replacement" not in role.named:
        return taints
    given = site.properties(role)
    pattern = given.get("pattern", UNKNOWN)
    said = words((pattern.fields or {}).get("(pattern)", pattern))
    put = words(given.get("replacement", UNKNOWN))
    if said is None or len(said) != 1 or put is None or not all(map(is_plain, put)):
        return taints
    cleared = cleared_by_removal(said[0])
    return {} if ALL in cleared else {taint.clean(cleared): trail for taint, trail in taints.items()}


def _kept(role: CallRole, site: Site, fields: dict[str | int, Value] | None) -> dict[str | int, Value] | None:
    """What the result carries on, with the fields that it has already."""
    for key, wanted in role.keeps.items():
        kept = site.value(wanted)
        if key[0] == "[":
            key = _stored_name(key, role, site) or key  # noqa: PLW2901
        if kept is not None or not _was_never_given(site, wanted):
            fields = {**(fields or {}), key: kept if kept is not None else UNKNOWN}
    return fields


def _was_never_given(site: Site, wanted: Argument) -> bool:
    """Whether it is known of the object that holds it that nothing set it: `HttpRequest.newBuilder(uri).build()`."""
    if not wanted.path:
        return False
    holder = site.value(replace(wanted, path=()))
    return holder is None or (holder.fields is not None and holder.rest is None)


def _is_given_host(site: Site) -> bool:
    """Whether an address of Java is made relative to another, or begins with a host or a scheme without one."""
    start = known_text(site.args[0])[:1] if site.args else ()
    return len(site.args) == 2 or bool(start and start[0] and FIXED_HOST.match(start[0]))


def _is_below_base(role: CallRole, site: Site) -> bool:
    """Whether an address is made of a base and a path that begins with a folder of the program's own:
    ``new URL(`assets/${name}`, service)``, `urljoin(service, f"assets/{name}")`."""
    at = _BELOW.get(role.name)
    if at is None or len(site.args) <= 1:
        return False
    start = known_text(site.args[at])[0]
    return start is not None and OWN_FOLDER.match(start) is not None


_BELOW = {"URL": 0, "url.URL": 0, "urllib.parse.urljoin": 1}
"""What resolves a path against a base, and which argument the path is."""


def _made_types(run: Run, role: CallRole) -> frozenset[str]:
    """The type that a role states for its result; a class that is called makes one of its own."""
    if role.returns is not None and role.returns.type is not None:
        return frozenset({role.returns.type})
    return frozenset({role.name}) if role.returns is None and role.name in run.machine.roles.bases else NO_TYPES


def _changed_receiver(run: Run, role: CallRole, site: Site, value: Value) -> Value:
    passed = _passed(role, site) if role.passes is not None or not role.does else NO_TAINTS
    if not passed or site.receiver_expr is None:
        return value
    changed = value.but(taints=merge_taints(value.taints, passed))
    write_back(run, site.receiver_expr, changed, site.env)
    return changed
