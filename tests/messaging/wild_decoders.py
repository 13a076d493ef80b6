"""Decoders that do what a damaged or hostile file may make one do; a process of the workshop imports them by name."""

import os

from louyu_messaging.media.media import Made


def spin(path: str) -> Made:
    while True:
        pass


def grow(path: str) -> Made:
    return Made("photo", "image/jpeg", b"x" * 4 * 1024**3)


def crash(path: str) -> Made:
    os.abort()
