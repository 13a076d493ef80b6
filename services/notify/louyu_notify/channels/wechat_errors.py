"""Error codes of the WeChat platform for customer-service messages: what may be done about each.

An answer has status 200 even for an error; `errmsg` ends in changing hints, so only the code counts. A code that is not
in the table is not tried again: the next channel is chosen. Source: the platform's page "全局返回码".
"""

from datetime import timedelta

from louyu_sdk import ErrorClass, SendError

_BY_CLASS = {
    ErrorClass.LATER: (-1, 45011),
    ErrorClass.REFRESH_TOKEN: (40001, 40014, 42001),
    ErrorClass.QUOTA_SPENT: (45009, 45047),
    ErrorClass.WRONG_PERSON: (40003, 43004, 46004, 50005),
    ErrorClass.OTHER_CHANNEL: (43019, 45015, 48001, 48002, 48004, 50001, 50002),
    ErrorClass.GIVE_UP: (
        *(40002, 40008, 40013, 40033, 40125, 40164, 40243, 45002, 47001),
        *range(41001, 41007),
        *range(44002, 44005),
    ),
}
ERROR_CLASSES = {code: error_class for error_class, codes in _BY_CLASS.items() for code in codes}
_WAITS = {45011: timedelta(seconds=30)}


def error_of(code: int) -> SendError:
    """Return what a code of the platform means for a delivery."""
    return SendError(
        error_class=ERROR_CLASSES.get(code, ErrorClass.OTHER_CHANNEL),
        code=str(code),
        message="the platform refused the message",
        retry_after=_WAITS.get(code),
    )
