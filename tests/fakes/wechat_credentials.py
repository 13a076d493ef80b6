"""Tokens, quotas and logins of the double of the WeChat platform.

Rules and numbers: platform documents "获取接口调用凭据", "获取稳定版接口调用凭据", "接口调用频次", "网页授权".
"""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

DAILY_QUOTAS = {
    "token": 2000,
    "stable_token": 500_000,
    "force_refresh": 20,
    "custom/send": 500_000,
    "qrcode": 100_000,
    "media/get": 200_000,
}
DAY = 24 * 3600
TOKEN_SECONDS = 7200
OVERLAP_SECONDS = 300

Clock = Callable[[], float]


class PlatformError(Exception):
    """An errcode of the platform."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Quotas:
    """Counts calls by day; `limits` may be lowered by a test."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: Counter[tuple[str, int]] = Counter()
        self.limits = dict(DAILY_QUOTAS)

    def count(self, call: str) -> None:
        """Count a call of today; raises PlatformError when the day's quota is used up."""
        key = (call, int(self._clock() + 8 * 3600) // DAY)  # the platform's day is China's
        if self._used[key] >= self.limits[call]:
            raise PlatformError(45009, "reach max api daily quota limit")
        self._used[key] += 1


@dataclass
class _Token:
    value: str
    ends_at: float
    is_superseded: bool = False


class Tokens:
    """The two independent families of access tokens of one account."""

    def __init__(self, clock: Clock, quotas: Quotas) -> None:
        self._clock = clock
        self._quotas = quotas
        self._plain: list[_Token] = []
        self._stable: list[_Token] = []
        self._forced_at = float("-inf")

    def new(self) -> tuple[str, int]:
        """Return another token and its seconds; the former one stays valid for 5 minutes."""
        self._quotas.count("token")
        for former in self._plain:
            former.ends_at = min(former.ends_at, self._clock() + OVERLAP_SECONDS)
            former.is_superseded = True
        return self._another(self._plain)

    def stable(self, *, is_forced: bool) -> tuple[str, int]:
        """Return the stable token and its remaining seconds; forcing makes another one and ends the former at once."""
        self._quotas.count("stable_token")
        now = self._clock()
        if is_forced:
            if now - self._forced_at < 30:
                raise PlatformError(45011, "api minute-quota reach limit")
            self._quotas.count("force_refresh")
            self._forced_at = now
            _end(self._stable, now)
        if not self._stable or self._stable[-1].ends_at - now < OVERLAP_SECONDS:
            return self._another(self._stable)
        return self._stable[-1].value, int(self._stable[-1].ends_at - now)

    def end_all(self) -> None:
        """Let every token end now, as after a change of the secret."""
        _end(self._plain + self._stable, self._clock())

    def check(self, value: str) -> bool:
        """Tell whether the token is this account's; raises PlatformError if it was but has ended."""
        token = next((token for token in self._plain + self._stable if token.value == value), None)
        if token is None:
            return False
        if token.ends_at <= self._clock():
            if token.is_superseded:
                raise PlatformError(40001, "invalid credential, access_token is invalid or not latest")
            raise PlatformError(42001, "access_token expired")
        return True

    def _another(self, family: list[_Token]) -> tuple[str, int]:
        family.append(_Token(secrets.token_urlsafe(90), self._clock() + TOKEN_SECONDS))
        return family[-1].value, TOKEN_SECONDS


def _end(tokens: list[_Token], now: float) -> None:
    for token in tokens:
        token.ends_at, token.is_superseded = min(token.ends_at, now), True


@dataclass
class _Login:
    openid: str
    scope: str
    is_snapshot: bool
    ends_at: float
    is_used: bool = False


class Logins:
    """Codes of the web login: each once, for 5 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logins: dict[str, _Login] = {}

    def code(self, openid: str, *, scope: str = "snsapi_base", is_snapshot: bool = False) -> str:
        """Return the code that the person's browser carries back from the platform's login page."""
        code = secrets.token_urlsafe(24)
        self._logins[code] = _Login(openid, scope, is_snapshot, self._clock() + 300)
        return code

    def redeem(self, code: str) -> dict[str, object]:
        """Return who logged in; raises PlatformError."""
        login = self._logins.get(code)
        if login is None:
            raise PlatformError(40029, "invalid code")
        if login.is_used:
            raise PlatformError(40163, "code been used")
        if login.ends_at <= self._clock():
            raise PlatformError(42003, "oauth_code expired")
        login.is_used = True
        who: dict[str, object] = {
            "access_token": secrets.token_urlsafe(60),
            "expires_in": TOKEN_SECONDS,
            "refresh_token": secrets.token_urlsafe(60),
            "openid": login.openid,
            "scope": login.scope,
        }
        if login.is_snapshot:  # a page viewed without login: a virtual person, different every time
            who |= {"openid": "oVIRTUAL" + secrets.token_hex(10), "is_snapshotuser": 1}
        return who
