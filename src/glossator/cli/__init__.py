"""Takes what a user types, leaves lines, pictures of progress or one JSON value. One file a verb."""

from __future__ import annotations

import sys

from glossator.cli.app import app
from glossator.cli.environment import prepare_environment
from glossator.cli.output import report_error

__all__ = ["main"]


def main() -> None:
    """Run the command line: exit 0 when done, 2 for an expected error in one line, 1 with a traceback for a defect."""
    from glossator.errors import GlossatorError

    prepare_environment()
    try:
        app()
    except GlossatorError as error:
        report_error(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.filename is None:
            raise
        report_error(GlossatorError(f"{error.filename}: {error.strerror}; name a place that can be read and written"))
        sys.exit(2)
