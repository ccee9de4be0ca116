"""What can go wrong, by code. Every error of the engine is an Error; the class says which."""

from __future__ import annotations

import errno as _errno
from typing import Any


class Error(Exception):
    """An error of the engine: `code`, a sentence, the file concerned and whether the same call may succeed later."""

    #: The code's name, e.g. "NoSpace".
    code: str = "Internal"
    #: The file or folder concerned, or "".
    path: str = ""
    #: Whether the same call may succeed later (a full disk, a conflict, too few descriptors).
    retryable: bool = False
    #: errno of the failed system call, or 0.
    os_errno: int = 0

    def __init__(self, message: str = "", path: str = "", os_errno: int = 0, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.os_errno = os_errno
        self.retryable = retryable
        if isinstance(self, OSError):
            self.errno = os_errno or _ERRNO_OF.get(self.code)
            self.strerror = message
            self.filename = path or None

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.path, self.os_errno, self.retryable))


class NotFoundError(Error, FileNotFoundError, ValueError):
    """The named table, version, tag, file or column does not exist."""

    code = "NotFound"


class AlreadyExistsError(Error, FileExistsError, ValueError):
    """It was to be created and is there already."""

    code = "AlreadyExists"


class InvalidArgumentError(Error, ValueError):
    """The call or its input is wrong; calling again as is will fail again."""

    code = "InvalidArgument"


class CorruptionError(Error):
    """Stored bytes break their format."""

    code = "Corruption"


class UnsupportedError(Error, NotImplementedError):
    """Valid, but by a feature that this version refuses; the sentence names it."""

    code = "Unsupported"


class ConflictError(Error, RuntimeError):
    """Another writer changed the same rows; read again and redo."""

    code = "Conflict"


class CommitUnknownError(Error, RuntimeError):
    """The commit may or may not have happened; reopening the table tells."""

    code = "CommitUnknown"


class NoSpaceError(Error, OSError):
    """The disk or quota is full; nothing was changed."""

    code = "NoSpace"


class TooManyFilesError(Error, OSError):
    """The process is out of file descriptors."""

    code = "TooManyFiles"


class OverBudgetError(Error, ValueError):
    """A limit on memory, bytes or rows would be passed."""

    code = "OverBudget"


class IoError(Error, OSError):
    """The file system, or a source of rows, failed."""

    code = "Io"


class CancelledError(Error):
    """The caller asked to stop."""

    code = "Cancelled"


class InternalError(Error, RuntimeError):
    """A bug in this library."""

    code = "Internal"


_ERRNO_OF = {
    "NotFound": _errno.ENOENT,
    "AlreadyExists": _errno.EEXIST,
    "NoSpace": _errno.ENOSPC,
    "TooManyFiles": _errno.EMFILE,
    "Io": _errno.EIO,
}

_CLASSES: dict[str, type[Error]] = {
    kind.code: kind
    for kind in (
        NotFoundError,
        AlreadyExistsError,
        InvalidArgumentError,
        CorruptionError,
        UnsupportedError,
        ConflictError,
        CommitUnknownError,
        NoSpaceError,
        TooManyFilesError,
        OverBudgetError,
        IoError,
        CancelledError,
        InternalError,
    )
}


def _make(code: str, message: str, path: str, os_errno: int, retryable: bool) -> Error:
    """The exception of an engine error."""
    return _CLASSES.get(code, InternalError)(message, path, os_errno, retryable)
