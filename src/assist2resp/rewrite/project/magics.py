"""IPython's own lines in a cell (`%magic`, `!command`, `name?`), kept out of the way while the cell is read as Python.

https://ipython.readthedocs.io/en/stable/interactive/magics.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE = re.compile(r"\s*(?:[%!?]|[\w.%*]+\?\??\s*$)")
_ASSIGNED = re.compile(r"(?P<target>\s*[\w., \[\]'\"]+=\s*)(?P<magic>[%!].*)")
_OVER_PYTHON = re.compile(r"%%(?:time|timeit|capture|prun|memit|mprun)\b")
_HIDDEN = re.compile(r"^(?P<indent>[ \t]*)(?:pass  )?# assist2resp-magic-(?P<line>\d+)$", re.MULTILINE)
_HIDDEN_VALUE = re.compile(r"assist2resp_magic\((\d+)\)")
_QUOTE = re.compile(r"'''|\"\"\"|'|\"")


@dataclass
class Magics:
    """The hidden lines of a notebook, by number."""

    texts: list[str] = field(default_factory=list)

    def hidden(self, source: str) -> str | None:
        """A cell's source with Python in place of IPython's lines, line for line; None for another language's cell."""
        if source.lstrip().startswith("%%") and not _OVER_PYTHON.match(source.lstrip()):
            return None
        made: list[str] = []
        state = _State()
        continued = False
        for line in source.split("\n"):
            if continued:
                made.append(f"# assist2resp-magic-{self._keep(line)}")
                continued = line.endswith("\\")
            elif state.is_clean and _LINE.match(line):
                indent = line[: len(line) - len(line.lstrip())]
                made.append(f"{indent}pass  # assist2resp-magic-{self._keep(line.lstrip())}")
                continued = line.endswith("\\")
            elif state.is_clean and (assigned := _ASSIGNED.fullmatch(line)) is not None:
                made.append(f"{assigned['target']}assist2resp_magic({self._keep(assigned['magic'])})")
            else:
                made.append(line)
                state.read(line)
        return "\n".join(made)

    def restored(self, python: str) -> str:
        """The text with its hidden lines as they were."""
        text = _HIDDEN.sub(lambda found: found["indent"] + self.texts[int(found["line"])], python)
        return _HIDDEN_VALUE.sub(lambda found: self.texts[int(found[1])], text)

    def _keep(self, text: str) -> int:
        self.texts.append(text)
        return len(self.texts) - 1


@dataclass
class _State:
    """Whether a line begins a statement, or lies in a string, between brackets or after a backslash."""

    quote: str = ""
    depth: int = 0
    continues: bool = False

    @property
    def is_clean(self) -> bool:
        return not (self.quote or self.depth or self.continues)

    def read(self, line: str) -> None:
        """Go on over one line."""
        for bracket in self._tokens(line):
            if bracket in "([{":
                self.depth += 1
            elif bracket in ")]}":
                self.depth = max(0, self.depth - 1)
        self.continues = line.endswith("\\")
        if len(self.quote) == 1 and not self.continues:
            self.quote = ""

    def _tokens(self, line: str) -> Iterator[str]:
        """The brackets outside of strings and comments."""
        position = 0
        while position < len(line):
            if self.quote:
                position = self._after_string(line, position)
                continue
            letter = line[position]
            if letter == "#":
                return
            found = _QUOTE.match(line, position)
            if found is not None:
                self.quote = found[0]
                position = found.end()
                continue
            if letter in "([{)]}":
                yield letter
            position += 1

    def _after_string(self, line: str, position: int) -> int:
        while position < len(line):
            if line[position] == "\\":
                position += 2
            elif line.startswith(self.quote, position):
                position += len(self.quote)
                self.quote = ""
                return position
            else:
                position += 1
        return position
