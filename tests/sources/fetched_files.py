"""A program that fetches the files of a server one after the other and says which it has; tests kill it."""

import sys
from pathlib import Path

from glossator.sources.fetching import Policy, Wanted, fetch


def main(base_url, store, count):
    policy = Policy(delay_seconds=0, allow_private=True, concurrency=1)
    wanted = [Wanted(f"{base_url}/{number}.pdf", str(number)) for number in range(int(count))]
    for one, fetched in fetch(wanted, Path(store), policy=policy):
        sys.stdout.write(f"{one.name} {fetched.id or fetched.problem}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
