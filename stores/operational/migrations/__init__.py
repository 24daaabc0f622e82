"""Migrations of the operational database, run at every open."""
