"""Exit code 0 where the hub that listens here answers that it can serve; for the health check of its container."""

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen


def main() -> int:
    """Asks once."""
    try:
        with urlopen(f"http://127.0.0.1:{os.environ.get('HUB_PORT', '8080')}/v1/health", timeout=8) as answer:
            return 0 if answer.status == 200 else 1
    except (URLError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
