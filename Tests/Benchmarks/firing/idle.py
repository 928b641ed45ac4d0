"""What an idle cron costs: memory, processor time and wake-ups of everything of its own, with few jobs and many."""
import statistics, time
from common import ROOT, ratio, rows, run, say, spread
from firing import daemons

COUNTS = (1, 10_000, 100_000)
WINDOW_SECONDS = 60
# How long each may take for its table before it is measured; what is slower is left out.
SETTLE_SECONDS = 90
# What can't hold so many: the most jobs it was seen to hold.
MOST = {"busybox crond": 10_000, "yacron": 1, "supercronic": 100_000, "cronstable": 10_000}
MEMORY, PRIVATE, RESIDENT, PROCESSOR, WAKEUPS = "PSS, MB", "private, MB", "RSS, MB", "ms of CPU a minute", "wake-ups a second"


def lines(count):
    """Jobs of which none is due: the first of January, when nobody measures."""
    return [(f"{number % 60} {number // 60 % 24} 1 1 *", f"/bin/true j{number}") for number in range(count)]


def settle(daemon):
    """Until it has used no processor time for two seconds."""
    until, last, since = time.monotonic() + SETTLE_SECONDS, -1, time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.1)
        used = daemon.processor_seconds()
        if used != last:
            last, since = used, time.monotonic()
        if not daemon.alive() or time.monotonic() > until:
            raise RuntimeError("it doesn't come to rest" if daemon.alive() else "it ended at once")


def weigh(bench, name, start, count):
    """Memory of one cron while no other runs: they would share pages."""
    daemon = start(daemons.fresh(bench, "idle", name), lines(count))
    try:
        settle(daemon)
        pss, private, resident = daemon.memory()
        return {MEMORY: pss / 1024, PRIVATE: private / 1024, RESIDENT: resident / 1024}
    finally:
        daemon.stop()


def rest(bench, starts, count):
    """What all of them, which sleep beside each other, use in the same minute."""
    alive, before = {}, {}
    try:
        for name, start in starts.items():
            alive[name] = start(daemons.fresh(bench, "idle", name), lines(count))
        for daemon in alive.values():
            settle(daemon)
        for name, daemon in alive.items():
            before[name] = time.monotonic(), daemon.own_nanoseconds(), daemon.switches()
        time.sleep(WINDOW_SECONDS)
        return {name: {
            PROCESSOR: (daemon.own_nanoseconds() - before[name][1]) / 1e6 * 60 / (time.monotonic() - before[name][0]),
            WAKEUPS: (daemon.switches() - before[name][2]) / (time.monotonic() - before[name][0])}
            for name, daemon in alive.items()}
    finally:
        for daemon in alive.values():
            daemon.stop()


def measure(bench, result):
    """{jobs: {name: {figure: [rounds]}}}"""
    run([ROOT / "bin/build"], seconds=1800)
    figures = result["figures"] = {f"{count:,}": {} for count in COUNTS}
    prepared = daemons.prepare(bench, result)
    starts = {count: {name: start for name, start in prepared.items() if count <= MOST.get(name, count)}
              for count in COUNTS}
    for number in range(bench.rounds):
        for count in COUNTS:
            say(f"idle, round {number + 1} of {bench.rounds}: {count:,} jobs")
            found = {}
            for name, start in list(starts[count].items()):
                try:
                    found[name] = weigh(bench, name, start, count)
                except (OSError, RuntimeError) as reason:
                    result["left_out"][f"{name}, {count:,} jobs"] = str(reason)
                    starts[count].pop(name)
            for name, values in rest(bench, starts[count], count).items():
                for figure, value in (found[name] | values).items():
                    figures[f"{count:,}"].setdefault(name, {}).setdefault(figure, []).append(value)


def table(result):
    body = []
    for count, peers in result["figures"].items():
        others = [statistics.median(figures[MEMORY]) for name, figures in peers.items() if name != daemons.OURS]
        for name, figures in peers.items():
            body.append([count, name, *[spread(figures[figure], 2) for figure in (
                MEMORY, PRIVATE, RESIDENT, PROCESSOR, WAKEUPS)],
                ratio(statistics.median(figures[MEMORY]), min(others, default=None))])
    return rows(["jobs", "cron", MEMORY, PRIVATE, RESIDENT, PROCESSOR, WAKEUPS, "PSS ÷ best peer's"], body)
