"""The sandbox's code interpreter: it reckons, draws a bar chart as a real PNG and writes a real CSV."""

from __future__ import annotations

import ast
import operator
import re
import struct
import zlib
from collections.abc import Callable, Sequence

from assist2resp.sandbox.prompt import Document, InterpreterCall, OutputFile

WANTED = re.compile(
    r"\b(calculat\w*|comput\w*|plots?|plotting|charts?|graphs?|csv|python|histogram|code)\b", re.IGNORECASE
)
DRAWING = re.compile(r"\b(plots?|plotting|charts?|graphs?|histogram|draw)\b", re.IGNORECASE)
WRITING = re.compile(r"\bcsv\b|\b(write|save|create|export|make)\b[^.!?]*\bfile\b", re.IGNORECASE)
CSV_NAME = re.compile(r"[\w-]+\.csv\b")
EXPRESSION = re.compile(r"[\d(][\d\s.()+*/%^-]*[+*/%^-][\d\s.()+*/%^-]*[\d)]")
NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?!\w)")
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
WIDTH, HEIGHT = 120, 80


def is_wanted(text: str) -> bool:
    """Whether `text` asks for code to be run."""
    return WANTED.search(text) is not None


def run(text: str, files: Sequence[Document], seed: int) -> InterpreterCall:
    """Run what `text` asks for over `files`; `seed` gives the numbers that it does not state."""
    values = [float(number) for number in NUMBER.findall(text)] or [
        float(1 + (seed >> shift) % 9) for shift in range(5)
    ]
    code, logs = [], []
    for document in files:
        code.append(f"print(open('/mnt/data/{document.filename}').read().count('\\n'))")
        logs.append(str(document.text.count("\n")))
    source, result = _reckon(text, values)
    code.append(f"print({source})")
    logs.append(result)
    image = None
    if DRAWING.search(text):
        code.append(f"plt.bar(range({len(values)}), {_shown(values)})\nplt.show()")
        image = bar_chart(values)
    written: tuple[OutputFile, ...] = ()
    if WRITING.search(text):
        name = _csv_name(text, files)
        code.append(f"open('/mnt/data/{name}', 'w').write(rows)")
        written = (OutputFile(name, _csv(values)),)
    return InterpreterCall("\n".join(code), "".join(f"{line}\n" for line in logs), image, written)


def _reckon(text: str, values: Sequence[float]) -> tuple[str, str]:
    """The first sum that `text` states and its result, else the sum of `values`."""
    for match in EXPRESSION.finditer(text):
        source = " ".join(match.group().split())
        try:
            return source, f"{_evaluate(ast.parse(source.strip(), mode='eval').body):g}"
        except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
            continue
    return f"sum({_shown(values)})", f"{sum(values):g}"


def _evaluate(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_evaluate(left), _evaluate(right))
    raise ValueError(ast.dump(node))


def _shown(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"


def _csv_name(text: str, files: Sequence[Document]) -> str:
    """The name that `text` asks for, if no file of the container has it."""
    taken = {document.filename for document in files}
    return next((name for name in CSV_NAME.findall(text) if name not in taken), "result.csv")


def _csv(values: Sequence[float]) -> bytes:
    rows = "".join(f"{number},{value:g}\n" for number, value in enumerate(values, start=1))
    return f"item,value\n{rows}".encode()


def bar_chart(values: Sequence[float]) -> bytes:
    """A PNG of one blue bar per value on white."""
    highest = max((abs(value) for value in values), default=1) or 1
    heights = [round(abs(value) / highest * (HEIGHT - 10)) for value in values[:WIDTH]]
    slot = WIDTH // max(len(heights), 1)
    rows = bytearray()
    for y in range(HEIGHT, 0, -1):
        rows.append(0)
        for x in range(WIDTH):
            bar, within = divmod(x, slot)
            filled = bar < len(heights) and y <= heights[bar] and (within > 0 or slot == 1)
            rows += b"\x1f\x77\xb4" if filled else b"\xff\xff\xff"
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _png_chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
