"""A2R700: files that code wrote are downloaded from the container that holds them."""

from __future__ import annotations

import re

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.values.kinds import Method
from assist2resp.schema.findings import Level

_OF_INTERPRETER = re.compile(rb"code_interpreter|file_path|image_file")


class DownloadContainerFiles:
    """Downloading a file that the code interpreter wrote goes to its container.

    What: `client.files.content(file_id)` in a program that runs assistants becomes `file_content(client, file_id)`.
    Why: output files are no longer among the project's files; they lie in a container, under `cfile_…` ids.
    Safety: ids that are no container's go to `client.files.content` as before.
    Known problems: a container dies after 20 minutes without use, so download at once.
    See: https://platform.openai.com/docs/guides/tools-code-interpreter
    """

    code = "A2R700"
    title = "download files from containers"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            analyst = client.beta.assistants.create(model="gpt-5", tools=[{"type": "code_interpreter"}])
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Plot sin(x)."}])
            client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=analyst.id)
            for message in client.beta.threads.messages.list(thread_id=thread.id):
                for part in message.content:
                    if part.type == "image_file":
                        with open("plot.png", "wb") as file:
                            file.write(client.files.content(part.image_file.file_id).read())
            """,
            """
            from openai import OpenAI

            from assistants_compat import file_content, threads

            client = OpenAI()
            analyst: dict = {
                "model": "gpt-5",
                "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}],
                "truncation": "auto",
            }
            thread = client.conversations.create()
            client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "Plot sin(x)."}],
                **analyst,
            )
            for message in threads(client).messages.list(thread_id=thread.id):
                for part in message.content:
                    if part.type == "image_file":
                        with open("plot.png", "wb") as file:
                            file.write(file_content(client, part.image_file.file_id).read())
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def save_files(thread_id: str) -> None:
                newest = client.beta.threads.messages.list(thread_id=thread_id).data[0]
                for annotation in newest.content[0].text.annotations:
                    if annotation.type == "file_path":
                        client.files.content(annotation.file_path.file_id).write_to_file("report.csv")
            """,
            """
            from openai import OpenAI

            from assistants_compat import cited_text, conversation_id, file_content

            client = OpenAI()


            def save_files(thread_id: str) -> None:
                newest = next(
                    item
                    for item in client.conversations.items.list(conversation_id(thread_id))
                    if item.type == "message"
                )
                for annotation in cited_text(newest.content[0]).annotations:
                    if annotation.type == "file_path":
                        file_content(client, annotation.file_path.file_id).write_to_file("report.csv")
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            batch = client.batches.retrieve("batch_abc")
            print(client.files.content(batch.output_file_id).text)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            content = client.containers.files.content.retrieve("cfile_abc", container_id="cntr_abc")
            print(content.read())
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the downloads in the files of a flow that runs assistants."""
        if not any(
            site.path.startswith(("beta.threads.runs", "beta.threads.create_and_run", "beta.threads.messages.list"))
            for site in plan.flow.sites
        ):
            return
        if not plan.inference.project.says(_OF_INTERPRETER):
            return
        for file, call in plan.inference.project.calls_of_method("content"):
            site = self._download(plan, call, file)
            if site is not None:
                plan.flow.index.taken.add(call)
                self._rewrite(plan, call, file)
                plan.fix(site, self.code, "a file that code wrote is in its container.")

    @staticmethod
    def _download(plan: Plan, call: cst.Call, file: SourceFile) -> Site | None:
        if call in plan.flow.index.taken or not isinstance(call.func, cst.Attribute):
            return None
        kind = plan.inference.kind(call.func, file)
        if not isinstance(kind, Method) or kind.path != "files.content" or kind.resource.wrapper:
            return None
        if len(call.args) != 1 or not isinstance(call.func.value, cst.Attribute):
            return None
        return Site(file, call.func, kind.path, kind.resource, file.scopes.scope_of[call.func], call)

    @staticmethod
    def _rewrite(plan: Plan, call: cst.Call, file: SourceFile) -> None:
        local = plan.need(file, "file_content")

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            new = cst.ensure_type(updated, cst.Call)
            client = cst.ensure_type(cst.ensure_type(new.func, cst.Attribute).value, cst.Attribute).value
            first = cst.Arg(client, comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
            return new.with_changes(func=cst.Name(local), args=[first, cst.Arg(new.args[0].value)])

        plan.change(file, call, build)
