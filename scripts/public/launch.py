# mypy: ignore-errors
"""Runs one program of others as `python launch.py ENTRY ARG…` does, shut in: loopback only, short sleeps, packages faked.

`FAKED` names the packages that answer every use with a harmless object, `DRIVE` holds our own code to run in place of
the entry (it may import it), and `OLD_SDK` gives back the names that openai had until 1.65.
"""

import asyncio
import builtins
import importlib.abc
import importlib.machinery
import os
import runpy
import sys
import time
import types
import warnings
from pathlib import Path

LONGEST = 0.005
LOOPBACK = ("127.", "::1", "localhost")

warnings.simplefilter("ignore")


class Anything:
    """Answers every use with another such object; as a decorator it gives its function back."""

    def __init__(self, name):
        self.__dict__["_name"] = name

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        child = self.__dict__[name] = Anything(f"{self._name}.{name}")
        return child

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]
        return Anything(f"{self._name}()")

    def __mro_entries__(self, bases):
        return (Base,)

    def __repr__(self):
        return f"<{self._name}>"

    def __iter__(self):
        return iter(())

    def __getitem__(self, key):
        return Anything(f"{self._name}[]")

    def __setitem__(self, key, value):
        pass

    def __or__(self, other):
        return self

    __ror__ = __or__

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        return False

    def __await__(self):
        return self
        yield


class Base:
    """What classes derive from whose base is faked."""

    def __init__(self, *args, **kwargs):
        pass


class FakedModule(types.ModuleType):
    """A package that holds everything."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        value = Anything(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class Fakes(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the faked packages and whatever lies below them."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002 - the import system's signature
        if fullname.partition(".")[0] in self.names or fullname in self.names:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return FakedModule(spec.name)

    def exec_module(self, module):
        pass


def stay_here(event, args):
    """Forbid connections to anything but this machine, and other programs."""
    if event == "socket.connect" and isinstance(args[1], tuple) and not str(args[1][0]).startswith(LOOPBACK):
        raise PermissionError(f"{args[1]} is not on this machine")
    if event in ("os.system", "subprocess.Popen"):
        raise PermissionError("no other programs")


def shorten_sleeps():
    """Make waiting quick."""
    sleep, async_sleep = time.sleep, asyncio.sleep
    time.sleep = lambda seconds: sleep(min(seconds, LONGEST))
    asyncio.sleep = lambda delay, result=None: async_sleep(min(delay, LONGEST), result)


def echo_input():
    """Show what is typed, as a terminal does."""
    ask = builtins.input

    def answered(prompt=""):
        typed = ask(prompt)
        print(typed)
        return typed

    builtins.input = answered


def restore_names_of_old_sdks():
    """Give `client.beta.vector_stores` back, as openai 1.21 to 1.65 had it."""
    from openai.resources.beta import beta

    for resource in (beta.Beta, beta.AsyncBeta):
        resource.vector_stores = property(lambda self: self._client.vector_stores)


def main():
    """Run the program."""
    entry = sys.argv[1]
    del sys.argv[0]
    sys.path[0] = str(Path(entry).resolve().parent)
    sys.path.insert(1, str(Path.cwd()))
    sys.path.append(str(Path(__file__).with_name("fakes")))
    sys.meta_path.append(Fakes(set(os.environ.get("FAKED", "").split())))
    if os.environ.get("OLD_SDK"):
        restore_names_of_old_sdks()
    shorten_sleeps()
    echo_input()
    sys.addaudithook(stay_here)
    drive = os.environ.get("DRIVE")
    if drive:
        exec(compile(drive, "drive.py", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_path(entry, run_name="__main__")


if __name__ == "__main__":
    main()
