"""Writes a report as a comment on a pull or merge request, and next time in its place.

    python -m assist2resp.comment report.md

On GitHub Actions it takes the pull request from GITHUB_EVENT_PATH and its right to write from TOKEN; on GitLab CI it
takes the merge request from CI_MERGE_REQUEST_IID and its right from GITLAB_TOKEN, a project's access token.
The comment to be replaced is the one whose first line is the report's first line and whose author is the token's owner:
anybody may write such a line. A token that may only read, as on forks, is no failure: the report is elsewhere too.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGES = 30
"""Pages of a hundred comments that are looked through."""
TIMEOUT = 30
"""Seconds."""


class GitHub:
    """Comments of a pull request."""

    def __init__(self, environment: dict[str, str]) -> None:
        event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        base = f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}"
        self.comments = f"{base}/issues/{int(event['pull_request']['number'])}/comments"
        self.one = f"{base}/issues/comments/"
        self.change = "PATCH"
        self.headers = {"Authorization": f"Bearer {environment['TOKEN']}", "X-GitHub-Api-Version": "2022-11-28"}
        self._author = environment.get("COMMENT_AUTHOR") or "github-actions[bot]"

    def is_ours(self, comment: dict[str, Any]) -> bool:
        """Whether the token's owner wrote it."""
        return bool((comment.get("user") or {}).get("login") == self._author)


class GitLab:
    """Notes of a merge request."""

    def __init__(self, environment: dict[str, str]) -> None:
        api = environment["CI_API_V4_URL"]
        request = f"{int(environment['CI_PROJECT_ID'])}/merge_requests/{int(environment['CI_MERGE_REQUEST_IID'])}"
        self.comments = f"{api}/projects/{request}/notes"
        self.one = f"{self.comments}/"
        self.change = "PUT"
        self.headers = {"PRIVATE-TOKEN": environment["GITLAB_TOKEN"]}
        self._author = asked("GET", f"{api}/user", self.headers)["id"]

    def is_ours(self, comment: dict[str, Any]) -> bool:
        """Whether the token's owner wrote it."""
        return bool((comment.get("author") or {}).get("id") == self._author)


def main() -> int:
    """Write the comment, and say what was done."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m assist2resp.comment REPORT.md\n")
        return 2
    code, done = commented(Path(sys.argv[1]).read_text(encoding="utf-8"), dict(os.environ))
    sys.stdout.write(f"{done}\n")
    return code


def commented(body: str, environment: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what was done; a token that may only read is no failure."""
    elsewhere = "the report is in the summary and the artefacts."
    try:
        place: GitHub | GitLab = GitLab(environment) if "CI_API_V4_URL" in environment else GitHub(environment)
        return 0, put(place, body)
    except KeyError as error:
        return 0, f"No comment: {error.args[0]} is not set; {elsewhere}"
    except urllib.error.HTTPError as error:
        refused = error.code in (401, 403, 404)
        return int(not refused), f"No comment: the server answered {error.code}; {elsewhere}"
    except OSError as error:
        return 1, f"No comment: {error}; {elsewhere}"


def put(place: GitHub | GitLab, body: str) -> str:
    """Replace our comment, or write it where there is none."""
    marker = body.partition("\n")[0]
    for comment in listed(place):
        if place.is_ours(comment) and str(comment.get("body", "")).partition("\n")[0].rstrip("\r") == marker:
            asked(place.change, f"{place.one}{int(comment['id'])}", place.headers, {"body": body})
            return "The comment was replaced."
    asked("POST", place.comments, place.headers, {"body": body})
    return "The comment was written."


def listed(place: GitHub | GitLab) -> Iterator[dict[str, Any]]:
    """Every comment, page by page."""
    for page in range(1, PAGES + 1):
        found = asked("GET", f"{place.comments}?per_page=100&page={page}", place.headers)
        yield from found
        if len(found) < 100:
            return


def asked(method: str, url: str, headers: dict[str, str], body: dict[str, str] | None = None) -> Any:
    """The answer to a request, as JSON."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "assist2resp", **headers}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - the CI server's
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
        return json.load(response)


if __name__ == "__main__":
    raise SystemExit(main())
