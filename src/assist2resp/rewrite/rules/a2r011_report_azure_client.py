"""A2R011: the Assistants API on an Azure client."""

from __future__ import annotations

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.values.kinds import Resource
from assist2resp.schema.findings import Level


class ReportAzureClient:
    """Azure clients have a target of their own, so their flows are left alone and reported.

    What: sites whose client is `AzureOpenAI` or `AsyncAzureOpenAI`.
    Why: a plain Azure OpenAI resource may have no Conversations API; Microsoft's replacement is Foundry Agent Service
    (`azure-ai-projects` 2, whose `get_openai_client()` speaks conversations and responses).
    Safety: the code stays; one TODO comment names the next step. Where a client is OpenAI's at other times, the code is
    rewritten for these, at level review: what Azure answers to it is for a person to check.
    Known problems: a client whose class is chosen at run time counts as unknown (A2R010).
    See: https://learn.microsoft.com/azure/foundry/agents/how-to/migrate
    """

    code = "A2R011"
    title = "report an Azure client"
    level = Level.MANUAL
    CASES = (
        case(
            """
            from openai import AsyncAzureOpenAI

            client = AsyncAzureOpenAI(api_version="2024-05-01-preview")


            async def answer(thread_id: str, assistant_id: str) -> str:
                run = await client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
                return run.status
            """,
            """
            from openai import AsyncAzureOpenAI

            client = AsyncAzureOpenAI(api_version="2024-05-01-preview")


            async def answer(thread_id: str, assistant_id: str) -> str:
                # TODO[assist2resp:A2R011] Azure's Assistants ended too; Microsoft's way is Foundry Agent Service.
                run = await client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
                return run.status
            """,
        ),
        case(
            """
            from openai import AzureOpenAI

            client = AzureOpenAI()
            store = client.beta.vector_stores.create(name="manuals")
            # The assistant that reads the manuals.
            assistant = client.beta.assistants.create(model="gpt-4o-deployment", tools=[{"type": "file_search"}])
            """,
            """
            from openai import AzureOpenAI

            client = AzureOpenAI()
            store = client.vector_stores.create(name="manuals")
            # The assistant that reads the manuals.
            # TODO[assist2resp:A2R011] Azure's Assistants ended too; Microsoft's way is Foundry Agent Service.
            assistant = client.beta.assistants.create(model="gpt-4o-deployment", tools=[{"type": "file_search"}])
            """,
        ),
        case(
            """
            from openai import AzureOpenAI

            client = AzureOpenAI()
            # TODO[assist2resp:A2R011] Azure's Assistants ended too; Microsoft's way is Foundry Agent Service.
            client.beta.threads.delete("thread_abc")
            """,
        ),
        case(
            """
            from openai import AzureOpenAI

            client = AzureOpenAI()
            reply = client.chat.completions.create(model="my-deployment", messages=[{"role": "user", "content": "Hello"}])
            print(reply.choices[0].message.content)
            """,
        ),
        case(
            """
            from azure.ai.agents import AgentsClient
            from azure.identity import DefaultAzureCredential

            client = AgentsClient(endpoint="https://example.services.ai.azure.com", credential=DefaultAzureCredential())
            thread = client.threads.create()
            client.messages.create(thread_id=thread.id, role="user", content="Hello")
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Block every site of an Azure client."""
        for site in plan.open_sites:
            if isinstance(site.receiver, Resource) and site.receiver.is_azure:
                if site.path.startswith("beta.vector_stores"):
                    continue
                plan.block(
                    site,
                    self.code,
                    "Azure's Assistants ended too; Microsoft's way is Foundry Agent Service.",
                )
