"""A hundred jobs a second for a minute: how late they start, and what each costs in processor time with its cron's."""
import datetime, statistics, time
from pathlib import Path
from common import ROOT, compiled, ratio, rows, run, spread
from firing import daemons

HERE = Path(__file__).resolve().parent
EACH_SECOND, SECONDS = 100, 60
LATE, WORST, COST, COUNT = "p99 lateness, ms", "latest, ms", "ms of CPU a job", "jobs"
# Those that know seconds, with how they spell "each second"; the others get as many jobs in one burst a minute.
BY_SECONDS = {daemons.OURS: "* * * * * *", "supercronic": "* * * * * * *"}
BURST = 2000


def by_seconds(name, start, home, stamp):
    """All started in the minute after the first second, and the processor time of that minute."""
    log = home / "started"
    daemon = start(home, [(BY_SECONDS[name], f"{stamp} {log} j{job}") for job in range(EACH_SECOND)])
    try:
        until = time.time() + 60
        while not log.exists():
            if time.time() > until:
                raise RuntimeError("no job started within a minute")
            time.sleep(0.05)
        # From the middle of one second to the middle of another no job is cut in two.
        time.sleep(2.5 - time.time() % 1)
        began, used = time.time(), daemon.processor_seconds()
        time.sleep(SECONDS)
        ended, cost = time.time(), daemon.processor_seconds() - used
    finally:
        daemon.stop()
    starts = [int(line.split()[1]) for line in log.read_text().splitlines()]
    late = sorted(at % 10**9 / 1e6 for at in starts if began <= at / 1e9 < ended)
    return {LATE: late[int(len(late) * 0.99) - 1], WORST: late[-1], COST: cost * 1000 / len(late), COUNT: len(late)}


def in_one_burst(name, start, home, stamp):
    log = home / "started"
    at = datetime.datetime.fromtimestamp((instant := (int(time.time() + 8) // 60 + 1) * 60))
    daemon = start(home, [(f"{at.minute} {at.hour} * * *", f"{stamp} {log} j{job}") for job in range(BURST)])
    try:
        time.sleep(instant - 1 - time.time())
        used = daemon.processor_seconds()
        while not log.exists() or log.read_text().count("\n") < BURST:
            if time.time() > instant + 50:
                raise RuntimeError(f"not all of {BURST} jobs started within 50 s")
            time.sleep(0.2)
        time.sleep(1)
        return {COST: (daemon.processor_seconds() - used) * 1000 / BURST, COUNT: BURST}
    finally:
        daemon.stop()


def measure(bench, result):
    """{name: {figure: [rounds]}}"""
    run([ROOT / "bin/build"], seconds=1800)
    stamp = daemons.fresh(bench, "steady", "stamp") / "stamp"
    compiled(HERE / "stamp.c", stamp, "-static")
    starts = daemons.prepare(bench, result, tuple(name for name in daemons.PEERS if name != "yacron"))
    figures = result["figures"] = {}

    def life(name, start):
        way = by_seconds if name in BY_SECONDS else in_one_burst
        return way(name, start, daemons.fresh(bench, "steady", name), stamp)

    for name, found in daemons.rounds(bench, result, "steady", starts, life):
        for figure, value in found.items():
            figures.setdefault(name, {}).setdefault(figure, []).append(value)


def table(result):
    figures = result["figures"]
    others = [statistics.median(values[COST]) for name, values in figures.items() if name != daemons.OURS]
    return rows(["cron", "how", "jobs", LATE, WORST, COST, "CPU ÷ best peer's"], [
        [name, f"{EACH_SECOND} a second" if name in BY_SECONDS else f"{BURST:,} in one burst", spread(values[COUNT]),
         spread(values.get(LATE), 1), spread(values.get(WORST), 1), spread(values[COST], 2),
         ratio(statistics.median(values[COST]), min(others, default=None))] for name, values in figures.items()])
