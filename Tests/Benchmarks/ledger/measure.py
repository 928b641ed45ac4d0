"""Measures the ledger of a million records: recovery and audit beside cksum of the same files, round by round."""
import os, shutil, statistics, subprocess, time

# What a ledger is made of: the size of its segments, which `[ledger] segment-size` allows up to 16 MiB.
LAYOUTS = {"segments of 4 MiB (default)": 4 << 20, "segments of 16 MiB (the most)": 16 << 20,
           "one segment (more than may be)": 1 << 30}
RECORDS = 1_000_000
OPENING, CLOSING = "<!-- ledger: bin/bench ledger --write -->", "<!-- /ledger -->"


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


def measure(root, scratch, rounds, say):
    """{layout: {what: [(milliseconds, MiB)]}} and the bytes of each layout."""
    for product in ("LedgerBenchmark", "cronwatch"):
        subprocess.run(
            ["swift", "build", "--configuration", "release", "--product", product, "--static-swift-stdlib",
             "-Xlinker", "-s"], cwd=root, check=True, stdout=subprocess.DEVNULL, timeout=1800)
    figures, sizes, states = {}, {}, {}
    for number, (layout, size) in enumerate(LAYOUTS.items()):
        state = states[layout] = scratch / f"ledger-{number}"
        shutil.rmtree(state, ignore_errors=True)
        timed([root / ".build/release/LedgerBenchmark", "write", state, RECORDS, size])
        trim(state)
        sizes[layout] = sum(path.stat().st_size for path in (state / "ledger").glob("*.log"))
    for number in range(rounds):
        say(f"bin/bench: ledger, round {number + 1} of {rounds}")
        # Round by round, each once: what else the machine does meets all of them.
        for layout, state in states.items():
            for what, words in commands(root, state).items():
                # An audit reads every segment, however long they are: once is enough.
                if what.startswith("audit") and state is not states[next(iter(states))]:
                    continue
                figures.setdefault(layout, {}).setdefault(what, []).append(timed(words))
    for state in states.values():
        shutil.rmtree(state, ignore_errors=True)
    return figures, sizes


def table(figures, sizes):
    lines = ["| a million records in | what | ms (least–most) | ÷ cksum | peak memory, MiB |", "|---|---|---|---|---|"]
    for layout, rows in figures.items():
        base = statistics.median(milliseconds for milliseconds, _ in rows["cksum"])
        for what, values in rows.items():
            times = [milliseconds for milliseconds, _ in values]
            middle, peak = statistics.median(times), max(peak for _, peak in values)
            lines.append(
                f"| {layout}, {sizes[layout] / 1e6:,.0f} MB | {what} | {middle:,.0f} ({min(times):,.0f}–{max(times):,.0f})"
                f" | {middle / base:.1f} | {peak:,.0f} |")
    return "\n".join(lines)


def write(page, head, text):
    before, rest = page.read_text().split(OPENING)
    page.write_text(f"{before}{OPENING}\n{head}\n\n{text}\n{CLOSING}{rest.split(CLOSING)[1]}")
