"""Fuzz one target with atheris, which is no part of the test tools: ``pip install atheris``.

    python -m tests.fuzz parse -max_total_time=60

What follows the target's name goes to libFuzzer. A crash is written to a file; give that file to see it again.
"""

import sys
import tempfile
from pathlib import Path

INSTRUMENTED = ["compliance.intake", "feedparser", "tests.fuzz.targets"]


def main() -> None:
    """Run the target until libFuzzer is told to stop, or until a promise is broken."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import SEEDS, TARGETS
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"name a target: {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        has_own_input = any(not option.startswith("-") for option in sys.argv[1:])
        atheris.Setup([*sys.argv, *([] if has_own_input else [corpus])], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
