"""Whether the authored corpus is what its grid says: fields, quotes, law, twins, cells, lengths, overlap."""
