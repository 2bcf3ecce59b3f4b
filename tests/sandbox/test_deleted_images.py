"""A run whose image was deleted before the model saw it fails, and nothing else does."""

from __future__ import annotations

import pytest

from assist2resp.sandbox.server import sandbox

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")
def test_a_run_over_a_deleted_image_fails() -> None:
    with sandbox(in_process=True) as server:
        client = server.client(max_retries=0)
        image = client.files.create(file=("a.png", PNG), purpose="vision").id
        content = [{"type": "image_file", "image_file": {"file_id": image}}]
        thread = client.beta.threads.create(messages=[{"role": "user", "content": content}])  # type: ignore[list-item]
        assistant = client.beta.assistants.create(model="gpt-4o")
        client.files.delete(image)
        run = client.beta.threads.runs.create_and_poll(assistant_id=assistant.id, thread_id=thread.id)
        assert run.status == "failed"
        assert run.last_error is not None
        assert run.last_error.code == "invalid_prompt"
        assert server.failures == []
