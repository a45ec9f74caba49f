"""`awsbase`, and `python -m awsbase`, which is the same."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C is no traceback while that is still being imported either."""
    try:
        from awsbase.scripts import main as begin

        begin()
    except KeyboardInterrupt:
        # Nothing of ours may be there yet to say it with.
        if sys.stderr is not None:
            sys.stderr.write("aborted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
