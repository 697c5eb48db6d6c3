"""The seccomp program, run here instruction by instruction for both processors: what it lets through and what it denies."""
import ctypes
import errno
import os
import signal
import socket
import struct
import sys

import pytest

import supervised  # noqa: F401  (finds the harness)

from seal.confine import fork, linux, seccomp

ALLOWED = "allowed"


def answer(machine, call, *arguments, arch=None, filter_of=seccomp.program):
    """What the filter answers: ALLOWED, an errno's name, or 'killed'."""
    given = struct.pack("<iIQ6Q", call, seccomp.AUDIT_ARCH[machine] if arch is None else arch, 0, *(arguments + (0,) * 6)[:6])
    steps, at, held = filter_of(machine), 0, 0
    while True:
        code, yes, no, operand = steps[at]
        at += 1
        if code == seccomp.LOAD:
            held = struct.unpack_from("<I", given, operand)[0]
        elif code == seccomp.AND:
            held &= operand
        elif code == seccomp.RETURN:
            if operand == seccomp.ALLOW:
                return ALLOWED
            return "killed" if operand == seccomp.KILL_PROCESS else errno.errorcode.get(operand & 0xFFFF, "0")
        else:
            met = {seccomp.IF_EQUAL: held == operand, seccomp.IF_AT_LEAST: held >= operand, seccomp.IF_ANY_BIT: bool(held & operand)}[code]
            at += yes if met else no


MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
EVERYDAY = {  # Among others read, write, openat, mmap, futex, execve, kill, sendmsg, setrlimit on oneself, wait, pipe.
    "x86_64": (0, 1, 257, 9, 202, 59, 231, 62, 46, 39, 12, 13, 14, 228, 302, 318, 57, 58, 61, 22, 293),
    "aarch64": (63, 64, 56, 222, 98, 221, 94, 129, 211, 172, 214, 134, 135, 113, 261, 278, 260, 59),
}


@MACHINES
def test_what_a_program_does_all_day_is_allowed(machine):
    assert {answer(machine, call) for call in EVERYDAY[machine]} == {ALLOWED}


@MACHINES
def test_every_denied_call_is_answered_with_eperm(machine):
    numbers = [call[seccomp.COLUMN[machine]] for call in seccomp.DENIED.values()]
    assert {answer(machine, number) for number in numbers if number is not None} == {"EPERM"}
    assert len(set(numbers) - {None}) == len([n for n in numbers if n is not None])  # no number twice


@MACHINES
def test_limits_and_priorities_can_be_set_on_oneself_only(machine):
    for call in seccomp.ON_ITSELF.values():
        number = call[seccomp.COLUMN[machine]]
        assert answer(machine, number, 0) == ALLOWED
        assert answer(machine, number, 1) == answer(machine, number, os.getpid()) == "EPERM"


@MACHINES
def test_only_connected_sockets_between_relatives_are_to_be_had(machine):
    column = seccomp.COLUMN[machine]
    unix, inet, inet6, netlink, vsock, packet = 1, 2, 10, 16, 40, 17
    stream, datagram, seqpacket, cloexec, nonblock = 1, 2, 5, 0o2000000, 0o4000
    for call in seccomp.SOCKETS.values():
        for kind in (stream, seqpacket, stream | cloexec, seqpacket | nonblock | cloexec):
            assert answer(machine, call[column], unix, kind) == ALLOWED
        for family in (inet, inet6, netlink, vsock, packet):
            assert answer(machine, call[column], family, stream) == "EACCES"
        assert answer(machine, call[column], unix, datagram) == answer(machine, call[column], unix, datagram | cloexec) == "EACCES"
    assert answer(machine, seccomp.CONNECT[column], 3, filter_of=seccomp.nameless) == "EACCES"
    assert answer(machine, seccomp.CONNECT[column], 3) == "ENOENT", "CUDA would take EACCES for an MPS server that is closed to it"


