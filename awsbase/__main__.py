"""The entry point of `awsbase` and of `python -m awsbase`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C shows no traceback, even while modules are imported.

    A shell prompt is answered before click is imported: it asks before each line.
    """
    try:
        if "--prompt" in sys.argv:
            from awsbase.people import prompt

            if prompt.answer(sys.argv[1:]):
                return
        from awsbase.scripts import main as run

        run()
    except KeyboardInterrupt:
        from awsbase import busy

        busy.clear()
        # Our own output functions may not be imported yet.
        if sys.stderr is not None:
            sys.stderr.write("aborted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
