"""Measures how soon a killed process is back: our ticker, beside a small C child of other supervisors.

For all it is the same: from just before kill(2) to the time that the next process itself writes into its file first."""
import ctypes, os, pathlib, re, select, shutil, signal, statistics, subprocess, time
from common import Apt, BINARY, FAILURES, LeftOut, ROOT, compiled, rows as markdown, run, say, spread, virtualenv

HERE = pathlib.Path(__file__).resolve().parent
# A life that no supervisor takes for a failed one: cronwatch's is healthy 10 s after READY.
HEALTHY_SECONDS = 11
FIRST, READY = "first beat", "first tick: jobs fire again"
IN_MODIFY = 2
LIBC = ctypes.CDLL(None, use_errno=True)


class Supervised:
    """What a supervisor keeps alive: the file in which each life says `pid=` and `monotonic_ns=`."""

    def __init__(self, file, stop, phases=(None,)):
        self.file, self.stop, self.phases = file, stop, phases

    def read(self):
        try:
            text = self.file.read_bytes()
        except OSError:
            return {}
        return dict(re.findall(r"^(\w+)=(\S+)$", text.decode(errors="replace"), re.MULTILINE))

    def pid(self, seconds=30):
        deadline = time.monotonic() + seconds
        while not (beat := self.read()).get("monotonic_ns"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.file} stays empty")
            time.sleep(0.01)
        return int(beat["pid"])

    def kill(self):
        """Milliseconds until the next life's first word, and until its word of each further phase."""
        old, found = self.pid(), []
        watch = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if watch < 0 or LIBC.inotify_add_watch(watch, os.fsencode(self.file), IN_MODIFY) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        try:
            began = time.monotonic_ns()
            os.kill(old, signal.SIGKILL)
            while len(found) < len(self.phases):
                beat, wanted = self.read(), self.phases[len(found)]
                if beat.get("pid", str(old)) != str(old) and "monotonic_ns" in beat and wanted in (None, beat.get("phase")):
                    found.append((int(beat["monotonic_ns"]) - began) / 1e6)
                    continue
                if not select.select([watch], [], [], 30)[0]:
                    raise RuntimeError(f"no other process wrote {self.file} within 30 s")
                os.read(watch, 65536)
            return found
        finally:
            os.close(watch)


def cronwatch(binary):
    def start(home):
        (home / "conf").write_text("[watcher]\nsafe-mode-after = 1000\n")
        (home / "crontab").write_text("* * * * * true\n" + "".join(f"0 {hour} * * * true\n" for hour in range(9)))
        options = ["--state", home / "state", "--config", home / "conf"]
        subprocess.run([binary, "start", *options, home / "crontab"], check=True, stdout=subprocess.DEVNULL, timeout=60)

        def stop():
            subprocess.run([binary, "stop", *options], stdout=subprocess.DEVNULL, timeout=60)

        return Supervised(home / "state/heartbeat/ticker", stop, (None, "ticking"))

    return start


def supervisor(words, prepare, environment=None):
    """One that runs in the foreground and keeps the child in the directory `service`."""

    def start(home):
        service = home / "service"
        service.mkdir(parents=True)
        shutil.copy(home.parent / "child", service / "run")
        prepare(home)
        log = (home / "log").open("wb")
        process = subprocess.Popen(
                [str(word) for word in words(home)], cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=dict(os.environ, **(environment or {})))
        log.close()
        supervised = Supervised(service / "beat", None)

        def stop():
            # The supervisor first, so that nobody starts the child again.
            for group in (process.pid, supervised.read().get("pid")):
                try:
                    os.killpg(os.getpgid(int(group)), signal.SIGKILL)
                except (OSError, TypeError):
                    pass
            process.wait()

        supervised.stop = stop
        return supervised

    return start


def supervisord(home_of_python):
    def prepare(home):
        (home / "conf").write_text(
                f"[supervisord]\nnodaemon=true\nlogfile={home}/supervisord.log\npidfile={home}/pid\n"
                f"[program:child]\ncommand={home}/service/run\ndirectory={home}/service\nautorestart=true\n")

    return supervisor(lambda home: [home_of_python / "bin/supervisord", "-c", home / "conf"], prepare)


def service(scratch, program, *packages):
    """A supervisor of Debian's that keeps one directory's `run` alive."""
    for package in packages:
        root = Apt(scratch, "bookworm").unpack(package)
    found = [path for path in root.rglob(program) if os.access(path, os.X_OK) and path.is_file()]
    if not found:
        raise LeftOut(f"the package holds no {program}")
    libraries = {str(path.parent) for path in root.rglob("*.so.*")}
    path, environment = found[0], {"LD_LIBRARY_PATH": ":".join(sorted(libraries))}
    environment["PATH"] = f"{path.parent}:{os.environ['PATH']}"
    return supervisor(lambda home: [path, home / "service"], lambda home: None, environment)


PEERS = {
    "cronwatch": lambda scratch: cronwatch(BINARY),
    "runit (runsv)": lambda scratch: service(scratch, "runsv", "runit"),
    "daemontools (supervise)": lambda scratch: service(scratch, "supervise", "daemontools"),
    "s6 (s6-supervise)": lambda scratch: service(
        scratch, "s6-supervise", "libskarnet2.13", "libexecline2.9", "libs6-2.11", "s6"),
    "supervisord": lambda scratch: supervisord(virtualenv(scratch, "supervisor")),
}


def begin(bench, base, left_out):
    """All of them, alive beside each other."""
    lives = {}
    for number, (name, prepare) in enumerate(PEERS.items()):
        if bench.peers and name not in ("cronwatch", *bench.peers):
            continue
        home = base / str(number)
        home.mkdir()
        try:
            lives[name] = prepare(bench.scratch)(home)
            lives[name].pid()
        except FAILURES as reason:
            left_out[name] = str(reason)
            if name in lives:
                lives.pop(name).stop()
    return lives


def measure(bench, result):
    """{name: {what: [milliseconds]}}; one after the other is killed, round by round."""
    run([ROOT / "bin/build"], seconds=1800)
    base = bench.scratch / "restart"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    compiled(HERE / "child.c", base / "child")
    figures, lives = result.setdefault("milliseconds", {}), {}
    try:
        lives = begin(bench, base, result["left_out"])
        for number in range(bench.rounds):
            say(f"restart, round {number + 1} of {bench.rounds}")
            time.sleep(HEALTHY_SECONDS)
            for name, life in lives.items():
                for what, milliseconds in zip((FIRST, READY), life.kill()):
                    figures.setdefault(name, {}).setdefault(what, []).append(milliseconds)
                time.sleep(0.2)
    finally:
        for life in lives.values():
            life.stop()
    shutil.rmtree(base, ignore_errors=True)


def table(result):
    figures = result["milliseconds"]
    others = [statistics.median(rows[FIRST]) for name, rows in figures.items() if name != "cronwatch"]
    best = min(others, default=None)
    body = []
    for name, rows in figures.items():
        for what, values in rows.items():
            ratio = f"{statistics.median(values) / best:.1f}" if best else "–"
            shown = what if name == "cronwatch" else "first instructions"
            body.append([name, shown, spread(values, 1), ratio])
    return markdown(["supervisor", "what of the next process", "ms (least–most)", "÷ best peer"], body)
