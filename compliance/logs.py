"""Logging, set up once by a door: one line per event, control characters escaped, secrets never passed in."""

import logging
import sys


class _OneLine(logging.Formatter):
    """Keeps each event on one line, so that hostile text cannot forge a second one."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in line)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


def set_up_logging(level: str = "WARNING") -> None:
    """Send our own log lines of ``level`` and above to standard error, in UTC."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name in ("compliance", "rules", "flows"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level.upper())
        logger.propagate = False
