"""What an Official Account answers: everything that it says at the door, in Chinese, in one place, short.

About messages in a group the line names group and number; an emergency is told what to do before all else.
"""

from collections.abc import Callable, Sequence

from louyu.messaging.v1 import messaging_service_pb2 as messaging
from louyu.routing.v1 import question_pb2

from louyu_gateway.pages import words
from louyu_gateway.wire import state_word

MOST_SHOWN = 5
SHORT = 16

NOT_POSTED = "这种消息还发不到群里，请用文字、语音或照片告诉我们。"
NOBODY_HEARD = "这里还没有人收到您的话。"
_DANGER = "有危险请马上拨打 119（火警、被困、燃气）、120（急救）或 110（报警）！"

_REFUSALS = {
    "TEXT_TOO_LONG": "这段话太长了，请分成几段发，每段不超过 2000 字。",
    "MESSAGE_UNREADABLE": "这条消息里有看不懂的字符，请重新输入再发一次。",
    "TOO_MANY_WAITING": "您先回复数字选一个群，前面的话才能发出去。",
    "LINK_CODE_UNKNOWN": "这个连接码不对，或者过期、用过了。请在页面“我”里的“连接微信”再要一个。",
    "LINKED_ROLE_HELD": "您在这里的身份担任着楼里的角色，不能合并。请从公众号的菜单打开页面，用的就是这个身份。",
    "NOT_MEMBER": "您已经不在这个群里了，请重新扫楼门口的二维码加入。",
}
_FLAT_PROBLEMS = {
    "FLAT_UNREADABLE": "没看懂门牌号，请回复门牌号和称呼，比如“3-502 王阿姨”；只回复门牌号也行。",
    "FLAT_UNKNOWN": "楼里没有找到这个门牌号，请核对后再回复一次，比如 3-502。",
    "NAME_MISLEADING": "这个称呼容易和楼里管事的人混淆，请换一个，连门牌号一起回复，比如“3-502 王阿姨”。",
    "FLAT_AMBIGUOUS": "有好几户都是这个号，请连单元一起回复，比如 3-502 或 3单元502。",
}
_AFTER_POSTING = {
    "answered": "已发到{group}，记为对 {number} 的答复，谢谢您。",
    "acknowledged": "已发到{group}，{number} 记为您接单。",
    "resolved": "已发到{group}，{number} 记为办结。",
    "reopened": "已发到{group}，{number} 重新开始问。",
}
_BELONGS = {
    "acknowledged": "已发到{group}，{number} 记为您接单。",
    "answered": "已发到{group}，{number} 记为已答复。",
    "asked_back": "已发到{group}，{number} 等提问人回复。",
}


_OWN_STATES = {
    "asked_back": "等您补充，直接在这里回复",
    "answered": "已答复，请回复“已解决”或“没解决”",
}


def danger(advice: str, line: str) -> str:
    """Return a line for somebody in danger whose words nobody has read: what to do comes first."""
    return f"{advice or _DANGER}\n{NOBODY_HEARD}\n{line}"


def line_about(answer: messaging.ReceiveFromChannelResponse, login_address: str) -> str | None:
    """Return the line for what was not a message for a group; None when there is nothing to say."""
    outcome = answer.WhichOneof("outcome")
    lines: dict[str, Callable[[], str]] = {
        "unknown_sender": lambda: _to_unknown(answer.unknown_sender),
        "flat_asked": lambda: _asking_for_flat(answer.flat_asked),
        "joined": lambda: _to_member(answer.joined, login_address),
        "group_asked": lambda: _asking_for_group(answer.group_asked),
        "refused": lambda: _REFUSALS.get(answer.refused.reason, "这条消息没能发到群里，请换个说法再试一次。"),
        "help_asked": lambda: _helping(answer.help_asked, login_address),
        "group_chosen": lambda: _to_chosen(answer.group_chosen),
        "leaving_asked": lambda: _asking_to_leave(answer.leaving_asked),
        "left": lambda: _to_left(answer.left),
        "role_held": lambda: _to_role_holder(answer.role_held),
        "flat_named": lambda: _asking_about_flat(answer.flat_named),
        "moved": lambda: f"好的，您在{answer.moved.group_name}登记的门牌号改为 {answer.moved.flat}。",
        "linked": lambda: _to_linked(answer.linked),
        "nothing_changed": lambda: "好的，什么都没有改，也没有发到群里。",
    }
    return lines[outcome]() if outcome in lines else None


