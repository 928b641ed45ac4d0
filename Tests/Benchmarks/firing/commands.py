"""What a person waits for at the terminal: whole processes, from spawn to end, beside `true`."""
import os, statistics, subprocess, time
from common import BINARY, ROOT, ratio, rows, run, say, spread
from firing import daemons
from firing.idle import lines

# One process is too short for one look.
REPEATS = 20


def milliseconds(words):
    """The median of some runs, one after the other."""
    times = []
    for _ in range(REPEATS):
        began = time.monotonic()
        child = os.posix_spawn(words[0], words, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
        os.waitpid(child, 0)
        times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


def measure(bench, result):
    """{what: [rounds]}"""
    run([ROOT / "bin/build"], seconds=1800)
    home = daemons.fresh(bench, "commands", daemons.OURS)
    figures = result["milliseconds"] = {}
    daemon = daemons.Cronwatch(home, lines(100))
    state = ["--state", str(home / "state"), "--config", str(home / "conf")]
    try:
        daemon.wait()
        commands = {
            "true": ["/bin/true"], "status": [str(BINARY), "status", *state],
            "status --json": [str(BINARY), "status", "--json", *state],
            "version": [str(BINARY), "version"], "explain": [str(BINARY), "explain", "*/5 * * * *"],
            "runs": [str(BINARY), "runs", *state],
        }
        for number in range(bench.rounds):
            say(f"commands, round {number + 1} of {bench.rounds}")
            for what, words in commands.items():
                figures.setdefault(what, []).append(milliseconds(words))
    finally:
        daemon.stop()


def table(result):
    figures = result["milliseconds"]
    base = statistics.median(figures["true"])
    return rows(["command", "ms", "÷ true", "(ms − 3) ÷ true"], [
        [f"`{what}`", spread(values, 2), ratio(statistics.median(values), base, 1),
         ratio(statistics.median(values) - 3, base, 1)] for what, values in figures.items()])
