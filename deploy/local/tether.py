"""Run a program that dies with its supervisor, even when the supervisor is killed with SIGKILL.

Called as a script: `tether.py <pid of the supervisor> <program> <arguments …>`. It asks the kernel for the
death signal and becomes the program. Setting this in the parent's `preexec_fn` could deadlock, as the parent
has threads. The kernel ties it to the thread that started us, so each part has a thread that outlives it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the wanted program."""
    supervisor, program = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl refused the death signal: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != supervisor:
        sys.exit("the supervisor was gone before its part started")
    # Python ignores SIGPIPE, and what is ignored stays so over exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execvp(program[0], program)  # noqa: S606  # the supervisor wrote this command


if __name__ == "__main__":
    main()
