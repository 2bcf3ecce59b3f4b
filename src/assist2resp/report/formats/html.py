"""One page for a browser: no network, no script but its own, and every text in it is only ever text.

The content-security policy names the page's style and script by their hashes; the cases lie in the page as compressed
data, and the script puts them on the screen by `textContent` alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from assist2resp.report import charts, figures
from assist2resp.report.embedding import Embedded, embedded
from assist2resp.report.texts import change, quantity, visible
from assist2resp.report.view import View
from assist2resp.schema.counts import counted

_TEMPLATES = files("assist2resp.report") / "templates"


def render(view: View) -> Iterator[str]:
    """The page: what is read at once, then the cases, then the script."""
    style, script = (_source(name) for name in ("page.css", "page.js"))
    carried = embedded(view)
    yield _page(view, style, script, carried)
    yield f'<script type="application/octet-stream" id="cases">{carried.data}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _page(view: View, style: str, script: str, carried: Embedded) -> str:
    environment = Environment(
        loader=PackageLoader("assist2resp.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters |= {"change": change, "counted": counted, "quantity": quantity}
    report = view.report
    return environment.get_template("page.html").render(
        report=report,
        facts=list(figures.facts(report)),
        charts=charts,
        figures=figures,
        left_out=carried.left_out,
        policy=_policy(style, script),
        style=_Source(style),
    )


class _Source(str):
    """Text of our own that is put into the page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
