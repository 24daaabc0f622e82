"""One record against the published snapshot, in about a millisecond: candidates by key, scored as Splink does."""
