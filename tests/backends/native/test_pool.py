"""Threads and scratch memory of the runtime."""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from flambeau.backends.native import library

TEXT = r"""
#include "fl.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static void add_one(void *context, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
        ((int64_t *)context)[i]++;
}
FL_API void add_one_to_all(int64_t *numbers, int64_t n, int64_t grain) {
    fl_for(n, grain, add_one, numbers);
}

/* Each chunk writes itself down as begin, end. */
typedef struct { atomic_int count; int64_t parts[1000][2]; pthread_t by[1000]; int slow; } list;
static void write_down(void *context, int64_t begin, int64_t end) {
    list *all = context;
    int i = atomic_fetch_add(&all->count, 1);
    all->parts[i][0] = begin, all->parts[i][1] = end, all->by[i] = pthread_self();
    if (all->slow)
        usleep(20000);
}
FL_API int64_t parts_of(int64_t n, int64_t grain, int64_t *parts, int64_t *threads, int slow) {
    static list all;
    all.count = 0, all.slow = slow;
    fl_for(n, grain, write_down, &all);
    *threads = 0;
    for (int i = 0; i < all.count; i++) {
        parts[2 * i] = all.parts[i][0], parts[2 * i + 1] = all.parts[i][1];
        int seen = 0;
        for (int j = 0; j < i; j++)
            seen |= pthread_equal(all.by[i], all.by[j]) != 0;
        *threads += !seen;
    }
    return all.count;
}

/* A loop inside a loop. */
typedef struct { int64_t *numbers, width; atomic_int strangers; pthread_t by; } inner;
static void note_thread(void *context, int64_t begin, int64_t end) {
    inner *row = context;
    if (!pthread_equal(row->by, pthread_self()))
        row->strangers++;
    add_one(row->numbers, begin, end);
}
typedef struct { int64_t *numbers, width; atomic_int strangers; } outer;
static void rows(void *context, int64_t begin, int64_t end) {
    outer *all = context;
    for (int64_t i = begin; i < end; i++) {
        inner row = {all->numbers + i * all->width, all->width, 0, pthread_self()};
        fl_for(all->width, 1, note_thread, &row);
        all->strangers += row.strangers;
    }
}
FL_API int64_t nested(int64_t *numbers, int64_t height, int64_t width) {
    outer all = {numbers, width, 0};
    fl_for(height, 1, rows, &all);
    return all.strangers;
}
"""
NUMBER, POINTER = ctypes.c_int64, ctypes.c_void_p


@pytest.fixture(scope="module")
def program(runtime):
    found = library.program(TEXT, "pool-test")
    found.add_one_to_all.argtypes = [POINTER, NUMBER, NUMBER]
    found.parts_of.argtypes = [NUMBER, NUMBER, POINTER, POINTER, ctypes.c_int]
    found.nested.argtypes = [POINTER, NUMBER, NUMBER]
    found.parts_of.restype = found.nested.restype = NUMBER
    return found


def count_up(program, n, grain, times=1):
    numbers = np.zeros(n, np.int64)
    for _ in range(times):
        program.add_one_to_all(numbers.ctypes.data, n, grain)
    return bool((numbers == times).all())


