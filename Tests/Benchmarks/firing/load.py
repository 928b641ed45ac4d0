"""How much processor time a cron needs from exec until it is ready with a table, and how long a reload takes."""
import statistics, subprocess, time
from common import ROOT, ratio, rows, run, say, spread
from firing import daemons
from firing.idle import MOST, lines, settle

COUNTS = (1, 10_000, 100_000)
PROCESSOR, WALL = "ms of CPU", "ms until ready"
FIRST_START, RESTART, RELOAD = "first start", "start with what it knows", "reload of one changed line"


def start_ours(home, table):
    """A start in a home that may hold the state of an earlier one; answers its milliseconds until READY and of CPU."""
    daemon = daemons.Cronwatch(home, table)
    wall = daemon.wait() * 1000
    settle(daemon)
    return daemon, {WALL: wall, PROCESSOR: daemon.processor_seconds() * 1000}


def reload_ours(daemon, home, table):
    """Milliseconds until a changed line is taken over."""
    (home / "crontab").write_text(daemons.plain(table[:-1] + [("1 1 1 1 *", "/bin/true changed")]))
    began, used = time.monotonic(), daemon.processor_seconds()
    subprocess.run(
        [str(word) for word in daemons.cronwatch_words(home, "reload")], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, timeout=120)
    wall = (time.monotonic() - began) * 1000
    settle(daemon)
    return {WALL: wall, PROCESSOR: (daemon.processor_seconds() - used) * 1000}


def life(bench, name, start, count):
    home, table = daemons.fresh(bench, "load", name), lines(count)
    if name != daemons.OURS:
        daemon = start(home, table)
        try:
            settle(daemon)
            return {FIRST_START: {PROCESSOR: daemon.processor_seconds() * 1000}}
        finally:
            daemon.stop()
    daemon, found = None, {}
    try:
        daemon, found[FIRST_START] = start_ours(home, table)
        found[RELOAD] = reload_ours(daemon, home, table)
        daemon.stop()
        daemon, found[RESTART] = start_ours(home, table)
    finally:
        if daemon:
            daemon.stop()
    return found


def measure(bench, result):
    """{jobs: {what: {name: {figure: [rounds]}}}}"""
    run([ROOT / "bin/build"], seconds=1800)
    figures = result["milliseconds"] = {f"{count:,}": {} for count in COUNTS}
    starts = daemons.prepare(bench, result)
    for number in range(bench.rounds):
        for count in COUNTS:
            say(f"load, round {number + 1} of {bench.rounds}: {count:,} jobs")
            for name, start in starts.items():
                if count > MOST.get(name, count) or f"{name}, {count:,} jobs" in result["left_out"]:
                    continue
                try:
                    for what, values in life(bench, name, start, count).items():
                        row = figures[f"{count:,}"].setdefault(what, {}).setdefault(name, {})
                        for figure, value in values.items():
                            row.setdefault(figure, []).append(value)
                except (OSError, RuntimeError, subprocess.SubprocessError) as reason:
                    result["left_out"][f"{name}, {count:,} jobs"] = str(reason)


def table(result):
    body = []
    for count, whats in result["milliseconds"].items():
        others = [statistics.median(figures[PROCESSOR]) for name, figures in whats.get(FIRST_START, {}).items()
                  if name != daemons.OURS]
        for what, peers in whats.items():
            for name, figures in peers.items():
                body.append([count, name, what, spread(figures[PROCESSOR]), spread(figures.get(WALL)),
                             ratio(statistics.median(figures[PROCESSOR]), min(others, default=None), 1)])
    return rows(["jobs", "cron", "what", PROCESSOR, WALL, "CPU ÷ best peer's start"], body)
