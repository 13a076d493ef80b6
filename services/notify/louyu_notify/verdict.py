"""The verdict: what follows from the result of sending, or from the lack of one. Pure; the caller passes randomness.

| result | what follows |
| --- | --- |
| delivered | the end |
| failed, later | again after full jitter, base 2 s, cap 10 min, five times; cap 30 s, for a day where repeats are safe |
| failed, refresh token | once more at once: the channel has dropped the token |
| failed, quota spent, wrong person, other channel | the end here; the next channel at once |
| failed, give up | the end, shown to the operator |
| unknown, repeats are safe | again, as for later |
| unknown, the channel has receipts | the provider is asked again and again, for a day |
| quiet hours | held for the morning, then told in one message with what else waits |
| unknown, else | the end; an emergency is sent once more, marked as a possible duplicate |
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from louyu_sdk import ChannelCapabilities, ErrorClass, Outcome, SendError, SendResult

from louyu_notify.delivery import Claimed, DeliveryState

LEFT_OUT = "left_out"
"""The SDK's code for a channel whose breaker is open: nothing was tried."""

BASE = timedelta(seconds=2)
CAP = timedelta(minutes=10)
CAP_OF_SAFE_REPEATS = timedelta(seconds=30)
TRIES = 5
SAFE_REPEATS_FOR = timedelta(days=1)
RECEIPTS_FOR = timedelta(days=1)

Jitter = Callable[[float, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a delivery now."""

    state: DeliveryState
    wait: timedelta = timedelta(0)
    """For WAITING: not before this span."""
    error_class: str = ""
    error_code: str = ""
    provider_id: str | None = None
    tries_next_channel: bool = False
    marks_possible_duplicate: bool = False
    counts_as_try: bool = True
    held_until: datetime | None = None
    """It waits for this moment, the end of the quiet hours, to be told in one message with whatever else waits for it:
    the very moment, since what were due a little later would be told in a second message."""
    leaves_bundle: bool = False
    """The message in which it was to be told has no room for it, or was not begun: it may join another one."""


def judge(
    delivery: Claimed, result: SendResult, capabilities: ChannelCapabilities, *, now: datetime, jitter: Jitter
) -> Verdict:
    """Return what follows from a result."""
    if result.outcome is Outcome.DELIVERED:
        return Verdict(state=DeliveryState.DELIVERED, provider_id=result.provider_id)
    if result.outcome is Outcome.UNKNOWN or result.error is None:
        return _unknown(delivery, result.error, capabilities, now=now, jitter=jitter)
    error = result.error
    match error.error_class:
        case ErrorClass.LATER if error.code == LEFT_OUT:
            return put_off(error.retry_after or CAP, error.code)
        case ErrorClass.LATER:
            return _later(delivery, error, capabilities, now=now, jitter=jitter)
        case ErrorClass.REFRESH_TOKEN if delivery.try_count < 2:
            return Verdict(state=DeliveryState.WAITING, error_class=error.error_class, error_code=error.code)
        case ErrorClass.REFRESH_TOKEN | ErrorClass.GIVE_UP:
            return _ended(DeliveryState.FAILED, error)
        case _:
            return _ended(DeliveryState.FAILED, error, tries_next_channel=True)


def judge_lost(
    delivery: Claimed, capabilities: ChannelCapabilities, *, now: datetime, jitter: Jitter
) -> Verdict | None:
    """Return what becomes of a delivery whose sender died between call and record; None: send it, which is safe.

    A channel with receipts has been asked before.
    """
    if capabilities.repeats_are_safe:
        return None
    error = SendError(error_class=ErrorClass.LATER, code="sender_died", message="nobody recorded what became of it")
    return _unknown(delivery, error, capabilities, now=now, jitter=jitter)


def skipped(code: str) -> Verdict:
    """The channel is known beforehand not to lead to this person: the next one is tried."""
    return Verdict(
        state=DeliveryState.SKIPPED,
        error_class=ErrorClass.OTHER_CHANNEL,
        error_code=code,
        tries_next_channel=True,
        counts_as_try=False,
    )


def put_off(wait: timedelta, code: str) -> Verdict:
    """Nothing was tried; it is taken up again after `wait`."""
    return Verdict(state=DeliveryState.WAITING, wait=wait, error_code=code, counts_as_try=False)


def held(until: datetime, *, is_untried: bool) -> Verdict:
    """It may not be told at this hour; then it is told with what else waits for the morning."""
    return replace(put_off(timedelta(0), "quiet_hours"), held_until=until, leaves_bundle=is_untried)


def next_message() -> Verdict:
    """The morning's message is full: it goes into the next one."""
    return replace(put_off(timedelta(0), "next_message"), leaves_bundle=True)


def _later(
    delivery: Claimed, error: SendError, capabilities: ChannelCapabilities, *, now: datetime, jitter: Jitter
) -> Verdict:
    spent, longest = delivery.try_count >= TRIES, CAP
    if capabilities.repeats_are_safe:
        spent, longest = now - delivery.created_at > SAFE_REPEATS_FOR, CAP_OF_SAFE_REPEATS
    if spent:
        return _ended(DeliveryState.FAILED, error, tries_next_channel=True)
    cap = min(longest.total_seconds(), BASE.total_seconds() * 2 ** min(delivery.try_count - 1, 10))
    wait = max(timedelta(seconds=jitter(0, cap)), error.retry_after or timedelta(0))
    return Verdict(state=DeliveryState.WAITING, wait=wait, error_class=error.error_class, error_code=error.code)


def _unknown(
    delivery: Claimed, error: SendError | None, capabilities: ChannelCapabilities, *, now: datetime, jitter: Jitter
) -> Verdict:
    known = error or SendError(error_class=ErrorClass.LATER, code="no_result", message="the channel said nothing")
    if capabilities.repeats_are_safe:
        return _later(delivery, known, capabilities, now=now, jitter=jitter)
    if capabilities.receipts and now - delivery.created_at < RECEIPTS_FOR:
        return Verdict(state=DeliveryState.SENDING, wait=CAP, error_class=known.error_class, error_code=known.code)
    if delivery.is_emergency and not delivery.is_possible_duplicate:
        return Verdict(
            state=DeliveryState.WAITING,
            wait=BASE,
            error_class=known.error_class,
            error_code=known.code,
            marks_possible_duplicate=True,
        )
    return _ended(DeliveryState.UNKNOWN, known)


def _ended(state: DeliveryState, error: SendError, *, tries_next_channel: bool = False) -> Verdict:
    return Verdict(
        state=state, error_class=error.error_class, error_code=error.code, tries_next_channel=tries_next_channel
    )