@pytest.mark.skipif(not seccomp.works(), reason="no filter can be had here")
@pytest.mark.parametrize(("filters", "told"), [([seccomp.program], "ENOENT"), ([seccomp.program, seccomp.nameless], "EACCES")])
def test_who_asks_for_a_server_hears_of_none_with_a_gpu_and_is_refused_without(tmp_path, filters, told):
    path = str(tmp_path / "control")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(path)
    server.listen()

    def asked():
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        for filter_of in filters:
            seccomp.install(filter_of)
        try:
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(path)
        except OSError as error:
            return errno.errorcode[error.errno]
    with server:
        assert fork.tried(asked).value == told


@MACHINES
def test_files_can_be_locked_and_duplicated_but_not_leased(machine):
    fcntl = seccomp.FCNTL[seccomp.COLUMN[machine]]
    set_lease, get_lease, notify, set_delegation, add_seals, set_pipe_size = 1024, 1025, 1026, 1040, 1033, 1031
    set_hint, set_file_hint = 1036, 1038
    duplicate, set_flags, set_lock = 1030, 4, 6
    for command in (set_lease, notify, set_delegation, set_hint, set_file_hint):
        assert answer(machine, fcntl, 9, command) == "EPERM"
        assert answer(machine, fcntl, 9, 1 << 32 | command) == "EPERM", "the kernel does not read the upper half"
    for command in (get_lease, add_seals, set_pipe_size, duplicate, set_flags, set_lock):
        assert answer(machine, fcntl, set_lease, command, notify) == ALLOWED


@MACHINES
def test_no_inode_is_changed_through_a_file_that_is_open_for_reading(machine):
    ioctl = seccomp.IOCTL[seccomp.COLUMN[machine]]
    set_flags, set_flags_of_32_bits, set_version, set_project, clone_file, btrfs = 0x40086602, 0x40046602, 0x40087602, 0x401C5820, 0x40049409, 0x5000940A
    for command in (set_flags, set_flags_of_32_bits, set_version, set_project, clone_file, btrfs):
        assert answer(machine, ioctl, 9, command) == answer(machine, ioctl, 9, 1 << 32 | command) == "EPERM"
    terminal, waiting, close_on_exec, gpu, unified_memory, unified_memory_start = 0x5401, 0x541B, 0x5451, 0xC020462A, 37, 0x30000001
    for command in (terminal, waiting, close_on_exec, gpu, unified_memory, unified_memory_start):
        assert answer(machine, ioctl, 9, command) == ALLOWED


@MACHINES
def test_what_is_in_memory_can_be_neither_asked_nor_changed(machine):
    column = seccomp.COLUMN[machine]
    normal, random, will_need, drop, once = 0, 1, 3, 4, 5
    assert {answer(machine, seccomp.FADVISE[column], 9, 0, 0, advice) for advice in (normal, random, will_need)} == {ALLOWED}
    assert {answer(machine, seccomp.FADVISE[column], 9, 0, 0, advice) for advice in (drop, once)} == {"EPERM"}
    give_back, free, huge, cold, out = 4, 8, 14, 20, 21
    assert {answer(machine, seccomp.MADVISE[column], 4096, 4096, advice) for advice in (give_back, free, huge)} == {ALLOWED}
    assert {answer(machine, seccomp.MADVISE[column], 4096, 4096, advice) for advice in (cold, out)} == {"EPERM"}
    only_cached, leave_none = 0x8, 0x80
    for call in (seccomp.PREADV2[column], seccomp.PWRITEV2[column]):
        assert answer(machine, call, 9, 4096, 1, 0, 0, 0) == ALLOWED
        assert answer(machine, call, 9, 4096, 1, 0, 0, only_cached) == answer(machine, call, 9, 4096, 1, 0, 0, leave_none) == "EPERM"


@MACHINES
def test_where_no_rules_hold_locks_are_granted_and_mean_nothing(machine):
    def asked(*arguments):
        return answer(machine, *arguments, filter_of=seccomp.harmless_locks)
    column, granted = seccomp.COLUMN[machine], "0"
    assert asked(seccomp.FLOCK[column], 9, 2) == granted
    fcntl, ask, ask_open, duplicate = seccomp.FCNTL[column], 5, 36, 1030
    for command in seccomp.LOCK_COMMANDS.values():
        assert asked(fcntl, 9, command) == granted
    assert {asked(fcntl, 9, command) for command in (ask, ask_open, duplicate)} == {ALLOWED}
    assert {asked(call, 9, 6) for call in EVERYDAY[machine]} == {ALLOWED}


