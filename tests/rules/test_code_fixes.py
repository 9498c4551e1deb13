"""What the fixes of rules on code make of it, to the letter."""

from pathlib import Path

import pytest

from backend_advisor.advise import review
from backend_advisor.fixes import edited

_CASES = {
    "a timeout of requests": (
        "a.py",
        "PERF211",
        "import requests\nrequests.post(url, json=body)\n",
        "import requests\nrequests.post(url, json=body, timeout=10)\n",
    ),
    "a timeout of axios, after the body": (
        "a.js",
        "PERF211",
        "const axios = require('axios');\nasync function f(b) { return axios.post('https://x.example/a', b); }\n",
        "const axios = require('axios');\n"
        "async function f(b) { return axios.post('https://x.example/a', b, { timeout: 10_000 }); }\n",
    ),
    "a signal for fetch": (
        "a.js",
        "PERF211",
        "export async function f(b) { return fetch('https://x.example/a', { method: 'POST', body: b }); }\n",
        "export async function f(b) { return fetch('https://x.example/a', "
        "{ method: 'POST', body: b, signal: AbortSignal.timeout(10_000) }); }\n",
    ),
    "a request of Node itself is left": (
        "a.js",
        "PERF211",
        "const https = require('https');\nhttps.get('https://x.example/a', (answer) => answer.resume());\n",
        None,
    ),
    "certificates of requests": (
        "a.py",
        "SEC306",
        "import requests\nrequests.get(url, verify=False, timeout=3)\n",
        "import requests\nrequests.get(url, verify=True, timeout=3)\n",
    ),
    "certificates of a pool": (
        "a.js",
        "SEC306",
        "const { Pool } = require('pg');\nconst pool = new Pool({ ssl: { rejectUnauthorized: false } });\n",
        "const { Pool } = require('pg');\nconst pool = new Pool({ ssl: { rejectUnauthorized: true } });\n",
    ),
    "certificates of the whole process": (
        "a.js",
        "SEC306",
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n",
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '1';\n",
    ),
    "a context without checks": (
        "a.py",
        "SEC306",
        "import ssl\ncontext = ssl.create_default_context()\ncontext.verify_mode = ssl.CERT_NONE\n",
        "import ssl\ncontext = ssl.create_default_context()\ncontext.verify_mode = ssl.CERT_REQUIRED\n",
    ),
    "a signature in Python, with its import": (
        "a.py",
        "SEC307",
        "import hashlib\nimport os\nfrom hmac import new\n\n"
        "def check(request):\n    mine = new(KEY, request.data, hashlib.sha256).hexdigest()\n"
        "    return request.headers.get('X-Signature') == mine\n",
        "import hmac\nimport hashlib\nimport os\nfrom hmac import new\n\n"
        "def check(request):\n    mine = new(KEY, request.data, hashlib.sha256).hexdigest()\n"
        "    return hmac.compare_digest(request.headers.get('X-Signature') or \"\", mine)\n",
    ),
    "a signature in JavaScript": (
        "a.js",
        "SEC307",
        "const crypto = require('crypto');\nfunction check(req, signature) {\n"
        "  const mine = crypto.createHmac('sha256', process.env.KEY).update(req.rawBody).digest('hex');\n"
        "  if (signature !== mine) throw new Error('no');\n}\n",
        "const crypto = require('crypto');\nfunction check(req, signature) {\n"
        "  const mine = crypto.createHmac('sha256', process.env.KEY).update(req.rawBody).digest('hex');\n"
        "  if (!(signature?.length === mine?.length && "
        "crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(mine)))) throw new Error('no');\n}\n",
    ),
    "a loader of YAML": (
        "a.py",
        "SEC216",
        "import yaml\nfrom flask import request\n\n"
        "def read():\n    return yaml.load(request.data, Loader=yaml.Loader)\n",
        "import yaml\nfrom flask import request\n\n"
        "def read():\n    return yaml.load(request.data, Loader=yaml.SafeLoader)\n",
    ),
    "a loader of YAML by position": (
        "a.py",
        "SEC216",
        "import yaml\nfrom flask import request\n\ndef read():\n    return yaml.load(request.data, yaml.Loader)\n",
        "import yaml\nfrom flask import request\n\ndef read():\n    return yaml.load(request.data, yaml.SafeLoader)\n",
    ),
    "a pickle has no safe loader": (
        "a.py",
        "SEC216",
        "import pickle\nfrom flask import request\n\ndef read():\n    return pickle.loads(request.data)\n",
        None,
    ),
    "the cost of bcrypt": (
        "a.js",
        "SEC311",
        "const bcrypt = require('bcrypt');\nmodule.exports = (password) => bcrypt.hash(password, 4);\n",
        "const bcrypt = require('bcrypt');\nmodule.exports = (password) => bcrypt.hash(password, 12);\n",
    ),
    "a file read at once": (
        "a.py",
        "QUA110",
        "import json\n\ndef load(path):\n    data = json.load(open(path))  # all of it\n    return data\n",
        "import json\n\ndef load(path):\n    with open(path) as file:\n        data = json.load(file)  # all of it\n"
        "    return data\n",
    ),
    "a file up to where it is closed": (
        "a.py",
        "QUA110",
        "def save(path, data):\n    out = open(path, 'w')  # new\n    for one in data:\n        out.write(one)\n\n"
        "    out.flush()  # now\n    # all of it\n    out.close()\n    return len(data)\n",
        "def save(path, data):\n    with open(path, 'w') as out:  # new\n        for one in data:\n"
        "            out.write(one)\n\n        out.flush()  # now\n        # all of it\n    return len(data)\n",
    ),
    "lines in a long text are not moved": (
        "a.py",
        "QUA110",
        "def save(path, data):\n    out = open(path, 'w')\n"
        '    out.write("""a\nb""")\n    out.write(data)\n    out.close()\n',
        None,
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_fix(name: str, tmp_path: Path) -> None:
    file, code, before, after = _CASES[name]
    path = tmp_path / file
    path.write_text(before)
    found = [one for one in review([path], select=[code]).findings if one.code == code]
    assert found
    fixes = [one.fix for one in found if one.fix is not None and one.fix.edits]
    if after is None:
        assert not fixes
    else:
        assert edited(before, fixes[0].edits) == after
