"""The conversation of a run with a thread of its own has a name where there is a line for it."""

from __future__ import annotations

from pathlib import Path

from tests.rewrite.one_file import rewritten

HEAD = "from openai import OpenAI\nclient = OpenAI()\n\n\n"
RUN = 'client.beta.threads.create_and_run_poll(assistant_id="asst_abc", thread={"messages": [{"role": "user", "content": q}]})'


def shown(body: str, folder: Path) -> str:
    """The rewritten body of a function that is given a question `q`."""
    text = HEAD + "def ask(q):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return rewritten(text, folder).text.partition("def ask(q):\n")[2]


def test_the_conversation_is_made_on_a_line_before(tmp_path: Path) -> None:
    new = shown(f"# Ask.\nrun = {RUN}\nreturn run.status", tmp_path)
    assert new.startswith("    # Ask.\n    thread = client.conversations.create()\n    run = client.responses.create(")
    assert "conversation=thread.id" in new


def test_a_name_that_is_taken_is_not_used(tmp_path: Path) -> None:
    assert "    conversation = client.conversations.create()\n" in shown(
        f"thread = q\nrun = {RUN}\nprint(thread)", tmp_path
    )


def test_the_runs_thread_is_that_conversation(tmp_path: Path) -> None:
    assert "return thread.id" in shown(f"run = {RUN}\nreturn run.thread_id", tmp_path)


def test_waiting_for_a_run_makes_no_other(tmp_path: Path) -> None:
    made = RUN.replace("_poll", "")
    wait = (
        "while run.status == 'queued':\n    run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)\n"
    )
    assert "return thread.id" in shown(f"run = {made}\n{wait}return run.thread_id", tmp_path)


def test_a_variable_of_two_runs_says_it_itself(tmp_path: Path) -> None:
    assert "return run.conversation.id" in shown(f"run = {RUN}\nif q:\n    run = {RUN}\nreturn run.thread_id", tmp_path)


def test_a_run_without_a_line_of_its_own_makes_it_in_place(tmp_path: Path) -> None:
    assert "conversation=client.conversations.create().id" in shown(f"return {RUN}.status", tmp_path)


def test_a_failed_turn_is_kept_where_the_thread_goes_on(tmp_path: Path) -> None:
    new = shown(f"run = {RUN}\nif run.status == 'failed':\n    print('no')\nreturn run.thread_id", tmp_path)
    assert "        client.conversations.items.create(\n            conversation_id=thread.id,\n" in new
    assert new.count('[{"role": "user", "content": q}]') == 2
