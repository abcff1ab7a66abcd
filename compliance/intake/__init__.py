"""From an address on the web to entries and stories: catalogue, guarded fetching, parsing, article text."""
