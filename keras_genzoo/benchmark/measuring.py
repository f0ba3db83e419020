"""Timing of contenders, interleaved, and the table of it."""

import gc
import statistics
import time

OURS, TUTORIAL, FLOOR = "keras_genzoo", "tutorial", "matrix products alone"


def interleaved(contenders, rounds):
    """Runs every contender once to warm up, then all of them in every round, each round beginning with another.

    Args:
        contenders: dict from name to function.
        rounds: int.

    Returns:
        dict from name to the list of its seconds, one a round.
    """
    for run in contenders.values():
        run()
    names = list(contenders)
    seconds = {name: [] for name in names}
    for i in range(rounds):
        first = i % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            start = time.perf_counter()
            contenders[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def rows(workload, seconds, count):
    """The table's rows: medians over the rounds, the ratio that of the times within one round.

    Args:
        workload: str.
        seconds: what `interleaved` returns, with `OURS` among the contenders.
        count: int, the steps or images that were timed together.

    Returns:
        list of dicts, see `keras_genzoo.benchmark.benchmark`.
    """
    return [
        {
            "workload": workload,
            "contender": name,
            "milliseconds": 1000 * statistics.median(times) / count,
            "ratio": statistics.median(our / its for our, its in zip(seconds[OURS], times, strict=True)),
        }
        for name, times in seconds.items()
    ]


def format_rows(rows):
    """The rows as a Markdown table."""
    lines = ["| workload | contender | ms | keras_genzoo / it |", "|---|---|---:|---:|"]
    for row in rows:
        lines.append("| {workload} | {contender} | {milliseconds:.3g} | {ratio:.2f} |".format(**row))
    return "\n".join(lines)
