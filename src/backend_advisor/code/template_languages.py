"""Languages of templates: where a page prints a value without escaping it, and under which names."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backend_advisor.code.jsp import escaped, given_to_tags, handed_on, kept
from backend_advisor.paths import suffix_of

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """A value printed as it is: the names under which the page's data holds it, and where it stands.

    `direct` tells that the template itself reads it from the request.
    """

    path: Path
    start: int
    end: int
    line: int
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One template: what it prints as it is, and the templates that it is put together with."""

    path: str
    outputs: tuple[Output, ...]
    others: tuple[str, ...] = ()
    handed: frozenset[tuple[str, str]] = frozenset()
    """The parameters that it gives to the pages that it includes: file names and names of parameters."""
    is_text: bool = False
    """Whether it switches escaping off and writes no tag at all: the text of a mail."""


_SWITCHES_OFF = re.compile(r"\{%-?\s*autoescape\s+(?:off|false)\b")
_HTML = re.compile(r"<[A-Za-z!/]")
_KEY = r"\w+|\$\w+"
_ACCESS = re.compile(r"\.?([A-Za-z_$][\w$]*)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|[^\]]*)\]|\.(\d+)")
_PLAIN_CALL = re.compile(
    r"\.(?:toString|trim|items|values|all|toUpperCase|toLowerCase|strip|upper|lower)\(\)|(?<=\.items)\b|!$"
)
_GETTER = re.compile(r"\.get([A-Z]\w*)\(\)")
_WHOLE = re.compile(r"^[A-Za-z_$][\w$]*(?:\.[\w$]+|\[[^\[\]()]*\])*$")
_CHOICE = re.compile(r"^[^?]*?\?(?![?:.])")
"""What decides between two values is not printed."""
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")


def _path(expression: str, known: Mapping[str, Path]) -> Path | None:
    """The names that an expression reads, None when it does more than read."""
    text = _GETTER.sub(lambda found: f".{found[1][0].lower()}{found[1][1:]}", expression.strip())
    text = _PLAIN_CALL.sub("", text).strip()
    if not _WHOLE.match(text):
        return None
    keys: list[str] = []
    for name, one, other, number in _ACCESS.findall(text):
        keys.append(name or one or other or number or "*")
    first = known.get(keys[0])
    if first is not None:
        keys[:1] = first
    return tuple(keys)


def _readings(expression: str, known: Mapping[str, Path]) -> Iterator[Path]:
    """The paths that an expression of a script language can print: alternatives and joined texts."""
    plain = _CHOICE.sub("", _LITERAL.sub("", expression))
    for part in re.split(r"\|\||\?\?|\+|\?|:" if "?" in plain else r"\|\||\+", plain):
        path = _path(part, known)
        if path is not None:
            yield path


class _Reader:
    """Reads one template; `known` are names that stand for others, such as those of loops."""

    def __init__(self, text: str, *, escapes: bool = True) -> None:
        self.text = text
        self.escapes = escapes
        self.known: dict[str, Path] = {}
        self.outputs: list[Output] = []
        self.others: list[str] = []
        self.handed: set[tuple[str, str]] = set()

    def printed(self, expression: str, found: re.Match[str], *, direct: bool = False) -> None:
        """Note what an expression prints."""
        for path in _readings(expression, self.known):
            self.note(path, found, direct=direct)

    def note(self, path: Path, found: re.Match[str], *, direct: bool = False) -> None:
        """Note one value that is printed."""
        if len(self.outputs) >= _MOST:
            return
        line = self.text.count("\n", 0, found.start()) + 1
        start, end = (len(self.text[:at].encode("utf-8", "surrogatepass")) for at in found.span())
        self.outputs.append(Output(path, start, end, line, direct))

    def loop(self, name: str, over: str) -> None:
        """Note that a name stands for any element of a collection."""
        path = _path(over, self.known)
        if path is not None:
            self.known[name] = (*path, "*")


_EJS = re.compile(
    r"<%[-_]?\s*(?:for\s*\(\s*(?:const|let|var)\s+(?P<each>\w+)\s+of\s+(?P<over>[\w.$]+)"
    r"|(?P<over2>[\w.$]+)\.(?:forEach|map)\(\s*(?:async\s*)?(?:function\s*)?\(?\s*(?P<each2>\w+))"
    r"|<%-\s*include\(?\s*['\"](?P<include>[^'\"]+)['\"]|<%-(?P<raw>[^%]{0,500}(?:%(?!>)[^%]{0,500}){0,4})%>"
)


