"""Writes systemd.tsv: what systemd-analyze says about generated OnCalendar expressions.

    apt-get download systemd libsystemd-shared && for file in *.deb; do dpkg-deb -x $file root; done
    python3 generate-systemd.py root > systemd.tsv

Nothing is installed. The file in use is of systemd 252.39-1~deb12u2. A row is: expression (without `calendar:`), zone, the
instant asked about (seconds since the epoch), then the seconds from each occurrence to the next one: three, or fewer and `end`
when no more follow; or `refused`. Only 1990-2025 is used, so that rows stay true when the zone data is updated.
"""
import glob
import os
import random
import re
import subprocess
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

ZONES = [
    "UTC", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin", "Africa/Casablanca",
    "Asia/Beirut", "Pacific/Apia", "Europe/London", "Asia/Kolkata", "Asia/Tehran", "America/St_Johns", "Africa/Cairo",
    "America/Havana", "Antarctica/Troll", "Pacific/Auckland", "America/Caracas", "Pacific/Chatham", "Europe/Paris",
]
FIRST = int(datetime(1990, 1, 2, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2025, 6, 1, tzinfo=timezone.utc).timestamp())
END = int(datetime(2025, 12, 31, tzinfo=timezone.utc).timestamp())
DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
WORDS = "minutely hourly daily weekly monthly quarterly semiannually yearly annually semi-annually".split()
REFUSED = [
    "Fri..Mon", "Sun..Tue 09:00", "*/2:00", "*-*/2-1", "22..2:00", "55/10:00", "*:55/10", "5/0:00", "24:00", "12:60",
    "12:00:60", "*-*-0", "*-*-32", "*-13-1", "*-0-1", "*-*~29", "*-*~0", "2200-1-1", "1969-1-1", "100-1-1", "9", "UTC",
    "daily 09:00", "Mon daily", "09:00 *-*-*", "Mon Tue 09:00", "Mon..", "Mon,,Tue", "..Mon", "Mondy", "Mon..Wed..Fri",
    "1-2-3-4", "*-*-1~2", "*~*-1", "9:", "9:00:", "9:00:00:00", "1,*:00", "1,,2:00", "*-jan-1", "dayly", "", "2030..2026-1-1",
    "*-*~3..1", "*-*~3/3", "*-*-* 09:00 Nowhere/Land", "*-*-* 09:00 now", "0/30:00", "*-*-31/1",
    # Taken by systemd, refused by cronwatch.
    "09:00:00.5", "*:*:0/1.5", "1..3/5:00", "*-*-5..6/2 10:00", "Mon,", "Mon, 09:00", "@1234", "anually",
]


def transitions(zone):
    """The instants at which the zone's offset changes, by bisection between half days."""
    def offset(at):
        return datetime.fromtimestamp(at, zone).utcoffset()
    found = []
    for low in range(FIRST, LAST, 43_200):
        if offset(low) != offset(low + 43_200):
            left, right = low, low + 43_200
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if offset(middle) == offset(left) else (left, middle)
            found.append(right)
    return found


def element(rng, low, high):
    kind = rng.random()
    first = rng.randint(low, high)
    if kind < 0.5:
        return str(first)
    if kind < 0.75:
        return f"{first}..{rng.randint(first, high)}"
    first = rng.randint(low, max(low, high - 2))
    if kind < 0.9 and first < high:
        return f"{first}/{rng.randint(1, high - first)}"
    last = rng.randint(first + 1, high) if first < high else first
    return f"{first}..{last}/{rng.randint(1, last - first)}" if last > first else str(first)


