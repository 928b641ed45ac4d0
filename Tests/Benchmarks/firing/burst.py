"""Many jobs due at one instant: how late the first, the usual and the last of them start, beside the other crons and
beside a C loop that does nothing but posix_spawn and wait."""
import datetime, statistics, time
from pathlib import Path
from common import ROOT, compiled, ratio, rows, run, spread
from firing import daemons

HERE = Path(__file__).resolve().parent
# Each burst: what it is called, how many jobs, and what is put before a job's command.
BURSTS = (("500 direct", 500, ""), ("2,000 direct", 2000, ""), ("2,000 in a shell", 2000, "true && "))
# Those whose start-up or minute is too long for the big tables: what they run.
ONLY = {"yacron": ("500 direct",)}
IN_FLIGHT = 2
FIRST, MIDDLE, LATE, LAST, RATE = "first", "p50", "p99", "last", "jobs/s to the last"


def minute(instant):
    at = datetime.datetime.fromtimestamp(instant)
    return f"{at.minute} {at.hour} * * *"


def next_minute(lead):
    """The next full minute that is at least `lead` seconds away."""
    return (int(time.time() + lead) // 60 + 1) * 60


def wait_for(path, count, until):
    """The nanoseconds at which jobs started, once all have or the time is up."""
    while True:
        started = [int(line.split()[1]) for line in path.read_text().splitlines()] if path.exists() else []
        if len(started) >= count or time.time() > until:
            return sorted(started)
        time.sleep(0.1)


def lateness(started, instant, count):
    """Milliseconds after the instant, and how many a second."""
    late = [(at - instant * 10**9) / 1e6 for at in started]
    return {FIRST: late[0], MIDDLE: statistics.median(late), LATE: late[int(len(late) * 0.99) - 1], LAST: late[-1],
            RATE: count / (late[-1] / 1000)}


def life(bench, name, start, stamp):
    """One life of a daemon: each burst in a minute of its own."""
    home = daemons.fresh(bench, "burst", name)
    bursts = [burst for burst in BURSTS if burst[0] in ONLY.get(name, [burst[0]])]
    began = next_minute(lead=8)
    plan = {burst: began + 60 * number for number, burst in enumerate(bursts)}
    lines = []
    for number, ((what, count, before), instant) in enumerate(plan.items()):
        log = home / f"{number}.started"
        lines += [(minute(instant), f"{before}{stamp} {log} j{number}.{job}") for job in range(count)]
    daemon, found = start(home, lines), {}
    try:
        for number, ((what, count, _), instant) in enumerate(plan.items()):
            started = wait_for(home / f"{number}.started", count, instant + 52)
            if len(started) < count:
                raise RuntimeError(f"started {len(started)} of {count} jobs within 52 s")
            found[what] = lateness(started, instant, count)
    finally:
        daemon.stop()
    return found


def limit(loop, stamp, home):
    """Jobs a second of the C loop."""
    found = {}
    for what, count, before in BURSTS:
        log = home / "limit.started"
        command = [stamp, log, "limit"] if not before else ["/bin/sh", "-c", f"{before}{stamp} {log} limit"]
        began = time.monotonic()
        run([loop, IN_FLIGHT, count, *command])
        found[what] = {RATE: count / (time.monotonic() - began)}
        log.unlink()
    return found


def measure(bench, result):
    """{what: {name: {figure: [rounds]}}}"""
    run([ROOT / "bin/build"], seconds=1800)
    home = daemons.fresh(bench, "burst", "limit")
    stamp, loop = home / "stamp", home / "spawnloop"
    compiled(HERE / "stamp.c", stamp, "-static")
    compiled(HERE / "spawnloop.c", loop)
    starts = daemons.prepare(bench, result)
    figures = result["milliseconds"] = {what: {} for what, _, _ in BURSTS}

    def note(name, found):
        for what, values in found.items():
            for figure, value in values.items():
                figures[what].setdefault(name, {}).setdefault(figure, []).append(value)

    lives = daemons.rounds(
        bench, result, "burst", starts, lambda name, start: life(bench, name, start, stamp),
        after=lambda: note("C loop", limit(loop, stamp, home)))
    for name, found in lives:
        note(name, found)


def table(result):
    body = []
    for what, peers in result["milliseconds"].items():
        middle = {name: {figure: statistics.median(values) for figure, values in figures.items()}
                  for name, figures in peers.items()}
        others = [figures for name, figures in middle.items() if name not in (daemons.OURS, "C loop")]
        best = max((figures[RATE] for figures in others), default=None)
        late = min((figures[LATE] for figures in others), default=None)
        for name, figures in peers.items():
            body.append([
                what, name, *[spread(figures.get(figure), 1) for figure in (FIRST, MIDDLE, LATE, LAST)],
                spread(figures[RATE]), ratio(middle[name][RATE], best),
                ratio(middle[name][RATE], middle["C loop"][RATE]),
                ratio(middle[name].get(LATE, 0), late) if LATE in figures else "–"])
    return "Lateness in milliseconds after the instant:\n\n" + rows(
        ["burst", "cron", FIRST, MIDDLE, LATE, LAST, RATE, "÷ best peer's", "÷ C loop's", "p99 ÷ best peer's"], body)
