"""Measures the ledger of a million records: recovery and audit beside cksum of the same files, round by round."""
import os, shutil, statistics, subprocess, time
from common import ROOT, build, ratio, rows as markdown, run, say, spread

# What a ledger is made of: the size of its segments, which `[ledger] segment-size` allows up to 4 MiB.
LAYOUTS = {"segments of 1 MiB": 1 << 20, "segments of 4 MiB (default, the most)": 4 << 20,
           "segments of 8 MiB (more than may be)": 8 << 20, "one segment (more than may be)": 1 << 30}
RECORDS = 1_000_000


def timed(words):
    """Milliseconds from spawn to end, and the peak of resident memory in MiB (at least this program's own)."""
    began = time.monotonic()
    child = subprocess.Popen(
        [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{words[0]}: {output.decode(errors='replace')[-300:]}")
    return (time.monotonic() - began) * 1000, usage.ru_maxrss / 1024


def commands(root, state):
    binaries = root / ".build/release"
    return {
        "cksum": ["cksum", *sorted((state / "ledger").glob("*.log"))],
        "recovery": [binaries / "LedgerBenchmark", "recover", state],
        "audit": [binaries / "cronwatch", "audit", "--state", state],
        "audit --verify": [binaries / "cronwatch", "audit", "--verify", "--state", state],
    }


def trim(state):
    """Cuts the last segment behind its records, as the segment after it would have."""
    for segment in (state / "ledger").glob("*.log"):
        end = segment.stat().st_size
        # In pieces: a child's peak of memory is never less than ours was when it was made.
        with segment.open("rb") as file:
            while end > 0:
                file.seek(max(0, end - 65536))
                piece = file.read(min(end, 65536))
                rest = len(piece.rstrip(b"\0"))
                end -= len(piece) - rest
                if rest:
                    break
        os.truncate(segment, end)


def measure(bench, result):
    """{layout: {what: [(milliseconds, MiB)]}} and the bytes of each layout."""
    benchmark = build("LedgerBenchmark")
    run([ROOT / "bin/build"], seconds=1800)
    figures, sizes, states = result.setdefault("milliseconds_and_mebibytes", {}), result.setdefault("bytes", {}), {}
    for number, (layout, size) in enumerate(LAYOUTS.items()):
        state = states[layout] = bench.scratch / f"ledger-{number}"
        shutil.rmtree(state, ignore_errors=True)
        timed([benchmark, "write", state, RECORDS, size])
        trim(state)
        sizes[layout] = sum(path.stat().st_size for path in (state / "ledger").glob("*.log"))
    for number in range(bench.rounds):
        say(f"ledger, round {number + 1} of {bench.rounds}")
        # Round by round, each once: what else the machine does meets all of them.
        for layout, state in states.items():
            for what, words in commands(ROOT, state).items():
                # An audit reads every segment, however long they are: once is enough.
                if what.startswith("audit") and state is not states[next(iter(states))]:
                    continue
                figures.setdefault(layout, {}).setdefault(what, []).append(timed(words))
    for state in states.values():
        shutil.rmtree(state, ignore_errors=True)


def table(result):
    body = []
    for layout, what_was in result["milliseconds_and_mebibytes"].items():
        base = statistics.median(milliseconds for milliseconds, _ in what_was["cksum"])
        for what, values in what_was.items():
            times = [milliseconds for milliseconds, _ in values]
            peak = max(peak for _, peak in values)
            body.append([f"{layout}, {result['bytes'][layout] / 1e6:,.0f} MB", what, spread(times),
                         ratio(statistics.median(times), base, 1), f"{peak:,.0f}"])
    return markdown(["a million records in", "what", "ms (least–most)", "÷ cksum", "peak memory, MiB"], body)
