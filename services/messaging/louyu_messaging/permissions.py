"""Who may call what. Which objects a caller may see or touch is decided in `access` and `standing`, where they are read."""

from louyu_runtime.permissions import ANYONE, EVERYBODY, LEADERS, OFFICE, OPERATORS, STAFF, Rule, only_services, persons

STEWARDS = LEADERS | {"harmony_promoter"}

PERMISSIONS: dict[str, Rule] = {
    "ApplyCommunity": persons(OPERATORS),
    "GetCommunity": persons(EVERYBODY, "routing", "notify", "gateway"),
    "ListGroups": persons(EVERYBODY, "routing", "notify", "gateway"),
    "GetGroup": persons(EVERYBODY, "routing", "notify", "gateway"),
    "ListMembers": persons(EVERYBODY, "routing", "notify", "gateway"),
    # for themselves; services and operators also for others
    "PostMessage": persons(EVERYBODY, "routing", "notify", "gateway"),
    "PostMessageBatch": persons(OPERATORS, "routing", "notify", "gateway"),
    "ListMessages": persons(EVERYBODY, "routing", "notify", "gateway"),
    "SubscribeMessages": persons(EVERYBODY, "gateway"),
    # whoever holds a code may ask what it opens
    "ResolveJoinCode": ANYONE,
    "JoinGroup": persons(EVERYBODY, "gateway"),
    # for themselves; the gateway also for others
    "LeaveGroup": persons(EVERYBODY, "gateway"),
    "ListNames": only_services("gateway"),
    "ReceiveFromChannel": only_services("gateway"),
    # a person only themself
    "GetPerson": persons(EVERYBODY, "gateway"),
    "FindPersonsByAddress": only_services("gateway"),
    "ResolveAddresses": only_services("notify"),
}

CONVERSATION_PERMISSIONS: dict[str, Rule] = {
    "ListChangedMessages": persons(EVERYBODY, "routing", "notify", "gateway"),
    # a person their own
    "RecallMessage": persons(EVERYBODY),
    "ReactToMessage": persons(EVERYBODY),
    # those who look after the building, as `access` finds them
    "PinMessage": persons(EVERYBODY),
    "ListPinnedMessages": persons(EVERYBODY, "routing", "notify", "gateway"),
    "MarkRead": persons(EVERYBODY),
    # in their groups
    "SearchMessages": persons(EVERYBODY, "gateway"),
}

MEDIA_PERMISSIONS: dict[str, Rule] = {
    # members of the group, for themselves
    "UploadMedia": persons(EVERYBODY),
    # members of the group in which it was posted
    "ReadMedia": persons(EVERYBODY),
    # stewards, of their groups
    "ListRecordings": persons(EVERYBODY),
    "WriteWords": persons(EVERYBODY),
    "ListPlugins": persons(OPERATORS),
}

MEMBERSHIP_PERMISSIONS: dict[str, Rule] = {
    # a person their own; stewards those of their groups
    "GetResidency": persons(EVERYBODY),
    "ListResidents": persons(STEWARDS),
    "DecideResidency": persons(LEADERS),
    "SetMemberKind": persons(EVERYBODY),
    # for themselves
    "CreateLinkCode": persons(EVERYBODY),
    "ListCoverage": persons(STEWARDS),
    "GetCoverage": persons(STEWARDS),
    "ListRoleHolders": persons(STAFF),
    # by the table of `role_rights`
    "GrantRole": persons(LEADERS),
    "WithdrawRole": persons(LEADERS),
    "ListAbsences": persons(STAFF),
    # for themselves; liaisons and secretaries for everybody with a role
    "SetAbsence": persons(STAFF),
    "EndAbsence": persons(STAFF),
    "ListDutyShifts": persons(STAFF),
    # staff for their own responder; liaisons and secretaries for all
    "AddDutyShift": persons(OFFICE | {"staff"}),
    "RemoveDutyShift": persons(OFFICE | {"staff"}),
}
