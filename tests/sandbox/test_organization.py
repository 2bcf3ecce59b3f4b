"""The organization: projects, service accounts and keys, as the SDK's administrator sees them."""

from __future__ import annotations

import inspect

import openai
import pytest

from assist2resp.sandbox import sandbox

pytestmark = pytest.mark.skipif(
    "admin_api_key" not in inspect.signature(openai.OpenAI.__init__).parameters,
    reason="this openai has no methods for administrators",
)

ADMIN = "sk-admin-canary-5c1e"


@pytest.fixture
def server():
    with sandbox(in_process=True, api_key="sk-proj-canary-9d2f") as running:
        yield running
        assert running.failures == []


@pytest.fixture
def projects(server):
    client = server.client(admin_api_key=ADMIN, _strict_response_validation=True, max_retries=0)
    return client.admin.organization.projects


def test_projects(projects):
    first, second = projects.create(name="One"), projects.create(name="Two")
    assert {project.id for project in projects.list(limit=1)} == {first.id, second.id}
    assert projects.archive(first.id).status == "archived"
    assert [project.name for project in projects.list()] == ["Two"]
    assert len(list(projects.list(include_archived=True))) == 2
    assert projects.retrieve(second.id).name == "Two"


def test_the_key_of_a_service_account_is_good_while_it_exists(projects, server):
    project = projects.create(name="One")
    made = projects.service_accounts.create(project.id, name="export")
    mine = server.client(api_key=made.api_key.value, max_retries=0)
    assert mine.models.list().data
    assert [account.name for account in projects.service_accounts.list(project.id)] == ["export"]
    assert projects.service_accounts.retrieve(made.id, project_id=project.id).name == "export"
    [key] = projects.api_keys.list(project.id)
    assert made.api_key.value not in key.to_json()
    assert projects.service_accounts.delete(made.id, project_id=project.id).deleted
    with pytest.raises(openai.AuthenticationError):
        mine.models.list()


def test_an_archived_project_takes_no_account(projects):
    project = projects.archive(projects.create(name="One").id)
    with pytest.raises(openai.BadRequestError, match="archived"):
        projects.service_accounts.create(project.id, name="export")


def test_a_projects_key_sees_no_organization(server):
    client = server.client(admin_api_key="sk-proj-canary-9d2f", max_retries=0)
    with pytest.raises(openai.PermissionDeniedError, match="insufficient permissions"):
        client.admin.organization.projects.list()
