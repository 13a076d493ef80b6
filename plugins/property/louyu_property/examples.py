"""Examples: what residents write to the property company, and what comes close to it but is another's.

The contract's checks try every one. The classifier's word stands beside each text, since this plugin follows it.
"""

from louyu_sdk import Example, Intent, Urgency, Via

from louyu_property.kinds import Kind
from louyu_property.matching import TYPE

EXAMPLES = (
    Example(
        text="3单元电梯又停在八层，按键没反应",
        concerns=TYPE,
        least_score=0.7,
        kind=Kind.LIFT,
        classified_for=TYPE,
        urgency=Urgency.HIGH,
        asset="lift/28-3",
    ),
    Example(
        text="楼道灯坏了好几天，老人上下楼看不见", concerns=TYPE, least_score=0.7, kind=Kind.LIGHT, classified_for=TYPE
    ),
    Example(
        text="那个屋里暖器一点儿不热",
        concerns=TYPE,
        least_score=0.7,
        kind=Kind.HEATING,
        classified_for=TYPE,
        via=Via.VOICE,
    ),
    # The classifier is unsure and thinks of the committee; the company is named.
    Example(
        text="物业派人来看看，厨房下水堵了", concerns=TYPE, kind=Kind.WATER, classified_for="committee", confidence=0.3
    ),
    # A lift, but a matter of the inspector.
    Example(text="电梯年检标志过期了归谁管", concerns=None, classified_for="quality_inspection", confidence=0.9),
    Example(text="谁家有多的婴儿车借一天", concerns=None, classified_for="neighbours"),
    Example(text="电梯修好了，谢谢物业", concerns=None, classified_for=TYPE, intent=Intent.RESOLVED),
)
