"""Errors of the graph, by who must act."""

from hub.errors import HubError


class GraphError(HubError):
    """Root of the errors of the graph: publish again, or tell whoever runs the hub."""


class GraphBuildError(GraphError):
    """A graph that could not be built, or does not equal the tables it was built from."""


class GraphVersionError(GraphError):
    """A graph built by another version of its engine; it is built again, never migrated."""


class GraphQueryError(GraphError):
    """A question that the engine refused or did not finish in time."""


class GraphServerError(GraphError):
    """A graph server that is away, refuses the hub, or is not what the hub needs: whoever runs the server must act."""


class GraphServerAwayError(GraphServerError):
    """A graph server, or its database, that does not answer; it may come back."""


class GraphMovedError(GraphQueryError):
    """A graph server that went on to another snapshot while it was read: open it again."""
