"""The channels file: accounts at outside providers, with their secrets.

A kind that louyu does not know itself belongs to a plugin's channel, which checks the fields when notify starts.

LOUYU_CHANNELS_FILE names a YAML file holding a list `accounts`; each account has a `kind`, a `name`, and the fields of
its kind. Any value may stand there itself, or as `{file: path}` (relative to the channels file) or `{env: NAME}`.
Scalars are taken as written, so a token of digits needs no quotes. All faults are reported together, each with file,
line, field and mend. Values never appear in errors, and secrets never in `repr`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationError, model_validator

MAX_FILE_BYTES = 1024 * 1024


_Text = TypeVar("_Text", str, SecretStr)


class PushMode(StrEnum):
    """How an Official Account's callbacks are protected. Whatever is less safe than the account's mode is refused."""

    SAFE = "safe"
    COMPATIBLE = "compatible"
    PLAIN = "plain"


def _shaped(pattern: str, rule: str) -> AfterValidator:
    def check(value: _Text) -> _Text:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if re.fullmatch(pattern, text) is None:
            raise ValueError(rule)
        return value

    return AfterValidator(check)


def _http_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        acceptable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        acceptable = False
    if not acceptable or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must be an http or https address without user, query and fragment")
    return value.rstrip("/")


_AesKey = Annotated[
    SecretStr, _shaped(r"[A-Za-z0-9]{43}", "must be the console's EncodingAESKey, 43 letters or digits")
]


class WeChatOfficialAccount(BaseModel):
    """One WeChat Official Account (服务号). Source of the field rules: the platform's console."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Literal["wechat_official_account"]
    name: Annotated[str, _shaped(r"[a-z0-9][a-z0-9_-]{0,62}", "must be 1 to 63 of a-z, 0-9, - and _")]
    """Names the account in the callback address /wechat/{name}."""
    app_id: Annotated[str, _shaped(r"[A-Za-z0-9_-]{1,64}", "must be the console's AppID, such as wx0123456789abcdef")]
    app_secret: Annotated[SecretStr, _shaped(r"[A-Za-z0-9_-]{1,128}", "must be the console's AppSecret")]
    """Fetches access tokens."""
    token: Annotated[SecretStr, _shaped(r"[A-Za-z0-9]{3,32}", "must be the console's Token, 3 to 32 letters or digits")]
    """Signs callbacks."""
    encoding_aes_key: _AesKey | None = None
    """Encrypts callbacks; needed unless mode is plain."""
    previous_encoding_aes_key: _AesKey | None = None
    """The former key, while a key is being replaced: the platform uses it for some minutes more."""
    mode: PushMode = PushMode.SAFE
    api_base: Annotated[str, AfterValidator(_http_address)] = "https://api.weixin.qq.com"
    """The platform's address; another one for tests and private gateways."""

    @model_validator(mode="after")
    def _has_its_keys(self) -> "WeChatOfficialAccount":
        if self.encoding_aes_key is None and self.mode is not PushMode.PLAIN:
            raise ValueError(f"encoding_aes_key is needed in mode {self.mode}")
        if self.encoding_aes_key is None and self.previous_encoding_aes_key is not None:
            raise ValueError("previous_encoding_aes_key is given without encoding_aes_key")
        return self


@dataclass(frozen=True, slots=True)
class PluginAccount:
    """An account of a kind that a plugin's channel knows; all its values may be secrets."""

    kind: str
    name: str
    settings: Mapping[str, str] = field(repr=False)


Account = WeChatOfficialAccount | PluginAccount

_WAYS = "a value, {file: path} or {env: NAME}"
_KIND = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KINDS = {"wechat_official_account": WeChatOfficialAccount}


@dataclass(frozen=True, slots=True)
class Channels:
    """What the channels file holds; empty when there is none."""

    accounts: tuple[Account, ...] = ()

    @property
    def wechat_official_accounts(self) -> dict[str, WeChatOfficialAccount]:
        """Return the Official Accounts by name."""
        return {one.name: one for one in self.accounts if isinstance(one, WeChatOfficialAccount)}


