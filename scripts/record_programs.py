"""Records what the rewriter makes of each program of fixtures/programs: `after/` and findings.json.

    python scripts/record_programs.py [SLUG …]

Read the difference in git before committing it: the tests only say that the record is current.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rewrite.programs import programs
from tests.rewrite.rewritten import record, rewrite_copy


def main() -> int:
    """Record the chosen programs, or all."""
    chosen = set(sys.argv[1:])
    for program in programs():
        if chosen and program.slug not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            rewritten = rewrite_copy(program, Path(folder) / "program")
        shutil.rmtree(program.folder / "after", ignore_errors=True)
        for path, data in record(program, rewritten).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        if rewritten.level != program.expect:
            print(f"{program.slug}: expected {program.expect}, is {rewritten.level}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
