"""The supervisor: what dies comes back, what is told to stop stops, and nothing is left behind."""

import asyncio
import dataclasses
import os
import signal
import sys
from pathlib import Path

import pytest
from louyu_runtime.embedded.child_log import ChildLog
from louyu_runtime.embedded.keeper import restart_delay_seconds
from louyu_runtime.embedded.readiness import http_ready
from louyu_runtime.supervisor import Child, ChildFailed, Supervisor

from .running import is_alive, living_in, running_installation
from .waiting import until

SLEEPING = Child("service", ("/bin/sleep", "600"))


def never_ready(child: Child) -> Child:
    """Return the same child, which now never says that it serves."""

    async def ready() -> bool:
        return False

    return dataclasses.replace(child, ready=ready)


def python(name: str, code: str) -> Child:
    """Return a child that runs this program."""
    return Child(name, (sys.executable, "-c", code))


def ignoring_sigterm(name: str) -> Child:
    """Return a child that can only be killed; ready once it really ignores the signal."""
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    return python(name, code)


async def test_killed_child_comes_back_and_the_console_says_so_once(tmp_path: Path) -> None:
    said: list[str] = []
    async with Supervisor(tmp_path, said.append) as supervisor:
        await supervisor.start(SLEEPING)
        first = supervisor.pid("service")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: bool(said))
        second = supervisor.pid("service")
    assert first != second
    assert len(said) == 1
    assert said[0].startswith("service was killed by signal 9 and is back after ")


async def test_child_that_ends_by_itself_comes_back_again_and_again(tmp_path: Path) -> None:
    said: list[str] = []
    async with Supervisor(tmp_path, said.append) as supervisor:
        await supervisor.start(python("service", "import time; time.sleep(0.3); raise SystemExit(3)"))
        await until(lambda: len(said) == 2)
    assert "ended with exit code 3" in said[0]


@pytest.mark.parametrize(("restarts", "seconds"), [(0, 0.0), (1, 0.2), (2, 0.4), (5, 3.2), (6, 5.0), (10_000, 5.0)])
def test_pause_before_a_restart_doubles_up_to_five_seconds(restarts: int, seconds: float) -> None:
    assert restart_delay_seconds(restarts) == pytest.approx(seconds)


async def test_child_that_never_comes_up_is_reported_with_its_last_words(tmp_path: Path) -> None:
    gateway = python("gateway", "raise SystemExit('port 8080 is taken')")
    with pytest.raises(
        ChildFailed, match=r"gateway ended with exit code 1 before it was ready(.|\n)*port 8080 is taken"
    ):
        async with Supervisor(tmp_path, print) as supervisor:
            await supervisor.start(never_ready(gateway), never_ready(SLEEPING))


async def test_child_that_is_not_ready_in_time_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match=r"service took more than 0.2 s"):
        async with Supervisor(tmp_path, print) as supervisor:
            await supervisor.start(dataclasses.replace(never_ready(SLEEPING), ready_within_seconds=0.2))


async def test_program_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="cannot run /nothing"):
        async with Supervisor(tmp_path, print) as supervisor:
            await supervisor.start(never_ready(Child("service", ("/nothing",))))


async def test_children_stop_in_reverse_order(tmp_path: Path) -> None:
    record = tmp_path / "record"
    code = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    open({record!r}, 'a').write({name!r} + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(15, stop); print('armed', flush=True); time.sleep(600)"
    )
    names = ["database", "messaging", "gateway"]
    async with Supervisor(tmp_path, print) as supervisor:
        for name in names:
            await supervisor.start(python(name, code.format(record=str(record), name=name)))
        await until(lambda: all((tmp_path / f"{name}.log").read_text() == "armed\n" for name in names))
    assert record.read_text().split() == ["gateway", "messaging", "database"]


async def test_child_that_does_not_stop_is_killed_when_patience_is_over(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, print, patience_seconds=0.2) as supervisor:
        await supervisor.start(ignoring_sigterm("deaf"))
        await until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
        pid = supervisor.pid("deaf")
    assert pid is not None
    assert not is_alive(pid)