def _to_unknown(unknown: messaging.UnknownSender) -> str:
    if unknown.is_code_invalid:
        return "这个二维码已经失效，请向楼长要新的二维码再扫一次。"
    return "我们还不认识您。请扫描楼门口的二维码，按提示回复门牌号，就能加入本楼的群。"


def _asking_for_flat(asked: messaging.FlatAsked) -> str:
    if asked.problem in _FLAT_PROBLEMS:
        return _FLAT_PROBLEMS[asked.problem]
    return (
        f"欢迎来到{asked.group_name}！请回复您的门牌号和称呼，比如“3-502 王阿姨”。\n"
        "称呼邻居看得到，门牌号只有楼长和居委会看得到；我们只用它送达答复和通知，不给别人，您随时可以回复“退出”。"
        f"回复门牌号即表示同意（文本版本 {asked.consent_version}）。\n"
        "已经在页面上加入了？不用报门牌号，在页面“我”里点“连接微信”。"
    )


def _to_member(joined: messaging.Joined, login_address: str) -> str:
    if joined.was_member:
        return f"您已经是{joined.group_name}的成员，您的话会发到这里。看群里的话：{login_address}"
    return (
        f"好的，{joined.flat}，您已加入{joined.group_name}。\n"
        f"有事直接在这里说，一定有人答复；回复“帮助”看怎么用。看群里的话：{login_address}"
    )


def _asking_for_group(asked: messaging.GroupAsked) -> str:
    choices = "，".join(f"{number} {name}" for number, name in enumerate(asked.group_names, 1))
    if asked.is_only_choice:
        return f"您在几个群里，选哪一个？请回复数字：{choices}。我们会记住您的选择。"
    return f"您在几个群里，这句话发到哪个群？请回复数字：{choices}。我们会记住您的选择。"


def _helping(asked: messaging.HelpAsked, login_address: str) -> str:
    where = f"发到{asked.group_name}" if asked.group_name else "发到您选的群"
    lines = [
        f"有事直接在这里说（文字、语音、照片都行），会{where}，一定有人答复。",
        "· 回复“我的”：看您问过的事办得怎样",
        *(["· 回复“切换”：换一个群"] if asked.is_in_several else []),
        "· 直接回复新门牌号：搬家改登记",
        "· 回复“退出”：退出这个群",
        f"看群里的话：{login_address}",
        "着火、被困、燃气打 119，急救打 120，报警打 110。",
    ]
    return "\n".join(lines)


def _to_chosen(chosen: messaging.GroupChosen) -> str:
    if chosen.is_only:
        return f"您只在{chosen.group_name}这一个群里，您的话都会发到那里。"
    return f"好的，后面的话发到{chosen.group_name}。要换别的群，回复“切换”。"


def _asking_to_leave(asked: messaging.LeavingAsked) -> str:
    other = "要退的是别的群，先回复“切换”。" if asked.is_in_several else ""
    return (
        f"您要退出{asked.group_name}吗？退出后收不到答复和通知，门牌号和微信随即删除；"
        f"您说过的话留在群里，署名不变。{other}\n确定要退，请回复“确认退出”；不想退，不用管它。"
    )


def _to_left(left: messaging.Left) -> str:
    rest = "再想加入，扫楼门口的二维码就行。" if left.is_last else "您还在别的群里，后面的话发到那里。"
    return f"您已退出{left.group_name}。{rest}"


