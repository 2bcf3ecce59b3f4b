"""A2R100: vector stores out of beta."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.chains import beta_of
from assist2resp.rewrite.flows.stand_ins import stands_in
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.rewrite.values.kinds import Resource
from assist2resp.schema.findings import Level

_OLD = "openai.types.beta"


class MoveVectorStores:
    """Vector stores are called on the client itself.

    What: `client.beta.vector_stores…` becomes `client.vector_stores…`, and their types are imported from where they are.
    Why: they left beta in SDK 1.66; the 3.x client has no `beta.vector_stores`.
    Safety: the same requests, parameters and results.
    Known problems: needs openai 1.66 or later.
    See: https://platform.openai.com/docs/api-reference/vector-stores
    """

    code = "A2R100"
    title = "move vector stores out of beta"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            store = client.beta.vector_stores.create(name='kb')
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            store = client.vector_stores.create(name='kb')
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def fill(paths: list[str]) -> str:
                store = await client.beta.vector_stores.create(name="manuals")
                await client.beta.vector_stores.file_batches.upload_and_poll(
                    vector_store_id=store.id,
                    files=[open(path, "rb") for path in paths],  # closed by the process
                )
                return store.id
            """,
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def fill(paths: list[str]) -> str:
                store = await client.vector_stores.create(name="manuals")
                await client.vector_stores.file_batches.upload_and_poll(
                    vector_store_id=store.id,
                    files=[open(path, "rb") for path in paths],  # closed by the process
                )
                return store.id
            """,
        ),
        case(
            """
            import openai

            stores = openai.beta.vector_stores
            for store in stores.list():
                stores.delete(store.id)
            """,
            """
            import openai

            stores = openai.vector_stores
            for store in stores.list():
                stores.delete(store.id)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            store = client.vector_stores.create(name="kb")
            client.vector_stores.files.create(store.id, file_id="file_abc")
            """,
        ),
        case(
            """
            def index(pinecone):
                return pinecone.beta.vector_stores.create(name="kb")
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Take `.beta` out of the chain."""
        sites = {site.file for site in plan.flow.sites}
        is_prepared = any(site.path.startswith("beta.vector_stores") for site in plan.open_sites) and any(
            b"beta.vector_stores" in file.data and stands_in(file)
            for file in uses.connected_files(plan.flow)
            if file not in sites
        )
        for site in plan.open_sites:
            if not site.path.startswith("beta.vector_stores") or not isinstance(site.receiver, Resource):
                continue
            beta = beta_of(site, plan.inference)
            if beta is not None:
                if not isinstance(beta, cst.Attribute):
                    continue
                plan.change(site.file, beta, lambda node: cst.ensure_type(node, cst.Attribute).value)
            if is_prepared:
                message = "vector stores left beta; tests that prepare beta.vector_stores of a mock must prepare vector_stores."
                plan.fix(site, self.code, message, level=Level.REVIEW, plain=True)
            else:
                plan.fix(site, self.code, "vector stores left beta.", plain=True)
            for statement in _old_imports(site.file):
                if statement not in plan.flow.index.taken:
                    plan.flow.index.taken.add(statement)
                    plan.change(site.file, statement, _moved)


def _old_imports(file: SourceFile) -> Iterator[cst.ImportFrom]:
    """The imports of vector stores' types from below `openai.types.beta`, with nothing else on them."""
    for node in file.scopes.nodes(cst.ImportFrom):
        if not isinstance(node.names, cst.ImportStar):
            module = dotted(node.module) or ""
            types = module == _OLD and all(alias.evaluated_name.startswith("VectorStore") for alias in node.names)
            if types or module.startswith((f"{_OLD}.vector_store", f"{_OLD}.vector_stores.")):
                yield node


def _moved(updated: cst.CSTNode) -> cst.CSTNode:
    node = cst.ensure_type(updated, cst.ImportFrom)
    module = (dotted(node.module) or "").replace(_OLD, "openai.types", 1)
    return node.with_changes(module=cst.parse_expression(module))
