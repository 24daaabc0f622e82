"""The operational database: small, transactional, and never to be lost."""

from stores.operational.database import Operational, open_operational, read_operational, server_of

__all__ = ["Operational", "open_operational", "read_operational", "server_of"]
