"""Every hook of louyu: what a plugin can do.

Hooks are called one plugin at a time, never through a chain. Their arguments are frozen; implementations name only the
arguments they use. "Counts as nothing" means: logged once with the plugin's name, counted, fed to the plugin's breaker
(five failures in 30 seconds leave the plugin out for 60), and louyu goes on as if the plugin were not installed. A
worker thread is one of the plugin's own four: a plugin that blocks them all delays only itself.
"""

from collections.abc import Sequence

from louyu_sdk.action import Action
from louyu_sdk.channel import Channel, ChannelAccount
from louyu_sdk.directory import Directory
from louyu_sdk.markers import hookspec
from louyu_sdk.match import Match
from louyu_sdk.media import Recording, Transcript
from louyu_sdk.message import Classification, Message
from louyu_sdk.plan import Plan
from louyu_sdk.question import Question, QuestionChange
from louyu_sdk.responder_type import ResponderType
from louyu_sdk.settings import SettingsSection

# ---------------------------------------------------------------------------------------------------------------------
# At the start: what the plugin supplies
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def louyu_responder_types() -> Sequence[ResponderType]:
    """Supply the kinds of responder that this plugin knows.

    Called by routing, once at the start, in a worker thread; time limit 5 seconds. The types of
    all plugins count together; a key that an earlier plugin (by name) has taken, an exception, or a missed time limit
    is a fault: the plugin is left out until the next start, and `louyu plugins list` says why. Since 0.1.

    Returns:
        At least one type. The same ones at every start, for communities' files name them. A plugin without responder
        types leaves this hook out; None counts as an empty list.
    """
    raise NotImplementedError


@hookspec
def louyu_settings() -> Sequence[SettingsSection]:
    """Supply the models of the settings that communities may give to responders of this plugin's types.

    Called by routing, once at the start, in a worker thread; time limit 5 seconds. When a community is imported, routing
    validates every responder's `settings` by them, and a fault is named by responder and field. Sections of all plugins
    count together. A section for another plugin's type, an exception, or a missed time limit is a fault: the plugin is left
    out until the next start. Since 0.1.

    Returns:
        At most one section for each of the plugin's own types; without one, a type takes no settings. None counts as
        an empty list.
    """
    raise NotImplementedError


@hookspec
def louyu_channels(accounts: Sequence[ChannelAccount]) -> Sequence[Channel]:
    """Supply ways to deliver.

    Called by notify once at the start, in a worker thread without a running event loop, so connections are made later,
    in `send`; time limit 5 seconds. Channels of all plugins count together. A pair of key and account that an earlier
    plugin (by name) has taken, an exception, or a missed time limit is a fault: the plugin is left out until the next
    start. What `send` may do, and what its errors mean, stands at `louyu_sdk.channel.Channel`. Since 0.1.

    Args:
        accounts: all entries of the channels file with their secrets; use those of your kind and leave the others.
    Returns:
        One channel for each account of your kind, or one without account. None counts as an empty list.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------------------------------------------------
# A message arrives: what it is
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def louyu_transcribe(recording: Recording) -> Transcript | None:
    """Put the words of a voice message into writing.

    Called by messaging once per recording that was posted without words, after it is stored, in a worker thread, outside
    any transaction; time limit 30 seconds. All plugins are asked at the same time; the surest transcript wins. An
    exception or a missed time limit counts as nothing; when nobody answered and somebody failed, all are asked again, up
    to three times. Without an answer a steward of the group is asked to listen. Since 0.1.

    Args:
        recording: frozen; the whole recording as MP3 (`audio/mpeg`, 24 kHz, one channel), 1 byte to 2 MiB, with its
            duration, without sender or group.
    Returns:
        The words and how sure they are, or None: not in my power (another language).
    """
    raise NotImplementedError


@hookspec
def louyu_classify(message: Message) -> Classification | None:
    """Give another opinion of what a message is, that of a hosted model for example.

    Not called yet by any service. Will be called by routing for messages of which its own classifier is unsure, in a
    worker thread, outside any transaction; time limit 1 second. All plugins are asked; the highest confidence wins, the
    classifier's own included. An exception or a missed time limit counts as nothing. Since 0.1.

    Args:
        message: frozen; text of 0 to 2,000 characters, media as ids, without the sender.
    Returns:
        A classification with a confidence from 0.0 to 1.0, or None: no opinion.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------------------------------------------------
# A question opens: whom it concerns, who is asked
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def louyu_match(question: Question) -> Match | None:
    """Say whether this question concerns one of your responder types, and how surely.

    Called by routing once per new or reopened question, in a worker thread, outside any transaction; time limit 500
    milliseconds. Not called in an emergency: routing then alerts responders, building head and liaison at once, by a
    plan of its own. All plugins are asked at the same time; the highest score wins, of equal ones the plugin whose name
    comes first. louyu's own plugin takes what the classifier gives to neighbours, building head or committee, with the
    classifier's confidence as its score. The reasons are shown to staff beside the question. An exception, a missed time limit, or a type that is not your own counts as nothing. Since 0.1.

    Args:
        question: frozen; text of 1 to 2,000 characters with phone numbers masked, media as ids.
    Returns:
        A score from 0.0 to 1.0 with at least one reason fit to show to staff, or None: does not concern me.
    """
    raise NotImplementedError


@hookspec
def louyu_plan(question: Question, match: Match, directory: Directory) -> Plan | None:
    """Make the plan for a question whose best match was yours: who is asked, how long each has, and what then.

    Called by routing once per new or reopened question, in a worker thread, outside any transaction; time limit 1
    second. Not called in an emergency. Only the plugin whose match won is asked. With None, an exception, a missed time limit, or a plan that names
    a responder who is not in the directory, the built-in plan is used. The plan is frozen when the question opens:
    later edits of rules or settings touch later questions. Since 0.1.

    Args:
        question: as in `louyu_match`.
        match: your own match that won.
        directory: role holders of the group, responders of the community with their settings, times of the chain.
    Returns:
        A plan whose last step repeats until a human closes the question, or None: I cannot help here.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------------------------------------------------
# A question changes: react to a fact
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def louyu_question_changed(question: Question, change: QuestionChange) -> Sequence[Action] | None:
    """React to a fact: open a work order elsewhere, take the question on, refuse it, answer it.

    Called by routing after the change is committed, in a worker thread, outside any transaction; time limit 5 seconds.
    Only the plugin that made the question's plan is told, in the order of the changes, each at least once: a repeat has
    the same `change.id`. A `Refuse` hands the question back: it is allowed for `change.asked_responder_ids` alone, while
    their step lasts, and the next step starts. An exception or a missed time limit counts as nothing, and the change is not told again.
    Actions lead to changes, which are told too: do not answer your own. Since 0.1.

    Args:
        question: as in `louyu_match`, after the change.
        change: what happened, when, and by whom.
    Returns:
        At most 10 actions, done in this order, each refused and noted if it is not allowed; None or an empty list:
        nothing to do.
    """
    raise NotImplementedError
