"""What limits a sign-in, or asks who calls, is seen in whatever file it is put before the routes."""

from pathlib import Path

import pytest

from backend_advisor.advise import review

ROUTER = """import { Router } from 'express';
import bcrypt from 'bcrypt';
import jwt from 'jsonwebtoken';
import { users } from '../users';
export const authRouter = Router();
authRouter.post('/login', async (req, res, next) => {
  try {
    const user = await users.findByEmail(req.body.email);
    if (!user || !(await bcrypt.compare(req.body.password, user.passwordHash))) return res.sendStatus(401);
    res.json({ token: jwt.sign({ sub: user.id }, process.env.JWT_SECRET, { expiresIn: '15m' }) });
  } catch (err) { next(err); }
});
"""
CONTROLLER = """import { Body, Controller, Post, UnauthorizedException } from '@nestjs/common';
import * as bcrypt from 'bcrypt';
import { JwtService } from '@nestjs/jwt';
import { Users } from './users';
@Controller('auth')
export class AuthController {
  constructor(private readonly users: Users, private readonly jwt: JwtService) {}
  @Post('login')
  async login(@Body() body: { email: string; password: string }) {
    const user = await this.users.findByEmail(body.email);
    if (!user || !(await bcrypt.compare(body.password, user.passwordHash))) throw new UnauthorizedException();
    return { token: await this.jwt.signAsync({ sub: user.id }) };
  }
}
"""
LIMITED_IN_THE_APPLICATION = {
    "app.ts": """import express from 'express';
import rateLimit from 'express-rate-limit';
import { authRouter } from './routes/auth';
export function createApp() {
  const app = express();
  app.use(express.json());
  const guard = rateLimit({ windowMs: 900000, limit: 20 });
  app.use('/api/auth/login', guard);
  app.use('/api/auth', authRouter);
  return app;
}
""",
    "routes/auth.ts": ROUTER,
}
LIMITED_ABOVE = {
    "app.ts": """import express from 'express';
import { calm } from './guards';
import { api } from './routes';
const app = express();
app.use('/api/auth', calm);
app.use('/api', api);
app.listen(3000);
""",
    "guards.ts": """import rateLimit from 'express-rate-limit';
export const calm = rateLimit({ windowMs: 900000, limit: 20 });
""",
    "routes/auth.ts": ROUTER,
    "routes/index.ts": """import { Router } from 'express';
import { authRouter } from './auth';
export const api = Router();
api.use('/auth', authRouter);
""",
}
LIMITED_BY_A_FUNCTION = {
    "app.ts": """import express from 'express';
import { harden } from './security';
import { authRouter } from './routes/auth';
const app = express();
harden(app);
app.use('/api/auth', authRouter);
app.listen(3000);
""",
    "routes/auth.ts": ROUTER,
    "security.ts": """import rateLimit from 'express-rate-limit';
import type { Express } from 'express';
export function harden(app: Express) {
  app.use('/api/auth/login', rateLimit({ windowMs: 900000, limit: 20 }));
}
""",
}
LIMITED_ELSEWHERE = {
    "app.ts": """import express from 'express';
import rateLimit from 'express-rate-limit';
import { authRouter } from './routes/auth';
export function createApp() {
  const app = express();
  app.use(express.json());
  const guard = rateLimit({ windowMs: 900000, limit: 20 });
  app.use('/api/search', guard);
  app.use('/api/auth', authRouter);
  return app;
}
""",
    "routes/auth.ts": ROUTER,
}
LIMITED_BY_A_PLUGIN = {
    "app.js": """const fastify = require('fastify')();
fastify.register(require('@fastify/rate-limit'), { max: 20, timeWindow: '15 minutes' });
fastify.register(require('./login'), { prefix: '/auth' });
fastify.listen({ port: 3000 });
""",
    "login.js": """const bcrypt = require('bcrypt');
module.exports = async function (fastify) {
  fastify.post('/login', async (request, reply) => {
    const user = await fastify.users.findByEmail(request.body.email);
    if (!user || !(await bcrypt.compare(request.body.password, user.passwordHash))) return reply.code(401).send();
    return { token: fastify.jwt.sign({ sub: user.id }) };
  });
};
""",
}
LIMITED_IN_KOA = {
    "app.js": """const Koa = require('koa');
const ratelimit = require('koa-ratelimit');
const mount = require('koa-mount');
const auth = require('./auth');
const app = new Koa();
app.use(mount('/auth', ratelimit({ driver: 'memory', db: new Map(), duration: 900000, max: 20 })));
app.use(auth.routes());
app.listen(3000);
""",
    "auth.js": """const Router = require('@koa/router');
const bcrypt = require('bcrypt');
const jwt = require('jsonwebtoken');
const users = require('./users');
const router = new Router({ prefix: '/auth' });
router.post('/login', async (ctx) => {
  const user = await users.findByEmail(ctx.request.body.email);
  if (!user || !(await bcrypt.compare(ctx.request.body.password, user.passwordHash))) ctx.throw(401);
  ctx.body = { token: jwt.sign({ sub: user.id }, process.env.JWT_SECRET, { expiresIn: '15m' }) };
});
module.exports = router;
""",
}
LIMITED_BY_A_MODULE = {
    "src/app.module.ts": """import { MiddlewareConsumer, Module, NestModule } from '@nestjs/common';
import rateLimit from 'express-rate-limit';
import { AuthController } from './auth.controller';
@Module({ controllers: [AuthController] })
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(rateLimit({ windowMs: 900000, limit: 20 })).forRoutes('auth/login');
  }
}
""",
    "src/auth.controller.ts": CONTROLLER,
}
LIMITED_AT_THE_START = {
    "src/auth.controller.ts": CONTROLLER,
    "src/main.ts": """import { NestFactory } from '@nestjs/core';
import rateLimit from 'express-rate-limit';
import { AppModule } from './app.module';
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.use('/auth/login', rateLimit({ windowMs: 900000, limit: 20 }));
  await app.listen(3000);
}
bootstrap();
""",
}
LIMITED_BLUEPRINT = {
    "app.py": """from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from auth import bp
app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app)
limiter.limit("5/minute")(bp)
app.register_blueprint(bp, url_prefix="/auth")
""",
    "auth.py": """from flask import Blueprint, jsonify, request
from werkzeug.security import check_password_hash
from flask_login import login_user
from models import User
bp = Blueprint("auth", __name__)
@bp.post("/login")
def login():
    user = User.query.filter_by(email=request.json["email"]).first()
    if user is None or not check_password_hash(user.password_hash, request.json["password"]):
        return jsonify(error="invalid"), 401
    login_user(user)
    return jsonify(ok=True)
""",
}
THROTTLED = {
    "settings.py": """REST_FRAMEWORK = {
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": "20/min"},
}
""",
    "shop/views.py": """from django.contrib.auth import authenticate, login
from rest_framework.response import Response
from rest_framework.views import APIView
class LoginView(APIView):
    def post(self, request):
        user = authenticate(request, username=request.data["username"], password=request.data["password"])
        if user is None:
            return Response(status=401)
        login(request, user)
        return Response({"ok": True})
""",
}
GUARDED_BY_A_FUNCTION = {
    "app.js": """const express = require('express');
const { harden } = require('./security');
const app = express();
harden(app);
app.use('/api/notes', require('./routes/notes'));
app.listen(3000);
""",
    "routes/notes.js": """const router = require('express').Router();
const { requireAdmin } = require('../admin');
const { Note } = require('../models');
const text = (req) => String(req.body.text);
router.post('/', requireAdmin, async (req, res) => {
  res.json(await Note.create({ text: text(req) }));
});
router.put('/:id', requireAdmin, async (req, res) => {
  res.json(await Note.update({ text: text(req) }, { where: { id: req.params.id } }));
});
router.post('/bulk', requireAdmin, async (req, res) => {
  res.json(await Note.create({ text: text(req) }));
});
router.delete('/:id', async (req, res) => {
  await Note.destroy({ where: { id: req.params.id } });
  res.sendStatus(204);
});
module.exports = router;
""",
    "security.js": """const { verifyToken } = require('./tokens');
function members(req, res, next) {
  const claims = verifyToken(req.headers.authorization);
  if (!claims) return res.status(401).json({ error: 'sign in' });
  req.user = claims;
  next();
}
exports.harden = (app) => { app.use('/api', members); };
""",
}
NOT_GLOBAL = {
    **LIMITED_BY_A_PLUGIN,
    "app.js": LIMITED_BY_A_PLUGIN["app.js"].replace("max: 20", "global: false, max: 20"),
}
OTHER_ROUTE = {
    **LIMITED_BY_A_MODULE,
    "src/app.module.ts": LIMITED_BY_A_MODULE["src/app.module.ts"].replace("auth/login", "search"),
}
OTHER_MOUNT = {**LIMITED_IN_KOA, "app.js": LIMITED_IN_KOA["app.js"].replace("mount('/auth'", "mount('/search'")}
NEVER_CALLED = {
    **LIMITED_BY_A_FUNCTION,
    "app.ts": LIMITED_BY_A_FUNCTION["app.ts"].replace("harden(app);\n", ""),
}


def _codes(folder: Path, files: dict[str, str]) -> set[str]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {one.code for one in review([folder], select=["SEC402", "SEC403"]).findings}


@pytest.mark.parametrize(
    "files",
    [
        LIMITED_IN_THE_APPLICATION,
        LIMITED_ABOVE,
        LIMITED_BY_A_FUNCTION,
        LIMITED_BY_A_PLUGIN,
        LIMITED_IN_KOA,
        LIMITED_BY_A_MODULE,
        LIMITED_AT_THE_START,
        LIMITED_BLUEPRINT,
        THROTTLED,
        GUARDED_BY_A_FUNCTION,
    ],
)
def test_limit_or_guard_is_seen(tmp_path: Path, files: dict[str, str]) -> None:
    assert _codes(tmp_path, files) == set()


@pytest.mark.parametrize("files", [LIMITED_ELSEWHERE, NOT_GLOBAL, OTHER_ROUTE, OTHER_MOUNT, NEVER_CALLED])
def test_other_limits_do_not_count(tmp_path: Path, files: dict[str, str]) -> None:
    assert _codes(tmp_path, files) == {"SEC403"}
