"""Texts that are secrets: forms that providers give their keys, and values that a name says to be one."""

import math
import re
from collections import Counter
from collections.abc import Iterator

_PROVIDERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b")),
    ("Google API key", re.compile(r"\bAIza[0-9A-Za-z_\-]{35}\b")),
    ("Google OAuth secret", re.compile(r"\bGOCSPX-[0-9A-Za-z_\-]{28}\b")),
    ("Slack token", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}\b")),
    (
        "Slack webhook",
        re.compile(r"https://hooks\.slack\.com/services/T[0-9A-Za-z_]{8,}/B[0-9A-Za-z_]{8,}/[0-9A-Za-z_]{20,}"),
    ),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{22,})\b")),
    ("GitLab token", re.compile(r"\bglpat-[0-9A-Za-z_\-]{20,}\b")),
    ("Stripe key", re.compile(r"\b(?:sk|rk)_live_[0-9A-Za-z]{16,}\b")),
    ("Toss Payments key", re.compile(r"\blive_(?:sk|gsk)_[0-9A-Za-z]{16,}\b")),
    ("SendGrid key", re.compile(r"\bSG\.[0-9A-Za-z_\-]{16,}\.[0-9A-Za-z_\-]{16,}\b")),
    ("Twilio key", re.compile(r"\bSK[0-9a-f]{32}\b")),
    ("OpenAI key", re.compile(r"\bsk-(?:proj-|svcacct-)?[0-9A-Za-z_\-]{32,}\b")),
    ("npm token", re.compile(r"\bnpm_[0-9A-Za-z]{36}\b")),
    (
        "private key",
        re.compile(r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED) )?PRIVATE KEY-----\s*[\\nr\s]*[A-Za-z0-9+/=]{16,}"),
    ),
    (
        "connection string",
        re.compile(r"\b[a-z][a-z0-9+.\-]*://[^\s:/@{}$<>%]+:(?P<secret>[^\s:/@{}$<>%]{4,})@(?P<host>[^\s/:@{}$<>]+)"),
    ),
)
_ADDRESS = "connection string"
_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+.-")
_FARTHEST = 300
BEGINNINGS = {
    "AWS access key": ("AKIA", "ASIA"),
    "Google API key": ("AIza",),
    "Google OAuth secret": ("GOCSPX-",),
    "Slack token": ("xox",),
    "Slack webhook": ("hooks.slack",),
    "GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "GitLab token": ("glpat-",),
    "Stripe key": ("k_live_",),
    "Toss Payments key": ("live_sk_", "live_gsk_"),
    "SendGrid key": ("SG.",),
    "Twilio key": ("SK",),
    "OpenAI key": ("sk-",),
    "npm token": ("npm_",),
    "private key": ("PRIVATE KEY",),
}
_KEY_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_NAME = re.compile(
    r"(?:^|[_.\-])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|access_?key|private_?key|signing_?key|encryption_?key|"
    r"client_?secret|auth_?key|secret_?key|credentials?|jwt_?secret|hmac_?key|service_?key)(?:[_.\-]?\d)?$",
    re.IGNORECASE,
)
_NOT_A_SECRET = re.compile(
    r"(?:field|name|label|column|header|param|placeholder|pattern|regex|url|uri|path|type|error|message|prompt|public|cookie|"
    r"format|prefix|length|policy|expir|hint|class|selector|input|reset|forgot|change|csrf|_?id$|enum|key_?name|test|example|dummy|fake|mock|sample)",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(
    r"change_?me|your[_\- ]|<[^>]*>|\$\{|\{\{|xxx|\*\*\*|\.\.\.|example|placeholder|dummy|fake|sample|insert|"
    r"replace|todo|fixme|abcdef|12345|\[(?:user(?:name)?|pass(?:word)?|host|db_?name)\]|^\{\w*\}$|^\[[^\[\]]*\]$|\w\[\w*\]|\w\{\}|\w::\w|^[a-z]+(?:\|[a-z]+)+$|"
    r"^(?:token|secret|key|password|pass|pwd)[_-](?:[a-z]{3}\d{1,4}|\d+|\w{1,4})$|"
    r"^(?:test|none|null|undefined|password|passwd|secret|token|string|value|default|admin|root|foo|bar|abc|1234|qwerty)\w{0,4}$|"
    r"^(?:(?:my|the|admin|user|root|guest|alice|bob|super|very|some|local|service)[-_ ]?)+"
    r"(?:secret|password|passwd|pass|token|key)[-_ ]?\d{0,4}$|"
    r"(?:was|goes|is)?[-_]here$|^%\(?\w*\)?s?$|^env[:.]|^process\.env|^@\w+@$|^#\{|^[A-Z_]{3,}$|redacted|not_?set|lorem",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[?::1|db|postgres|mysql|mongo|redis|rabbitmq|host|hostname|example\.\w+)$|\.(?:example|local|test|invalid)$|example\.",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(
    r"(?:^|/)(?:examples?|samples?|docs?|demo|fixtures|mocks?|seeds?|stories|locales?|i18n|migrations)/|\.(?:min|stories)\.",
    re.IGNORECASE,
)
_NO_PASSWORD = re.compile(
    r"[A-Za-z]+\W?|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|"
    r"\{\w+\}.*"
)
"""A word with a mark at its end is a sentence; a run of hexadecimal digits is a hash or an identifier."""
_OPTION = re.compile(r"[a-z]+(?:[-_.][a-z]+)*[-_.](?:pass(?:word|wd)?|pwd|secret|token|key)")
"""`email-auth-pass`: what an option is called."""
_CALL = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+\(.*\);?")
"""`installer.createAdministrator();`: a line of code."""
_REFERENCE = re.compile(
    r"\$[A-Z_][A-Z0-9_]*|\$[({].*|%[A-Za-z_]\w*%|!\w+ .*|(?:secrets|vars|env|var|local|data|ref)\.\w.*"
)
"""What stands for a value that is kept elsewhere: `$DB_PASSWORD`, `$(cat key)`, `%TOKEN%`, `secrets.TOKEN`."""
_PASSWORD_HASH = re.compile(r"\$[a-z0-9][\w-]{0,20}\$.{20,}")
"""`$argon2id$…`, `$2b$…`, `$pbkdf2-sha512$…`: nobody signs in with it."""
_PROSE = re.compile(r"[^\W\d_a-zA-Z]")
_FOR_TRYING = re.compile(r"(?i)^(?:test|mock|dev(?:elopment)?|demo|local|ci|e2e|this[_ -]is)[_ -]")
_SETTING = re.compile(r"[A-Za-z][A-Za-z_-]*(?:\.[A-Za-z_-]+)+")
"""`connection.password`: where a secret is found."""
_PLACE = re.compile(r"(?:[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*/)+[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*")
"""`prod/billing/postgres-password`: the name of an entry in a store of secrets."""
_LEAST_BITS = 3.0
_LEAST_BITS_OF_A_PASSWORD = 2.5
LEAST_LENGTH = 8


def provider(text: str) -> str | None:
    """The kind of secret that a text has the form of; None when it has none, or is an example."""
    for kind, pattern in _PROVIDERS:
        found = pattern.search(text)
        if found is None:
            continue
        if kind == "connection string":
            if (
                PLACEHOLDER.search(found["secret"])
                or _LOCAL.search(found["host"])
                or found["secret"] in text.split("://")[1].split(":", maxsplit=1)[0]
            ):
                continue
            return kind
        if re.search(r"EXAMPLE|example|xxxx|XXXX|0000000|1234567890abcdef", found[0]):
            continue
        return kind
    return None


def provider_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Where secrets of a known form stand in a text, and of which kind they are."""
    taken: list[tuple[int, int]] = []
    for form, pattern in _PROVIDERS:
        for found in _candidates(text, form, pattern):
            kind = provider(found[0])
            end = _KEY_END.search(text, found.end()) if kind == "private key" else None
            start, stop = found.start(), end.end() if end is not None else found.end()
            if kind is not None and not any(a < stop and start < b for a, b in taken):
                taken.append((start, stop))
                yield start, stop, kind


def _candidates(text: str, form: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where a pattern matches; it is tried only in a text that holds what each of its matches begins with."""
    if form != _ADDRESS:
        if any(beginning in text for beginning in BEGINNINGS[form]):
            yield from pattern.finditer(text)
        return
    at = text.find("://")
    while at >= 0:
        if "@" in text[at : at + _FARTHEST]:
            start = at
            while start and text[start - 1] in _SCHEME and at - start < _FARTHEST:
                start -= 1
            found = pattern.search(text, start, at + _FARTHEST) if start < at else None
            if found is not None and found.start() <= at:
                yield found
        at = text.find("://", at + 3)


def is_example(path: str) -> bool:
    """Whether a file shows how something is used, by its place."""
    return _EXAMPLES.search(path) is not None


def is_secret(name: str, text: str) -> bool:
    """Whether a value of this name is a secret: no word, sentence, address or placeholder."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    if not _NAME.search(plain) or _NOT_A_SECRET.search(plain) or len(text) < LEAST_LENGTH or len(text) > 400:
        return False
    if _names_itself(plain, text) or _is_no_value(text):
        return False
    if (
        PLACEHOLDER.search(text)
        or " " in text.strip()
        or text.startswith(
            ("/", "./", "http://", "https://", "-----BEGIN PUBLIC", "ssm:", "arn:", "vault:", "secretsmanager")
        )
    ):
        return False
    if re.fullmatch(
        r"[a-z]+(?:[_\-. :/][a-z]+)*|[A-Z][a-z]+(?:[A-Z][a-z]+)*|[a-z]+(?:[A-Z][a-z]+)+|[가-힣 ]+", text
    ) and not re.search(r"pass|pwd", plain, re.IGNORECASE):
        return False
    password = re.search(r"pass|pwd", plain, re.IGNORECASE) is not None
    if password and _NO_PASSWORD.fullmatch(text):
        return False
    return entropy(text) >= (_LEAST_BITS_OF_A_PASSWORD if password else _LEAST_BITS)


_GUESSED = frozenset(
    """admin administrator apassword changeit changeme default demo dev development example guest hello letmein local
    minio minioadmin mongo mysql my-secret oracle pass passwd password postgres postgresql qwerty rabbitmq redis
    root sa secret secretkey super supersecret supersecretkey sysadmin test testing toor user welcome keycloak
    grafana""".split()
)
_WEAK = re.compile(
    r"(?i)^(?:my|the|your|some|super|very|db|app|dev|test|local|jwt|root|admin|user|postgres|mysql|redis|mongo|rabbit(?:mq)?|"
    r"keycloak|minio|secret|password|passw0rd|p@ssw0rd|passwd|pass|pwd|pw|key|token|change|me|this|it|in|production|please|"
    r"replace|with|a|real|random|string|here|long|strong|not|for|use|todo|fixme|example|default|[-_.!@# \d])+$"
)
"""Made of the words that everyone tries first."""
_SHORTEST_OF_CHANCE = 8
_NOT_LITERAL = re.compile(
    r"(?i)^(?:true|false|yes|no|none|null|nil|on|off|n/a|-+|\d{1,3}|file|env|vault|auto|disabled|enabled)$"
)
_BLANK = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
"""`GOOGLE_API_KEY_VAL`: a script puts the value there."""
_ALSO_SECRET = re.compile(
    r"(?i)(?:^|_)(?:SECRET_KEY_BASE|APP_KEY|JWT_KEY|AUTH_SECRET|COOKIE_SECRET|SESSION_SECRET|ROOT_PASSWORD|"
    r"DEFAULT_PASS|KEYSTORE_PASSWORD|ERLANG_COOKIE)$"
)


def names_secret(name: str) -> bool:
    """Whether what goes by this name is kept secret: a password, a token, a key."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    if _ALSO_SECRET.search(plain):
        return True
    return _NAME.search(plain) is not None and _NOT_A_SECRET.search(plain) is None


def is_literal(text: str) -> bool:
    """Whether a value stands there itself, rather than a reference, a path, a switch or a blank to fill in."""
    if not text or "$" in text[:1] or "${" in text or "{{" in text or _NOT_LITERAL.match(text):
        return False
    if text.startswith(("/", "./", "<", "%", "secretRef", "arn:", "vault:", "ssm:", "http://", "https://", "file:")):
        return False
    return len(text) <= 400 and " " not in text and not _REFERENCE.fullmatch(text) and not _BLANK.fullmatch(text)


def is_guessable(text: str, *names: str) -> bool:
    """Whether a password is among the first that anyone tries: a default, a word, a name that stands beside it."""
    lower = text.lower()
    if lower in _GUESSED or lower in {name.lower() for name in names} or len(text) < _SHORTEST_OF_CHANCE:
        return True
    return (
        _WEAK.match(text) is not None
        or PLACEHOLDER.search(text) is not None
        or re.fullmatch(r"[a-z]+", lower) is not None
    )


def is_hidden(text: str) -> bool:
    """Whether a value of a manifest that is told of should not be shown: the password of an address, or all of it, is
    none that anyone guesses."""
    address = re.search(r"://(?P<user>[^\s:/@]*):(?P<password>[^\s@]+)@", text)
    if address is not None:
        return not is_guessable(address["password"], address["user"])
    return is_literal(text) and not is_guessable(text)


def _is_no_value(text: str) -> bool:
    """Whether a text tells where a secret is kept, cannot be used as one, or tells a reader to put one in."""
    whole = (_SETTING, _PLACE, _REFERENCE, _PASSWORD_HASH, _CALL, _OPTION)
    return any(one.fullmatch(text) for one in whole) or bool(_PROSE.search(text) or _FOR_TRYING.search(text))


def _names_itself(name: str, text: str) -> bool:
    """`LEAKED_TOKEN = "leaked_token"`, `NO_TOKEN = "error.NO_TOKEN"`: a word of the program, as in enumerations."""
    own = re.sub(r"\W|_", "", name).lower()
    return any(re.sub(r"\W|_", "", one).lower() in own for one in (text, text.rpartition(".")[2]) if one)


def entropy(text: str) -> float:
    """Bits for each character of a text."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def shown(text: str) -> str:
    """Enough to find it, too little to use it."""
    plain = text.strip()
    return f"{plain[:4]}…" if len(plain) > 8 and not plain.startswith("-----") else "…"
