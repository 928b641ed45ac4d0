"""Nanoseconds of one occurrence and of a parse, beside the schedule libraries of other languages."""
import os, pathlib, shutil, statistics, sys
from common import Apt, FAILURES, build, need, rows as markdown, run, say, spread, virtualenv

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus.tsv"
# The crates `cron` and `croner` and what they need, as Debian's unstable packages them.
CRATES = """cron croner derive-builder derive-builder-core derive-builder-macro darling darling-core darling-macro fnv
ident-case strsim strum strum-macros heck rustversion jiff chrono iana-time-zone num-traits autocfg once-cell phf phf-macros phf-shared phf-generator siphasher
fastrand proc-macro2 quote syn-2 syn unicode-ident winnow memchr serde serde-core serde-derive rand-0.8 rand-core-0.6
rand-chacha-0.3 ppv-lite86 getrandom libc cfg-if zerocopy libm""".split()

# Each peer: prepared once, it answers a list of commands (environment, words), one run of which is one round.


def ours(scratch, milliseconds):
    return [({}, [build("ScheduleBenchmark"), CORPUS, milliseconds])]


def rust_peer(crate):
    def prepare(scratch, milliseconds):
        need("cargo")
        apt = Apt(scratch, "sid")
        for package in CRATES:
            registry = apt.unpack(f"librust-{package}-dev") / "usr/share/cargo/registry"
        home = scratch / "rust"
        shutil.copytree(HERE / "rust", home, dirs_exist_ok=True)
        (home / ".cargo").mkdir(exist_ok=True)
        (home / ".cargo/config.toml").write_text(
            f'[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "{registry}"\n')
        run(["cargo", "build", "--release", "--offline", "--bin", crate], cwd=home)
        program = home / "target/release" / crate
        return [({"TZ": zone}, [program, CORPUS, milliseconds, zone]) for zone in zones()]

    return prepare


def go_peer(library, package, path):
    def prepare(scratch, milliseconds):
        apt = Apt(scratch, "bookworm")
        for name in ("golang-1.19-go", "golang-1.19-src", package):
            root = apt.unpack(name)
        go = root / "usr/lib/go-1.19"
        for part in (root / "usr/share/go-1.19").iterdir():
            # The package's links point into the system's /usr/share.
            link = go / part.name
            if link.is_symlink():
                link.unlink()
                link.symlink_to(part)
        home = root / "usr/share/gocode/src" / path
        if not home.exists():
            # An import path that ends in v3 is understood by modules only; the files lie where GOPATH has them.
            home.mkdir()
            for file in home.parent.glob("*.go"):
                shutil.copy(file, home)
        environment = dict(
            os.environ, GOROOT=str(go), GOPATH=str(root / "usr/share/gocode"), GO111MODULE="off",
            GOCACHE=str(scratch / "go-cache"))
        program = scratch / library
        run([go / "bin/go", "build", "-o", program, HERE / "go/measure.go", HERE / f"go/{library}.go"],
            env=environment)
        return [({}, [program, CORPUS, milliseconds])]

    return prepare


def python_peer(library):
    def prepare(scratch, milliseconds):
        home = virtualenv(scratch, library, "tzdata")
        return [({}, [home / "bin/python", HERE / "python_peers.py", library, CORPUS, milliseconds])]

    return prepare


def systemd_analyze(scratch, milliseconds):
    need("systemd-analyze")
    return [({}, [sys.executable, HERE / "systemd_peer.py", CORPUS])]


PEERS = {
    "cronwatch": ours, "Rust cron": rust_peer("cron"), "Rust croner": rust_peer("croner"),
    "robfig/cron": go_peer("robfig", "golang-github-robfig-cron-dev", "github.com/robfig/cron/v3"),
    "cronexpr": go_peer("cronexpr", "golang-github-gorhill-cronexpr-dev", "github.com/gorhill/cronexpr"),
    "croniter": python_peer("croniter"), "cronsim": python_peer("cronsim"), "systemd-analyze": systemd_analyze,
}


def rows():
    return [line.split("\t") for line in CORPUS.read_text().splitlines() if not line.startswith("#")]


def zones():
    return sorted({row[2] for row in rows()})


def measure(bench, result):
    """Nanoseconds a call: {row: {kind: {peer: [rounds]}}}."""
    commands, left_out = {}, result["left_out"]
    for name, prepare in PEERS.items():
        if bench.peers and name not in ("cronwatch", *bench.peers):
            continue
        try:
            commands[name] = prepare(bench.scratch, bench.milliseconds)
        except FAILURES as reason:
            left_out[name] = str(reason)
    figures = result["nanoseconds"] = {}
    for number in range(bench.rounds):
        say(f"schedule, round {number + 1} of {bench.rounds}")
        # Round by round, each peer once: what else the machine does meets all of them.
        for name, list_of_commands in list(commands.items()):
            for environment, words in list_of_commands:
                try:
                    output = run(words, env=dict(os.environ, **environment))
                except FAILURES as reason:
                    left_out[name] = str(reason)
                    commands.pop(name, None)
                    break
                for line in output.splitlines():
                    row, kind, value = line.split("\t")
                    figures.setdefault(row, {}).setdefault(kind, {}).setdefault(name, []).append(float(value))


def table(result):
    figures = result["nanoseconds"]
    kinds = [(row, kind, peers) for row, both in figures.items() for kind, peers in both.items()]
    names = [name for name in PEERS if any(name in peers for _, _, peers in kinds)]
    texts = {row[0]: f"`{row[1]}` {row[2]}" for row in rows()}
    body = []
    for row, kind, peers in kinds:
        if "cronwatch" not in peers:
            continue
        others = [statistics.median(values) for name, values in peers.items() if name != "cronwatch"]
        best = f"{min(others) / statistics.median(peers['cronwatch']):.1f} ×" if others else "–"
        body.append([f"{row}, {kind}", texts[row], *[spread(peers.get(name)) for name in names], best])
    head = ["row", "schedule", *names, "best peer ÷ ours"]
    return "Nanoseconds a call:\n\n" + markdown(head, body)
