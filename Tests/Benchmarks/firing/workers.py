"""A thousand jobs that run at once: what each costs in memory beside the job itself, and how late the last starts."""
import datetime, os, statistics, time
from pathlib import Path
from common import ROOT, compiled, ratio, rows, run, spread
from firing import daemons

HERE = Path(__file__).resolve().parent
JOBS = 1000
# Those that run so many at once without more; the others aren't made for it.
NAMES = (daemons.OURS, "Debian cron", "busybox crond", "supercronic", "cronstable")
MEMORY, LAST = "PSS a running job, KB", "last start, ms"


def ours(home, lines):
    return daemons.Cronwatch(home, lines, f"[workers]\nmax = {JOBS + 24}\n")


def of_jobs(daemon):
    """The processes that are the jobs themselves."""
    found = set()
    for pid in daemon.processes():
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "stay":
                found.add(pid)
        except OSError:
            pass
    return found


def life(bench, name, start, stay):
    home = daemons.fresh(bench, "workers", name)
    log = home / "started"
    at = datetime.datetime.fromtimestamp((instant := (int(time.time() + 8) // 60 + 1) * 60))
    daemon = start(home, [(f"{at.minute} {at.hour} * * *", f"{stay} {log} j{job}") for job in range(JOBS)])
    try:
        time.sleep(instant - 2 - time.time())
        before = daemon.memory()[0]
        while not log.exists() or log.read_text().count("\n") < JOBS:
            if time.time() > instant + 50:
                raise RuntimeError(f"not all of {JOBS} jobs started within 50 s")
            time.sleep(0.2)
        time.sleep(1)
        jobs = of_jobs(daemon)
        if len(jobs) < JOBS:
            raise RuntimeError(f"only {len(jobs)} of {JOBS} jobs run at once")
        last = max(int(line.split()[1]) for line in log.read_text().splitlines())
        return {MEMORY: (daemon.memory(without=jobs)[0] - before) / JOBS, LAST: last / 1e6 - instant * 1e3}
    finally:
        daemon.stop()


def measure(bench, result):
    """{name: {figure: [rounds]}}"""
    run([ROOT / "bin/build"], seconds=1800)
    stay = daemons.fresh(bench, "workers", "stay") / "stay"
    compiled(HERE / "stamp.c", stay, "-static", "-DSTAY_SECONDS=55")
    starts = daemons.prepare(bench, result, NAMES)
    starts[daemons.OURS] = ours
    figures = result["figures"] = {}
    lives = daemons.rounds(bench, result, "workers", starts, lambda name, start: life(bench, name, start, stay))
    for name, found in lives:
        for figure, value in found.items():
            figures.setdefault(name, {}).setdefault(figure, []).append(value)


def table(result):
    figures = result["figures"]
    others = [statistics.median(values[MEMORY]) for name, values in figures.items() if name != daemons.OURS]
    return rows(["cron", MEMORY, LAST, "memory ÷ best peer's"], [
        [name, spread(values[MEMORY]), spread(values[LAST]),
         ratio(statistics.median(values[MEMORY]), min(others, default=None))] for name, values in figures.items()])
