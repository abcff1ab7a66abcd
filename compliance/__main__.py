"""``python -m compliance`` is the ``embargowatch`` command."""

from compliance.cli import main

main()
