"""The engine alone with up to a million jobs that aren't due: what each costs in memory, and what a tick costs."""
from common import build, rows, run, say, spread

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
TICKS = 100_000
FIGURES = ("bytes a job", "ns a job to load", "ns a tick", "ns an occurrence")


def measure(bench, result):
    """{jobs: {figure: [rounds]}}"""
    program = build("EngineBenchmark")
    figures = result["figures"] = {}
    for number in range(bench.rounds):
        say(f"scale, round {number + 1} of {bench.rounds}")
        for count in COUNTS:
            values = run([program, count, TICKS]).split()
            for figure, value in zip(FIGURES, values):
                figures.setdefault(f"{count:,}", {}).setdefault(figure, []).append(float(value))


def table(result):
    return rows(["jobs", *FIGURES], [
        [count, *[spread(figures[figure]) for figure in FIGURES]] for count, figures in result["figures"].items()])