class ChannelsFileError(ValueError):
    """The channels file cannot be used. `faults` holds one line for each fault, without any of the file's values."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def read_channels_file(path: Path, environ: Mapping[str, str]) -> Channels:
    """Read and check the channels file. Raises ChannelsFileError with every fault found."""
    reader = _Reader(path, environ)
    accounts = reader.accounts()
    if reader.faults:
        raise ChannelsFileError(reader.faults)
    return Channels(tuple(accounts))


class _Fault(Exception):
    """What is wrong with one value, and the mend."""


class _Reader:
    """Walks the YAML nodes rather than plain values, for only nodes know their line."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ
        self.faults: list[str] = []

    def accounts(self) -> list[Account]:
        root = self._root()
        if root is None:
            return []
        top = self._mapping(root, "the file", "begin it with `accounts:`")
        for key, (line, _) in top.items():
            if key != "accounts":
                self._fault(line, _shown(key), "is not known; the file holds only `accounts`")
        if "accounts" not in top:
            if not self.faults:
                self._fault(1, "accounts", "is missing; give a list of accounts")
            return []
        line, node = top["accounts"]
        if not isinstance(node, yaml.SequenceNode):
            self._fault(line, "accounts", "must be a list; begin each account with `- kind: ...`")
            return []
        found = [self._account(entry, f"accounts[{index}]") for index, entry in enumerate(node.value)]
        accounts = [account for account in found if account is not None]
        self._check_unique(node, found)
        return accounts

    def _root(self) -> yaml.Node | None:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            self._fault(
                None, "", f"cannot be read ({error.strerror}); mend LOUYU_CHANNELS_FILE or the file's permissions"
            )
            return None
        if len(content) > MAX_FILE_BYTES:
            self._fault(None, "", "is larger than 1 MiB; is this the right file?")
            return None
        try:
            root: yaml.Node | None = yaml.SafeLoader(content.decode("utf-8-sig")).get_single_node()
        except UnicodeDecodeError:
            self._fault(None, "", "is not UTF-8; save it as UTF-8")
            return None
        except yaml.YAMLError as error:
            # The library's own words may quote the file, and with it a secret; the place is enough.
            mark = getattr(error, "problem_mark", None)
            self._fault(
                mark.line + 1 if mark else None,
                "",
                "is not YAML here; check the indent, and put quotes around values with signs such as * & ! % @ # :",
            )
            return None
        if root is None:
            self._fault(1, "accounts", "is missing; the file is empty")
        return root

    def _account(self, node: yaml.Node, where: str) -> Account | None:
        before = len(self.faults)
        fields = self._mapping(node, where, "give `kind`, `name` and the fields of the kind")
        if not fields:
            if len(self.faults) == before:
                self._fault(_line(node), where, "is empty; give `kind`, `name` and the fields of the kind")
            return None
        values: dict[str, str | None] = {}
        for key, (line, value) in fields.items():
            try:
                values[key] = self._value(value)
            except _Fault as fault:
                self._fault(line, f"{where}.{_shown(key)}", str(fault))
        kinds = ", ".join(_KINDS)
        kind = values.get("kind")
        if kind is None:
            if "kind" not in fields or "kind" in values:
                self._fault(_line(node), f"{where}.kind", f"is missing; known kinds: {kinds}")
            return None
        model = _KINDS.get(kind)
        if model is None:
            account = self._plugin_account(kind, values, fields, where)
            return account if len(self.faults) == before else None
        try:
            # What is left empty counts as not given, so that templates may write every field.
            known = model.model_validate({k: v for k, v in values.items() if v or k not in model.model_fields})
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        else:
            return known if len(self.faults) == before else None
        unreadable = fields.keys() - values.keys()
        for problem in problems:
            key = str(problem["loc"][0]) if problem["loc"] else ""
            if key in unreadable or (not key and unreadable):
                continue  # reported already, with the better reason
            line = fields[key][0] if key in fields else _line(node)
            self._fault(line, f"{where}.{_shown(key)}" if key else where, _in_words(problem["type"], problem["msg"]))
        return None

    def _plugin_account(
        self,
        kind: str,
        values: dict[str, str | None],
        fields: dict[str, tuple[int, yaml.Node]],
        where: str,
    ) -> PluginAccount:
        """Read an account of a plugin; a kind that is nearly one of louyu's own is taken for a slip."""
        if _KIND.fullmatch(kind) is None:
            self._fault(fields["kind"][0], f"{where}.kind", "is no kind; write lower-case letters, digits and _")
        elif near := get_close_matches(kind, _KINDS, n=1, cutoff=0.8):
            self._fault(fields["kind"][0], f"{where}.kind", f"is not known; is {near[0]} meant?")
        name = values.get("name") or ""
        if "name" not in fields:
            self._fault(_line(fields["kind"][1]), f"{where}.name", f"is missing; give {_WAYS}")
        elif "name" in values and _NAME.fullmatch(name) is None:
            self._fault(fields["name"][0], f"{where}.name", "must be 1 to 63 of a-z, 0-9, - and _")
        settings = {key: value for key, value in values.items() if value is not None and key not in ("kind", "name")}
        return PluginAccount(kind, name, settings)

    def _value(self, node: yaml.Node) -> str | None:
        """Return the text a node stands for, following `{file: }` and `{env: }`; None if empty; raises _Fault."""
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == "tag:yaml.org,2002:null" else str(node.value) or None
        if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
            key, target = node.value[0]
            if isinstance(key, yaml.ScalarNode) and isinstance(target, yaml.ScalarNode) and target.value:
                if key.value == "file":
                    return self._from_file(str(target.value))
                if key.value == "env":
                    return self._from_environment(str(target.value))
        raise _Fault(f"must be {_WAYS}")

    def _from_file(self, name: str) -> str:
        try:
            content = (self._path.parent / name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise _Fault(f"names a file that cannot be read ({error.strerror})") from None
        except ValueError:
            raise _Fault("names a file that is not UTF-8 text") from None
        if not content:
            raise _Fault("names a file that is empty")
        return content

    def _from_environment(self, name: str) -> str:
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name) is None:
            raise _Fault("must name an environment variable: letters, digits and _")
        content = self._environ.get(name, "").strip()
        if not content:
            raise _Fault(f"names environment variable {name}, which is not set")
        return content

    def _mapping(self, node: yaml.Node, where: str, mend: str) -> dict[str, tuple[int, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._fault(_line(node), where, f"must hold named fields; {mend}")
            return {}
        fields: dict[str, tuple[int, yaml.Node]] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in fields:
                self._fault(_line(key), f"{where}.{_shown(name)}", "is given twice; remove one")
            fields[name] = (_line(key), value)
        return fields

    def _check_unique(self, node: yaml.SequenceNode, accounts: list[Account | None]) -> None:
        for unique in ("name", "app_id"):
            seen: set[str] = set()
            for index, account in enumerate(accounts):
                value = getattr(account, unique, None)
                if value in seen:
                    self._fault(
                        _line(node.value[index]), f"accounts[{index}].{unique}", "is used by another account too"
                    )
                elif value is not None:
                    seen.add(value)

    def _fault(self, line: int | None, where: str, problem: str) -> None:
        place = f"{self._path}:{line}" if line is not None else str(self._path)
        self.faults.append(f"{place}: {where} {problem}" if where else f"{place}: {problem}")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(key: str) -> str:
    """Return a field's name for an error; what does not look like a name may be a secret in the wrong place."""
    return key if re.fullmatch(r"[a-z][a-z_]{0,39}", key) else "<a field>"


def _in_words(kind: str, message: str) -> str:
    known = {
        "missing": f"is missing; give {_WAYS}",
        "extra_forbidden": "is not known for this kind; remove it or mend its spelling",
        "enum": "must be safe, compatible or plain",
    }
    return known.get(kind, message.removeprefix("Value error, "))
