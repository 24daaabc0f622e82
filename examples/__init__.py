"""Feeds that the hub was not made for, brought in by a contract file alone."""