def component(rng, low, high, star):
    if rng.random() < star:
        return "*"
    return ",".join(element(rng, low, high) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def month_end(rng):
    kind = rng.random()
    first = rng.randint(1, 12)
    if kind < 0.4:
        return str(first)
    if kind < 0.6 and first > 1:
        return f"{first}/{rng.randint(1, first - 1)}"
    last = rng.randint(first, 28)
    if kind < 0.8 or last == first:
        return f"{first}..{last}"
    return f"{first}..{last}/{rng.randint(1, last - first)}"


def weekdays(rng):
    parts = []
    for _ in range(rng.choice([1, 1, 2])):
        first = rng.randint(0, 6)
        parts.append(f"{DAYS[first]}..{DAYS[rng.randint(first, 6)]}" if rng.random() < 0.5 else DAYS[first])
    text = ",".join(parts)
    return rng.choice([text, text.lower(), text.replace("..", "-")])


def year(rng):
    first = rng.randint(1990, 2024)
    return rng.choice(
        ["*"] * 8 + [str(first), f"{first}..{rng.randint(first, 2025)}", f"{first}/{rng.randint(1, 5)}", f"{first % 100:02}"])


def expression(rng):
    if rng.random() < 0.05:
        return rng.choice(WORDS)
    parts = []
    if rng.random() < 0.3:
        parts.append(weekdays(rng))
    kind = rng.random()
    if kind < 0.25:
        parts.append("*-*-*")
    elif kind < 0.5:
        parts.append(f"{year(rng)}-{component(rng, 1, 12, 0.5)}-{component(rng, 1, 31, 0.3)}")
    elif kind < 0.6:
        parts.append(f"{component(rng, 1, 12, 0.5)}-{component(rng, 1, 31, 0.3)}")
    elif kind < 0.75:
        parts.append(f"{year(rng)}-{component(rng, 1, 12, 0.6)}~{month_end(rng)}")
    if rng.random() < 0.6:
        # Times near which clocks are changed.
        hour = rng.choice(["*", "0", "1", "2", "3", "1..3", "2,3", "0,1,2", "0/2", "0/3", "23", "0..4", "1/2"])
        minute = rng.choice(["0", "00", "30", "15", "59", "0/15", "*", "0,30", "10..40", "45", "5/20"])
    else:
        hour, minute = component(rng, 0, 23, 0.3), component(rng, 0, 59, 0.25)
    second = rng.choice([""] * 6 + [":00", ":0/30", ":*", f":{component(rng, 0, 59, 0.1)}"])
    if not parts or rng.random() < 0.85:
        parts.append(f"{hour}:{minute}{second}")
    return " ".join(parts)


def moment(rng, changes):
    if changes and rng.random() < 0.6:
        near = rng.choice([600, 5_400, 10_800, 86_400, 3 * 86_400])
        change = rng.choice(changes)
        return change + rng.choice([0, -1, -60, -3_600, rng.randint(-near, near // 3), rng.randint(-near, 0)])
    return rng.randint(FIRST, LAST)


class Oracle:
    def __init__(self, root):
        self.program = os.path.join(root, "usr/bin/systemd-analyze")
        shared = glob.glob(os.path.join(root, "**/libsystemd-shared-*.so"), recursive=True)
        self.library = os.path.dirname(shared[0])

    def answers(self, text, zone, at):
        """The next three instants, fewer when no more follow; None when the expression is refused."""
        result = subprocess.run(
            [self.program, "calendar", "--iterations=3", f"--base-time=@{at}", "--", text], capture_output=True, text=True,
            env={"TZ": zone, "LD_LIBRARY_PATH": self.library, "LC_ALL": "C"}, timeout=20)
        if result.returncode != 0:
            return None
        # Shown in the zone and, where that isn't UTC, once more in UTC.
        times = re.findall(r": \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC$", result.stdout, re.MULTILINE)
        return [int(datetime.fromisoformat(time + "+00:00").timestamp()) for time in times]


def main():
    oracle = Oracle(sys.argv[1])
    rng = random.Random(20261121)
    zones = {name: ZoneInfo(name) if name != "UTC" else timezone.utc for name in ZONES}
    changes = {name: transitions(zone) for name, zone in zones.items() if name != "UTC"}
    for text in REFUSED:
        at = rng.randint(FIRST, LAST)
        found = oracle.answers(text, "UTC", at)
        steps = ["refused"] if found is None else [b - a for a, b in zip([at] + found, found)]
        print(text, "UTC", at, *steps, *(["end"] if found is not None and len(found) < 3 else []), sep="\t")
    rows = 0
    while rows < 4_500:
        name = rng.choice(ZONES)
        at = moment(rng, changes.get(name))
        text = expression(rng)
        # Some with a zone of their own, asked in another one.
        own = rng.random() < 0.15
        found = oracle.answers(f"{text} {name}" if own else text, "UTC" if own else name, at)
        if found is None:
            # Near some changes systemd's search goes in circles and gives up: such rows are left out.
            print("gives up:", text, file=sys.stderr)
            continue
        if found and found[-1] >= END:
            continue
        steps = [b - a for a, b in zip([at] + found, found)]
        print(f"{text} {name}" if own else text, "UTC" if own else name, at, *steps,
              *(["end"] if len(found) < 3 else []), sep="\t")
        rows += 1


if __name__ == "__main__":
    sys.exit(main())
