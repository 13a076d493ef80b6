"""Sending: claimed deliveries of one channel, from the last checks to a verdict for each. Nothing is written here.

The last checks: does it still count, may this person be disturbed now, is there an address, is the reply window open.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from louyu_runtime.errors import RemoteError
from louyu_sdk import Delivery, Outcome, Recipient, RecipientKind, SendResult
from louyu_sdk.sending import ChannelSender

from louyu_notify import texts
from louyu_notify.addresses import Address, Addresses, persons_by_community
from louyu_notify.allowances import Allowances
from louyu_notify.channel_list import InstalledChannel
from louyu_notify.delivery import Claimed, DeliveryState, Purpose
from louyu_notify.quiet_hours import is_quiet, next_allowed
from louyu_notify.verdict import Jitter, Verdict, judge, judge_lost, put_off, skipped

AWAKE = timedelta(minutes=30)
"""Who wrote so lately may get the reply at night as well."""
MESSAGING_AWAY = timedelta(seconds=5)
OVER_RATE = timedelta(seconds=1)
POSSIBLE_DUPLICATE = "（可能重复）"
LONGEST_TEXT = 2000

Judged = tuple[Claimed, Verdict]


class Sending:
    """Sends through one channel."""

    def __init__(
        self,
        channel: InstalledChannel,
        addresses: Addresses,
        allowances: Allowances,
        *,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._channel = channel
        self._addresses = addresses
        self._allowances = allowances
        self._jitter = jitter

    async def send(self, claimed: Sequence[Claimed], now: datetime) -> list[Judged]:
        """Send what may be sent now, and return a verdict for every delivery."""
        judged: list[Judged] = []
        waiting: list[Claimed] = []
        lost = [delivery for delivery in claimed if delivery.was_sending]
        asked = await self._ask_receipts(lost)
        for delivery in claimed:
            verdict = self._before_sending(delivery, asked, now)
            if verdict is None:
                waiting.append(delivery)
            else:
                judged.append((delivery, verdict))
        ready, refused = await self._address(waiting, now)
        return judged + refused + await self._send(ready, now)

    def _before_sending(self, delivery: Claimed, asked: dict[str, SendResult], now: datetime) -> Verdict | None:
        """Return what is already decided; None when it is to be sent."""
        capabilities = self._channel.capabilities
        if delivery.was_sending:
            if delivery.delivery_id in asked:
                return judge(delivery, asked[delivery.delivery_id], capabilities, now=now, jitter=self._jitter)
            lost = judge_lost(delivery, capabilities, now=now, jitter=self._jitter)
            if lost is not None:
                return lost
        if delivery.valid_until is not None and delivery.valid_until <= now:
            return Verdict(state=DeliveryState.SKIPPED, error_code="expired", counts_as_try=False)
        if self._must_wait_for_morning(delivery, now) and not delivery.is_reply:
            return self._put_off_to_morning(delivery, now)
        return None

    def _must_wait_for_morning(self, delivery: Claimed, now: datetime) -> bool:
        return (
            delivery.recipient_kind is RecipientKind.PERSON
            and not delivery.ignores_quiet_hours
            and not self._channel.capabilities.works_at_night
            and is_quiet(now, delivery.quiet_hours)
        )

    def _put_off_to_morning(self, delivery: Claimed, now: datetime) -> Verdict:
        return put_off(next_allowed(now, delivery.quiet_hours) - now, "quiet_hours")

    async def _address(
        self, deliveries: Sequence[Claimed], now: datetime
    ) -> tuple[list[tuple[Claimed, Address | None]], list[Judged]]:
        """Find addresses; return what can be sent, and verdicts for the rest."""
        if not self._channel.capabilities.needs_address:
            return [(delivery, None) for delivery in deliveries], []
        ready: list[tuple[Claimed, Address | None]] = []
        judged: list[Judged] = []
        people = persons_by_community((one.community_id, one.recipient_id) for one in deliveries)
        answers = await asyncio.gather(*(self._resolve(community_id, ids) for community_id, ids in people.items()))
        found = dict(zip(people, answers, strict=True))
        for delivery in deliveries:
            addresses = found[delivery.community_id]
            if isinstance(addresses, timedelta):
                judged.append((delivery, put_off(addresses, "messaging_away")))
                continue
            address = addresses.get(delivery.recipient_id)
            verdict = self._check_address(delivery, address, now)
            if verdict is None:
                ready.append((delivery, address))
            else:
                judged.append((delivery, verdict))
        return ready, judged

    async def _resolve(self, community_id: str, person_ids: Sequence[str]) -> dict[str, Address] | timedelta:
        """Return the addresses of persons, or how long to wait when messaging cannot say."""
        try:
            return await self._addresses.resolve(community_id, person_ids, self._channel.key)
        except RemoteError as error:
            return timedelta(seconds=error.retry_after_seconds or MESSAGING_AWAY.total_seconds())

    def _check_address(self, delivery: Claimed, address: Address | None, now: datetime) -> Verdict | None:
        if address is None:
            return skipped("no_address")
        if self._channel.sender(address.account) is None:
            return skipped("no_account")
        heard = address.since_last_heard
        window = self._channel.capabilities.reply_window
        if window is not None and (heard is None or heard >= window):
            return skipped("outside_window")
        is_awake = delivery.is_reply and heard is not None and heard <= AWAKE
        if self._must_wait_for_morning(delivery, now) and not is_awake:
            return self._put_off_to_morning(delivery, now)
        return None

    async def _send(self, ready: Sequence[tuple[Claimed, Address | None]], now: datetime) -> list[Judged]:
        by_account: defaultdict[str | None, list[tuple[Claimed, Address | None]]] = defaultdict(list)
        for delivery, address in ready:
            by_account[address.account if address else None].append((delivery, address))
        judged: list[Judged] = []
        for account, own in by_account.items():
            sender = self._channel.sender(account)
            if sender is None:
                judged += [(delivery, skipped("no_account")) for delivery, _ in own]
                continue
            rate = self._channel.capabilities.rate_per_second
            granted = await self._allowances.take(self._channel.key, account, rate, len(own))
            judged += [(delivery, put_off(OVER_RATE, "over_rate")) for delivery, _ in own[granted:]]
            judged += await self._send_by(sender, own[:granted], now)
        return judged

    async def _send_by(
        self, sender: ChannelSender, ready: Sequence[tuple[Claimed, Address | None]], now: datetime
    ) -> list[Judged]:
        capabilities = self._channel.capabilities
        batch = [as_sent(delivery, address) for delivery, address in ready]
        results: list[SendResult] = []
        for start in range(0, len(batch), capabilities.batch_size):
            results += await sender.send(batch[start : start + capabilities.batch_size])
        return [
            (delivery, judge(delivery, result, capabilities, now=now, jitter=self._jitter))
            for (delivery, _), result in zip(ready, results, strict=True)
        ]

    async def _ask_receipts(self, lost: Sequence[Claimed]) -> dict[str, SendResult]:
        if not lost or not self._channel.capabilities.receipts:
            return {}
        found: dict[str, SendResult] = {}
        for sender in self._channel.senders.values():
            missing = [one.delivery_id for one in lost if one.delivery_id not in found]
            results = await sender.receipts(missing) if missing else ()
            found.update((one.delivery_id, one) for one in results if one.outcome is not Outcome.UNKNOWN)
        return found


def as_sent(delivery: Claimed, address: Address | None) -> Delivery:
    """Return a delivery as the channel sees it."""
    text = delivery.text
    if delivery.purpose is Purpose.ANNOUNCEMENT and delivery.recipient_kind is not RecipientKind.SCREEN:
        text = texts.announced(delivery.title or "", text, delivery.source or "", is_emergency=delivery.is_emergency)
    if delivery.is_possible_duplicate:
        text = POSSIBLE_DUPLICATE + text
    return Delivery(
        id=delivery.delivery_id,
        community_id=delivery.community_id,
        recipient=Recipient(
            kind=delivery.recipient_kind, id=delivery.recipient_id, address=address.address if address else None
        ),
        text=text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…",
        urgency=delivery.urgency,
        title=delivery.title or None,
        url=delivery.url,
        question_id=delivery.question_id,
        question_number=delivery.question_number,
        announcement_id=delivery.announcement_id,
        source=delivery.source or None,
        valid_until=delivery.valid_until,
    )
