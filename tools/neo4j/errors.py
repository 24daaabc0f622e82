"""The error of the development server's tools."""


class ServerToolError(Exception):
    """The server could not be fetched, started or stopped; the message says what to do."""
