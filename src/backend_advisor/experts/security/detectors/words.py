"""Names in code that tell of authentication, of rights and of owners, and how names are read off a tree."""

import re
from functools import cache, lru_cache

from backend_advisor.code import ir
from backend_advisor.code.tree import everything


class Words:
    """A pattern for names; what it says of a name is remembered, since programs use the same names again and again."""

    __slots__ = ("match", "search")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        compiled = re.compile(pattern, flags)
        self.search = lru_cache(20_000)(compiled.search)
        self.match = lru_cache(20_000)(compiled.match)


AUTHENTICATES = Words(
    r"auth(?!ors?(?:$|_|name|id|mail))|log(?:ged)?_?in|signed_?in|login|jwt|token|session|principal|credential|permission|guard|protect|secured|"
    r"current_?user|require.*(?:user|admin|role)|only_?admin|is_?admin|(?:admins?|users?|members?|owners?|registered)_?only|access_?control|api_?key|bearer|verify_?user|"
    r"check_?user|role|superuser|staff|signature|identity|deny|forbid|user_?required",
    re.IGNORECASE,
)
"""A middleware, decorator or dependency named so checks who calls."""

IDENTITY = Words(
    r"^(?:current_?(?:active_?)?(?:user|account|member|customer)\w*|logged_?in_?user|auth(?:enticated)?_?(?:user|subject|actor|context|account|member)|actor|principal|authentication|"
    r"identity|claims|jwt_?payload|token_?(?:data|payload|claims)|decoded_?token|user_?details|user_?principal|auth_?info|"
    r"login_?user|session_?user|caller|requester|viewer|active_?user|jwt_?user|session)$",
    re.IGNORECASE,
)
"""A variable, parameter or stated type named so is who calls."""

REQUEST = Words(
    r"^(?:req|request|ctx|context|g|session|state|locals|info|c|event|socket|http_?request|servlet_?request|self|this)$",
    re.IGNORECASE,
)
IDENTITY_FIELD = Words(
    r"^(?:user|auth|user_?id|current_?\w+|account|account_?id|principal|session|credentials|identity|claims|jwt|uid|"
    r"authenticated\w*|token_?payload|member|logged\w*|user_?principal)$",
    re.IGNORECASE,
)
"""A field of a request (or of what travels with it) named so is who calls."""

IDENTIFIES = Words(
    r"current_?(?:user|member|account|customer|principal)|authenticated|logged_?in|"
    r"(?:get|load|find|resolve|extract|read|parse)_?(?:auth\w*|session|principal|identity|jwt|claims|login_?user|user_?from|token)|"
    r"(?:decode|verify|validate|parse|check)_?(?:the_?)?(?:access_?)?(?:token|jwt|auth\w*|session)|"
    r"(?:token|jwt)_?(?:verif|decod|validat|pars)\w*|unsign$|from_?(?:token|session|jwt|header)|user_?(?:from|by)_?(?:token|session|request)|"
    r"security_?context|get_?(?:me|user_?id|uid)$|who_?am_?i",
    re.IGNORECASE,
)
"""A function named so gives who calls."""

RIGHTS = Words(
    r"(?:check|assert|ensure|require|verify|has|validate|enforce|test|with)_?\w*"
    r"(?:owner|permission|access|authori|role|privilege|allowed|admin|acl|tenant|member|scope|right|authority)|"
    r"authori[sz]e|is_?(?:the_?)?(?:owner|allowed|admin|permitted|member|self|staff|superuser|author|mine)|"
    r"(?:^|_)(?:can|may)_?(?:[A-Z]|view|edit|access|read|update|delete|manage|user|see|write|modify)|"
    r"has_(?:\w+_)?perms?$|polic(?:y|ies)|ability|(?:check|verify|valid\w*)_?signature|\bacl\b|forbidden|belongs_?to|owned_?by|check_?object|permission|visible_?(?:to|for)|accessible_?by",
    re.IGNORECASE,
)
"""A function named so asks for a right."""

