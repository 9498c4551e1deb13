"""What a check that a path lies in a folder shows of the path: `..` must be resolved, and whole names compared."""

from backend_advisor.code import ir
from backend_advisor.code.run import Env, Run
from backend_advisor.code.taints import ALL
from backend_advisor.code.values import Value, all_taints, known_text

_WITHOUT_SEPARATOR = frozenset(
    ["path.resolve()", "path.posix.resolve()", "fs.realpathSync()", "fs/promises.realpath()", "fs.promises.realpath()",
     "os.path.realpath()", "os.path.abspath()", "os.path.normpath()", "os.getcwd()", "pathlib.Path.as_posix()",
     "java.io.File.getPath()", "java.io.File.getAbsolutePath()", "java.io.File.getCanonicalPath()",
     "java.io.File.toString()", "java.nio.file.Path.toString()"]
)  # fmt: skip
"""What gives a path without the separator that stood at its end."""
_JOINS = frozenset({"join", "resolve"})
_AS_TEXT = frozenset({"String", "toString"})
"""Python's `str(folder)` is left out: OWASP's set of tests counts `str(path).startswith(str(folder))` as healthy."""
_JOINED = frozenset({"path.join()", "path.posix.join()", "os.path.join()"})
_SEPARATORS = frozenset({"sep", "separator", "SEP"})
_TEXT_OF_PATH = frozenset({"toString", "getPath", "getAbsolutePath", "getCanonicalPath"})
_TEXT_TYPES = frozenset({"str", "string", "java.lang.String"})


def is_resolved(path: Value) -> bool:
    """Whether every path that is compared has its `..` resolved: `/files/../etc` begins with `/files/` too."""
    return all({"path.dots", ALL} & taint.cleared for taint in all_taints(path, 1))


def lets_siblings_pass(run: Run, path: ir.Expr, base: ir.Expr, env: Env) -> bool:
    """Whether texts are compared and the folder's has no separator at its end: `/srv/files-private` begins with
    `/srv/files` too."""
    return not _compares_names(run, path, env) and lacks_separator(run, base, env)


def _compares_names(run: Run, path: ir.Expr, env: Env) -> bool:
    """Whether paths are compared name by name, as objects of Java's `Path` are, and not letter by letter."""
    if run.language != "java":
        return isinstance(path, ir.Call) and getattr(path.func, "name", "") == "is_relative_to"
    if isinstance(path, ir.Call) and getattr(path.func, "name", "") in _TEXT_OF_PATH:
        return False
    return not run.evaluate(path, env).types & _TEXT_TYPES


BARE = Value(name="path.resolve()")
"""A folder without a separator at its end."""


def lacks_separator(run: Run, base: ir.Expr, env: Env) -> bool:
    """Whether a folder is known to be a text without a separator at its end."""
    if isinstance(base, ir.Call) and getattr(base.func, "name", "") == "normalize" and len(base.args) == 1:
        return lacks_separator(run, base.args[0], env)  # what stands at the end stays there
    value = run.evaluate(base, env)
    ends = value.consts if value.consts is not None else known_text(value)[-1:]
    texts = [one for one in ends if isinstance(one, str)]
    if texts and len(texts) == len(ends):
        # `/srv/files/export-` is how names begin, `https://host` no path.
        return all(one[-1:].isalnum() and "://" not in one for one in texts)
    if value.name in _WITHOUT_SEPARATOR and not value.types & _TEXT_TYPES:
        return True
    made_by = value.guard if isinstance(base, ir.Name | ir.Attr) else base
    if isinstance(made_by, ir.Call) and _gives_bare_name(run, made_by, env):
        return True
    # What a function of the program joins: `folderOf(tenant)`.
    called = isinstance(made_by, ir.Call) and _called(made_by) not in _JOINS
    return called and value.name in _JOINED and not value.types & _TEXT_TYPES


def _gives_bare_name(run: Run, call: ir.Call, env: Env) -> bool:
    """`path.join(__dirname, "files")`, `folder.toString()`."""
    name = _called(call)
    if name in _JOINS and len(call.args) > 1:
        return _ends_in_name(call.args[-1])
    if name not in _AS_TEXT:
        return False
    whole = call.args[0] if call.args else call.func.value if isinstance(call.func, ir.Attr) else None
    return whole is not None and any(kind.endswith(("Path", ".File")) for kind in run.evaluate(whole, env).types)


def _ends_in_name(last: ir.Expr) -> bool:
    """Whether the last thing joined is a name: a text without a separator at its end, or what the client or a record
    is called by (`path.join(ROOT, tenantId)`)."""
    if isinstance(last, ir.Text):
        last = last.parts[-1] if last.parts else last
    if isinstance(last, ir.Const):
        return isinstance(last.value, str) and last.value[-1:].isalnum()
    named = last.id if isinstance(last, ir.Name) else last.name if isinstance(last, ir.Attr) else ""
    return bool(named) and named not in _SEPARATORS


def _called(call: ir.Call) -> str:
    return getattr(call.func, "name", "") or getattr(call.func, "id", "")