@MACHINES
def test_no_process_closes_its_descriptors_to_the_supervisor(machine):
    prctl = seccomp.PRCTL[seccomp.COLUMN[machine]]
    set_name, set_death_signal, set_no_new_privs = 15, 1, 38
    for dumpable in (0, 1, 2):
        assert answer(machine, prctl, linux.PR_SET_DUMPABLE, dumpable) == answer(machine, prctl, 1 << 32 | linux.PR_SET_DUMPABLE, dumpable) == "EPERM"
    assert {answer(machine, prctl, option, linux.PR_SET_DUMPABLE) for option in (set_name, set_death_signal, set_no_new_privs)} == {ALLOWED}


@MACHINES
def test_processes_and_threads_start_but_namespaces_do_not(machine):
    column = seccomp.COLUMN[machine]
    thread, fork, vfork = 0x3D0F00, 0x1200011, 0x4111
    for flags in (thread, fork, vfork):
        assert answer(machine, seccomp.CLONE[column], flags) == ALLOWED
    for namespace in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(machine, seccomp.CLONE[column], namespace | 17) == "EPERM"
    assert answer(machine, seccomp.CLONE3[column]) == "ENOSYS"


@MACHINES
def test_what_becomes_of_the_word_that_a_child_has_died_can_be_asked_and_not_changed(machine):
    def asked(*arguments):
        return answer(machine, *arguments, filter_of=seccomp.bookkeeping)
    change, somewhere = seccomp.SIGACTION[seccomp.COLUMN[machine]], 0x7FFC12345678
    assert asked(change, signal.SIGCHLD, 0, somewhere) == ALLOWED
    for action in (somewhere, 1 << 32, 1):
        assert asked(change, signal.SIGCHLD, action, 0) == asked(change, 1 << 32 | signal.SIGCHLD, action, 0) == "EPERM"
    for other in (signal.SIGINT, signal.SIGPIPE, signal.SIGALRM):
        assert asked(change, other, somewhere, 0) == ALLOWED
    assert {asked(call, signal.SIGCHLD, somewhere) for call in EVERYDAY[machine] if call != change} == {ALLOWED}


@MACHINES
def test_calls_of_another_processor_kill(machine):
    other = 0x40000003 if machine == "x86_64" else 0x40000028  # 32-bit x86, 32-bit Arm
    assert answer(machine, 0, arch=other) == "killed"


def test_the_x32_calls_do_not_exist():
    assert answer("x86_64", seccomp.X32 | 101) == "ENOSYS"


@pytest.mark.skipif(linux.MACHINE not in seccomp.COLUMN, reason="the filter knows no numbers of this processor")
def test_the_numbers_are_the_running_kernels():
    libc = ctypes.CDLL(None, use_errno=True)
    # With nonsense for arguments each fails in a way of its own; a number that means nothing gives ENOSYS.
    for name in ("ptrace", "kcmp", "setpriority", "unshare", "process_vm_readv"):
        number = seccomp.DENIED[name][seccomp.COLUMN[linux.MACHINE]]
        ctypes.set_errno(0)
        libc.syscall(ctypes.c_long(number), *([ctypes.c_long(-1)] * 6))
        assert ctypes.get_errno() not in (0, errno.ENOSYS), name


def test_the_filter_works_on_this_machine():
    assert seccomp.works() == (sys.platform == "linux" and linux.MACHINE in seccomp.COLUMN)


@MACHINES
def test_no_run_tells_another_by_names_of_sockets_and_none_keeps_a_core_to_itself(machine):
    column = seccomp.COLUMN[machine]
    assert answer(machine, seccomp.BIND[column], filter_of=seccomp.nameless) == "EACCES"
    assert {answer(machine, call, filter_of=seccomp.nameless) for call in EVERYDAY[machine]} == {ALLOWED}
    prctl = seccomp.PRCTL[column]
    assert [answer(machine, prctl, option) for option in (linux.PR_SCHED_CORE, 15, 38)] == ["EPERM", ALLOWED, ALLOWED]
