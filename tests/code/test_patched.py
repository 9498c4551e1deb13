"""A patch is read as the files it makes, linked with each other although their imports are not shown."""

from pathlib import Path

import pytest

from backend_advisor import advise

CONTROLLER = """diff --git a/src/notes/notes.controller.ts b/src/notes/notes.controller.ts
--- a/src/notes/notes.controller.ts
+++ b/src/notes/notes.controller.ts
@@ -10,6 +10,11 @@ import { NotesService } from './notes.service';
 @Controller('notes')
 @UseGuards(JwtAuthGuard)
 export class NotesController {
   constructor(private readonly notes: NotesService) {}
+
+  @Get()
+  list(@Query('sort') sort: string) {
+    return this.notes.list(sort);
+  }
 }
"""
SERVICE = """diff --git a/src/notes/notes.service.ts b/src/notes/notes.service.ts
--- a/src/notes/notes.service.ts
+++ b/src/notes/notes.service.ts
@@ -1,2 +1,3 @@
 import { Injectable } from '@nestjs/common';
+import { Sortable } from './sortable';
 import { Note } from './note.entity';
@@ -20,4 +21,8 @@ export class NotesService {
   constructor(@InjectRepository(Note) private readonly repo: Repository<Note>) {}

+  list(sort: string) {
+    return this.repo.query(%s);
+  }
+
   private readonly size = 20;
"""
JAVA = """--- a/src/main/java/org/acme/web/NoteController.java
+++ b/src/main/java/org/acme/web/NoteController.java
@@ -20,5 +20,9 @@ import org.springframework.web.bind.annotation.RestController;
 @RestController
 public class NoteController {
   private final NoteSearch search;

+  @GetMapping("/notes")
+  public List<Note> find(@RequestParam String sort) {
+    return search.find(sort);
+  }
 }
--- a/src/main/java/org/acme/search/NoteSearch.java
+++ b/src/main/java/org/acme/search/NoteSearch.java
@@ -5,2 +5,3 @@ package org.acme.search;
 import java.util.List;
+import org.springframework.jdbc.core.JdbcTemplate;
@@ -30,3 +31,7 @@ public class NoteSearch {
   private final JdbcTemplate jdbc;

+  public List<Note> find(String sort) {
+    return jdbc.query("SELECT id FROM note ORDER BY " + sort + " LIMIT 50", mapper);
+  }
+
   private int page = 50;
"""
PYTHON = """--- a/app/api/notes.py
+++ b/app/api/notes.py
@@ -30,2 +30,6 @@ def notes():
     return jsonify([])

+@bp.route("/notes/search")
+def search():
+    return jsonify(find_notes(request.args["sort"]))
+
--- a/app/services/notes.py
+++ b/app/services/notes.py
@@ -10,2 +10,6 @@ def one(id):
     return None

+def find_notes(sort):
+    with engine.connect() as connection:
+        return connection.execute(text(f"SELECT id FROM note ORDER BY {sort} LIMIT 50")).all()
+
"""
EXPRESS = """--- a/src/routes/notes.js
+++ b/src/routes/notes.js
@@ -1,1 +1,2 @@
 const router = require('express').Router();
+const notes = require('../services/notes');
@@ -20,1 +21,3 @@ router.get('/', auth, async (req, res) => {
 });
+router.get('/search', auth, (req, res, next) => notes.search(req.query.sort).then((r) => res.json(r), next));
--- a/src/services/notes.js
+++ b/src/services/notes.js
@@ -40,2 +40,5 @@ async function list(id) {
   return pool.query('SELECT id FROM note WHERE author_id = $1 LIMIT 50', [id]);
 }
+async function search(sort) {
+  return pool.query(`SELECT id FROM note ORDER BY ${sort} LIMIT 50`);
+}
"""
JOINED = "`SELECT id FROM note ORDER BY ${sort} LIMIT 50`"
FIXED = "'SELECT id FROM note ORDER BY id LIMIT 50'"


def _codes(tmp_path: Path, patch: str) -> dict[str, str]:
    file = tmp_path / "change.diff"
    file.write_text(patch)
    report = advise.review([file])
    assert report.case.unread == ()
    return {one.code: one.location.artifact for one in report.findings}


@pytest.mark.parametrize("patch", [CONTROLLER + SERVICE % JOINED, JAVA, PYTHON, EXPRESS])
def test_flow_reaches_the_other_file(tmp_path: Path, patch: str) -> None:
    assert "SEC201" in _codes(tmp_path, patch)


def test_healthy_twin(tmp_path: Path) -> None:
    assert "SEC201" not in _codes(tmp_path, CONTROLLER + SERVICE % FIXED)


def test_review_and_ask_tell_the_same(tmp_path: Path) -> None:
    file = tmp_path / "change.patch"
    file.write_text(CONTROLLER + SERVICE % JOINED)
    asked = {one.code for one in advise.answer("LGTM?", [file]).findings}
    assert "SEC201" in asked
    assert {one.code for one in advise.review([file]).findings} >= {code for code in asked if code.startswith("SEC")}


def test_what_was_found_leads_the_answer_about_a_patch(tmp_path: Path) -> None:
    file = tmp_path / "change.patch"
    file.write_text(CONTROLLER + SERVICE % JOINED)
    assert advise.answer("LGTM? NestJS + TypeORM", [file]).advice[0].codes[0] == "SEC201"
