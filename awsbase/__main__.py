"""The entry point of `awsbase` and of `python -m awsbase`."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C shows no traceback, even while modules are imported."""
    try:
        from awsbase.scripts import main as run

        run()
    except KeyboardInterrupt:
        # Our own output functions may not be imported yet.
        if sys.stderr is not None:
            sys.stderr.write("aborted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