def _ejs(reader: _Reader) -> None:
    for found in _EJS.finditer(reader.text):
        if found["include"]:
            reader.others.append(found["include"])
        elif found["raw"] is not None:
            reader.printed(found["raw"].strip().removesuffix("-").removesuffix("_"), found)
        else:
            reader.loop(found["each"] or found["each2"], found["over"] or found["over2"])


_TAG = re.compile(r"\{%-?\s*(?P<word>\w+)\s*(?P<rest>[^{}]{0,800}?)-?%\}|\{\{-?(?P<out>[^{}]{0,800}?)-?\}\}", re.DOTALL)
_EACH = re.compile(r"([\w, ]+?)\s+in\s+([\w.$]+(?:\(\))?)")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_HARMLESS = frozenset(
    "default default_if_none title upper lower capitalize capfirst trim truncate truncatechars truncatewords first "
    "last join string safe replace".split()
)
_REQUEST = re.compile(r"^request\.(?:args|form|values|cookies|GET|POST|COOKIES|query_params)\b")


def _jinja(reader: _Reader) -> None:
    """Jinja, Django, Nunjucks: `|safe`, and regions where escaping is off."""
    off = 0 if reader.escapes else 1
    for found in _TAG.finditer(reader.text):
        word, rest = found["word"], found["rest"] or ""
        if word in ("include", "extends", "import"):
            name = _QUOTED.match(rest)
            if name is not None and word != "import":
                reader.others.append(name[1])
        elif word == "for":
            each = _EACH.match(rest)
            names, over = each.groups() if each is not None else ("", "")
            for one in filter(None, names.split(",")):
                reader.loop(one.strip(), over.removesuffix("()"))
        elif word == "autoescape":
            off = off + 1 if re.match(r"(?i)off|false", rest) else off
        elif word == "endautoescape":
            off = max(off - 1, 0)
        elif found["out"] is not None:
            _jinja_output(reader, found, off > 0)


def _jinja_output(reader: _Reader, found: re.Match[str], off: bool) -> None:
    expression, *filters = (part.strip() for part in found["out"].split("|"))
    names = [one.partition("(")[0].partition(":")[0].strip() for one in filters]
    if "safe" in names:
        names = names[: names.index("safe")]
    elif not off:
        return
    if all(name in _HARMLESS for name in names):
        reader.printed(expression, found, direct=_REQUEST.match(expression) is not None)


_BARS = re.compile(
    r"\{\{#(?P<block>each|with)\s+(?P<over>[\w./@]+)[^{}]{0,200}\}\}|\{\{/(?P<end>each|with)\}\}|\{\{>\s*(?P<partial>[\w./-]+)"
    r"|\{\{\{\s*(?P<raw>[\w./@\[\]]+)\s*\}\}\}|\{\{&\s*(?P<amp>[\w./]+)\s*\}\}"
)


def _handlebars(reader: _Reader) -> None:
    at: list[Path] = [()]
    for found in _BARS.finditer(reader.text):
        if found["block"]:
            inside = _bars_path(found["over"], at)
            at.append((*inside, "*") if found["block"] == "each" else inside)
        elif found["end"]:
            at = at[:-1] or [()]
        elif found["partial"]:
            reader.others.append(found["partial"])
        else:
            reader.note(_bars_path(found["raw"] or found["amp"], at), found)


def _bars_path(text: str, at: list[Path]) -> Path:
    up = text.count("../")
    here = at[max(len(at) - 1 - up, 0)]
    keys = [key.strip("[]") for key in re.split(r"[./]", text.replace("../", "")) if key not in ("this", "", "@root")]
    return tuple(keys) if text.startswith("@root") else (*here, *keys)


_PUG = re.compile(
    r"^[ \t]*(?:each|for)\s+(?P<each>\w+)(?:\s*,\s*\w+)?\s+in\s+(?P<over>[\w.$]+)"
    r"|^[ \t]*(?:include|extends)\s+(?P<other>[\w./-]+)"
    r"|!\{(?P<raw>[^{}]{0,300})\}|^[ \t]*[\w.#-]{0,200}(?:\([^()\n]{0,500}\))?!=\s*(?P<line>[^\n]*)",
    re.MULTILINE,
)


def _pug(reader: _Reader) -> None:
    for found in _PUG.finditer(reader.text):
        if found["each"]:
            reader.loop(found["each"], found["over"])
        elif found["other"]:
            reader.others.append(found["other"])
        else:
            reader.printed(found["raw"] if found["raw"] is not None else found["line"], found)


