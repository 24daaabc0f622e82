"""The eleven feeds, each a faulty copy of a part of the district."""
