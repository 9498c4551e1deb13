"""Where the body of a stored procedure, function, trigger or event ends: its semicolons do not cut a statement."""

from sqlglot.tokenizer_core import Token

_KINDS = frozenset(["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"])
_LONGEST_LEAD = 12
"""CREATE OR REPLACE DEFINER = `name`@`host` PROCEDURE: the kind stands among this many tokens."""
_AFTER_END = frozenset(["LOOP", "WHILE", "REPEAT", "FOR"])
_OPENS = frozenset(["BEGIN", "CASE", "IF"])


class Body:
    """Takes a statement's tokens one by one and knows whether a body is open.

    IF counts only where it begins a statement of the body: elsewhere it is a function or IF EXISTS.
    """

    def __init__(self) -> None:
        self._tokens = 0
        self._creates = False
        self._stored = False
        self._depth = 0
        self._last = ""

    @property
    def is_open(self) -> bool:
        """Whether a semicolon here belongs to the body."""
        return self._depth > 0

    def take(self, token: Token) -> None:
        """Take the next token of the statement."""
        word = token.text.upper()
        self._tokens += 1
        if self._tokens == 1:
            self._creates = word == "CREATE"
        elif self._creates and not self._stored and self._tokens <= _LONGEST_LEAD:
            self._stored = word in _KINDS
        elif self._stored:
            self._follow(word)
        self._last = word

    def _follow(self, word: str) -> None:
        if self._last == "END":
            # END IF closes an IF that was counted; END LOOP closes what was not.
            self._depth += 1 if word in _AFTER_END else 0
        elif word == "END":
            self._depth = max(self._depth - 1, 0)
        elif word == "IF":
            self._depth += 1 if self._depth and self._last in (";", "BEGIN", "THEN", "ELSE") else 0
        elif word in _OPENS:
            self._depth += 1 if word == "BEGIN" or self._depth else 0