_THYMELEAF = re.compile(
    r"th:each\s*=\s*\"\s*(?P<each>\w+)(?:\s*,\s*\w+)?\s*:\s*\$\{(?P<over>[^{}]{0,300})\}"
    r"|th:(?:replace|insert|include)\s*=\s*\"~?\{?\s*(?P<other>[\w/.-]+)"
    r"|th:utext\s*=\s*\"(?P<attribute>[^\"]{0,500})\"|\[\((?P<inline>[^\[\]]{0,300}?)\)\]"
)
_HOLES = re.compile(r"\$\{([^{}]*)\}")


def _thymeleaf(reader: _Reader) -> None:
    for found in _THYMELEAF.finditer(reader.text):
        if found["each"]:
            reader.loop(found["each"], found["over"])
        elif found["other"]:
            reader.others.append(found["other"])
        else:
            for hole in _HOLES.findall(found["attribute"] or found["inline"] or ""):
                direct = re.match(r"(?:#?param|#request)\.\w", hole) is not None
                reader.printed(hole.removeprefix("#"), found, direct=direct)


_JSP_ALIAS = re.compile(
    r"(\w+)\s*=\s*(?:\([\w<>.\[\] ?]+\)\s*)?request\.(getAttribute|getParameter)\(\s*\"([^\"]+)\"\s*\)"
)
_JSP = re.compile(
    r"<\w{1,20}:forEach(?P<tag>[^<>]{0,500})>"
    r"|<\w{1,20}:\w+(?:[^<>\"']|\"(?:[^\"<]|<%[^%<]{0,300}%>){0,300}\"|'(?:[^'<]|<%[^%<]{0,300}%>){0,300}'){0,300}>"
    r"|<%@\s*include\s+file\s*=\s*\"(?P<other>[^\"]+)\"|<%=(?P<script>[^%<]{0,300})%>|\$\{(?P<el>[^{}]{0,300})\}",
    re.DOTALL,
)
_JSP_EACH = re.compile(
    r"items\s*=\s*\"\$\{([^}]*)\}\".*?var\s*=\s*\"(\w+)\"|var\s*=\s*\"(\w+)\".*?items\s*=\s*\"\$\{([^}]*)\}\"",
    re.DOTALL,
)
_JSP_READ = re.compile(r"^(?:\([\w<>.]+\)\s*)?request\.(getAttribute|getParameter|getHeader)\(\s*\"([^\"]+)\"\s*\)$")


def _jsp(reader: _Reader) -> None:
    """JSP escapes nothing by itself."""
    parameters = set()
    clean = escaped(reader.text)
    for name, how, attribute in _JSP_ALIAS.findall(reader.text):
        reader.known[name] = (attribute,)
        if how == "getParameter":
            parameters.add(name)
    reader.handed.update(handed_on(reader.text))
    apart = [*kept(reader.text), *given_to_tags(reader.text)]
    for found in _JSP.finditer(reader.text):
        if any(start <= found.start() < end for start, end in apart):
            continue
        if found["tag"] is not None:
            each = _JSP_EACH.search(found["tag"])
            if each is not None:
                reader.loop(each[2] or each[3], each[1] or each[4])
        elif found["other"]:
            reader.others.append(found["other"])
        elif found["script"] is not None:
            script = found["script"].strip().rstrip(";")
            read = _JSP_READ.match(script)
            if script in clean:
                continue
            if read is not None:
                reader.note((read[2],), found, direct=read[1] != "getAttribute")
            else:
                reader.printed(script, found, direct=script in parameters)
        elif found["el"] is not None:
            text = re.sub(r"^(?:requestScope|sessionScope)\.", "", found["el"].strip())
            reader.printed(text, found, direct=re.match(r"(?:param|header|cookie)\b[.\[]", text) is not None)


_FREEMARKER = re.compile(
    r"<#list\s+(?P<over>[\w.]+)\s+as\s+(?P<each>\w+)|<#include\s+\"(?P<other>[^\"]+)\"|\$\{(?P<out>[^{}]{0,300})\}"
)


def _freemarker(reader: _Reader) -> None:
    """FreeMarker escapes in files named `.ftlh`, and where the template says so."""
    escapes = re.search(r"<#escape|output_format\s*=\s*\"(?:HTML|XHTML)", reader.text) is not None
    for found in _FREEMARKER.finditer(reader.text):
        if found["each"]:
            reader.loop(found["each"], found["over"])
        elif found["other"]:
            reader.others.append(found["other"])
        else:
            name, *built_in = found["out"].replace("!", "").split("?")
            if "no_esc" in built_in or (not escapes and not built_in):
                reader.printed(name, found)


