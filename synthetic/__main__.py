"""`python -m synthetic`: writes a made-up district without the rest of the hub."""

import argparse
from pathlib import Path

from synthetic.district import synthesize


def main() -> None:
    """Reads the arguments and writes the district."""
    parser = argparse.ArgumentParser(prog="synthetic", description="Write a made-up district with known truth.")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    synthesize(persons=arguments.persons, seed=arguments.seed, days=arguments.days, out=arguments.out)


if __name__ == "__main__":
    main()
