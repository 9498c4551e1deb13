"""What a file that is shown without its imports most likely imports: a hunk of a patch begins below them.

Only names that nothing in view binds are looked up there, and only frameworks of which the file shows a mark count.
"""

import re

from backend_advisor.code.frontends.java.usual import usual_imports as java_imports
from backend_advisor.code.ir import Import, Module

_JAVASCRIPT = (
    (
        re.compile(rb"@(?:Controller|Injectable|Module|Resolver|Get|Post|Put|Patch|Delete|Body|Param|Query)\("),
        ("@nestjs/common", "@nestjs/graphql", "@nestjs/microservices", "@nestjs/jwt", "@nestjs/config"),
    ),
    (
        re.compile(rb"@(?:InjectRepository|InjectDataSource|InjectEntityManager)\(|\bRepository<|\bEntityManager\b"),
        ("@nestjs/typeorm", "typeorm"),
    ),
    (re.compile(rb"@InjectModel\(|\bModel<"), ("@nestjs/mongoose", "mongoose")),
    (re.compile(rb"\bPrismaClient\b"), ("@prisma/client",)),
)
_PYTHON = (
    (re.compile(rb"\bDepends\(|\bAPIRouter\b|\bHTTPException\("), ("fastapi", "fastapi.responses")),
    (re.compile(rb"\b(?:Async)?Session\b|\bdb\.execute\("), ("sqlalchemy", "sqlalchemy.orm", "sqlalchemy.ext.asyncio")),
    (
        re.compile(rb"\b(?:APIView|ViewSet|ModelViewSet|ReadOnlyModelViewSet|ModelSerializer)\b|@api_view\b"),
        (
            "rest_framework.viewsets",
            "rest_framework.views",
            "rest_framework.decorators",
            "rest_framework.response",
            "rest_framework.permissions",
            "rest_framework",
        ),
    ),
    (
        re.compile(rb"\.objects\.|\bmodels\.Model\b|\b(?:def|async def) \w+\(request\b"),
        ("django.db", "django.shortcuts", "django.http"),
    ),
)
_BY_LANGUAGE = {"javascript": _JAVASCRIPT, "typescript": _JAVASCRIPT, "python": _PYTHON}


_GAP = re.compile(rb"\A\r?\n|(?:\r?\n){7}")
"""No line at the top, or more empty ones together than anybody writes: a patch leaves out what does not change."""


def is_part(source: bytes) -> bool:
    """Whether a file is shown in part."""
    return _GAP.search(source) is not None


def usual_imports(module: Module) -> list[Import]:
    """Everything of the packages that a file names the marks of, where its first lines are not in view."""
    if not module.in_part:
        return []
    if module.language == "java":
        return java_imports()
    marks = _BY_LANGUAGE.get(module.language, ())
    packages = [one for mark, packages in marks if mark.search(module.source) for one in packages]
    return [Import(0, 0, local="*", module=package, name="*") for package in packages]
