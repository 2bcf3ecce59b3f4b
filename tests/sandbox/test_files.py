"""Files over the wire: what may be uploaded, listed, downloaded, and when it expires."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from assist2resp.sandbox import sandbox
from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.files import add_file, text_of
from assist2resp.sandbox.server import Sandbox

CLOCK = ManualClock()


@pytest.fixture
def server() -> Iterator[Sandbox]:
    with sandbox(in_process=True, clock=CLOCK) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def client(server: Sandbox) -> openai.OpenAI:
    return server.client(_strict_response_validation=True, max_retries=0)


def upload(client: openai.OpenAI, purpose: str = "user_data", name: str = "a.txt", data: bytes = b"abc", **more):
    return client.files.create(file=(name, data), purpose=purpose, **more)


def test_an_upload_has_the_recorded_keys(client):
    made = client.files.with_raw_response.create(file=("data.csv", b"item,value\n"), purpose="assistants")
    shown = made.http_response.json()
    assert list(shown) and set(shown) == {
        "object",
        "id",
        "purpose",
        "filename",
        "bytes",
        "created_at",
        "expires_at",
        "status",
        "status_details",
    }
    assert (shown["bytes"], shown["filename"], shown["status"]) == (11, "data.csv", "processed")
    assert client.files.retrieve(shown["id"]).to_dict() == shown


@pytest.mark.parametrize("purpose", ["assistants", "user_data", "fine-tune"])
def test_uploads_of_most_purposes_cannot_be_downloaded(client, purpose):
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.content(upload(client, purpose).id)
    assert caught.value.body == {
        "message": f"Not allowed to download files of purpose: {purpose}",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize("purpose", ["batch", "vision"])
def test_uploads_of_some_purposes_can_be_downloaded(client, purpose):
    assert client.files.content(upload(client, purpose, data=b"\x00\xff").id).read() == b"\x00\xff"


def test_what_a_model_made_can_be_downloaded(server, client):
    made = add_file(server.world, 'cha"rt é.png', b"png", "assistants_output")
    answer = client.files.content(made.id)
    assert answer.read() == b"png"
    assert answer.response.headers["content-disposition"] == 'attachment; filename="cha\'rt ?.png"'


def test_a_deleted_file_is_gone(client):
    made = upload(client)
    assert client.files.delete(made.id).to_dict() == {"object": "file", "id": made.id, "deleted": True}
    for call in (client.files.retrieve, client.files.delete, client.files.content):
        with pytest.raises(openai.NotFoundError) as caught:
            call(made.id)
        assert (caught.value.body["message"], caught.value.param) == (f"No such File object: {made.id}", "id")


def test_files_are_listed_newest_first_by_purpose_and_page(client):
    one, two, three = upload(client), upload(client, "batch"), upload(client)
    assert [file.id for file in client.files.list()] == [three.id, two.id, one.id]
    assert [file.id for file in client.files.list(purpose="user_data", order="asc")] == [one.id, three.id]
    first = client.files.list(limit=1)
    assert ([file.id for file in first.data], first.has_more) == ([three.id], True)
    assert [file.id for file in client.files.list(limit=1)] == [three.id, two.id, one.id]
    assert [file.id for file in client.files.list(after=two.id).data] == [one.id]


def test_files_expire_when_they_were_told_to(client):
    short = upload(client, expires_after={"anchor": "created_at", "seconds": 3600})
    batch, kept = upload(client, "batch"), upload(client)
    assert (short.expires_at - short.created_at, batch.expires_at - batch.created_at) == (3600, 30 * 86_400)
    CLOCK.advance(3600)
    assert [file.id for file in client.files.list()] == [kept.id, batch.id]
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(short.id)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"purpose": "homework"}, "'homework' is not one of ["),
        ({"expires_after": {"anchor": "created_at", "seconds": 60}}, "Expected a value >= 3600, but got 60 instead."),
        ({"expires_after": {"anchor": "created_at", "seconds": "soon"}}, "expected an integer"),
        ({"expires_after": {"anchor": "last_active_at", "seconds": 3600}}, "Value must be 'created_at'."),
        ({"expires_after": {"anchor": "created_at"}}, "Missing required parameter: 'expires_after.seconds'."),
        ({"extra_body": {"colour": "red"}}, "Unknown parameter: 'colour'."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_upload_is_refused(client, more, message):
    with pytest.raises(openai.BadRequestError, match="400") as caught:
        upload(client, **{"purpose": "user_data", **more})
    assert message in caught.value.body["message"]
    assert client.files.list().data == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"purpose": (None, "batch")}, "Missing required parameter: 'file'."),
        ({"file": (None, "text"), "purpose": (None, "batch")}, "'file' must be a file, sent with a filename."),
        ({"file": ("a.txt", b"a")}, "Missing required parameter: 'purpose'."),
    ],
    ids=["no file", "no filename", "no purpose"],
)
def test_an_incomplete_upload_is_refused(server, fields, message):
    with openai.DefaultHttpxClient(transport=server.transport()) as http:
        answer = http.post(f"{server.url}/files", files=fields, headers={"authorization": "Bearer any"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize("boundary", ["; boundary=b", ""], ids=["wrong", "none"])
def test_a_malformed_form_is_refused(server, boundary):
    headers = {"authorization": "Bearer any", "content-type": f"multipart/form-data{boundary}"}
    with openai.DefaultHttpxClient(transport=server.transport()) as http:
        answer = http.post(f"{server.url}/files", content=b"--b\r\nnonsense\r\n--c", headers=headers)
    assert answer.status_code == 400
    assert server.failures == []


def test_a_json_upload_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="expected multipart/form-data"):
        client.post("/files", cast_to=object, body={"purpose": "batch"})


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfhello", "hello"),
        ("é".encode(), "é"),
        (b"\xff\xd8\x00 readable part \x00\x01x", " readable part "),
    ],
    ids=["byte-order mark", "utf-8", "binary"],
)
def test_the_text_of_a_file(data, text):
    assert text_of(data) == text
