"""`--org`: all projects, one archive each; keys from a file, or of service accounts that never outlive the export."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys

import openai
import pytest

from assist2resp.errors import UsageError
from assist2resp.export.organization import Administration, Plan, export_organization
from assist2resp.export.source import Settings
from assist2resp.export.verify import verify
from assist2resp.sandbox import sandbox
from assist2resp.schema.organization import Organization

pytestmark = pytest.mark.skipif(
    "admin_api_key" not in inspect.signature(openai.OpenAI.__init__).parameters,
    reason="this openai has no methods for administrators",
)

ADMIN = "sk-admin-canary-5c1e77a0"
KEY = "sk-proj-canary-9d2f41b3"
SEED = {
    "assistants": [{"id": "asst_a", "model": "gpt-4o"}, {"id": "asst_b", "model": "gpt-4o"}],
    "files": [{"id": "file-a", "filename": "a.md", "text": "a"}],
    "vector_stores": [{"id": "vs_a", "file_ids": ["file-a"]}],
}


class World:
    """A sandbox with three projects."""

    def __init__(self, server):
        self.server = server
        self.api = server.client(admin_api_key=ADMIN, api_key=KEY).admin.organization.projects
        self.ids = [self.api.create(name=name).id for name in ("One", "Two", "Old")]
        self.api.archive(self.ids[2])

    def accounts(self):
        return [account.id for project in self.ids for account in self.api.service_accounts.list(project)]

    def export(self, out, keys=(), **options):
        settings = Settings(base_url=self.server.url, patience=0.001)
        plan = Plan(settings, dict.fromkeys(keys, KEY), **options)
        return export_organization(Administration(settings, ADMIN), plan, out, lambda _: lambda _: None)


@pytest.fixture
def world():
    with sandbox(seed=SEED, api_key=KEY) as server:
        yield World(server)
        assert server.failures == []


@pytest.fixture
def slow_world():
    """The same, but the first listing of models does not end."""
    with sandbox(seed=SEED, api_key=KEY, faults="slow@GET /v1/models,seconds=60,times=1") as server:
        yield World(server)


def by_name(index):
    return {project.name: project for project in index.projects}


def test_a_project_without_a_key_is_listed_as_such(world, out):
    projects = by_name(world.export(out, keys=world.ids[:1]))
    assert projects["One"].complete
    assert (projects["Two"].archive, projects["Old"].archive) == (None, None)
    assert projects["Two"].reason.startswith("there is no key of it")
    assert projects["Old"].status == "archived"
    assert Organization.model_validate_json((out / "organization.json").read_text()).projects[0].id in world.ids
    assert verify(out / world.ids[0]).damages == ()
    assert "service_accounts" not in {entry.path.rpartition("/")[2] for entry in world.server.requests}


def test_the_inventory_says_what_ends_when(world, out):
    client = world.server.client(api_key=KEY)
    client.vector_stores.update("vs_a", expires_after={"anchor": "last_active_at", "days": 7})
    container = client.containers.create(name="charts", file_ids=["file-a"])
    inventory = by_name(world.export(out, keys=world.ids[:1]))["One"].inventory
    [expiry] = inventory.expiring
    assert (expiry.kind, expiry.id) == ("vector_stores", "vs_a")
    assert inventory.counts["containers"] == inventory.counts["container_files"] == 1
    ends = {model.id: model for model in inventory.models}
    assert (ends["gpt-4o"].shutdown_date, ends["gpt-4o"].assistants) == ("2027-01-14", ("asst_a", "asst_b"))
    dates = [model.shutdown_date for model in inventory.models if model.shutdown_date]
    assert dates == sorted(dates)
    [data] = [path.read_bytes() for path in (out / world.ids[0] / "files").glob("cfile_*.bin")]
    assert (
        data
        == client.containers.files.content.retrieve(
            next(iter(client.containers.files.list(container.id))).id, container_id=container.id
        ).read()
    )


def test_temporary_accounts_are_removed(world, out):
    projects = by_name(world.export(out, temporary=True))
    assert projects["One"].complete
    assert projects["Two"].complete
    assert not projects["Old"].complete
    assert world.accounts() == []
    assert not (out / "temporary-accounts.json").exists()


def test_they_are_removed_when_the_export_fails(world, out, monkeypatch):
    def fail(*_arguments, **_options):
        assert len(world.accounts()) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("assist2resp.export.organization.export", fail)
    with pytest.raises(KeyboardInterrupt):
        world.export(out, temporary=True)
    assert world.accounts() == []


COMMAND = [sys.executable, "-m", "assist2resp", "export", "--org", "--temporary-accounts", "--format", "json"]


def start(world, out):
    environment = {"OPENAI_ADMIN_KEY": ADMIN, "PATH": os.environ["PATH"]}
    command = [*COMMAND, "--out", str(out), "--base-url", world.server.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_they_are_removed_when_the_export_is_ended(sent, slow_world, out):
    world = slow_world
    process = start(world, out)
    process.stdout.readline()
    assert len(world.accounts()) == 1
    process.send_signal(sent)
    process.communicate(timeout=60)
    if sent is signal.SIGKILL:
        assert len(world.accounts()) == 1
        again = start(world, out)
        shown, told = again.communicate(timeout=60)
        assert (again.returncode, told) == (3, "")
        index = json.loads(shown.splitlines()[-1])["organization"]
        assert sum(project["complete"] for project in index["projects"]) == 2
        for secret in (ADMIN, "sk-svcacct-"):
            assert secret not in shown
            assert not [path for path in out.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    else:
        assert process.returncode == 130
    assert world.accounts() == []


def test_one_that_cannot_be_removed_is_told_and_removed_next_time(out):
    faults = "500@DELETE /v1/organization/*,times=8"
    with sandbox(seed=SEED, api_key=KEY, faults=faults) as server:
        world = World(server)
        with pytest.raises(Exception, match="could not be removed"):
            world.export(out, temporary=True)
        assert len(world.accounts()) == 1
        world.export(out, temporary=True)
        assert world.accounts() == []


def test_a_wrong_key_of_one_project_leaves_the_others(world, out):
    settings = Settings(base_url=world.server.url, patience=0.001)
    plan = Plan(settings, {world.ids[0]: "sk-proj-wrong-000000", world.ids[1]: KEY})
    index = export_organization(Administration(settings, ADMIN), plan, out, lambda _: lambda _: None)
    projects = by_name(index)
    assert "refuses the API key" in projects["One"].reason
    assert projects["Two"].complete


def test_projects_are_listed_page_by_page(world, out):
    for number in range(150):
        world.api.create(name=f"Project {number}")
    assert len(world.export(out).projects) == 153


def test_the_same_command_makes_the_same(world, out):
    from tests.export.scenes import snapshot

    world.export(out, keys=world.ids[:2])
    before = snapshot(out)
    world.export(out, keys=world.ids[:2])
    assert snapshot(out) == before


def test_a_key_of_nobodys_project_is_refused(world, out):
    settings = Settings(base_url=world.server.url)
    with pytest.raises(UsageError, match="proj_x, which the organization does not list"):
        export_organization(Administration(settings, ADMIN), Plan(settings, {"proj_x": KEY}), out, lambda _: print)
