"""Writes cronsim.tsv: what cronsim (the Debian rule) says about generated schedules.

    python3 -m venv venv && venv/bin/pip install cronsim==2.8 && venv/bin/python generate.py > cronsim.tsv

A row is: expression, zone, the instant asked about (seconds since the epoch), then the seconds from each occurrence to the
next one (three), or `refused`. Only 1990-2025 is used, so that rows stay true when the zone data is updated.
"""
import random
import signal
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

ZONES = [
    "UTC", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca",
    "Asia/Beirut", "Pacific/Apia", "Europe/London", "Asia/Kolkata", "Asia/Tehran", "America/St_Johns", "Africa/Cairo",
    "America/Havana", "Asia/Gaza", "Antarctica/Troll", "Pacific/Auckland", "America/Caracas", "Asia/Pyongyang",
    "Europe/Moscow", "America/Santiago", "Pacific/Chatham", "Asia/Amman", "Antarctica/Casey",
]
FIRST = int(datetime(1990, 1, 2, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2025, 6, 1, tzinfo=timezone.utc).timestamp())
END = int(datetime(2025, 12, 31, tzinfo=timezone.utc).timestamp())
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()


def transitions(zone):
    """The instants at which the zone's offset changes, by bisection between days."""
    def offset(at):
        return datetime.fromtimestamp(at, zone).utcoffset()
    found = []
    low = FIRST
    while low < LAST:
        high = low + 43_200
        if offset(low) != offset(high):
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if offset(middle) == offset(left) else (left, middle)
            found.append(right)
        low = high
    return found


def number(rng, low, high):
    return str(rng.randint(low, high))


def element(rng, low, high, names):
    def name(value):
        return names[value - low] if names and rng.random() < 0.3 and value - low < len(names) else str(value)
    kind = rng.random()
    if kind < 0.55:
        return name(rng.randint(low, high))
    first = rng.randint(low, high - 1)
    last = rng.randint(first + 1, high)
    if kind < 0.85:
        return f"{name(first)}-{name(last)}"
    return f"{first}-{last}/{rng.randint(1, last - first + 1)}"


def field(rng, low, high, star, names=None, steps=True):
    kind = rng.random()
    if kind < star:
        return "*"
    if steps and kind < star + 0.12:
        return f"*/{rng.randint(2, max(2, (high - low) // 2))}"
    return ",".join(element(rng, low, high, names) for _ in range(rng.choice([1, 1, 1, 1, 2, 3])))


def expression(rng):
    shape = rng.random()
    if shape < 0.45:
        # Times near which clocks are changed.
        minute = rng.choice(["0", "30", "15", "59", "*/15", "*", "*/20", "0,30", "10-40", "45", number(rng, 0, 59)])
        hour = rng.choice(["*", "0", "1", "2", "3", "1-3", "2,3", "0,1,2", "*/2", "*/3", "23", "0-4", "23,0", "1,2"])
        days = rng.choice(["* * *"] * 6 + ["* * sun", "* * sat,sun", "* */2 *", "1-7 * sun", "*/2 * sun", "* * 5-7"])
        return f"{minute} {hour} {days}"
    return " ".join([
        field(rng, 0, 59, 0.25), field(rng, 0, 23, 0.3), field(rng, 1, 31, 0.5),
        field(rng, 1, 12, 0.6, MONTHS), field(rng, 0, 7, 0.5, DAYS),
    ])


def special(rng):
    """What cronsim and cronwatch read differently, a few of each."""
    return rng.choice([
        f"{rng.randint(40, 59)}-{rng.randint(0, 20)} * * * *", f"0 {rng.randint(18, 23)}-{rng.randint(0, 6)} * * *",
        "0 0 * * fri-mon", "0 9 25-5 * *", "0 0 1 oct-feb *", f"{rng.randint(0, 9)}/15 * * * *", "0 2/6 * * *",
        "*/70 * * * *", "0 */30 * * *",
    ])


def moment(rng, changes):
    if changes and rng.random() < 0.8:
        change = rng.choice(changes)
        near = rng.choice([600, 5_400, 10_800, 86_400, 3 * 86_400])
        return change + rng.choice([0, -1, -60, -3_600, rng.randint(-near, near // 3), rng.randint(-near, 0)])
    return rng.randint(FIRST, LAST)


class Hangs(Exception):
    pass


def alarm(*_):
    raise Hangs


def answers(text, zone, at):
    # cronsim goes round for ever on some hours near a fold (it sets the minute to 0 and comes back): such rows are left out.
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        iterator = CronSim(text, datetime.fromtimestamp(at, zone))
        found = [int(next(iterator).timestamp()) for _ in range(3)]
    except (CronSimError, StopIteration, RuntimeError):
        return None
    except Hangs:
        print("hangs:", text, zone, at, file=sys.stderr)
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return found


def main():
    signal.signal(signal.SIGALRM, alarm)
    rng = random.Random(20260618)
    zones = {name: ZoneInfo(name) if name != "UTC" else timezone.utc for name in ZONES}
    changes = {name: transitions(zone) for name, zone in zones.items() if name != "UTC"}
    rows = 0
    while rows < 9_000:
        name = rng.choice(ZONES)
        at = moment(rng, changes.get(name))
        isSpecial = rng.random() < 0.02
        text = special(rng) if isSpecial else expression(rng)
        found = answers(text, zones[name], at)
        if found is None:
            if not isSpecial:
                continue
            print(text, name, at, "refused", sep="\t")
        elif found[-1] >= END:
            continue
        else:
            steps = [after - before for before, after in zip([at] + found, found)]
            print(text, name, at, *steps, sep="\t")
        rows += 1


if __name__ == "__main__":
    sys.exit(main())
