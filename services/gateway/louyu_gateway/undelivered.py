"""Why something did not arrive, and what can be done about it, in plain words (Chinese; pages turn them into English).

A code of ours or the provider's that people can understand has words of its own; the rest is told by its class.
"""

from louyu.notify.v1 import delivery_pb2

_CODES = {
    "sender_died": "发送时程序中断，不确定对方收到没有",
    "no_answer": "已经发出，但平台没有回音，不确定对方收到没有",
    "no_result": "渠道没有说明结果，不确定对方收到没有",
    "timeout": "发送超时，不确定对方收到没有",
    "no_token": "拿不到平台的访问凭证",
    "not_connected": "连不上平台",
    "40003": "微信号无效，对方可能换了微信",
    "43004": "对方没有关注公众号",
    "45015": "对方超过 48 小时没有和公众号说话，微信不让发",
    "45047": "对方这几天收到的客服消息已到微信上限",
    "48001": "公众号没有开通这个接口，请运维到微信后台开通",
    "40164": "服务器地址不在微信的白名单里，请运维到微信后台添加",
}
_CLASSES = {
    "later": "平台一直忙或者连不上",
    "refresh_token": "平台不认访问凭证，请运维核对公众号密钥",
    "quota_spent": "今天的发送额度用完了",
    "wrong_person": "这个地址不是对方的，或者对方已离开",
    "other_channel": "这个渠道送不到对方",
    "give_up": "平台拒绝了这条消息，请运维查看",
}
_PURPOSES = {
    "step": "请人答复",
    "acknowledged": "告知已接单",
    "asked_back": "请提问人补充",
    "answer": "告知答复",
    "outcome": "告知结果",
    "emergency": "紧急提醒",
    "announcement": "通知",
    "membership": "角色、住址或值班的变动",
}


def reason_of(delivery: delivery_pb2.UndeliveredDelivery) -> str:
    """Return why it did not arrive."""
    return _CODES.get(delivery.reason_code) or _CLASSES.get(delivery.reason_class, "原因不明，请运维查看")


def purpose_of(delivery: delivery_pb2.UndeliveredDelivery) -> str:
    """Return why it was to be told."""
    return _PURPOSES.get(delivery.purpose, delivery.purpose)


def state_word(delivery: delivery_pb2.UndeliveredDelivery) -> str:
    """Return failed or unknown."""
    return delivery_pb2.UndeliveredState.Name(delivery.state).removeprefix("UNDELIVERED_STATE_").lower()


def state_from_word(word: str) -> delivery_pb2.UndeliveredState.ValueType:
    """Return the state of a word; both for the empty one. Raises ValueError for another one."""
    return delivery_pb2.UndeliveredState.Value(f"UNDELIVERED_STATE_{word.upper() or 'UNSPECIFIED'}")