def _freemarker_html(reader: _Reader) -> None:
    for found in re.finditer(r"\$\{([\w.]+)\?no_esc\}", reader.text):
        reader.printed(found[1], found)


_VELOCITY = re.compile(
    r"#foreach\s*\(\s*\$(?P<each>\w+)\s+in\s+\$(?P<over>[\w.]+)|\$!?\{?(?P<out>[A-Za-z][\w.]*)\}?(?!\w*\()"
)


def _velocity(reader: _Reader) -> None:
    for found in _VELOCITY.finditer(reader.text):
        if found["each"]:
            reader.loop(found["each"], found["over"])
        else:
            reader.printed(found["out"], found)


def _html(reader: _Reader) -> None:
    """The engine of an HTML file shows in what it holds."""
    if "th:" in reader.text or "[(${" in reader.text:
        _thymeleaf(reader)
    elif "{{{" in reader.text and "{%" not in reader.text:
        _handlebars(reader)
    elif "<%" in reader.text and "{%" not in reader.text:
        _ejs(reader)
    else:
        _jinja(reader)


ENGINES: dict[str, Callable[[_Reader], None]] = {
    **dict.fromkeys((".ejs", ".eta"), _ejs),
    **dict.fromkeys((".jinja", ".jinja2", ".j2", ".njk", ".nunjucks", ".swig", ".twig"), _jinja),
    **dict.fromkeys((".hbs", ".handlebars", ".mustache"), _handlebars),
    **dict.fromkeys((".pug", ".jade"), _pug),
    **dict.fromkeys((".jsp", ".jspf", ".tag"), _jsp),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _html),
    ".ftl": _freemarker,
    ".ftlh": _freemarker_html,
    ".vm": _velocity,
}
_MARKS = re.compile(r"<%-|\|\s*safe\b|autoescape\s+(?:off|false)|\{\{\{|\{\{&|th:utext|\[\(\$\{", re.IGNORECASE)
_BARE = {
    ".pug": re.compile(r"!=|!\{"),
    ".jade": re.compile(r"!=|!\{"),
    **dict.fromkeys((".jsp", ".jspf", ".tag", ".ftl", ".ftlh", ".vm"), re.compile(r"<%=|\$")),
}
"""How languages of templates print something as it is, where it is not one of the usual marks."""
_JOINS = re.compile(
    r"\{%-?\s*(?:extends|include)\b|<%-\s*include|\{\{>|^\s*(?:extends|include)\b|th:(?:replace|insert)|<%@\s*include",
    re.MULTILINE,
)
_MARKING = ("<%-", "safe", "autoescape", "{{{", "{{&", "th:utext", "[(${")
_JOINING = ("extends", "include", "{{>", "th:replace", "th:insert")
"""A word of every match of the marks and of the joins: words are quicker to look for than patterns."""
_OFF = re.compile(r"autoescape['\"]?\s*[:=]\s*(?:False|false)")
_SETS_UP = re.compile(r"nunjucks\.configure|swig\.setDefaults|aiohttp_jinja2")
_LONGEST = 400_000
_MOST = 200


def escapes_nothing(code: str) -> bool:
    """Whether a file of code sets up the engine of its pages without escaping."""
    return _OFF.search(code) is not None and _SETS_UP.search(code) is not None


@lru_cache(maxsize=4096)
def may_print_unescaped(name: str, text: str, *, escapes: bool = True) -> bool:
    """Whether a file is a template that prints something as it is, or is put together with others.

    `escapes` tells that the engine of the tree's pages escapes by itself.
    """
    suffix = suffix_of(name).lower()
    if suffix not in ENGINES or len(text) > _LONGEST:
        return False
    if not escapes and "{{" in text:
        return True
    bare = _BARE.get(suffix)
    if bare is not None and bare.search(text) is not None:
        return True
    if bare is None and any(word in text.lower() for word in _MARKING) and _MARKS.search(text) is not None:
        return True
    return any(word in text for word in _JOINING) and _JOINS.search(text) is not None


def read_template(path: str, text: str, *, escapes: bool = True) -> Template:
    """What a template prints without escaping it."""
    reader = _Reader(text, escapes=escapes)
    ENGINES[suffix_of(path).lower()](reader)
    others, handed = tuple(dict.fromkeys(reader.others)), frozenset(reader.handed)
    is_text = _SWITCHES_OFF.search(text) is not None and _HTML.search(text) is None
    return Template(path, tuple(reader.outputs), others, handed, is_text)
