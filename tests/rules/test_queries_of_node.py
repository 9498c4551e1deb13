"""What is known of queries and routes of Node.js, by what rules make of them; beside each, what is none."""

import pytest

from tests.rules.test_confidence import told, worth

_NEXT = (
    "import { NextResponse, type NextRequest } from 'next/server';\n"
    "import { Pool } from 'pg';\nconst pool = new Pool();\n"
)
_OTHER = "export const a = 1;\n"


def test_exports_of_a_file_of_routes_are_handlers() -> None:
    asks = "const q = request.nextUrl.searchParams.get('q'); await pool.query(`SELECT 1 FROM a WHERE b = '${q}'`);"
    body = f"(request) {{ {asks} return NextResponse.json({{}}); }}\n"
    assert worth("SEC201", a_ts=f"{_NEXT}export async function GET{body}", b_ts=_OTHER, c_ts=_OTHER) == 1
    assert worth("SEC201", a_ts=f"{_NEXT}export async function other{body}", b_ts=_OTHER, c_ts=_OTHER) == 0


def test_a_file_of_routes_is_no_page() -> None:
    made = "export async function GET() { const db = new Pool(); return Response.json(await db.query('SELECT 1')); }"
    assert worth("PERF208", a_ts=_NEXT + made, b_ts=_OTHER, c_ts=_OTHER) == 1
    page = _NEXT.replace("next/server", "next/navigation") + made
    assert worth("PERF208", a_ts=page, b_ts=_OTHER, c_ts=_OTHER) == 0


_MODELS = (
    "const { Sequelize, DataTypes } = require('sequelize');\nconst sequelize = new Sequelize(process.env.DB);\n"
    "const Order = sequelize.define('Order', {});\nconst Item = sequelize.define('Item', {});\nDECLARED\n"
    "exports.all = async () => {\n"
    "for (const order of await Order.findAll({ limit: 100 })) { use(await order.getItems()); } };\n"
)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("Order.hasMany(Item, { as: 'items' });", 1),
        ("Order.hasMany(Item);", 1),
        ("Order.belongsTo(Item, { as: 'other' });", 1),
        ("Order.prototype.getItems = () => [];", 0),
    ],
)
def test_methods_of_associations_are_queries(declared: str, found: int) -> None:
    assert len(told("PERF201", a_js=_MODELS.replace("DECLARED", declared))) == found


def test_rows_of_mongoose_are_documents_unless_they_are_plain() -> None:
    code = (
        "const mongoose = require('mongoose');\nconst Note = mongoose.model('Note', new mongoose.Schema({}));\n"
        "exports.all = async () => { const notes = await Note.find({ a: 1 })CHAIN; "
        "for (const note of notes) { note.read = true; await note.save(); } };\n"
    )
    assert worth("PERF203", a_js=code.replace("CHAIN", ".limit(100)")) == 1
    assert worth("PERF203", a_js=code.replace("CHAIN", ".limit(100).exec()")) == 1
    assert worth("PERF203", a_js=code.replace("CHAIN", ".lean()")) == 0


def test_entries_are_no_tries() -> None:
    code = (
        "import { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
        "export async function all() { const orders = await db.order.findMany({ take: 100 });\n"
        "for (const [at, order] of LIST) { use(at, await db.item.findMany({ where: { orderId: order.id } })); } }\n"
    )
    assert worth("PERF201", a_ts=code.replace("LIST", "orders.entries()")) == 1
    assert worth("PERF201", a_ts=code.replace("LIST", "retries(orders)")) == 0


def test_a_transaction_that_is_ended_on_each_way_is_not_left_open() -> None:
    code = (
        "import { DataSource } from 'typeorm';\nconst source = new DataSource({});\n"
        "export async function move(id) { const runner = source.createQueryRunner(); await runner.startTransaction();\n"
        "try { const row = await runner.manager.findOne(Order, { where: { id } }); if (!row) { EARLY return null; }\n"
        "await runner.manager.save(row); await runner.commitTransaction(); return row; }\n"
        "catch (err) { await runner.rollbackTransaction(); throw err; } LAST }\n"
    )
    plain = code.replace("LAST", "")
    assert len(told("PERF209", a_ts=plain.replace("EARLY", ""))) > len(
        told("PERF209", a_ts=plain.replace("EARLY", "await runner.rollbackTransaction();"))
    )
    final = code.replace("LAST", "finally { await runner.release(); }").replace("EARLY", "")
    assert told("PERF209", a_ts=final) == []


@pytest.mark.parametrize(
    ("handler", "found"),
    [
        ("return load(id);", 1),
        ("setImmediate(() => load(id));", 1),
        ("setTimeout(() => load(id), 1000);", 0),
        ("if (err.status < 500) throw err; return load(id);", 0),
        ("return load(id.slice(1));", 0),
        ("return null;", 0),
    ],
)
def test_a_function_that_calls_itself_when_it_failed(handler: str, found: int) -> None:
    code = (
        "export async function load(id) {\n"
        "try { return await fetch(`https://a.example/${id}`); } catch (err) { HANDLER } }"
    )
    assert worth("PERF212", a_ts=code.replace("HANDLER", handler)) == found


_LIST = (
    "import express from 'express';\nimport { PrismaClient } from '@prisma/client';\nconst db = new PrismaClient();\n"
    "const app = express();\napp.get('/a', async (req, res) => { const { limit } = req.query; BODY });\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("res.json(await db.order.findMany({ where: { a: 1 }, take: limit ? Number(limit) : undefined }));", 1),
        ("res.json(await db.order.findMany({ where: { a: 1 }, ...(limit && { take: Number(limit) }) }));", 1),
        ("res.json(await db.order.findMany({ where: { a: 1 }, take: req.query.limit }));", 1),
        ("res.json(await db.order.findMany({ where: { a: 1 }, take: limit ? Number(limit) : 20 }));", 0),
        ("const size = Number(limit) || 20; res.json(await db.order.findMany({ where: { a: 1 }, take: size }));", 1),
        (
            "const size = Math.min(Number(limit) || 20, 100); "
            "res.json(await db.order.findMany({ where: { a: 1 }, take: size }));",
            0,
        ),
        ("res.json(await db.order.findMany({ where: { a: 1 }, ...pageOf(req.query) }));", 0),
        ("res.json(await db.event.findMany({ where: { userId: req.user.id }, orderBy: { createdAt: 'desc' } }));", 1),
        (
            "res.json(await db.event.findMany({ where: { orderId: req.params.id }, orderBy: { createdAt: 'desc' } }));",
            0,
        ),
        ("res.json(await db.setting.findMany({ where: { userId: req.user.id }, orderBy: { createdAt: 'desc' } }));", 0),
    ],
)
def test_reads_that_nothing_keeps_short(body: str, found: int) -> None:
    assert worth("PERF204", a_ts=_LIST.replace("BODY", body)) == found