def _to_role_holder(held: messaging.RoleHeld) -> str:
    roles = "、".join(words.ROLES.get(role, role) for role in held.roles)
    whom = "、".join(held.successors) or "社区居委会"
    return f"您是{held.group_name}的{roles}，大家还要找您。请先联系{whom}办好交接，再退出。"


def _to_linked(linked: messaging.Linked) -> str:
    flat = f"，{linked.flat}" if linked.flat else ""
    return f"已连接：您就是页面上的{linked.name}{flat}。在这里说话、在页面上说话都一样，答复会发到这里。"


def _asking_about_flat(named: messaging.FlatNamed) -> str:
    if named.is_own:
        return (
            f"您在{named.group_name}登记的就是 {named.own_flat}。这句话没有发到群里；"
            "要是在回答别人，请回复“发”，全楼都会看到。"
        )
    return (
        f"您在{named.group_name}登记的是 {named.own_flat}。要改成 {named.named_flat}，请回复“改”；"
        "要把这句话发到群里让全楼看到，请回复“发”；都不是就不用管。"
    )


def line_about_own_questions(questions: Sequence[question_pb2.Question], login_address: str) -> str:
    """Return the lines about somebody's own open questions, each with its state and who is waited for."""
    if not questions:
        return "您问过的事都办结了，没有在等的。有事直接在这里说。"
    lines = [f"您问过、还没办结的有 {len(questions)} 件："]
    lines += [_standing(question) for question in questions[:MOST_SHOWN]]
    if len(questions) > MOST_SHOWN:
        lines.append(f"……还有 {len(questions) - MOST_SHOWN} 件")
    return "\n".join([*lines, f"详情：{login_address}"])


def _standing(question: question_pb2.Question) -> str:
    state = state_word(question.state)
    who = question.next_step.who_name
    label = _OWN_STATES.get(state) or words.STATES.get(state, (state, "calm"))[0]
    if who and state == "assigned":
        label = f"等{who}答复"
    if who and state == "open" and question.next_step.who != "neighbours":
        label = f"已记下，先请{who}答复"
    if who and state == "acknowledged":
        label = f"{who}已接单"
    return f"#{question.number} {shortened(question.text)} —— {label}"


def line_about_posted(posted: messaging.Posted, outcome: question_pb2.MessageOutcome | None) -> str:
    """Return the line about a message that stands in the group; an emergency is told what to do before all else."""
    group = posted.group_name
    if outcome is None:
        return f"已发到{group}。"
    if outcome.what == "undecided":
        return f"已发到{group}。{_which_one(outcome.candidates)}"
    number = f"#{outcome.question_number}"
    if outcome.emergency_numbers:
        calls = "、".join(outcome.emergency_numbers)
        advice = outcome.emergency_advice or f"有危险请先拨打 {calls}！"
        return f"【紧急】{advice}\n已发到{group}，记为 {number}，正在通知楼长、物业和居委会。"
    if outcome.what in _AFTER_POSTING:
        return _AFTER_POSTING[outcome.what].format(group=group, number=number)
    if outcome.what == "belongs":
        line = _BELONGS.get(state_word(outcome.question_state)) if outcome.is_guess else None
        return (line or "已发到{group}（{number}）。").format(group=group, number=number)
    if outcome.answer:
        return f"已发到{group}（{number}）。这件事已有答复：{outcome.answer}"
    asked = f"先请{outcome.asked_name}答复" if outcome.asked_name else "会一直问到有人答复"
    return f"已发到{group}，记为 {number}，{asked}。"


def _which_one(candidates: Sequence[question_pb2.OutcomeCandidate]) -> str:
    shown = "，".join(f"{one.number} {shortened(one.text)}" for one in candidates[:MOST_SHOWN])
    more = "……" if len(candidates) > MOST_SHOWN else ""
    return f"您说的是哪一件？回复号码就行：{shown}{more}"


def shortened(text: str) -> str:
    """Return the first signs of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"
