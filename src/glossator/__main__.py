"""`python -m glossator`: the command line."""

from glossator.cli import main

if __name__ == "__main__":
    main()
