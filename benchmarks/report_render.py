"""What reports of 10,000 and 100,000 cases take of a core, beside `json.dumps` of the same run, and of memory.

    python benchmarks/report_render.py

Each report is made by the command, in a process of its own, start of Python included; its size is that of the file, its
memory the peak of that process. With Debian's chromium and `make test-browser`'s packages, also the first paint.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.report.runs import each_case, run

SMALL, BIG = 10_000, 100_000
FORMATS = ("markdown", "html", "json", "junit", "text")


def main() -> None:
    """Print a line per report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = written(SMALL, folder)
        dumps = dumped(small)
        print(f"{SMALL:,} cases, {small.stat().st_size / 1e6:.0f} MB: json.dumps of the run takes {dumps:.2f} s")
        for form in FORMATS:
            print(line(small, form, dumps))
        print(f"first paint of the page: {first_paint(folder / 'html')}")
        big = written(BIG, folder)
        print(f"{BIG:,} cases, {big.stat().st_size / 1e6:.0f} MB")
        for form in FORMATS:
            print(line(big, form, dumps * BIG / SMALL))


def written(cases: int, folder: Path) -> Path:
    """A run of so many cases as a file, made one case at a time."""
    path = folder / f"{cases}.json"
    head = run(10, tools=0.2, tokens=1.3).model_dump(mode="json", exclude={"cases"})
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head)[:-1] + ', "cases": [')
        file.writelines(pieces(cases))
        file.write("]}\n")
    return path


def pieces(cases: int) -> Iterator[str]:
    """The cases as JSON, with commas between."""
    for number, case in enumerate(each_case(cases, seed=1, tools=0.2, tokens=1.3, answer=60)):
        yield ("," if number else "") + case.model_dump_json()


def dumped(path: Path) -> float:
    """Seconds that `json.dumps` of the run takes: the best of three, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _DUMPS, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout)


_DUMPS = """
import json, pathlib, sys, time
value = json.loads(pathlib.Path(sys.argv[1]).read_bytes())
times = []
for _ in range(3):
    start = time.process_time()
    json.dumps(value)
    times.append(time.process_time() - start)
print(min(times))
"""


def line(run_file: Path, form: str, dumps: float) -> str:
    """Make one report, and say what it took."""
    out = run_file.parent / form
    command = [sys.executable, "-m", "assist2resp", "report", str(run_file), "--format", form, "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        _, status, used = wait(process)
    assert status == 0
    size = out.stat().st_size / 1e6
    took = used.ru_utime + used.ru_stime
    return (
        f"  {form:9} {took:6.2f} s = {took / dumps:5.1f} times json.dumps, {size:6.2f} MB, "
        f"peak {used.ru_maxrss / 1024:4.0f} MB"
    )


def wait(process: subprocess.Popen[bytes]) -> tuple[int, int, resource.struct_rusage]:
    """The end of a process and what it used."""
    found = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(found[1])
    return found


def first_paint(page: Path) -> str:
    """Milliseconds until the browser shows something of the page, and until its list is there."""
    try:
        from selenium import webdriver
    except ImportError:
        return "not measured; `make test-browser` installs what it needs"
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1360,900"):
        options.add_argument(option)
    shown = page.rename(page.with_suffix(".html"))
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        driver.set_script_timeout(60)
        driver.get(shown.as_uri())
        paint, ready = driver.execute_async_script(_TIMES)
        slowest = driver.execute_async_script(_SCROLL)
    finally:
        driver.quit()
    return f"{paint:.0f} ms, the list after {ready:.0f} ms; while scrolling through it the slowest frame took {slowest:.0f} ms"


_TIMES = """
const done = arguments[0];
const look = () => document.documentElement.dataset.ready
    ? done([performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()])
    : requestAnimationFrame(look);
look();
"""
_SCROLL = """
const done = arguments[0], list = document.getElementById('list');
let last = performance.now(), slowest = 0, frames = 0;
const step = (now) => {
    if (frames > 1) slowest = Math.max(slowest, now - last);
    last = now;
    frames += 1;
    list.scrollTop += 900;
    frames < 200 ? requestAnimationFrame(step) : done(slowest);
};
requestAnimationFrame(step);
"""


if __name__ == "__main__":
    main()