async def test_first_signal_stops_and_the_second_does_not_wait(tmp_path: Path) -> None:
    async with asyncio.timeout(15):  # far less than the patience
        async with Supervisor(tmp_path, print, patience_seconds=600) as supervisor:
            await supervisor.start(ignoring_sigterm("deaf"))
            await until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
            pid = supervisor.pid("deaf")
            os.kill(os.getpid(), signal.SIGTERM)
            asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGINT)
            await supervisor.wait()
    assert supervisor.stopped_by == signal.SIGTERM
    assert pid is not None
    assert not is_alive(pid)


async def test_signal_during_a_start_stops_what_has_started(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, print) as supervisor:
        asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGHUP)
        await supervisor.start(never_ready(SLEEPING))
    assert supervisor.stopped_by == signal.SIGHUP
    pid = supervisor.pid("service")
    assert pid is not None
    assert not is_alive(pid)


async def test_what_a_child_has_started_ends_with_it(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, print) as supervisor:
        await supervisor.start(Child("service", ("/bin/sh", "-c", "sleep 600 & echo $!; wait")))
        log = tmp_path / "service.log"
        await until(lambda: log.read_text().endswith("\n"))
        grandchild = int(log.read_text())
        assert is_alive(grandchild)
    await until(lambda: not is_alive(grandchild))


async def test_error_inside_the_context_stops_the_children_and_is_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Supervisor(tmp_path, print) as supervisor:
            await supervisor.start(SLEEPING)
            pid = supervisor.pid("service")
            raise ZeroDivisionError
    assert pid is not None
    assert not is_alive(pid)


async def test_signal_while_a_failed_start_ends_does_not_hide_why(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(15):  # far less than the patience
            async with Supervisor(tmp_path, print, patience_seconds=600) as supervisor:
                await supervisor.start(ignoring_sigterm("deaf"))
                await until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
                pid = supervisor.pid("deaf")
                asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGINT)
                raise ZeroDivisionError
    assert pid is not None
    assert not is_alive(pid)


def test_log_is_bounded_and_keeps_one_earlier_file(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "service.log", limit_bytes=100)
    output = log.open()
    os.write(output, b"old\n" * 30)
    log.bound()
    os.write(output, b"new\n")
    os.close(output)
    assert (tmp_path / "service.log").read_bytes() == b"new\n"
    assert (tmp_path / "service.log.1").read_bytes() == b"old\n" * 30
    assert log.last_lines() == ["new"]


def test_last_words_are_those_of_the_present_run(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "service.log")
    for line in (b"first run\n", b"second run\n"):
        output = log.open()
        os.write(output, line)
        os.close(output)
    assert log.last_lines() == ["second run"]


@pytest.mark.parametrize(("answer", "ready"), [("200 OK", True), ("503 Service Unavailable", False)])
async def test_service_is_ready_when_its_page_says_so(answer: str, ready: bool) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.0 {answer}\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        assert await http_ready(port) is ready
    assert await http_ready(port) is False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_stopped_installation_leaves_no_process(data_path: Path, number: signal.Signals) -> None:
    async with running_installation(data_path) as installation:
        installation.signal_terminal(number)
        assert await installation.rest_of_output() == "stopped\n"
        assert installation.process.returncode == 0
        assert living_in(data_path) == []
        assert not any(is_alive(pid) for pid in installation.pids.values())


@pytest.mark.parametrize("options", [(), ("sentinel",)], ids=["by the kernel", "by the sentinel"])
async def test_killed_installation_leaves_no_process(data_path: Path, options: tuple[str, ...]) -> None:
    async with running_installation(data_path, *options) as installation:
        installation.process.kill()
        await installation.process.wait()
        await until(lambda: living_in(data_path) == [])
        await until(lambda: not any(is_alive(pid) for pid in installation.pids.values()))


async def test_each_killed_child_of_an_installation_comes_back(data_path: Path) -> None:
    async with running_installation(data_path) as installation:
        assert installation.process.stdout is not None
        for name, pid in installation.pids.items():
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(30):
                line = (await installation.process.stdout.readline()).decode()
            assert line.startswith(f"{name} was killed by signal 9 and is back")
        installation.signal_terminal(signal.SIGINT)
        assert await installation.rest_of_output() == "stopped\n"


async def test_killed_installation_can_be_started_again_at_once(data_path: Path) -> None:
    for _ in range(3):
        async with running_installation(data_path) as installation:
            installation.process.kill()
            await installation.process.wait()
            async with running_installation(data_path) as again:
                again.signal_terminal(signal.SIGINT)
                assert await again.rest_of_output() == "stopped\n"
