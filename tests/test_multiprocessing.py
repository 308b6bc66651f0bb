"""Processes that are started and waited for together."""

from __future__ import annotations

import multiprocessing
import sys

from flambeau.multiprocessing import ProcessContext


def test_processes_that_have_all_ended_are_not_waited_for():
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=sys.exit) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert ProcessContext(processes, []).join()
