"""Sending: claimed deliveries of one channel, from the last checks to a verdict for each. Nothing is written here.

The last checks: does it still count, may this person be disturbed now, is there an address, is the reply window open.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from louyu_runtime.errors import RemoteError
from louyu_sdk import Outcome, SendResult
from louyu_sdk.sending import ChannelSender

from louyu_notify.addresses import Address, Addresses, persons_by_community
from louyu_notify.allowances import Allowances
from louyu_notify.channel_list import InstalledChannel
from louyu_notify.delivery import Claimed, DeliveryState
from louyu_notify.letters import Addressed, Letter, as_sent, gather, sent_id
from louyu_notify.quiet_hours import is_quiet, next_allowed
from louyu_notify.verdict import Jitter, Verdict, held, judge, judge_lost, next_message, put_off, skipped

AWAKE = timedelta(minutes=30)
"""Who wrote so lately may get the reply at night as well."""
MESSAGING_AWAY = timedelta(seconds=5)
OVER_RATE = timedelta(seconds=1)

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
        known: dict[str, Verdict] = {}
        for delivery in claimed:
            # one verdict for all that were in one message, or their next tries would come at different moments
            verdict = known.get(sent_id(delivery)) if delivery.was_sending else None
            verdict = verdict or self._before_sending(delivery, asked, now)
            if verdict is not None and delivery.was_sending:
                known[sent_id(delivery)] = verdict
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
            if sent_id(delivery) in asked:
                return judge(delivery, asked[sent_id(delivery)], capabilities, now=now, jitter=self._jitter)
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
            not delivery.ignores_quiet_hours
            and not self._channel.capabilities.works_at_night
            and is_quiet(now, delivery.quiet_hours)
        )

    def _put_off_to_morning(self, delivery: Claimed, now: datetime) -> Verdict:
        return held(next_allowed(now, delivery.quiet_hours), is_untried=delivery.try_count <= 1)

    async def _address(self, deliveries: Sequence[Claimed], now: datetime) -> tuple[list[Addressed], list[Judged]]:
        """Find addresses; return what can be sent, and verdicts for the rest."""
        if not self._channel.capabilities.needs_address:
            return [(delivery, None) for delivery in deliveries], []
        ready: list[Addressed] = []
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

    async def _send(self, ready: Sequence[Addressed], now: datetime) -> list[Judged]:
        letters, left_over = gather(ready, self._channel.capabilities)
        judged: list[Judged] = [(delivery, next_message()) for delivery in left_over]
        by_account: defaultdict[str | None, list[Letter]] = defaultdict(list)
        for letter in letters:
            by_account[letter.address.account if letter.address else None].append(letter)
        for account, own in by_account.items():
            sender = self._channel.sender(account)
            if sender is None:
                judged += _for_all(own, skipped("no_account"))
                continue
            rate = self._channel.capabilities.rate_per_second
            granted = await self._allowances.take(self._channel.key, account, rate, len(own))
            judged += _for_all(own[granted:], put_off(OVER_RATE, "over_rate"))
            judged += await self._send_by(sender, own[:granted], now)
        return judged

    async def _send_by(self, sender: ChannelSender, letters: Sequence[Letter], now: datetime) -> list[Judged]:
        capabilities = self._channel.capabilities
        batch = [as_sent(letter, capabilities) for letter in letters]
        results: list[SendResult] = []
        for start in range(0, len(batch), capabilities.batch_size):
            results += await sender.send(batch[start : start + capabilities.batch_size])
        judged: list[Judged] = []
        for letter, result in zip(letters, results, strict=True):
            most_tried = max(letter.parts, key=lambda part: part.try_count)
            judged += _for_all([letter], judge(most_tried, result, capabilities, now=now, jitter=self._jitter))
        return judged

    async def _ask_receipts(self, lost: Sequence[Claimed]) -> dict[str, SendResult]:
        if not lost or not self._channel.capabilities.receipts:
            return {}
        found: dict[str, SendResult] = {}
        for sender in self._channel.senders.values():
            missing = [one for one in dict.fromkeys(map(sent_id, lost)) if one not in found]
            results = await sender.receipts(missing) if missing else ()
            found.update((one.delivery_id, one) for one in results if one.outcome is not Outcome.UNKNOWN)
        return found


def _for_all(letters: Sequence[Letter], verdict: Verdict) -> list[Judged]:
    return [(part, verdict) for letter in letters for part in letter.parts]
