"""The JSON interface against its own description: every answer is described, and nothing breaks it (B14, S24)."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import schemathesis

from shared.contracts.retention import StaffDesignated
from tests.integration.intake.conftest import Opened
from tests.integration.intake.stage import Stage, a_family
from tests.stages.stage import TRAINED

GUIDE = Path(__file__).parents[3] / "docs" / "api.md"
FOR_STAFF = "/api/(postcards|duplicates|window/closing|archives|letters|trials)"
# Valid by its shape is not yet fit by the rules: what is applied and keyed in may be refused by those.
CONFIG = """
seed = 20210723
warnings = false
continue-on-failure = true
parameters = {{ "path.programme" = "{programme}" }}
generation = {{ max-examples = 3, no-shrink = true, database = "none" }}
phases.examples.fill-missing = true
phases.stateful.enabled = false
checks.max_response_time = 60

[[operations]]
include-path-regex = "/api/(applications|mine/data|postcards.*)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]
"""


async def everybody(stage: Stage) -> str:
    """Somebody in every role that intake's API knows, on the register."""
    await stage.say("retention", StaffDesignated(
        staff="everybody-1", roles=("officer", "desk", "records", "auditor"), programmes=("*",), trained_on=TRAINED,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC), employer="ward"), "everybody-1", "-")

    async def known() -> bool:
        answer = await stage.http.get("/intake/api/letters", headers=stage.headers("everybody-1"))
        return answer.status_code == 200

    await stage.until(known, "everybody-1 is on the register")
    return stage.token("everybody-1")


@pytest.mark.parametrize("who", ["nobody", "staff"])
async def test_s13_s24_the_whole_api_keeps_to_its_description_whatever_is_sent(
    stage: Stage, opened: Opened, tmp_path: Path, who: str
) -> None:
    """Schemathesis with all its checks: what is described is taken, what is not is refused, and nothing is a 500."""
    programme = await opened(f"described-{who}")
    config = CONFIG.format(programme=programme.id)
    if who == "staff":
        config += f'\n[auth.openapi.staff]\nbearer = "{await everybody(stage)}"\n'
    (tmp_path / "schemathesis.toml").write_text(config)
    program = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"), "--config-file", tmp_path / "schemathesis.toml", "run",
        f"{stage.url}/intake/api/openapi.json", "--no-color", "--checks", "all",
        *(("--include-path-regex", FOR_STAFF) if who == "staff" else ()),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path)
    told, _ = await asyncio.wait_for(program.communicate(), 550)
    assert program.returncode == 0, told.decode()[-8000:]
    assert "No issues found" in told.decode() and re.search(r"(\d{3,}) generated", told.decode())


@dataclass
class Reader:
    """Somebody who types in what the guide says, with what the answers before gave."""

    stage: Stage
    values: dict[str, str]
    answers: list[httpx.Response] = field(default_factory=list)

    async def follow(self, command: str) -> None:
        """Sends what the `curl` command would."""
        for name, value in self.values.items():
            command = command.replace(f"${name}", value)
        words = shlex.split(command.replace("\\\n", " "))
        url = next(word for word in words if "/intake/" in word)
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        body = next((words[at + 1] for at, word in enumerate(words) if word == "--json"), None)
        method = next((words[at + 1] for at, word in enumerate(words) if word == "-X"), "POST" if body else "GET")
        if body:
            headers["Content-Type"] = "application/json"
        answer = await self.stage.http.request(method, url, headers=headers, content=body)
        self.answers.append(answer)
        if "secret" in answer.json():
            self.values |= {"RECEIPT": answer.json()["receipt"], "SECRET": answer.json()["secret"]}


async def test_the_commands_of_the_guide_do_what_it_says(stage: Stage, opened: Opened) -> None:
    """Each `curl` of docs/api.md, in its order; each answer is the described one, with the status that is promised."""
    await everybody(stage)
    programme = await opened("guide")
    reader = Reader(stage, {"PROGRAMME": programme.id, "HOST": stage.url, "TOKEN": stage.token("everybody-1"),
                            "OTHER_TOKEN": stage.token("officer-2")})
    steps = re.findall(r"```sh\n(curl.*?)\n```\n\nAnswer: (\d{3})", GUIDE.read_text(), re.DOTALL)
    assert len(steps) >= 9
    described = schemathesis.openapi.from_dict((await stage.http.get("/intake/api/openapi.json")).json())
    for command, promised in steps:
        if "closing" in command:
            await stage.move_to(programme, programme.window.closes + timedelta(days=7))
        await reader.follow(command)
        answer = reader.answers[-1]
        assert answer.status_code == int(promised), (command, answer.text)
        path = answer.request.url.path.replace(f"/intake/{programme.id}/", "/intake/{programme}/")
        described[path][answer.request.method].validate_response(answer)


