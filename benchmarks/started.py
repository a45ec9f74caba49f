"""Run a command, and print its seconds, its seconds of CPU, its MiB at the peak and its exit code, as JSON.

    python -I -S started.py COMMAND...

It imports next to nothing: Linux counts the memory of whoever starts a process as the peak of that process.
"""

import json
import os
import sys
import time

command = sys.argv[1:]
nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
started = time.monotonic()
pid = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
_, status, usage = os.wait4(pid, 0)
seconds = time.monotonic() - started
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps([seconds, cpu, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
