"""The review desk: server-rendered pages in which officers read cases and decide them."""
