"""The API, version 1: what the pages can do, with the same rights, for programs."""
