"""Errors of notify.

InvalidArgument
├── InvalidField              a field of the request; names it and the mend
└── FieldsFaulty              several of them
NotFound
├── AnnouncementNotFound      no such announcement in this community, or none that the caller may see
├── HouseholdNotFound         the announcement's ledger has no such household, or none that the caller looks after
├── DeliveryNotFound          no such delivery failed or is unknown, or none that the caller looks after
├── GroupNotFound             no such group in this community, or none that the caller leads
├── ScreenNotFound            no screen has this code
└── MediaGone                 the channel no longer has it, or the account is not known
FailedPrecondition
├── LedgerIncomplete          the household may still be on its way into the ledger
└── DeliveryNotRetryable      it no longer matters, or is on its way already
"""

from collections.abc import Sequence

from louyu_runtime.errors import FailedPrecondition, InvalidArgument, NotFound

NAMED_FAULTS = 20


class InvalidField(InvalidArgument):
    """A field of the request breaks its bounds."""

    reason = "INVALID_FIELD"

    def __init__(self, field: str, fault: str, *, resident_text: str | None = None) -> None:
        super().__init__(f"{field} {fault}", field=field, resident_text=resident_text)


class FieldsFaulty(InvalidArgument):
    """Several fields break their bounds; the first twenty are named, since an answer's trailers are bounded."""

    reason = "INVALID_FIELD"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        super().__init__(f"{' '.join(faults[0])}{more}", field=faults[0][0], violations=faults[:NAMED_FAULTS])


class AnnouncementNotFound(NotFound):
    """Missing and foreign announcements look the same."""

    reason = "ANNOUNCEMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("there is no such announcement, or you may not see it", resident_text="没有找到这个通知。")


class HouseholdNotFound(NotFound):
    """Missing households and those that others look after look the same."""

    reason = "HOUSEHOLD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "the announcement's ledger has no such household, or another group looks after it",
            field="household_id",
            resident_text="这个通知里没有这一户。",
        )


class GroupNotFound(NotFound):
    """Missing groups and those that the caller does not lead look the same."""

    reason = "GROUP_NOT_FOUND"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"{field} names a group that does not exist here, or that you do not lead",
            field=field,
            resident_text="只能给自己负责的楼发通知。",
        )


class ScreenNotFound(NotFound):
    """No screen has the code, or it was withdrawn."""

    reason = "SCREEN_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("no screen has this code", field="code", resident_text="没有这块屏幕，请核对网址。")


class MediaGone(NotFound):
    """It can be fetched no more."""

    reason = "MEDIA_GONE"

    def __init__(self) -> None:
        super().__init__("the channel does not have this photo or recording, or the account is not known")


class LedgerIncomplete(FailedPrecondition):
    """The ledger still fills."""

    reason = "LEDGER_INCOMPLETE"

    def __init__(self) -> None:
        super().__init__(
            "the ledger of the announcement is still being filled: try again in a moment",
            resident_text="各户还在登记，请稍等几秒再试。",
        )


class DeliveryNotFound(NotFound):
    """Missing deliveries, delivered ones and those that others look after look the same."""

    reason = "DELIVERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "no such delivery has failed or is unknown, or another group looks after it",
            field="delivery_id",
            resident_text="没有找到这条没送到的消息，可能已经重新发出了。",
        )


class DeliveryNotRetryable(FailedPrecondition):
    """To send it now would tell something that holds no longer."""

    reason = "DELIVERY_NOT_RETRYABLE"

    def __init__(self) -> None:
        super().__init__(
            "it no longer matters: the announcement has run out or the question has gone on",
            resident_text="这条消息已经过时，不用再发了。",
        )
