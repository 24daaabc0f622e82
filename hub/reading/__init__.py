"""Readings of a snapshot: each opens one whole snapshot and hands out only what the door lets through."""
