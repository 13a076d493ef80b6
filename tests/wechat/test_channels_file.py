"""The channels file: what it accepts, and that every fault is named with its line and without a secret."""

import re
from pathlib import Path

import pytest
from louyu_runtime.channels_file import (
    ChannelsFileError,
    PluginAccount,
    PushMode,
    WeChatOfficialAccount,
    read_channels_file,
)
from pydantic import ValidationError

from tests.wechat.accounts import APP_ID, FORMER_KEY, KEY, SECRET, TOKEN

GOOD = f"""\
accounts:
  - kind: wechat_official_account
    name: youyou
    app_id: {APP_ID}
    app_secret: {SECRET}
    token: {TOKEN}
    encoding_aes_key: {KEY}
"""


def read(tmp_path: Path, content: str | bytes, **environ: str) -> dict[str, WeChatOfficialAccount]:
    path = tmp_path / "channels.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_channels_file(path, environ).wechat_official_accounts


def faults(tmp_path: Path, content: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(ChannelsFileError) as caught:
        read(tmp_path, content, **environ)
    for secret in (SECRET, KEY, FORMER_KEY):
        assert secret not in str(caught.value)
        assert secret not in repr(caught.value)
    assert caught.value.__cause__ is None
    return [fault.replace(f"{tmp_path}/channels.yaml", "file") for fault in caught.value.faults]


def test_an_account_with_its_defaults(tmp_path: Path) -> None:
    account = read(tmp_path, GOOD)["youyou"]
    assert account.app_id == APP_ID
    assert account.app_secret.get_secret_value() == SECRET
    assert account.token.get_secret_value() == TOKEN
    assert account.encoding_aes_key is not None
    assert account.encoding_aes_key.get_secret_value() == KEY
    assert account.previous_encoding_aes_key is None
    assert account.mode is PushMode.SAFE
    assert account.api_base == "https://api.weixin.qq.com"


def test_an_account_with_everything(tmp_path: Path) -> None:
    more = f"    previous_encoding_aes_key: {FORMER_KEY}\n    mode: compatible\n    api_base: http://127.0.0.1:8123/gateway/\n"
    account = read(tmp_path, GOOD + more)["youyou"]
    assert account.previous_encoding_aes_key is not None
    assert account.previous_encoding_aes_key.get_secret_value() == FORMER_KEY
    assert account.mode is PushMode.COMPATIBLE
    assert account.api_base == "http://127.0.0.1:8123/gateway"


def test_secrets_from_files_beside_it_and_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/app").write_text(SECRET + "\n")
    content = GOOD.replace(SECRET, "{file: secrets/app}").replace(f"token: {TOKEN}", "token: {env: WECHAT_TOKEN}")
    account = read(tmp_path, content, WECHAT_TOKEN=TOKEN)["youyou"]
    assert account.app_secret.get_secret_value() == SECRET
    assert account.token.get_secret_value() == TOKEN


@pytest.mark.parametrize("token", ["0123", "1e5", "0x1f", "yes", "2026"])
def test_a_token_that_looks_like_a_number_stays_as_written(tmp_path: Path, token: str) -> None:
    accounts = read(tmp_path, GOOD.replace(f"token: {TOKEN}", f"token: {token}"))
    assert accounts["youyou"].token.get_secret_value() == token


@pytest.mark.parametrize("empty", ["", '""', "null", "~"])
def test_an_optional_field_may_be_left_empty(tmp_path: Path, empty: str) -> None:
    account = read(tmp_path, GOOD + f"    previous_encoding_aes_key: {empty}\n    mode: {empty}\n")["youyou"]
    assert (account.previous_encoding_aes_key, account.mode) == (None, PushMode.SAFE)


def test_no_accounts_and_a_plain_account_without_key(tmp_path: Path) -> None:
    assert read(tmp_path, "accounts: []\n") == {}
    plain = GOOD.replace(f"    encoding_aes_key: {KEY}\n", "    mode: plain\n")
    assert read(tmp_path, plain)["youyou"].encoding_aes_key is None


def test_an_account_is_frozen_and_shows_no_secret(tmp_path: Path) -> None:
    account = read(tmp_path, GOOD)["youyou"]
    for secret in (SECRET, TOKEN, KEY):
        assert secret not in repr(account)
        assert secret not in account.model_dump_json()
    with pytest.raises(ValidationError):
        account.mode = PushMode.PLAIN  # type: ignore[misc]  # that it is read-only is the point


def test_all_faults_are_reported_together_with_line_field_and_mend(tmp_path: Path) -> None:
    content = f"""\
accounts:
  - kind: wechat_official_account
    name: You You
    app_id: {APP_ID}
    app_secret: {{file: absent}}
    token: {{env: WECHAT_TOKEN}}
    encoding_aes_key: {KEY}x
    previous_encoding_aes_key: [{KEY}]
    mode: open
    api_base: ftp://example.org
    apisecret: {SECRET}
  - kind: wechat_oficial_account
    name: b
  - name: c
  - just a word
colour: red
"""
    assert sorted(faults(tmp_path, content)) == sorted(
        [
            "file:3: accounts[0].name must be 1 to 63 of a-z, 0-9, - and _",
            "file:5: accounts[0].app_secret names a file that cannot be read (No such file or directory)",
            "file:6: accounts[0].token names environment variable WECHAT_TOKEN, which is not set",
            "file:7: accounts[0].encoding_aes_key must be the console's EncodingAESKey, 43 letters or digits",
            "file:8: accounts[0].previous_encoding_aes_key must be a value, {file: path} or {env: NAME}",
            "file:9: accounts[0].mode must be safe, compatible or plain",
            "file:10: accounts[0].api_base must be an http or https address without user, query and fragment",
            "file:11: accounts[0].apisecret is not known for this kind; remove it or mend its spelling",
            "file:12: accounts[1].kind is not known; is wechat_official_account meant?",
            "file:14: accounts[2].kind is missing; known kinds: wechat_official_account",
            "file:15: accounts[3] must hold named fields; give `kind`, `name` and the fields of the kind",
            "file:16: colour is not known; the file holds only `accounts`",
        ]
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "file:1: accounts is missing"),
        ("# nothing\n", "file:1: accounts is missing"),
        ("- a\n", "file:1: the file must hold named fields"),
        ("accounts: youyou\n", "file:1: accounts must be a list"),
        ("accounts:\n", "file:1: accounts must be a list"),
        ("accounts:\n  - {}\n", r"file:2: accounts\[0\] is empty"),
        ("accounts:\n  - kind:\n", r"file:2: accounts\[0\].kind is missing"),
        ("accounts: [\n", "file:2: is not YAML here"),
        (f"accounts:\n  - token: *{SECRET}\n", "file:2: is not YAML here"),
        (f"accounts:\n  - token: !{KEY} a\n    kind: x\n", r"file:3: accounts\[0\].name is missing"),
        ("accounts:\n  - kind: Tele Pathy\n    name: a\n", r"file:2: accounts\[0\].kind is no kind"),
        ("accounts:\n  - kind: telepathy\n    name: a b\n", r"file:3: accounts\[0\].name must be 1 to 63"),
        (b"\xff\xfe\x00", "file: is not UTF-8"),
        (b"accounts: \x00", "file: is not YAML here"),
        ("#" * (1024 * 1024 + 1), "file: is larger than 1 MiB"),
        (GOOD + f"    token: {SECRET}\n", r"file:8: accounts\[0\].token is given twice"),
        (GOOD + f"    {SECRET}: {KEY}\n", r"file:8: accounts\[0\].<a field> is not known for this kind"),
        (GOOD + "    mode: {file: a, env: b}\n", r"file:8: accounts\[0\].mode must be a value"),
        (GOOD.replace(TOKEN, "{env: a-b}"), r"file:6: accounts\[0\].token must name an environment variable"),
        (
            GOOD.replace(f"    encoding_aes_key: {KEY}\n", ""),
            r"file:2: accounts\[0\] encoding_aes_key is needed in mode safe",
        ),
        (GOOD.replace(f"    app_id: {APP_ID}\n", ""), r"file:2: accounts\[0\].app_id is missing"),
        (GOOD + "    api_base: http://user@host/\n", r"file:8: accounts\[0\].api_base must be an http"),
        (GOOD + "    api_base: http://[x\n", r"file:8: accounts\[0\].api_base must be an http"),
        (GOOD + "    api_base: http://host:99999\n", r"file:8: accounts\[0\].api_base must be an http"),
    ],
)
def test_one_fault(tmp_path: Path, content: str | bytes, fault: str) -> None:
    found = faults(tmp_path, content)
    assert len(found) == 1
    assert re.match(fault, found[0]), found[0]


