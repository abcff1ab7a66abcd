"""A request that broke: its trace goes to the log under a number, and only the number to the visitor."""

import logging
from uuid import uuid4

from fastapi import Request

log = logging.getLogger(__name__)


def broken(request: Request) -> str:
    """Log the exception being handled and return what the visitor is told."""
    number = uuid4().hex[:8]
    log.exception("request broke number=%s path=%r", number, request.url.path[:200])
    return f"Something broke on our side. Its number in the log is {number}."
