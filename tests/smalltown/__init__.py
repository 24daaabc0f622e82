"""Smalltown: forty people whose every fact is written down, for the graph and its questions."""
