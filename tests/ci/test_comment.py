"""The comment is written once and then replaced, whoever else writes its marker, on GitHub and on GitLab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assist2resp.comment import commented
from tests.ci.forge import Forge

BODY = "<!-- assist2resp report -->\n\n## Not worse\n"


@pytest.fixture
def github(tmp_path: Path) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    return {"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "octo/bot", "TOKEN": "t"}


def gitlab(forge: Forge) -> dict[str, str]:
    numbers = {"CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "7"}
    return {"CI_API_V4_URL": forge.url, "GITLAB_TOKEN": "t", **numbers}


@pytest.mark.parametrize("server", ["github", "gitlab"])
def test_the_comment_is_replaced_in_place(github: dict[str, str], server: str) -> None:
    with Forge() as forge:
        environment = github | {"GITHUB_API_URL": forge.url} if server == "github" else gitlab(forge)
        forge.add("mallory", f"{BODY}forged")
        for number in range(150):
            forge.add("ada", f"comment {number}")
        assert commented(BODY, environment) == (0, "The comment was written.")
        assert commented(f"{BODY}later", environment) == (0, "The comment was replaced.")
        assert commented("<!-- assist2resp report other -->\n", environment) == (0, "The comment was written.")
    bodies = [each["body"] for each in forge.comments]
    assert (bodies[0], bodies[151:]) == (f"{BODY}forged", [f"{BODY}later", "<!-- assist2resp report other -->\n"])
    ours = "/repos/octo/bot/issues/" if server == "github" else "/projects/5/merge_requests/7/notes"
    assert {path for _, path, _ in forge.requests if not path.startswith(ours)} <= {"/user"}
    assert {key for _, _, key in forge.requests} == {"Bearer t" if server == "github" else "t"}


def test_a_token_that_may_only_read_is_no_failure(github: dict[str, str]) -> None:
    with Forge(read_only=True) as forge:
        code, said = commented(BODY, github | {"GITHUB_API_URL": forge.url})
    assert (code, said.startswith("No comment: the server answered 403; ")) == (0, True)


@pytest.mark.parametrize("missing", ["TOKEN", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY"])
def test_what_is_not_set_is_named(github: dict[str, str], missing: str) -> None:
    environment = {name: value for name, value in github.items() if name != missing}
    code, said = commented(BODY, environment | {"GITHUB_API_URL": "http://127.0.0.1:9"})
    assert (code, said.startswith(f"No comment: {missing} is not set; ")) == (0, True)


def test_no_server_is_a_failure(github: dict[str, str]) -> None:
    code, said = commented(BODY, github | {"GITHUB_API_URL": "http://127.0.0.1:9"})
    assert (code, said.startswith("No comment: <urlopen error")) == (1, True)
