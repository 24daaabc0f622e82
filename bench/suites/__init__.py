"""Suites of public data sets: contracts, thresholds, and how a public file becomes deliveries and truth."""
