"""Who may call what. Which questions a caller may see or change is decided in `rights`, where the question is read."""

from louyu_runtime.permissions import EVERYBODY, OPERATORS, STAFF, Rule, persons

PERMISSIONS: dict[str, Rule] = {
    "ApplyCommunity": persons(OPERATORS),
    # a person those of their groups; services all
    "ListQuestions": persons(EVERYBODY, "messaging", "notify", "gateway"),
    "GetQuestion": persons(EVERYBODY, "messaging", "notify", "gateway"),
    "ListMessageOutcomes": persons(EVERYBODY, "messaging", "notify", "gateway"),
    "GetMessageOutcome": persons(EVERYBODY, "messaging", "notify", "gateway"),
    "WatchQuestions": persons(EVERYBODY, "gateway"),
    # those who are asked, and those who hold a role in the question's group
    "AcknowledgeQuestion": persons(EVERYBODY),
    "AskBack": persons(EVERYBODY),
    # everybody who may see it but those who asked
    "AnswerQuestion": persons(EVERYBODY),
    # those who asked; building head, liaison and secretary of the question's group
    "ResolveQuestion": persons(EVERYBODY),
    "ReopenQuestion": persons(EVERYBODY),
    # building head, liaison and secretary of the question's group
    "CloseQuestion": persons(STAFF),
    # those who asked, whose words were guessed at, and those who hold a role in the question's group
    "UndoGuess": persons(EVERYBODY),
    "Classify": persons(STAFF, "gateway"),
    "ListPlugins": persons(OPERATORS),
    "ListResponders": persons(STAFF, "gateway"),
}
