"""Who may call which method of notify. What a caller may touch within it is decided in `rights`."""

from louyu_runtime.permissions import ANYONE, EVERYBODY, LEADERS, OPERATORS, STAFF, Rule, only_services, persons

PERMISSIONS: dict[str, Rule] = {
    "ApplyCommunity": persons(OPERATORS),
    "CreateAnnouncement": persons(LEADERS),
    "PreviewAnnouncement": persons(LEADERS),
    "GetAnnouncement": persons(EVERYBODY),
    "ListAnnouncements": persons(EVERYBODY),
    "ListReach": persons(LEADERS | {"harmony_promoter"}),
    "RecordVisit": persons(LEADERS | {"harmony_promoter"}),
    "ListUndelivered": persons(LEADERS),
    "RetryDelivery": persons(LEADERS),
    "RecordReply": only_services("gateway"),
    "GetFollowCode": only_services("gateway"),
    "ListScreens": persons(STAFF),
    "ListPlugins": persons(OPERATORS),
    # The code in the request is the identity: whoever holds it stands before the screen.
    "GetScreen": ANYONE,
    "WatchScreen": ANYONE,
    "ReportShown": ANYONE,
    "FetchMedia": only_services("messaging"),
}
