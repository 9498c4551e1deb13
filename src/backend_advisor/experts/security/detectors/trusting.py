"""What Java gives a connection to trust anybody with: checks that find nothing, and objects of libraries (SEC306)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import everything, name_of, within
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext

_ABOUT = (
    b"checkServerTrusted", b"ostnameVerif", b"OSTNAME_VERIF", b"InsecureTrust", b"rustAll", b"AcceptAll",
    b"TrustStrategy", b"TrustMaterial", b"etVerifyHost", b".ssl.trust", b"disableEndpointIdentification",
)  # fmt: skip
_CONSTANTS = re.compile(
    r"(?:^|\.)(?:InsecureTrustManagerFactory\.INSTANCE|NoopHostnameVerifier\.INSTANCE|TrustAllStrategy\.INSTANCE|"
    r"(?:SSLConnectionSocketFactory\.|SSLSocketFactory\.)?ALLOW_ALL_HOSTNAME_VERIFIER|TrustAllManager\.INSTANCE|"
    r"TrustAllCertificates\.INSTANCE)$"
)
"""Objects of Netty, Apache HttpClient and others that accept whatever they are shown."""
_GIVES = re.compile(r"(?:^|\.)(?:getAcceptAllTrustManager|createTrustAllManager)$")
_SETS = {"setTrustAll": True, "trustAll": True, "setVerifyHost": False, "setHostnameVerification": False}
"""Options of Vert.x and of clients built on it, and the value that switches the check off."""
_PROPERTIES = {
    "mail.smtp.ssl.trust": "*", "mail.smtps.ssl.trust": "*", "mail.imap.ssl.trust": "*", "mail.imaps.ssl.trust": "*",
    "jdk.internal.httpclient.disableHostnameVerification": "true",
    "com.sun.jndi.ldap.object.disableEndpointIdentification": "true",
}  # fmt: skip
"""Properties of the mail client and of the JDK that switch a check off, and their value."""
_PAIR = 2
_TAKES_STRATEGY = frozenset({"loadTrustMaterial", "withTrustMaterial", "trustStrategy"})
_FAILURES = frozenset({"CertificateException", "GeneralSecurityException", "Exception", "Throwable"})
"""What a real check of a certificate throws; caught and forgotten, it has checked nothing."""
_EMPTY = frozenset({"isEmpty", "isBlank", "isNull", "nonNull", "isNotEmpty"})
_TELLS = frozenset({"trace", "debug", "info", "warn", "error", "log", "fine", "finer", "warning", "println", "d", "i"})
_LOGGER = re.compile(r"(?i)^(?:\w*log(?:ger)?|out|err)$")
_VERIFIES = re.compile(r"hostnameVerifier$", re.IGNORECASE)


def trusting(context: CodeContext) -> Iterator[Match]:
    """Places in Java where a certificate, or the name in it, is checked by nothing."""
    for unit in context.program.units.values():
        if unit.language == "java" and any(word in unit.module.source for word in _ABOUT):
            yield from _written(context, unit)
            for node in everything(unit.module.body):
                if isinstance(node, ir.Attr | ir.Name | ir.Call) and _trusts(node):
                    yield Match(location=context.location(unit, node), values={"text": _short(node)})


def _short(node: ir.Node) -> str:
    return dotted(node)[:60] if isinstance(node, ir.Expr) else ""


def _written(context: CodeContext, unit: Unit) -> Iterator[Match]:
    """The program's own checks that find nothing."""
    for info in unit.functions:
        body = info.node.body
        if info.node.name == "checkServerTrusted":
            empty = not any(_refuses(one) for one in body)
        elif info.node.name in ("verify", "isTrusted") and len(info.node.params) == 2 and _only_true(_silent(body)):
            bases = " ".join(dotted(base) for base in info.owner.node.bases) if info.owner is not None else ""
            empty = "HostnameVerifier" in bases or "TrustStrategy" in bases
        else:
            continue
        if empty:
            yield Match(location=context.location(unit, info.node), values={"text": info.name})


def _refuses(statement: ir.Stmt) -> bool:
    """Whether a statement can turn a certificate down: not a line in the log, nor a test that something was shown."""
    if isinstance(statement, ir.Do):
        return not _logs(statement)
    if isinstance(statement, ir.If):
        if _only_asks_whether_given(statement.test):
            return any(
                _refuses(one) for one in (*statement.then, *statement.otherwise) if not isinstance(one, ir.Throw)
            )
        return True
    if isinstance(statement, ir.Try):
        heard = any(isinstance(one, ir.Throw) for handler in statement.handlers for one in within(*handler.body))
        forgets = bool(statement.handlers) and all(not any(map(_refuses, one.body)) for one in statement.handlers)
        caught = {name_of(kind) for handler in statement.handlers for kind in handler.types}
        return heard or not (forgets and caught & _FAILURES)
    return isinstance(statement, ir.Throw | ir.For | ir.While | ir.Switch)


def _only_asks_whether_given(test: ir.Expr) -> bool:
    """`chain == null || chain.length == 0`."""
    if isinstance(test, ir.Logic):
        return all(_only_asks_whether_given(one) for one in test.operands)
    if isinstance(test, ir.Unary):
        return _only_asks_whether_given(test.operand)
    if isinstance(test, ir.Call):
        return name_of(test.func) in _EMPTY
    if not isinstance(test, ir.Binary) or not isinstance(test.right, ir.Const):
        return False
    return test.right.value is None or (isinstance(test.right.value, int) and name_of(test.left) in ("length", "size"))


def _silent(body: list[ir.Stmt]) -> list[ir.Stmt]:
    """A body without its lines in the log."""
    return [one for one in body if not (isinstance(one, ir.Do) and _logs(one))]


def _logs(statement: ir.Do) -> bool:
    call = statement.value
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr):
        return False
    return call.func.name in _TELLS and _LOGGER.search(name_of(call.func.value)) is not None


def _trusts(node: ir.Attr | ir.Name | ir.Call) -> bool:
    if not isinstance(node, ir.Call):
        return _CONSTANTS.search(dotted(node)) is not None
    name = dotted(node.func).rpartition(".")[2]
    if _VERIFIES.search(name) or name in _TAKES_STRATEGY:
        return any(isinstance(one, ir.Lambda) and _only_true(one.function.body) for one in node.args)
    if name in _SETS:
        return len(node.args) == 1 and getattr(node.args[0], "value", None) is _SETS[name]
    if len(node.args) == _PAIR:
        key, value = (getattr(one, "value", None) for one in node.args)
        return isinstance(key, str) and key in _PROPERTIES and str(value).lower() == _PROPERTIES[key]
    return _GIVES.search(dotted(node.func)) is not None


def _only_true(body: list[ir.Stmt]) -> bool:
    return (
        len(body) == 1
        and isinstance(body[0], ir.Return)
        and isinstance(body[0].value, ir.Const)
        and body[0].value.value is True
    )
