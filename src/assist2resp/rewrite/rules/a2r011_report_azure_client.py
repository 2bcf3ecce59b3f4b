"""A2R011: the Assistants API on an Azure client."""

from __future__ import annotations

from assist2resp.rewrite.kinds import Resource
from assist2resp.rewrite.plan import Plan
from assist2resp.schema.findings import Level


class ReportAzureClient:
    """Azure clients have a target of their own, so their flows are left alone and reported.

    What: sites whose client is `AzureOpenAI` or `AsyncAzureOpenAI`.
    Why: a plain Azure OpenAI resource may have no Conversations API; Microsoft's replacement is Foundry Agent Service.
    Safety: the code stays; one TODO comment names the next step.
    Known problems: a client whose class is chosen at run time counts as unknown (A2R010).
    See: https://learn.microsoft.com/azure/foundry/agents/how-to/migrate
    """

    code = "A2R011"
    title = "report an Azure client"
    level = Level.MANUAL
    CASES = (
        (
            "from openai import AzureOpenAI\n\nclient = AzureOpenAI()\nthread = client.beta.threads.create()\n",
            "from openai import AzureOpenAI\n\nclient = AzureOpenAI()\n"  # noqa: ISC004 - one program
            "# TODO[assist2resp:A2R011] Azure's Assistants ended too; Microsoft's way is Foundry Agent Service "
            "(azure-ai-projects 2, get_openai_client()).\n"
            "thread = client.beta.threads.create()\n",
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
                    "Azure's Assistants ended too; Microsoft's way is Foundry Agent Service (azure-ai-projects 2, get_openai_client()).",
                )
