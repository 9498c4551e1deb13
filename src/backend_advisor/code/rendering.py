"""Pages that a program fills: data that a template prints without escaping it, and views that handlers name."""

from backend_advisor.code import ir
from backend_advisor.code.addresses import FIXED_HOST
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.roles import Argument, CallRole
from backend_advisor.code.run import Run
from backend_advisor.code.seen import Handler
from backend_advisor.code.shapes import at_path
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.template_languages import read_template
from backend_advisor.code.values import UNKNOWN, Value, all_taints, known_text, words

_SINK = "html.text"
_TEXT = frozenset({"str"})
_RETURNED = 'return "redirect:"'
REDIRECT = "redirect:"
"""The beginning of a view's name that makes Spring redirect to what follows."""
VIEW_NAME = "view:name"
"""The field under which a `ModelAndView` keeps the name of its view."""
_VIEW = frozenset({"String", "CharSequence", "Object", "ModelAndView"})
_MODEL = frozenset(
    {"org.springframework.ui.Model", "org.springframework.ui.ModelMap", "org.springframework.ui.ExtendedModelMap"}
)


def render(run: Run, role: CallRole, site: Site) -> None:
    """A template is filled: what it prints as it is goes to the browser."""
    properties = site.properties(role)
    template, context = properties.get("template"), properties.get("context")
    if template is None or context is None:
        return
    # A request may stand before the name.
    for name in (*(words(template) or ()), *(words(properties.get("second", UNKNOWN)) or ())):
        fill(run, name, context, site)
    if run.language in {"javascript", "typescript"} and _is_whole_input(site.expression(Argument(1))):
        # Express hands the engine its options in the same object: with all of a body, the client sets them.
        for taint, trail in all_taints(context, 1).items():
            if taint.harms("template.text"):
                run.machine.functions.hit(run, "template.text", site, role.name, taint.doubted(), trail, (None,))


def rendered(role: CallRole, site: Site) -> Value | None:
    """What a template whose text stands in the code makes of its context: with what it prints as it is."""
    properties = site.properties(role)
    engine, context = words(properties.get("engine", UNKNOWN)), properties.get("context")
    text = "".join(part or "" for part in known_text(properties.get("text", UNKNOWN)))
    if engine is None or context is None or not text:
        return None
    if properties.get("raw", UNKNOWN).consts == (True,):
        return Value(all_taints(context, 3), types=_TEXT)
    suffix = engine[0]
    if suffix == ".lodash":  # as in EJS, with what escapes and what does not the other way round
        suffix, text = ".ejs", text.replace("<%-", "<%#").replace("<%=", "<%-")
    outputs = read_template(f"text{suffix}", text).outputs
    return Value(merge_taints(*(at_path(context, one.path) for one in outputs)), types=_TEXT)


def _is_whole_input(expression: ir.Expr | None) -> bool:
    """Whether an object is all that the client sent, or holds all of it."""
    if isinstance(expression, ir.Mapping):
        return any(key is None and _is_whole_input(value) for key, value in expression.pairs)
    if isinstance(expression, ir.Spread):
        return _is_whole_input(expression.value)
    return isinstance(expression, ir.Attr) and expression.name in {"body", "query", "params"}


def fill(run: Run, name: str, context: Value, site: Site) -> None:
    """Note the client's data that the template of this name prints as it is."""
    for template, output in run.machine.program.templates.printed(name, run.unit.path):
        if output.direct:
            continue
        place = f"{template.path.rpartition('/')[2]}:{output.line}"
        for taint, trail in at_path(context, output.path).items():
            if taint.harms(_SINK):
                run.machine.functions.hit(run, _SINK, site, place, taint, trail, (None,))


def show_page(run: Run, page: Value) -> None:
    """The page that a decorator names for a handler, filled with what the handler gives: `@template("card.html")`."""
    for node, value in zip(run.return_nodes, run.returns, strict=False):
        for name in words(page) or ():
            fill(run, name, value, Site(node, "return", None, None, [value], []))


def names_view(info: FunctionInfo, handler: Handler) -> bool:
    """Whether a handler gives the name of a view, not the body of an answer."""
    stated = info.node.returns
    return (
        info.unit.language == "java"
        and "http.handler" in handler.marks
        and handler.result is None
        and stated is not None
        and stated.name.rpartition(".")[2] in _VIEW
    )


def show_views(run: Run, info: FunctionInfo) -> None:
    """The views that a handler names: the pages they fill, and where they redirect to."""
    for node, value, state in zip(run.return_nodes, run.returns, run.ends, strict=False):
        site = Site(node, "return", None, None, [value], [])
        view = (value.fields or {}).get(VIEW_NAME)
        if view is not None:
            for name in words(view) or ():
                fill(run, name, value, site)
            continue
        redirect(run, value, site)
        for shown in value.consts or ():
            for param in info.node.params if isinstance(shown, str) and not shown.startswith(REDIRECT) else ():
                held = state.get(param.name)
                if held is not None and held.types & _MODEL:
                    fill(run, str(shown), held, site)


def redirect(run: Run, view: Value, site: Site) -> None:
    """Spring sends the browser to what follows `redirect:`."""
    start = (known_text(view) or (None,))[0]
    if start is not None and (not start.startswith(REDIRECT) or FIXED_HOST.match(start.removeprefix(REDIRECT))):
        return
    for taint, trail in all_taints(view, 1).items():
        if taint.harms("redirect.url"):
            run.machine.functions.hit(run, "redirect.url", site, _RETURNED, taint, trail, known_text(view))


def is_redirect(view: Value) -> bool:
    """Whether the name of a view is an address to redirect to."""
    start = (known_text(view) or (None,))[0]
    return start is not None and start.startswith(REDIRECT)


__all__ = ["fill", "is_redirect", "names_view", "redirect", "render", "rendered", "show_views"]
