"""Killing: what stands when processes die in the middle of a busy evening. The long form is `./dev bench chaos`."""
