"""Lists of services, such as "1. User Service (Node.js + MongoDB)"."""

import re
from collections.abc import Sequence

from backend_advisor.intake.stack import Named, merged
from backend_advisor.model import Service

_ITEM = re.compile(
    r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+(?:\*\*)?([^\n()*:\uff1a|]{2,60}?)(?:\*\*)?[ \t]*"
    r"(?:\(([^()\n]{1,200})\)|[:\uff1a–—-][ \t]+([^\n]{1,200}))[ \t]*(?:[:–—-].{0,500})?$"
)
_SERVICE_NAME = re.compile(
    r"(?:\b(?:services?|servers?|gateway|workers?|api|backend|consumer|scheduler|bff)|서비스|서버|게이트웨이|워커|"
    r"백엔드|시스템|배치|컨슈머)$",
    re.IGNORECASE,
)


def services(prose: str, named: Sequence[Named], kinds: Sequence[str | None]) -> tuple[Service, ...]:
    """The services that list items name: by the item's name, or by standing in the section of services."""
    found: list[Service] = []
    offset, upcoming = 0, 0
    for line, kind in zip(prose.split("\n"), kinds, strict=True):
        end = offset + len(line) + 1
        inside: list[Named] = []
        while upcoming < len(named) and named[upcoming].start < end:
            inside.append(named[upcoming])
            upcoming += 1
        match = _ITEM.match(line.rstrip("\r\n")) if len(line) < 1_000 else None
        if match is not None:
            group = 2 if match.group(2) else 3
            start = offset + match.start(group)
            technologies = merged(n.technology for n in inside if n.start >= start)
            name = match.group(1).strip()
            is_named = _SERVICE_NAME.search(name) is not None
            if (is_named or kind == "services") and (technologies or (group == 2 and is_named)):
                found.append(Service(name=name, technologies=technologies))
        offset = end
    return tuple(found)
