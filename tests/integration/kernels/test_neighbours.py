# ruff: noqa: E501 - an attempt reads best on its own line
"""Two students' programs that run at the same moment, one of them hostile: nothing leads from one to the other.

Both run under one id of the host here, as they do wherever we are not root, so that it is the namespaces and
the filter that must hold.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import pytest
from learnflow_kernels import uids
from learnflow_kernels.runner import BubblewrapRunner
from learnflow_kernels.warm.runner import WarmRunner

from .conftest import TRY, UID, Box, run

pytestmark = pytest.mark.timeout(120)
MARK = f"canary-{secrets.token_hex(8)}"

VICTIM = r"""
import ctypes, fcntl, mmap, os, resource, signal, socket, sys, time
MARK = sys.argv[0] = 'MARK_HERE'
libc = ctypes.CDLL(None, use_errno=True)
heard = []
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    try: signal.signal(number, lambda number, frame: heard.append(int(number)))
    except (OSError, ValueError): pass
os.environ['MARK'] = MARK
memory = bytearray(MARK.encode() * 1000)
places = ['/tmp/shared', '/dev/shm/shared', os.path.expanduser('~/shared'), 'shared']
for place in places:
    with open(place, 'w') as file: file.write(MARK)
    os.chmod(place, 0o666)
os.mkfifo('/tmp/pipe', 0o666)
segment = libc.shmget(4711, 4096, 0o1666)
assert segment >= 0 and libc.semget(4711, 1, 0o1666) >= 0 and libc.msgget(4711, 0o1666) >= 0
libc.mq_open(b'/shared', os.O_CREAT | os.O_RDWR, 0o666, None)
abstract, listening, datagrams = socket.socket(socket.AF_UNIX), socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
abstract.bind('\0shared'); abstract.listen()
listening.bind(('127.0.0.1', 4711)); listening.listen()
datagrams.bind(('127.0.0.1', 4711))
terminal, _ = os.openpty()
if os.fork() == 0:
    os.execv('/bin/sleep', ['sleep', '30'])
end = time.monotonic() + 3.5
while time.monotonic() < end: time.sleep(0.05)
for each in (abstract, listening, datagrams): each.setblocking(False)
met = []
for each in (abstract, listening):
    try: met.append(each.accept())
    except BlockingIOError: pass
try: met.append(datagrams.recv(100))
except BlockingIOError: pass
changed = [place for place in places if open(place).read() != MARK]
print('heard', heard, 'met', met, 'changed', changed, 'nice', os.getpriority(os.PRIO_PROCESS, 0),
      'limit', resource.getrlimit(resource.RLIMIT_CORE)[0])
"""

ATTACKER = r"""
import fcntl, resource
def others():
    return [pid for pid in range(1, 5000) if pid not in mine and alive(pid)]
def alive(pid):
    try: os.kill(pid, 0)
    except ProcessLookupError: return False
    except PermissionError: return True
    return True
def refuse(why): raise OSError(why)
def nothing(found): return found or refuse('nothing there')
mine = {1, os.getpid(), os.getppid()}
def seen(name):
    found = []
    for pid in os.listdir('/proc'):
        if not pid.isdigit() or int(pid) in mine: continue
        try: found.append(open(f'/proc/{pid}/{name}', 'rb').read(100))
        except OSError: pass
    return nothing(found)
def marked(folder):
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            try:
                if stat.S_ISREG(os.stat(path).st_mode) and MARK in open(path, errors='replace').read(1000): found.append(path)
            except OSError: pass
    return nothing(found)
def own_lease():
    with open('/tmp/mine', 'w'): pass
    fd = os.open('/tmp/mine', os.O_RDONLY)
    return fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
def told_of():
    return nothing([line for line in open('/proc/net/unix') if '@shared' in line])
