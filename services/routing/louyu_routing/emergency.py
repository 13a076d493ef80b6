"""Emergency numbers: which of 119, 110 and 120 the asker is told at once.

Whether something is an emergency is the classifier's word; this only chooses numbers, and names all three rather than
none. The words are data: each number with what it stands for.
"""

import re

FIRE_AND_RESCUE = "119"
POLICE = "110"
AMBULANCE = "120"

_WORDS = {
    FIRE_AND_RESCUE: re.compile(
        r"火|着了|烧起来|冒烟|浓烟|糊味|烟味|煤气|燃气|天然气|漏气|爆炸|炸了|困|电梯.{0,6}(掉|坠|卡)|坍|塌|触电|火花|漏电|水淹|跳楼|轻生"
    ),
    POLICE: re.compile(
        r"打人|打架|动手|拿刀|持刀|砍|捅|抢|入室|撬|小偷|家暴|自杀|跳楼|轻生|寻短|走失|走丢|失踪|不见了|威胁"
    ),
    AMBULANCE: re.compile(
        r"晕|昏|倒地|倒在|摔|不省人事|没反应|没意识|没有呼吸|喘不上|呼吸困难|胸口|心脏|心梗|脑梗|中风|抽搐|流血|出血|大出血|骨折|烫伤|烧伤"
        r"|中毒|吞了|噎|救护|触电|割腕|跳楼|砍|捅|要生"
    ),
}


def emergency_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers that fit an emergency described so, in the order 119, 110, 120; never empty."""
    fitting = tuple(number for number, words in _WORDS.items() if words.search(text))
    return fitting or tuple(_WORDS)
