"""A job that writes a gigabyte to its standard output: its own speed, beside the same into a file that it opens."""
import datetime, statistics, subprocess, time
from pathlib import Path
from common import ROOT, compiled, ratio, rows, run, spread
from firing import daemons

HERE = Path(__file__).resolve().parent
MEBIBYTES = 1000
NAMES = (daemons.OURS, "supercronic", "cronstable")
DIRECT = "a file of its own"


def seconds(path, until):
    """What the job measured, once it has."""
    while not (path.exists() and path.read_text().endswith("\n")):
        if time.time() > until:
            raise RuntimeError("the job doesn't come to its end")
        time.sleep(0.1)
    return float(path.read_text()) / 1e9


def life(bench, name, start, flood):
    home = daemons.fresh(bench, "output", name)
    at = datetime.datetime.fromtimestamp((instant := (int(time.time() + 4) // 60 + 1) * 60))
    daemon = start(home, [(f"{at.minute} {at.hour} * * *", f"{flood} {MEBIBYTES} {home}/took")])
    try:
        return seconds(home / "took", instant + 110)
    finally:
        daemon.stop()


def directly(bench, flood):
    home = daemons.fresh(bench, "output", "direct")
    with (home / "output").open("wb") as file:
        subprocess.run([str(flood), str(MEBIBYTES), str(home / "took")], stdout=file, check=True, timeout=120)
    took = seconds(home / "took", time.time())
    (home / "output").unlink()
    return took


def measure(bench, result):
    """{name: [seconds]}"""
    run([ROOT / "bin/build"], seconds=1800)
    flood = daemons.fresh(bench, "output", "flood") / "flood"
    compiled(HERE / "flood.c", flood, "-static")
    starts = daemons.prepare(bench, result, NAMES)
    figures = result["seconds"] = {}
    lives = daemons.rounds(
        bench, result, "output", starts, lambda name, start: life(bench, name, start, flood),
        after=lambda: figures.setdefault(DIRECT, []).append(directly(bench, flood)))
    for name, took in lives:
        figures.setdefault(name, []).append(took)


def table(result):
    figures = result["seconds"]
    base = statistics.median(figures[DIRECT])
    return rows(["standard output goes to", f"seconds for {MEBIBYTES:,} MiB", "÷ a file of its own"], [
        [name, spread(values, 2), ratio(statistics.median(values), base)] for name, values in figures.items()])