async def test_b03_what_is_said_of_pairs_is_what_is_described(stage: Stage, opened: Opened) -> None:
    """Search, list, side by side, judgements: a call needs its question, and no body is read two ways."""
    programme, family = await opened("described-pairs"), a_family()
    await stage.apply(programme, **family)
    await stage.apply(programme, **{**family, "email": "stranger@mail.example"})
    described = schemathesis.openapi.from_dict((await stage.http.get("/intake/api/openapi.json")).json())
    listed, one_pair = "/api/duplicates", "/api/duplicates/{one}/{other}"

    async def ask(method: str, path: str, pair: str = "", body: str | None = None) -> httpx.Response:
        answer = await stage.http.request(
            method, f"/intake/{programme.id}" + path.replace("{one}/{other}", pair), content=body,
            headers={**stage.headers("desk-1"), **({"Content-Type": "application/json"} if body else {})})
        described["/intake/{programme}" + path][method].validate_response(answer)
        return answer

    assert (await ask("POST", listed)).status_code == 202

    async def found() -> list[str]:
        return [one["pair"] for one in (await ask("GET", listed)).json()["pairs"]]

    (pair,) = await stage.until(found, "the pair")
    sides = (await ask("GET", one_pair, pair)).json()["applications"]
    assert [side["counts_if_same"] for side in sides].count(True) == 1
    for body, status in (
        ('{"judgement": "same", "judgement": "different"}', 400), ('{"judgement": "ask"}', 422),
        ('{"judgement": "same", "question": "who"}', 422), ('{"judgement": "ask", "question": "who"}', 200),
        ('{"judgement": "undo"}', 200),
    ):
        assert (await ask("POST", one_pair, pair, body)).status_code == status, body
    assert (await ask("POST", one_pair, f"{'0' * 32}/{'1' * 32}", '{"judgement": "same"}')).status_code == 404
    assert [one["state"] for one in (await ask("GET", listed)).json()["pairs"]] == ["open"]


STRANGE = [
    ("no JSON", b'{"seats":', "application/json", 400),
    ("no UTF-8", b'{"name":"\xff\xfe"}', "application/json", 400),
    ("a name twice", b'{"seats":1,"seats":2,"wishes":[]}', "application/json", 400),
    ("nested too deeply", b"[" * 100_000, "application/json", 400),
    ("a number without end", b'{"seats":' + b"9" * 5000 + b',"wishes":[]}', "application/json", 400),
    ("no number", b'{"seats":NaN,"wishes":[]}', "application/json", 422),
    ("half a pair as a value", b'{"name":"\\ud800","seats":1,"wishes":[]}', "application/json", 422),
    ("half a pair as a name", b'{"\\ud800":1,"seats":1,"wishes":[]}', "application/json", 422),
    ("no object", b"[]", "application/json", 422),
    ("nothing", b"", "application/json", 422),
    ("a form", b"seats=1", "application/x-www-form-urlencoded", 415),
    ("words", b'{"seats":1}', "text/plain", 415),
    ("too much", b" " * 300_000, "application/json", 413),
]


@pytest.mark.parametrize(("what", "body", "kind", "status"), STRANGE, ids=[one[0] for one in STRANGE])
async def test_bodies_that_are_none_are_refused_with_a_problem(
    stage: Stage, opened: Opened, what: str, body: bytes, kind: str, status: int
) -> None:
    programme = await opened(f"strange-{status}")
    answer = await stage.http.post(
        f"/intake/{programme.id}/api/applications", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), what
    assert answer.json()["status"] == status and answer.json()["detail"]
    assert (await stage.http.get(f"/intake/{programme.id}/api/window")).json()["applications"] == 0


async def test_other_methods_are_named_and_head_is_answered_as_get_is(stage: Stage, opened: Opened) -> None:
    """RFC 9110: `Allow` names every method of the address, whichever of its routes was met first."""
    here = f"/intake/{(await opened('methods')).id}"
    for path, allowed in ((f"{here}/api/mine/data", "POST, PUT"), (f"{here}/api/window", "GET, HEAD"),
                          (here, "GET, HEAD, POST")):
        for method in ("DELETE", "OPTIONS", "TRACE", "QUERY"):
            refused = await stage.http.request(method, path)
            assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
        if "GET" in allowed:
            head, got = await stage.http.head(path), await stage.http.get(path)
            assert (head.status_code, head.content) == (200, b"") and got.content
            assert head.headers["content-type"] == got.headers["content-type"]
