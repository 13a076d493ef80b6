"""Ports that were drawn and are not listened on yet: nobody else gets them."""

import subprocess
import sys

DRAW = """
import sys
from louyu_runtime.embedded.ports import free_port
print(*(free_port() for _ in range(1000)), flush=True)
sys.stdin.read()
"""


def test_two_processes_never_draw_the_same_port() -> None:
    drawing = [
        subprocess.Popen([sys.executable, "-c", DRAW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    drawn = []
    for process in drawing:
        assert process.stdout is not None
        drawn.append(set(process.stdout.readline().split()))
    for process in drawing:
        process.communicate()

    assert [len(ports) for ports in drawn] == [1000, 1000]
    assert not drawn[0] & drawn[1]