ROLE_FIELD = Words(
    r"admin|role|staff|superuser|permission|scope|privilege|authorit|group|owner|is_?manager|moderator|grant",
    re.IGNORECASE,
)
OWNER_FIELD = Words(
    r"^(?:.*_)?(?:owner|author|creator|created_?by|member|account|customer|tenant|client|patient|student|employee|"
    r"holder|uploader|sender|recipient|organi[sz]ation|org|workspace|team|user)s?(?:_?(?:id|uuid|pk|key|ref))?$",
    re.IGNORECASE,
)
PERSONAL = Words(
    r"^(?:app_?|my_?|tbl_?|t_)?(?:users?|accounts?|profiles?|orders?|payments?|invoices?|address(?:es)?|baskets?|carts?|cards?|wallets?|"
    r"transactions?|bookings?|reservations?|messages?|notifications?|subscriptions?|tickets?|patients?|customers?|members?|"
    r"employees?|conversations?|chats?|memos?|notes?|documents?|receipts?|refunds?|shipments?|deliver(?:y|ies)|salar(?:y|ies)|"
    r"payslips?|medical_?records?|prescriptions?|appointments?|loans?|transfers?|beneficiar(?:y|ies)|statements?|coupons?|"
    r"withdrawals?|deposits?|allocations?|contributions?|credit_?cards?|bank_?accounts?|personal_?\w+|user_?\w+|order_?\w+|"
    r"privates?_?\w*|secrets?|vehicles?|mechanics?|service_?requests?)(?:_?(?:details?|info|model|entity|repository|repo|service|dao|schema|mapper|record|collection|coll?))?$",
    re.IGNORECASE,
)
"""Kinds of record that belong to somebody."""

PASSWORD_FIELD = re.compile(
    r"^(?:user_?)?(?:pass_?word|passwd|pwd)(?:_?(?:hash|digest|plain))?$|^hashed_?password$", re.IGNORECASE
)
"""A field that keeps a password or its hash."""

IDENTIFIER = Words(
    r"^(?:id|_id|pk|uuid|uid|guid|no|seq|key|\w*_(?:id|pk|uuid|no|seq|number|key|code)|\w*(?:Id|ID|Uuid|UUID|No|Seq|Number|Pk))$"
)
NAMED_BY = Words(
    r"^(?:user_?name|login|e?mail|slug|title|\w+_title|\w+_name|phone|handle|nick_?name|account)$", re.IGNORECASE
)

OPEN = Words(
    r"log_?-?in|sign_?-?in|log_?-?out|sign_?-?out|regist|sign_?-?up|join|web_?-?hook|call_?-?back|\bhooks?\b|health|ping|status|"
    r"metric|forgot|reset|recover|(?<!change_)(?<!change-)password|verif|confirm|activat|token|refresh|oauth|\bauth\b|sso|saml|otp|2fa|mfa|captcha|"
    r"csrf|contact|subscribe|newsletter|public|graphql|track|csp|error|invit|unsubscribe|setup|install|bootstrap|enrol|seed|echo|demo|"
    r"(?:^|[^a-z])test(?:$|[^a-z])|anonymous|guest|feedback|search|preview|notify",
    re.IGNORECASE,
)
"""Routes named so are called by people or systems that have not signed in."""

SIGNING = Words(
    r"regist|sign_?-?up|forgot|reset|recover|activat|verify_?-?e?mail|oauth|call_?-?back|web_?-?hook|confirm_?-?e?mail",
    re.IGNORECASE,
)
"""Routes named so look people up before they have signed in."""
LOGIN = Words(r"(?:^|[^a-z])(?:log_?-?in|sign_?-?in|authenticate|token|session)(?:s?$|[^a-z])", re.IGNORECASE)
LIMITS = Words(
    r"limit|throttl|brute|attempt|lock(?:ed|_?out|_account)|slow_?down|captcha|too_?many|failed_?(?:login|count)|fail_?count|axes|bucket|penalt",
    re.IGNORECASE,
)


def identifiers(*starts: object) -> set[str]:
    """The names of variables, attributes and keywords in some trees; no text of constants."""
    found: set[str] = set()
    for node in everything(*starts):
        if isinstance(node, ir.Name):
            found.add(node.id)
        elif isinstance(node, ir.Attr | ir.Type):
            found.add(node.name)
        elif isinstance(node, ir.Call):
            found.update(key for key, _ in node.keywords)
    return found


def dotted(expression: ir.Expr | None) -> str:
    """`a.b.c` as it is written; the name of what is called in a chain of calls."""
    if isinstance(expression, ir.Name):
        return expression.id
    if isinstance(expression, ir.Attr):
        inner = dotted(expression.value)
        return f"{inner}.{expression.name}" if inner else expression.name
    if isinstance(expression, ir.Call):
        return dotted(expression.func)
    if isinstance(expression, ir.Await | ir.Cast):
        return dotted(expression.value)
    return ""


@cache
def snake(name: str) -> str:
    """`getCurrentUser` as `get_Current_User`, so that one pattern reads both habits."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
