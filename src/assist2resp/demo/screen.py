"""How the demo speaks: titles, sentences, quoted output and diffs, in colour only where the caller asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.text import Text

from assist2resp.rewrite.output.diff import painted


class Screen:
    """Text for a person, handed to `write` piece by piece."""

    def __init__(self, write: Callable[[str], None], *, colour: bool) -> None:
        self._write = write
        self._console = Console(force_terminal=colour, color_system="standard" if colour else None, highlight=False)

    def title(self, text: str) -> None:
        """Begin a step."""
        self._print(Text(f"\n{text}", "bold"))

    def say(self, *sentences: str) -> None:
        """Say something about a step."""
        for sentence in sentences:
            self._print(Text(f"   {sentence}"))

    def praise(self, text: str) -> None:
        """Say that something is as it should be."""
        self._print(Text(f"   {text}", "green"))

    def blame(self, text: str) -> None:
        """Say that something is not as it should be."""
        self._print(Text(f"   {text}", "red"))

    def quote(self, lines: Sequence[str], most: int, rest: str) -> None:
        """Show what a program printed: at most so many lines, each at most a line wide, and where the others are."""
        for line in lines[:most]:
            self._print(Text(f"   | {_cut(line, 108)}", "dim"))
        self._tell_rest(len(lines) - most, rest)

    def diff(self, lines: Sequence[str], most: int, rest: str) -> None:
        """Show the first lines of a diff, and where the others are."""
        self._print(painted("".join(f"{line}\n" for line in lines[:most])), end="")
        self._tell_rest(len(lines) - most, rest)

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Show names, and what each is."""
        for name, about in rows:
            self._print(Text(f"   {name:<15} {about}"))

    def _tell_rest(self, number: int, rest: str) -> None:
        if number > 0:
            self.say(f"… {number:,} more lines in {rest}")

    def _print(self, text: Text, end: str = "\n") -> None:
        with self._console.capture() as captured:
            self._console.print(text, soft_wrap=True, end=end)
        self._write(captured.get())


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
