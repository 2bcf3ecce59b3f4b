"""A2R250: the newest message's text is the response's output text."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.calls import attribute
from assist2resp.rewrite.edits import leaving_comments
from assist2resp.rewrite.plan import Plan
from assist2resp.schema.findings import Level


class ReadOutputText:
    """Reading the newest message after a run becomes `output_text`.

    What: `client.beta.threads.messages.list(thread_id=t).data[0].content[0].text.value`, directly or through a
    variable, becomes `run.output_text`; the listing disappears.
    Why: the response holds its answer.
    Safety: only after a run in the same function, in default order, when nothing else of the listing is read.
    Known problems: markers such as `【4:0†source】` are no longer part of the text; the annotations are in the output.
    See: https://platform.openai.com/docs/guides/text
    """

    code = "A2R250"
    title = "read output_text"
    level = Level.FIXED
    CASES = ()

    def apply(self, plan: Plan) -> None:
        """Rewrite the readings of a plain flow."""
        if not plan.plain.possible:
            return
        for site, texts in plan.plain.newest.items():
            run = plan.plain.run_before(site)
            if run is None or site not in plan.open_sites:
                continue
            name = plan.renamed.get((site.scope, run.value), run.value)
            for node in texts:
                plan.replace(site.file, node, attribute(cst.Name(name), "output_text"))
            parent = site.file.scopes.parent_of[site.awaited]
            if isinstance(parent, cst.Assign):
                plan.change(site.file, parent, leaving_comments)
            plan.fix(site, self.code, "the newest message is the response's text.", plain=True)
