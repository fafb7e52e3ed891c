"""Runs one program and says what it took; started as a script of its own, it imports nothing else.

The system counts the memory of whoever starts a program as the program's own until it has become
one: started by a process of 200 MB, ``cp`` would be said to need 200 MB.  So a small process starts
it.  It reads a line of JSON from standard input (argv, stdin, stdout, stderr, cwd, environment,
timeout) and writes one to standard output (status, cpu, wall, memory, timed_out).  Where standard
input ends before the program does, nobody waits any longer, and the program is ended too.
"""

import json
import os
import signal
import sys
import threading
import time

_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Run the program, wait, report."""
    order = json.loads(sys.stdin.readline())
    os.chdir(order["cwd"])
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, order["stdin"] or os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, order["stdout"] or os.devnull, _NEW, 0o666),
        (os.POSIX_SPAWN_OPEN, 2, order["stderr"], _NEW, 0o666),
    ]
    timed_out = False
    start = time.perf_counter()
    # A group of its own, so that what the program starts ends with it.
    child = os.posix_spawnp(
        order["argv"][0], order["argv"], order["environment"], file_actions=actions, setpgroup=0
    )

    def end() -> bool:
        try:
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:  # it has just ended by itself
            return False
        return True

    def end_late(*_: object) -> None:
        nonlocal timed_out
        timed_out = end()

    def end_both(number: int, _: object) -> None:
        end()
        os._exit(128 + number)

    def end_with_reader() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGALRM, end_late)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_both)
    threading.Thread(target=end_with_reader, daemon=True).start()
    if order["timeout"]:
        signal.setitimer(signal.ITIMER_REAL, order["timeout"])
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    report = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "memory": usage.ru_maxrss * _BYTES_OF_MAXRSS,
        "timed_out": timed_out,
    }
    print(json.dumps(report), flush=True)
    os._exit(0)  # the thread may still be reading


if __name__ == "__main__":
    main()
