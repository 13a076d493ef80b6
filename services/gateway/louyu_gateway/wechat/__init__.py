"""The Official Account's callback: from a signed, possibly encrypted HTTP request to a typed message, and back.

`http.py` holds the routes, `callback.py` the checks in their order; the rest are pure parts of it. What a message
means for a group is not decided here: the gateway hands it to messaging.
"""
