"""A small threaded HTTP server for the sample feeds and the mail catcher."""

from http.server import ThreadingHTTPServer
from socketserver import BaseServer


class LoopbackServer(ThreadingHTTPServer):
    """Ends with its process, and takes a client that hangs up as an ordinary event."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what breaks in a handler, but not a connection that its client cut."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            BaseServer.handle_error(self, request, client_address)  # type: ignore[arg-type]  # typed for sockets only