def test_a_file_that_is_not_there_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ChannelsFileError, match=r"cannot be read .* LOUYU_CHANNELS_FILE"):
        read_channels_file(tmp_path / "absent.yaml", {})


def test_two_accounts_may_not_share_name_or_app_id(tmp_path: Path) -> None:
    second = GOOD.removeprefix("accounts:\n")
    assert faults(tmp_path, GOOD + second) == [
        "file:8: accounts[1].name is used by another account too",
        "file:8: accounts[1].app_id is used by another account too",
    ]
    assert set(read(tmp_path, GOOD + second.replace("youyou", "other").replace(APP_ID, "wx2"))) == {"youyou", "other"}


def test_an_account_of_a_plugins_kind_is_read_with_its_secrets_and_shows_none(tmp_path: Path) -> None:
    content = f"accounts:\n  - kind: telepathy\n    name: mind\n    token: {{env: MIND_TOKEN}}\n    base: {SECRET}\n"
    (tmp_path / "file").write_text(content)
    (account,) = read_channels_file(tmp_path / "file", {"MIND_TOKEN": "thought"}).accounts
    assert isinstance(account, PluginAccount)
    assert (account.kind, account.name) == ("telepathy", "mind")
    assert account.settings == {"token": "thought", "base": SECRET}
    assert SECRET not in repr(account)
