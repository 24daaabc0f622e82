"""One file per change to the tables, in the order of their revision."""
