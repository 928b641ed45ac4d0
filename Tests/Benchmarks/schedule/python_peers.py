"""croniter or cronsim on the corpus: LIBRARY CORPUS MILLISECONDS."""

import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo


def measure(milliseconds, body):
    calls = 4
    while True:
        start = time.perf_counter_ns()
        body(calls)
        took = time.perf_counter_ns() - start
        if took >= milliseconds * 1_000_000:
            return took / calls
        calls *= 2


def main():
    library, corpus, milliseconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if library == "croniter":
        from croniter import croniter

        def begin(text, start):
            return croniter(text, start)

        def following(walker):
            return walker.get_next(datetime)
    else:
        from cronsim import CronSim

        def begin(text, start):
            return CronSim(text, start)

        following = next
    for line in open(corpus, encoding="utf-8"):
        if line.startswith("#"):
            continue
        name, text, zone, year = line.rstrip("\n").split("\t")
        if name == "dead" or (len(text.split()) == 6 and library == "croniter"):
            continue
        start = datetime(int(year), 1, 1, tzinfo=ZoneInfo(zone))

        def walk(calls):
            walker = begin(text, start)
            for count in range(calls):
                # Far from today both give up: begin anew long before.
                if count % 20 == 19:
                    walker = begin(text, start)
                following(walker)

        def parse(calls):
            for _ in range(calls):
                following(begin(text, start))

        try:
            figures = (measure(milliseconds, walk), measure(milliseconds, parse))
        except Exception:
            continue
        print(f"{name}\twalk\t{figures[0]}")
        print(f"{name}\tparse\t{figures[1]}")


main()
