"""A worker and whoever looks after it, for a test of what becomes of the one when the other is killed."""

import asyncio
import multiprocessing
import os
import sys
import time

from api.ending import ending_with_parent


def work() -> None:
    """Serves until it is told to stop."""

    async def serve() -> None:
        with ending_with_parent():
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            await asyncio.sleep(600)

    asyncio.run(serve())


if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=work).start()
    time.sleep(600)
