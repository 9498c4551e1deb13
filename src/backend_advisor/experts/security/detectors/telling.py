"""What the names of calls tell: which ask for a right, which hand a record on, which take a key."""

import re

COMPARING = frozenset({"==", "!=", "===", "!==", "is", "is not", "in", "not in"})
NO_QUESTION = re.compile(
    r"json|send|render|log|info|debug|warn|error|print|emit|publish|push|format|set|append|capture|dump|serial|stringify|^str$|^int$|"
    r"dict|list|parse|model_|schema|to_|^to[A-Z]|assign|concat|join|map|encode|mail|notify|track|next|resolve|create|add|save",
)
"""Functions named so may be given a user and a record without asking for a right."""
SAME = frozenset(
    {
        "equals",
        "includes",
        "contains",
        "has",
        "equal",
        "compare",
        "isEqual",
        "is",
        "compareTo",
        "some",
        "every",
        "toEqual",
    }
)
QUERIES = frozenset({"db.query", "db.read", "db.read_all", "db.write", "db.write_many", "orm.filter", "orm.save"})
ANSWERS = frozenset(
    {
        "http.respond",
        "log.write",
        "template.render",
        "metric.write",
        "trace.write",
        "http.error",
        "mail.send",
        "queue.publish",
        "serialize.json",
        "http.request",
        "jwt.sign",
    }
)
MAKES = re.compile(r"create|insert|save|(?:^|\.)add|build|bulk|push|send|log|audit|publish|emit", re.IGNORECASE)
SQL_BY_ID = re.compile(
    r"\bwhere\b.*?\b(\w*id|uuid|\w+_no|username|email)\b[\"`\]]?\s*(?:=|in)\s*\(?\s*(?:\$\d|\?|%s|:\w+|%\(\w+\)s|@\w+|\$\{|#\{|'?$)",
    re.IGNORECASE | re.DOTALL,
)
INPUT_FIELDS = re.compile(
    r"^(?:params|query|body|args|form|values|json|get_json|data|files|query_params|path_params|GET|POST|cookies|view_args|"
    r"headers|kwargs|payload|input|matchdict|match_info|rel_url|validated_data|getParameter|getHeader|getPathVariable)$"
)
PLAIN_FIELDS = frozenset(
    {"app", "method", "ip", "db", "log", "logger", "path", "url", "protocol", "t", "flash", "META", "remote_addr"}
)
TELLING = re.compile(
    r"^(?:filter|find\w*|some|every|any\w*|all\w*|none\w*|then|where\w*|map|flatMap|ifPresent\w*|orElse\w*|removeIf|transaction|"
    r"with\w*|run\w*|async\w*|wrap|test|match)$",
    re.IGNORECASE,
)
"""Functions that do with their callback's answer what their name says."""
WHOLE = re.compile(r"(?:vo|dto|entity|model|map|params?|form|request|criteria|condition|search\w*)$", re.IGNORECASE)
"""A name of an object with many fields, which identifies nothing by itself."""
BY_KEY = re.compile(r"by_?id|pk|key|unique|reference|^(?:get\w*|load|find_?one|delete|destroy)$", re.IGNORECASE)
DEEPEST = 5
MOST = 40
