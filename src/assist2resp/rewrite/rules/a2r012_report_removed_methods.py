"""A2R012: methods of Assistants v1, which had ended before."""

from __future__ import annotations

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.values import sdk
from assist2resp.schema.findings import Level

_TRANSLATED = ("beta.vector_stores", "beta.assistants.files")


class ReportRemovedMethods:
    """Methods that no SDK since 1.21 has are left alone and reported.

    What: `beta.threads.messages.files`, and what no SDK ever had, such as `beta.threads.list`.
    Why: Assistants v1 ended on 2024-12-18; which tool reads a message's files is for a person to say.
    Safety: the code stays; one TODO comment names the next step.
    Known problems: none.
    See: MIGRATION.md, "Assistants v1".
    """

    code = "A2R012"
    title = "report methods of Assistants v1"
    level = Level.MANUAL
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            file = client.files.create(file=open("manual.pdf", "rb"), purpose="assistants")
            message = client.beta.threads.messages.create("thread_abc", role="user", content="Read it.")
            client.beta.threads.messages.files.retrieve(file.id, thread_id="thread_abc", message_id=message.id)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            file = client.files.create(file=open("manual.pdf", "rb"), purpose="assistants")
            message = client.beta.threads.messages.create("thread_abc", role="user", content="Read it.")
            # TODO[assist2resp:A2R012] beta.threads.messages.files.retrieve is Assistants v1 (until SDK 1.20.0); attach the file to a vector store or a container instead.
            client.beta.threads.messages.files.retrieve(file.id, thread_id="thread_abc", message_id=message.id)
            """,
        ),
        case(
            """
            import openai


            def cited(thread_id, message_id):
                files = openai.beta.threads.messages.files.list(thread_id=thread_id, message_id=message_id)
                return [file.id for file in files]
            """,
            """
            import openai


            def cited(thread_id, message_id):
                # TODO[assist2resp:A2R012] beta.threads.messages.files.list is Assistants v1 (until SDK 1.20.0); attach the file to a vector store or a container instead.
                files = openai.beta.threads.messages.files.list(thread_id=thread_id, message_id=message_id)
                return [file.id for file in files]
            """,
        ),
        case(
            """
            from openai import OpenAI


            class Bot:
                def __init__(self):
                    self.client = OpenAI()

                def threads(self):
                    return self.client.beta.threads.list()

                def forget(self, thread_id):
                    self.client.beta.threads.delete(thread_id)
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id


            class Bot:
                def __init__(self):
                    self.client = OpenAI()

                def threads(self):
                    # TODO[assist2resp:A2R012] no SDK has beta.threads.list, so this call never worked; remove it.
                    return self.client.beta.threads.list()

                def forget(self, thread_id):
                    self.client.conversations.delete(conversation_id(thread_id))
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            file = client.files.create(file=open("manual.pdf", "rb"), purpose="assistants")
            client.vector_stores.files.create(vector_store_id="vs_abc", file_id=file.id)
            """,
        ),
        case(
            """
            class Files:
                def create(self, assistant_id, file_id):
                    return (assistant_id, file_id)


            class Assistants:
                files = Files()


            class Beta:
                assistants = Assistants()


            class Client:
                beta = Beta()


            print(Client().beta.assistants.files.create("a1", "f1"))
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Block sites whose method the newest SDK does not have."""
        for site in plan.open_sites:
            method = sdk.method(site.path)
            if site.call is None or (method is not None and site.path.startswith(_TRANSLATED)):
                continue
            if method is None:
                plan.block(site, self.code, f"no SDK has {site.path}, so this call never worked; remove it.")
            elif method.until:
                plan.block(
                    site,
                    self.code,
                    f"{site.path} is Assistants v1 (until SDK {method.until}); attach the file to a vector store or a container instead.",
                )
