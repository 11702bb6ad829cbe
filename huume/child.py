"""Runs a program that ends with the process that started it, even when that one is killed (prctl(2), Linux).

`python -m huume.child PARENT PROGRAM ARGUMENT...`, with PARENT the process id of the one to end with.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def child_command(command: list[str]) -> list[str]:
    """How the calling process starts a program that ends with it; or with the thread that starts it, if sooner."""
    return [sys.executable, "-m", "huume.child", str(os.getpid()), *command]


def main(parent: int, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("What started this ended meanwhile.")
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
