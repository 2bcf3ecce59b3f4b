"""The markers of citations in a text, which the old API wrote and the new one does not."""

from __future__ import annotations

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._limits import told
from assist2resp.schema.findings import Level

_MARKER = "【".encode()
_WORDS = (b"file_search", b"vector_store")


def read_text(plan: Plan, site: Site, code: str, message: str, level: Level = Level.FIXED) -> None:
    """Claim a site that reads the text of answers; where they may cite files, say what their readers will miss."""
    files = [file.data for file in uses.connected_files(plan.flow)]
    searches = any(word in data for word in _WORDS for data in files)
    if searches and not any(_MARKER in data for data in files):
        missed = "its text has no markers of citations such as 【4:0†source】 any more."
        plan.fix(site, code, f"{message.removesuffix('.')}; {missed}", level=Level.REVIEW, plain=True)
    else:
        lower, told_so = told(site, message)
        plan.fix(site, code, told_so, level=level if lower is Level.FIXED else lower, plain=True)
