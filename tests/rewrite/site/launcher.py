"""Runs programs each in a process of its own, forked from one that has imported openai already.

One JSON request a line on stdin, `{folder, entry, args, env, stdin, stdout, stderr, sdk, timeout}` with paths for the
three streams; one exit code a line on stdout. A program sees what `python main.py` in its folder would show it.
"""

import ast
import atexit
import gc
import json
import os
import signal
import sys
import threading
import types
from pathlib import Path

import openai
import openai.resources.beta.beta
import openai.resources.containers
import openai.resources.conversations
import openai.resources.files
import openai.resources.responses
import openai.resources.vector_stores
import openai.types.beta
import openai.types.vector_stores

DISPLAY = """\
def display(*values):
    for value in values:
        print(value)
"""


def notebook_source(text):
    """The code cells of a notebook as one script: magics left out, each cell's last value shown."""
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return DISPLAY + "\n".join(_cell_source("".join(cell["source"])) for cell in cells)


def _cell_source(text):
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in text.split("\n")]
    tree = ast.parse("\n".join(lines))
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.unparse(tree.body.pop().value)
        shown = f"_ = {last}\nif _ is not None: display(_)\n"
        return ast.unparse(tree) + "\n" + shown
    return ast.unparse(tree) + "\n"


def restore_names_of_old_sdks():
    """Give `client.beta.vector_stores` and its types back, as openai 1.21 to 1.65 had them."""
    beta = openai.resources.beta.beta
    for resource in (beta.Beta, beta.AsyncBeta):
        resource.vector_stores = property(lambda self: self._client.vector_stores)
    sys.modules["openai.types.beta.vector_stores"] = openai.types.vector_stores
    for name in [name for name in dir(openai.types) if name.startswith("VectorStore")]:
        setattr(openai.types.beta, name, getattr(openai.types, name))


def become(request):
    """Turn this process into the program: folder, environment, streams and arguments."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    for number, name, mode in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY)):
        os.dup2(os.open(request[name], mode | (os.O_CREAT if number else 0)), number)
    signal.alarm(request["timeout"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = [request["entry"], *request["args"]]
    sys.path[0] = request["folder"]
    if request["sdk"]:
        restore_names_of_old_sdks()


def run(entry):
    """Execute the entry file as `__main__`."""
    path = Path(entry).resolve()
    source = path.read_bytes()
    if path.suffix == ".ipynb":
        source = notebook_source(source.decode())
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    module.__builtins__ = __builtins__
    sys.modules["__main__"] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)


def finish(code):
    """End this process as the interpreter would, but without taking its objects down one by one."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def exit_code(request):
    """Run the program; what ends it is told as Python tells it."""
    try:
        run(request["entry"])
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def main():
    """Serve requests until stdin ends."""
    _ = openai.OpenAI(api_key="none").platform_headers()
    gc.collect()
    gc.freeze()
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        child = os.fork()
        if not child:
            become(request)
            finish(exit_code(request))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


main()
