"""Identity: who calls, as a short signed token.

The gateway authenticates people and gives the services a token with person, community, roles and groups; services sign
for themselves. EdDSA from a fixed list of keys; `aud` names who may believe it; 30 s leeway.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from louyu_runtime.errors import Unauthenticated

PERSON_ROLES = frozenset({"resident", "building_head", "liaison", "secretary", "harmony_promoter", "staff", "operator"})
STAFF_ROLES = PERSON_ROLES - {"resident"}
LEEWAY_SECONDS = 30


@dataclass(frozen=True)
class Principal:
    """Somebody who calls: a person in one community, or a service.

    `id` is the person's UUID or the service's name. `roles` are those held anywhere in the community; `group_ids` the
    groups of which the person is a member, `led_group_ids` those where they hold a role other than resident. An
    operator belongs to no community: `community_id` is empty and every community is open.
    """

    kind: Literal["person", "service"]
    id: str
    community_id: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    group_ids: frozenset[str] = frozenset()
    led_group_ids: frozenset[str] = frozenset()
    responder_keys: frozenset[str] = frozenset()

    @property
    def is_service(self) -> bool:
        return self.kind == "service"

    @property
    def is_operator(self) -> bool:
        return self.kind == "person" and "operator" in self.roles


def service_principal(name: str) -> Principal:
    """Return the identity of a service itself."""
    return Principal(kind="service", id=name)


_current: ContextVar[Principal | None] = ContextVar("louyu_principal", default=None)


def current_principal() -> Principal:
    """Return who called the RPC that is being served. Raises Unauthenticated outside of one."""
    principal = _current.get()
    if principal is None:
        raise Unauthenticated("this call needs an identity: send metadata `authorization: Bearer <token>`")
    return principal


def set_current_principal(principal: Principal | None) -> None:
    """Set who calls, for the rest of this task. For the check of callers."""
    _current.set(principal)


class TokenSigner:
    """Signs principals. Tokens are kept and given again while they have more than half of their life left."""

    def __init__(self, private_key_pem: str) -> None:
        try:
            key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
        except ValueError as error:
            raise ValueError("LOUYU_SIGNING_KEY: not a private key in PEM") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("LOUYU_SIGNING_KEY: not an Ed25519 key; `louyu secrets init` makes one")
        self._key = key
        self._kept: OrderedDict[tuple[Principal, tuple[str, ...]], tuple[str, float]] = OrderedDict()

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self._key.public_key()

    def sign(self, principal: Principal, audience: Iterable[str], *, seconds: float = 300) -> str:
        """Return a token that the named audience ("messaging", "gateway" ...) believes for so many seconds."""
        audiences = tuple(audience)
        now = time.time()
        kept = self._kept.get((principal, audiences)) if seconds == 300 else None
        if kept is not None and kept[1] - now > 150:
            return kept[0]
        claims: dict[str, object] = {
            "sub": principal.id,
            "kind": principal.kind,
            "aud": list(audiences),
            "nbf": int(now),
            "exp": int(now + seconds),
        }
        if principal.community_id:
            claims["cid"] = principal.community_id
        if principal.name:
            claims["name"] = principal.name
        for claim, values in (
            ("roles", principal.roles),
            ("groups", principal.group_ids),
            ("led", principal.led_group_ids),
            ("resp", principal.responder_keys),
        ):
            if values:
                claims[claim] = sorted(values)
        token = jwt.encode(claims, self._key, algorithm="EdDSA")
        if seconds == 300:
            self._kept[(principal, audiences)] = (token, now + seconds)
            if len(self._kept) > 4096:
                self._kept.popitem(last=False)
        return token


_UNUSABLE: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.InvalidAudienceError, "it was made for something else, such as a link for signing in"),
    (jwt.ImmatureSignatureError, "it is not good yet; compare the clocks"),
    (jwt.MissingRequiredClaimError, "it lacks what every token of louyu says"),
    (jwt.DecodeError, "it is no whole token; copy all of it, without line breaks"),
)
"""In the order in which they are tried."""


@dataclass
class TokenVerifier:
    """Believes tokens that one of the keys has signed and that are meant for `audience`."""

    keys: list[Ed25519PublicKey]
    audience: str
    _believed: OrderedDict[str, tuple[Principal, float]] = field(default_factory=OrderedDict)

    def verify(self, token: str) -> Principal:
        """Return the principal of a token. Raises Unauthenticated with the reason, never with the token."""
        now = time.time()
        believed = self._believed.get(token)
        if believed is not None and believed[1] > now:
            return believed[0]
        principal, expires_at = self._decode(token)
        self._believed[token] = (principal, expires_at)
        if len(self._believed) > 8192:
            self._believed.popitem(last=False)
        return principal

    def _decode(self, token: str) -> tuple[Principal, float]:
        if len(token) > 16_384:
            raise Unauthenticated("the token is longer than any of ours", reason="TOKEN_INVALID")
        for key in self.keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=["EdDSA"],
                    audience=self.audience,
                    leeway=LEEWAY_SECONDS,
                    options={"require": ["exp", "nbf", "sub", "aud"]},
                )
            except jwt.ExpiredSignatureError as error:
                raise Unauthenticated("the token has expired: sign in again", reason="TOKEN_EXPIRED") from error
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError as error:
                words = next((words for kind, words in _UNUSABLE if isinstance(error, kind)), error.__class__.__name__)
                raise Unauthenticated(f"the token cannot be used: {words}", reason="TOKEN_INVALID") from error
            kind = claims.get("kind")
            if kind not in ("person", "service"):
                raise Unauthenticated("the token names no kind of principal", reason="TOKEN_INVALID")
            principal = Principal(
                kind=kind,
                id=str(claims["sub"]),
                community_id=str(claims.get("cid", "")),
                name=str(claims.get("name", "")),
                roles=frozenset(claims.get("roles", ())),
                group_ids=frozenset(claims.get("groups", ())),
                led_group_ids=frozenset(claims.get("led", ())),
                responder_keys=frozenset(claims.get("resp", ())),
            )
            return principal, float(claims["exp"])
        raise Unauthenticated("the token is signed by a key that is not known here", reason="TOKEN_INVALID")


def public_keys_from_pem(text: str) -> list[Ed25519PublicKey]:
    """Return the Ed25519 public keys of a text with PEM blocks; empty text gives none. Raises ValueError."""
    keys = []
    marker = "-----END PUBLIC KEY-----"
    for block in text.split(marker)[:-1]:
        key = serialization.load_pem_public_key((block.strip() + "\n" + marker + "\n").encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("LOUYU_VERIFY_KEYS: holds a key that is not Ed25519")
        keys.append(key)
    return keys