def parts(program, n, grain, slow=False):
    found, threads = np.zeros((1000, 2), np.int64), np.zeros(1, np.int64)
    count = program.parts_of(n, grain, found.ctypes.data, threads.ctypes.data, slow)
    return sorted(map(tuple, found[:count].tolist())), int(threads[0])


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [0, 1, 2, 63, 1000, 12345])
def test_every_number_once(program, threads, count, n):
    threads(count)
    for grain in (-1, 0, 1, 5, 64, n, n + 1):
        assert count_up(program, n, grain, times=3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_chunks(program, threads, count):
    threads(count)
    for n, grain in [(1, 1), (2, 1), (100, 1), (100, 30), (100, 99), (100, 100), (1001, 7)]:
        found, _ = parts(program, n, grain)
        begins, ends = zip(*found)
        assert begins == (0, *ends[:-1]) and ends[-1] == n
        if count == 1 or n <= grain:
            assert found == [(0, n)]
        else:
            assert 1 < len(found) <= 4 * count
            assert all(end - begin >= grain for begin, end in found[:-1])
    assert parts(program, 0, 1) == ([], 0)


def test_several_threads_work(program, threads):
    threads(3)
    assert parts(program, 12, 1, slow=True)[1] == 3
    threads(1)
    assert parts(program, 12, 1, slow=True)[1] == 1
    threads(2)  # there are two workers, one of which may join
    assert parts(program, 12, 1, slow=True)[1] == 2


def test_workers_that_slept_come_back(program, threads):
    threads(2)
    for _ in range(3):
        assert parts(program, 4, 1, slow=True)[1] == 2
        time.sleep(0.05)


def test_idle_workers_take_no_time(program, threads):
    threads(4)
    assert count_up(program, 1000, 1)
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - before < 0.05


def test_a_loop_inside_a_loop_is_serial(program, threads):
    threads(4)
    numbers = np.zeros((50, 40), np.int64)
    assert program.nested(numbers.ctypes.data, 50, 40) == 0
    assert (numbers == 1).all()


def test_the_number_of_threads(runtime, threads):
    for asked, got in [(3, 3), (1, 1), (0, 1), (-5, 1), (10**6, 256)]:
        threads(asked)
        assert runtime.fl_num_threads() == got


def test_the_number_follows_the_package(runtime, threads, monkeypatch):
    from flambeau.backends import blas
    from flambeau.backends import threads as settings

    monkeypatch.setattr(settings, "_threads", None)
    before = blas.get_threads()
    settings.set_num_threads(3)
    assert runtime.fl_num_threads() == 3
    if before is not None:
        blas.set_threads(before)


def test_the_default_is_the_number_of_cores(folder, compiler):
    part = library.part("pool.c")  # nobody has set its number
    assert part.fl_num_threads() == len(os.sched_getaffinity(0))


def test_many_python_threads_at_once(program, threads):
    threads(3)
    right = []

    def work():
        right.append(all(count_up(program, 5000, 10) for _ in range(50)))

    started = [threading.Thread(target=work) for _ in range(8)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert right == [True] * 8


def in_child(function):
    """Whether ``function()`` holds in a forked child, which also ends by itself."""
    child = os.fork()
    if child == 0:
        os._exit(0 if function() else 1)
    for _ in range(1000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
class TestFork:
    def test_after_a_loop(self, program, threads):
        threads(3)
        assert count_up(program, 1000, 1)
        assert in_child(lambda: count_up(program, 1000, 1, times=20))
        # its workers are its own, and the parent keeps those it had
        assert in_child(lambda: parts(program, 12, 1, slow=True)[1] == 3)
        assert parts(program, 12, 1, slow=True)[1] == 3

    def test_of_a_child(self, program, threads):
        threads(2)
        assert count_up(program, 1000, 1)
        assert in_child(
            lambda: count_up(program, 1000, 1) and in_child(lambda: count_up(program, 1000, 1))
        )

    def test_while_another_thread_is_in_a_loop(self, program, threads):
        threads(3)
        stop = threading.Event()

        def work():
            while not stop.is_set():
                count_up(program, 20000, 1)

        other = threading.Thread(target=work)
        other.start()
        try:
            for _ in range(20):
                assert in_child(lambda: count_up(program, 1000, 1, times=5))
        finally:
            stop.set()
            other.join()

    def test_worker_processes(self, program, threads):
        threads(2)
        assert count_up(program, 1000, 1)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(_count_up_in_worker, range(4)) == [True] * 4


def _count_up_in_worker(_):
    found = library.program(TEXT, "pool-test")
    found.add_one_to_all.argtypes = [POINTER, NUMBER, NUMBER]
    return count_up(found, 1000, 1)


EXIT = """
import sys, threading
from flambeau.backends.native import library
import numpy as np
runtime = library.runtime()
runtime.fl_set_num_threads(4)
program = library.program(sys.argv[1], "pool-test")
numbers = np.zeros(100000, np.int64)
address = numbers.ctypes.data
program.add_one_to_all.argtypes = [library.ctypes.c_void_p, *[library.ctypes.c_int64] * 2]
program.add_one_to_all(address, numbers.size, 1)
def work():
    while True:
        program.add_one_to_all(address, numbers.size, 1)
threading.Thread(target=work, daemon=True).start()
print(numbers[0] >= 1)
"""


def test_a_process_ends_with_workers_and_loops_running(program, python):
    process = python(EXIT, TEXT)
    out, err = process.communicate(timeout=60)
    assert (out.strip(), process.returncode) == ("True", 0), err


def test_scratch_memory(runtime):
    assert runtime.fl_scratch(7, 100) % 64 == 0
    first = runtime.fl_scratch(7, 10_000)
    assert runtime.fl_scratch(7, 10) == first == runtime.fl_scratch(7, 10_000)
    assert runtime.fl_scratch(8, 10_000) != first
    big = runtime.fl_scratch(7, 1_000_000)
    ctypes.memset(big, 1, 1_000_000)
    assert runtime.fl_scratch(7, 1_000_000) == big
    assert runtime.fl_scratch(7, 1 << 60) is None  # no memory; afterwards it works again
    assert runtime.fl_scratch(7, 1000) % 64 == 0


def test_scratch_memory_is_the_threads_own(runtime):
    addresses = [runtime.fl_scratch(7, 1000)]
    hold, ready = threading.Event(), threading.Barrier(5)

    def work():
        addresses.append(runtime.fl_scratch(7, 1000))
        ready.wait()
        hold.wait()

    started = [threading.Thread(target=work) for _ in range(4)]
    for thread in started:
        thread.start()
    ready.wait()
    hold.set()
    for thread in started:
        thread.join()
    assert len(set(addresses)) == 5


RELEASED = """
import ctypes, os, threading, time
from flambeau.backends.native import library

runtime = library.runtime()

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def work():
    ctypes.memset(runtime.fl_scratch(7, 1 << 23), 1, 1 << 23)

before = resident()
for _ in range(20):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
until = time.monotonic() + 5  # threads end a moment after they are joined
while resident() - before >= 5 << 23 and time.monotonic() < until:
    time.sleep(0.01)
assert resident() - before < 5 << 23, resident() - before
"""


def test_scratch_memory_is_released_with_its_thread(runtime):
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    # In a process of its own: what other tests leave behind comes and goes.
    subprocess.run([sys.executable, "-c", RELEASED], check=True, timeout=60)
