# SPDX-License-Identifier: Apache-2.0
"""Files of the work directory that have no name: what the worker is to take a copy of. The job's limits of disk hold for them."""
import errno
import os
import threading

UNABLE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)  # file systems that know only files with names
home = "."  # of the job; the script may have gone elsewhere


def file():
    """Descriptor of an empty one, the caller's."""
    try:
        return os.open(home, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
    name = os.path.join(home, f".quern-{os.getpid()}-{threading.get_ident()}")
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(name)
    return fd


def is_there(status):
    """Whether a file with that os.stat_result lies there, too."""
    return status.st_dev == os.stat(home).st_dev
