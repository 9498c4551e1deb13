"""Which routes ask who calls, over several files: routers mounted behind middleware, classes, dependencies."""

import pytest

from backend_advisor.code.analysis import analyse
from backend_advisor.experts.security.detectors.handlers import Reader
from backend_advisor.experts.security.detectors.routes import survey
from backend_advisor.model import Artifact, ArtifactKind
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext

_KINDS = {"js": ArtifactKind.JAVASCRIPT, "py": ArtifactKind.PYTHON}


def context_of(files: dict[str, str]) -> CodeContext:
    analyses, _ = analyse({path: text.encode() for path, text in files.items()})
    artifacts = {
        path: Artifact(name=path, kind=_KINDS[path.rpartition(".")[2]], text=text, origin="file")
        for path, text in files.items()
    }
    return CodeContext(analyses[0], Places(artifacts))


ROUTER = """
const express = require('express');
const router = express.Router();
router.post('/orders', async (req, res) => { await Order.create(req.body); res.end(); });
module.exports = router;
"""


@pytest.mark.parametrize(
    ("mount", "covered"),
    [
        ("app.use('/api', authenticate, orders);", True),
        ("app.use(authenticate);\napp.use('/api', orders);", True),
        ("app.use('/api', orders);\napp.use(authenticate);", False),
        ("app.use('/admin', authenticate);\napp.use('/api', orders);", False),
        ("app.use(noteWhoCalls);\napp.use('/api', orders);", False),
    ],
)
def test_a_router_behind_middleware(mount: str, covered: bool) -> None:
    app = f"""
const express = require('express');
const orders = require('./orders');
const app = express();
function authenticate(req, res, next) {{
  if (!req.headers.authorization) return res.status(401).end();
  next();
}}
function noteWhoCalls(req, res, next) {{
  req.token = req.headers.authorization;
  next();
}}
{mount}
"""
    _, routes = survey(context_of({"app.js": app, "orders.js": ROUTER}))
    assert [(route.label, route.covered) for route in routes] == [("POST /orders", covered)]


@pytest.mark.parametrize(("guard", "covered"), [("authenticate, ", True), ("", False)])
def test_a_router_in_a_router_behind_middleware(guard: str, covered: bool) -> None:
    app = f"""
const express = require('express');
const shop = require('./shop');
const app = express();
function authenticate(req, res, next) {{
  if (!req.headers.authorization) return res.status(401).end();
  next();
}}
app.use('/shop', {guard}shop);
"""
    shop = """
const express = require('express');
const orders = require('./orders');
const router = express.Router();
router.use('/of', orders);
module.exports = router;
"""
    _, routes = survey(context_of({"app.js": app, "shop.js": shop, "orders.js": ROUTER}))
    assert [(route.label, route.covered) for route in routes] == [("POST /orders", covered)]


def test_dependencies_of_an_inherited_controller_ask() -> None:
    files = {
        "base.py": "class Base:\n    user: User = Depends(get_current_user)\n",
        "api.py": (
            "from fastapi import APIRouter\nfrom base import Base\nrouter = APIRouter()\n\n"
            "class Orders(Base):\n    @router.post('/orders')\n"
            "    def create(self, order: Order):\n        return order\n"
        ),
    }
    _, routes = survey(context_of(files))
    assert [route.asks for route in routes] == [True]


def test_a_check_in_one_branch_does_not_cover_the_other() -> None:
    source = """
from fastapi import Depends, FastAPI
app = FastAPI()

@app.get("/books/{book_id}")
def book(book_id: int, db=Depends(get_db), current_user=Depends(get_current_user)):
    if fast:
        found = db.query(Book).filter(Book.id == book_id).first()
    else:
        found = db.query(Book).filter(Book.id == book_id, Book.owner_id == current_user.id).first()
    return found
"""
    context = context_of({"app.py": "from sqlalchemy.orm import Session\n" + source.replace("db=", "db: Session=")})
    facts, routes = survey(context)
    found = Reader(context.program, facts).read(routes[0])
    assert [(fetch.model, fetch.key) for fetch in found.unchecked()] == [("Book", "id")]


LOGIN = """
const express = require('express');
const router = express.Router();
router.post('/login', async (req, res) => { res.end(); });
module.exports = router;
"""


@pytest.mark.parametrize(
    ("mount", "limited"),
    [
        ("app.use('/api/auth/login', guests);\napp.use('/api/auth', auth);", True),
        ("app.use('/api', guests);\napp.use('/api/auth', auth);", True),
        ("app.use('/api/auth', [guests, auth]);", True),
        ("app.use(['/x', '/api/auth/login'], guests);\napp.use('/api/auth', auth);", True),
        ("app.use('/api/auth/log*', guests);\napp.use('/api/auth', auth);", True),
        ("app.use('/api/auth/log', guests);\napp.use('/api/auth', auth);", False),
        ("app.use('/api/auth/login-history', guests);\napp.use('/api/auth', auth);", False),
        ("app.use('/api/auth', auth);\napp.use('/api/auth/login', guests);", False),
    ],
)
def test_a_limiter_mounted_above_a_route_of_another_file(mount: str, limited: bool) -> None:
    app = f"""
const express = require('express');
const auth = require('./auth');
const {{ guests }} = require('./limits');
const app = express();
{mount}
"""
    limits = "const rateLimit = require('express-rate-limit');\nexports.guests = rateLimit({ max: 5 });\n"
    _, routes = survey(context_of({"app.js": app, "auth.js": LOGIN, "limits.js": limits}))
    assert [(route.label, route.limited) for route in routes] == [("POST /login", limited)]