attempt('signals to any number', lambda: nothing(others()))
attempt('a handle on any process', lambda: nothing([p for p in range(2, 400) if p not in mine and libc.syscall(434, p, 0) >= 0]))
attempt('its command', lambda: seen('cmdline'))
attempt('its environment', lambda: seen('environ'))
attempt('its memory map', lambda: seen('maps'))
attempt('its memory', lambda: open('/proc/2/mem', 'rb') if 2 not in mine else refuse('mine'))
attempt('ptrace', lambda: call(101 if os.uname().machine == 'x86_64' else 117, 16, 2, 0, 0))
attempt('reading memory', lambda: call(310 if os.uname().machine == 'x86_64' else 270, 2, 0, 0, 0, 0, 0))
attempt('taking a descriptor', lambda: call(438, 3, 0, 0))
attempt('files below tmp', lambda: marked('/tmp'))
attempt('files in shared memory', lambda: marked('/dev/shm'))
attempt('files at home', lambda: marked(os.path.expanduser('~')))
attempt('a named pipe', lambda: os.open('/tmp/pipe', os.O_WRONLY | os.O_NONBLOCK))
attempt('an abstract socket', lambda: socket.socket(socket.AF_UNIX).connect('\0shared'))
attempt('names of sockets', told_of)
attempt('a port', lambda: socket.create_connection(('127.0.0.1', 4711), 1))
attempt('shared memory', lambda: nothing(libc.shmget(4711, 4096, 0) + 1))
attempt('any shared memory', lambda: nothing(open('/proc/sysvipc/shm').read().splitlines()[1:]))
attempt('semaphores', lambda: nothing(libc.semget(4711, 1, 0) + 1))
attempt('messages', lambda: nothing(libc.msgget(4711, 0) + 1))
attempt('a queue', lambda: nothing(libc.mq_open(b'/shared', os.O_RDWR) + 1))
attempt('a terminal', lambda: nothing([n for n in os.listdir('/dev/pts') if n != 'ptmx']))
attempt('a key ring', lambda: call(248 if os.uname().machine == 'x86_64' else 217, b'user', b'left', b'x', 1, -3))
attempt('keys', lambda: call(250 if os.uname().machine == 'x86_64' else 219, 0, -3, 0))
attempt('a ring for the kernel', lambda: call(425, 1, 0))
attempt('who opens what', lambda: nothing(libc.inotify_init1(0) + 1))
attempt('keeping others from a file', own_lease)
attempt('what happens in a folder', lambda: fcntl.fcntl(os.open('/usr/lib', os.O_RDONLY), 1026, 1))
attempt('its control group', lambda: open('/sys/fs/cgroup/cgroup.procs').read())
attempt('another network', lambda: os.setns(os.open('/proc/2/ns/net', os.O_RDONLY)))
for who in (os.PRIO_USER, os.PRIO_PGRP): os.setpriority(who, 0, 15)
with socket.socket(type=socket.SOCK_DGRAM) as sock: sock.sendto(b'hello', ('127.0.0.1', 4711))
sys.stdout.flush()
for number in (10, 12, 15, 9): os.kill(-1, number)
"""
COUNT = ATTACKER.count("\nattempt(")


@pytest.fixture(params=["cold", "warm"])
async def pair(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Box, Box]]:
    """Two runners that know nothing of each other, as those of two graders, with one id for all sandboxes."""
    monkeypatch.setattr(uids, "claim", lambda first: uids.Claim(first if os.geteuid() == 0 else os.geteuid()))
    made: list[Box] = []
    for _ in range(2):
        if request.param == "cold":
            made.append(BubblewrapRunner(uid=UID))
        else:
            warm = WarmRunner(uid=UID, ready=1, preload=())
            await warm.start()
            made.append(warm)
    yield made[0], made[1]
    for each in made:
        await each.close()


async def test_nothing_leads_from_one_to_another_that_runs_at_the_same_time(pair: tuple[Box, Box]) -> None:
    one, other = pair
    running = asyncio.create_task(run(one, VICTIM.replace("MARK_HERE", MARK)))
    await asyncio.sleep(1)
    attack = await run(other, f"{TRY}MARK = {MARK!r}\n{ATTACKER}")
    assert not running.done(), "too slow a machine for three seconds"
    lines = [line for line in attack.stdout.splitlines() if " refused " in line or " DONE " in line]
    assert [line for line in lines if " refused " not in line] == []
    assert len(lines) == COUNT
    assert (await running).stdout == "heard [] met [] changed [] nice 0 limit 0\n"


async def test_each_has_an_id_of_its_own_though_two_graders_choose_from_the_same() -> None:
    claims = [uids.claim(UID) for _ in range(3)]
    if os.geteuid() == 0:
        assert len({claim.uid for claim in claims}) == 3
        claims[0].release()
        again = uids.claim(UID)
        assert again.uid == claims[0].uid
        claims.append(again)
    else:
        assert {claim.uid for claim in claims} == {os.geteuid()}
    for claim in claims:
        claim.release()
