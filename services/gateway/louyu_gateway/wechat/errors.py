"""What can be wrong with a callback.

    CallbackError
    ├── CallbackRefused     its origin is not proven, or it is less safe than the account's mode   (403)
    ├── CallbackTooLarge    its body has more than 64 KiB                                          (413)
    └── CallbackMalformed   it cannot be read: no XML, or an element is missing or ill-formed      (400)

Both are the caller's fault, and sending the same again does not help. The message is for the operator's log: it names
the check and the mend, never a value of the callback.
"""


class CallbackError(Exception):
    """A callback that is not handed on; `status` is the HTTP status of the empty answer."""

    status = 400


class CallbackRefused(CallbackError):
    """The callback does not prove that the platform sent it, fresh, and as safely as the account demands."""

    status = 403


class CallbackTooLarge(CallbackError):
    """The body is larger than the platform ever sends."""

    status = 413


class CallbackMalformed(CallbackError):
    """The callback cannot be read: not the XML expected, or an element is missing or ill-formed."""
