"""The entry point of `awsbase` and of `python -m awsbase`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; Ctrl-C shows no traceback, even while modules are imported.

    A shell prompt asks before each line, and AWS tools ask for a session before each command.
    """
    # Nearly all objects live until the end of the run, so garbage collection costs time and frees nothing.
    gc.set_threshold(3_000_000)
    try:
        if "--prompt" in sys.argv or sys.argv[1:2] == ["mfa"]:
            from awsbase import quick

            if quick.answer(sys.argv[1:]):
                sys.exit(0)
        from awsbase.scripts import main as run

        run()
    except SystemExit as end:
        _end_without_tidying(end.code)
        raise
    except KeyboardInterrupt:
        from awsbase import busy

        busy.clear()
        # Our own output functions may not be imported yet.
        if sys.stderr is not None:
            sys.stderr.write("aborted\n")
        sys.exit(130)


def _end_without_tidying(code: object) -> None:
    """End the process, but leave its memory to the system: Python would take a tenth of a run to free each object.

    Do nothing where something is left to do: a thread that runs, output that cannot be written, a profile to report.
    """
    import atexit
    import os

    threading = sys.modules.get("threading")
    if not isinstance(code, int) or sys.getprofile() or sys.gettrace():
        return
    # One that connects ahead is a daemon, and nobody waits for it.
    if threading and sum(not thread.daemon for thread in threading.enumerate()) > 1:
        return
    try:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main()
