"""Errors of routing.

InvalidArgument
├── InvalidField              a field of the request; names it and the mend
└── FieldsFaulty              several of them
NotFound
├── QuestionNotFound          no such question in this community, or none that the caller may see
└── EntryNotFound             no such entry in the question's timeline
PermissionDenied
└── NotEntitled               the caller sees the question, but another role must do this
FailedPrecondition
├── NotInThisState            the question's state does not allow it
├── AskerCannotAnswer         who asked says that it is settled, and does not answer
└── CannotUndo                nothing was guessed there, it is undone already, or more has happened since
Aborted
└── ChangedMeanwhile          the question is newer than the version that the caller saw
"""

from collections.abc import Sequence

from louyu_runtime.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied

NAMED_FAULTS = 20


class InvalidField(InvalidArgument):
    """A field of the request breaks its bounds."""

    reason = "INVALID_FIELD"

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field} {fault}", field=field)


class FieldsFaulty(InvalidArgument):
    """Several fields break their bounds; the first twenty are named, since an answer's trailers are bounded."""

    reason = "INVALID_FIELD"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        super().__init__(f"{' '.join(faults[0])}{more}", field=faults[0][0], violations=faults[:NAMED_FAULTS])


class QuestionNotFound(NotFound):
    """Missing and foreign questions look the same."""

    reason = "QUESTION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("there is no such question, or you may not see it", resident_text="没有找到这个诉求。")


class EntryNotFound(NotFound):
    """The timeline has no such entry."""

    reason = "ENTRY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("the question's timeline has no such entry", field="entry_id")


class NotEntitled(PermissionDenied):
    """Somebody else must do this."""

    reason = "NOT_ENTITLED"

    def __init__(self, who: str) -> None:
        super().__init__(f"only {who} may do this", resident_text="这一步需要提问人、楼长或社区工作人员来操作。")


class NotInThisState(FailedPrecondition):
    """The question's life does not allow this now."""

    reason = "NOT_IN_THIS_STATE"

    def __init__(self, change: str, state: str) -> None:
        super().__init__(
            f"a question that is {state} cannot be {change}; read it again",
            metadata={"state": state},
            resident_text="这个诉求现在的状态不能这样操作，请刷新看看。",
        )


class AskerCannotAnswer(FailedPrecondition):
    """Who asked says that it is settled."""

    reason = "ASKER_CANNOT_ANSWER"

    def __init__(self) -> None:
        super().__init__(
            "who asked does not answer: use ResolveQuestion to say that it is settled",
            resident_text="这是您自己提的，解决了请点“已解决”。",
        )


class CannotUndo(FailedPrecondition):
    """There is no guess that could be taken back."""

    reason = "CANNOT_UNDO"

    def __init__(self, why: str) -> None:
        super().__init__(f"the guess cannot be taken back: {why}", resident_text="这一步已经不能撤回了。")


class ChangedMeanwhile(Aborted):
    """Somebody was faster."""

    reason = "CHANGED_MEANWHILE"

    def __init__(self, version: int) -> None:
        super().__init__(
            "the question has changed since you read it: read it again and decide anew",
            metadata={"version": str(version)},
        )
