"""Archive keys: one per delivery, wrapped by the home's key; deleting one makes its archive copy unreadable."""

import os

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.errors import ArchiveError
from stores.operational.tables import archive_key as table


class ArchiveKeys:
    """The keys of the archive in the operational database, readable only with the home's key file."""

    def __init__(self, engine: sa.Engine, wrapping_key: bytes) -> None:
        self._engine = engine
        self._cipher = AESGCM(wrapping_key)

    def create(self, delivery_id: int) -> bytes:
        """A fresh key for the delivery, stored before it is returned; one that was there before is replaced."""
        key = AESGCM.generate_key(256)
        nonce = os.urandom(12)
        wrapped = nonce + self._cipher.encrypt(nonce, key, _label(delivery_id))
        with self._engine.begin() as connection:
            connection.execute(table.delete().where(table.c.delivery_id == delivery_id))
            connection.execute(table.insert().values(delivery_id=delivery_id, wrapped=wrapped))
        return key

    def get(self, delivery_id: int) -> bytes:
        """The key of the delivery; raises ArchiveError where it was destroyed or the home's key is another."""
        statement = sa.select(table.c.wrapped).where(table.c.delivery_id == delivery_id)
        with self._engine.connect() as connection:
            wrapped = connection.execute(statement).scalar()
        if wrapped is None:
            raise ArchiveError(f"the key of delivery {delivery_id} was destroyed: its archive copy is gone for good")
        try:
            return self._cipher.decrypt(wrapped[:12], wrapped[12:], _label(delivery_id))
        except InvalidTag as error:
            raise ArchiveError(
                f"the key of delivery {delivery_id} was wrapped by another keys/archive.key: restore the right key file"
            ) from error

    def exists(self, delivery_id: int) -> bool:
        """Whether the delivery's archive copy can still be read."""
        statement = sa.select(table.c.delivery_id).where(table.c.delivery_id == delivery_id)
        with self._engine.connect() as connection:
            return connection.execute(statement).first() is not None

    def destroy(self, delivery_id: int) -> None:
        """Deletes the key for good; a file overwrites its bytes, a server writes what is left into a file of its own.

        A server's log and its backups keep the wrapped key for as long as they are kept themselves.
        """
        with self._engine.begin() as connection:
            connection.execute(table.delete().where(table.c.delivery_id == delivery_id))
        if self._engine.dialect.name == "postgresql":
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text(f"VACUUM FULL {table.name}"))


def _label(delivery_id: int) -> bytes:
    return f"archive key of delivery {delivery_id}".encode()
