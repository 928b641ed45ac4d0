"""The crons that are measured: how each gets its table, is started and ended, and what it costs while it runs.

Classic crons know one system-wide place for their tables: each runs in a mount namespace of its own, with overlays over
/etc and /var, so that nothing of it reaches the machine."""
import os, pathlib, shutil, signal, subprocess, time
from common import BINARY, Apt, LeftOut, say, virtualenv

PAM = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
INSIDE = """mount -t overlay overlay -o lowerdir=/etc,upperdir=$LAYERS/etc,workdir=$LAYERS/etc-work /etc &&
mount -t overlay overlay -o lowerdir=/var,upperdir=$LAYERS/var,workdir=$LAYERS/var-work /var &&
mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/lock /run/crond &&
rm -f /etc/cron.d/e2scrub_all && cd / && exec "$@" """


def cronwatch_words(home, *verb):
    return [BINARY, *verb, "--state", home / "state", "--config", home / "conf"]


class Daemon:
    """A running cron: the root of a tree of processes that are its own."""

    def __init__(self, home, words, environment=None):
        self.home = home
        self.log = (home / "log").open("wb")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in words], cwd=home, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True, env=dict(os.environ, **(environment or {})))

    def processes(self):
        """Process ids of the tree."""
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    text = pathlib.Path(f"/proc/{name}/stat").read_text()
                    parents.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append(int(name))
                except OSError:
                    pass
        found, open_ones = [], [self.process.pid]
        while open_ones:
            pid = open_ones.pop()
            found.append(pid)
            open_ones += parents.get(pid, [])
        return found

    def processor_seconds(self):
        """What its live processes and their reaped children have used."""
        ticks = 0
        for pid in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += sum(int(value) for value in fields[11:15])
            except OSError:
                pass
        return ticks / os.sysconf("SC_CLK_TCK")

    def own_nanoseconds(self):
        """What its live processes themselves have used, to the nanosecond (/proc/PID/task/TID/schedstat)."""
        return sum(int(text.split()[0]) for text in self.each_thread("schedstat"))

    def switches(self):
        """How often they went to sleep: voluntary context switches."""
        return sum(
            int(line.split()[1]) for text in self.each_thread("status") for line in text.splitlines()
            if line.startswith("voluntary_ctxt_switches"))

    def each_thread(self, file):
        for pid in self.processes():
            try:
                for thread in os.listdir(f"/proc/{pid}/task"):
                    yield pathlib.Path(f"/proc/{pid}/task/{thread}/{file}").read_text()
            except OSError:
                pass

    def memory(self, without=()):
        """KiB of all but some processes: proportional, private, resident."""
        sums = {"Pss:": 0, "Private_Clean:": 0, "Private_Dirty:": 0, "Rss:": 0}
        for pid in set(self.processes()).difference(without):
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    words = line.split()
                    if words[0] in sums:
                        sums[words[0]] += int(words[1])
            except OSError:
                pass
        return sums["Pss:"], sums["Private_Clean:"] + sums["Private_Dirty:"], sums["Rss:"]

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.log.close()


class Cronwatch(Daemon):
    def __init__(self, home, lines, configuration=""):
        (home / "conf").write_text(configuration)
        (home / "crontab").write_text(plain(lines))
        super().__init__(home, [*cronwatch_words(home, "start", "--foreground"), home / "crontab"])

    def beat(self):
        try:
            text = (self.home / "state/heartbeat/ticker").read_bytes().decode(errors="replace")
        except OSError:
            return {}
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def wait(self, seconds=120):
        """Until its ticker has made its first tick."""
        deadline = time.monotonic() + seconds
        while self.beat().get("phase") != "ticking":
            if not self.alive() or time.monotonic() > deadline:
                raise LeftOut(f"cronwatch isn't ready: {(self.home / 'log').read_text(errors='replace')[-300:]}")
            time.sleep(0.01)
        return time.monotonic() - self.began

    def stop(self):
        subprocess.run(
            [str(word) for word in cronwatch_words(self.home, "stop", "--jobs", "stop")], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=60)
        super().stop()


def plain(lines, user=""):
    return "".join(f"{schedule} {user}{command}\n" for schedule, command in lines)


def layers(home):
    for part in ("etc/pam.d", "etc-work", "var/spool/cron", "var-work"):
        (home / part).mkdir(parents=True, exist_ok=True)
    for name in ("cron", "crond"):
        (home / "etc/pam.d" / name).write_text(PAM)
    return home


def private(home, words, environment=None):
    """In a mount namespace of its own; what Debian has put into /etc/cron.d isn't in its way."""
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", INSIDE, "sh", *words]
    return Daemon(home, command, {"LAYERS": str(home), **(environment or {})})


def spool(home, name, lines):
    """A user's table, where classic crons look for it."""
    table = layers(home) / "var/spool/cron" / name
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(plain(lines))
    table.chmod(0o600)


def debian_cron(scratch):
    program = Apt(scratch, "bookworm").unpack("cron") / "usr/sbin/cron"

    def start(home, lines):
        # One file is cut silently at about 10,000 lines.
        drop = layers(home) / "etc/cron.d"
        drop.mkdir(exist_ok=True)
        if len(lines) > 5000:
            for first in range(0, len(lines), 5000):
                (drop / f"bench{first}").write_text(plain(lines[first:first + 5000], "root "))
        else:
            spool(home, "crontabs/root", lines)
        return private(home, [program, "-f"])

    return start


def cronie(scratch):
    apt = Apt(scratch, "bookworm")
    program = apt.unpack("cronie") / "usr/sbin/crond"
    if not program.exists():
        program = apt.home / "root/usr/sbin/cron"

    def start(home, lines):
        if len(lines) > 10000:
            (layers(home) / "etc/cron.d").mkdir(exist_ok=True)
            (home / "etc/cron.d/bench").write_text(plain(lines, "root "))
        else:
            spool(home, "crontabs/root", lines)
            shutil.copy(home / "var/spool/cron/crontabs/root", home / "var/spool/cron/root")
        return private(home, [program, "-n", "-s", "-m", "off"])

    return start


def busybox(scratch):
    program = Apt(scratch, "bookworm").unpack("busybox-static") / "bin/busybox"

    def start(home, lines):
        spool(home, "crontabs/root", lines)
        return private(home, [program, "crond", "-f", "-l", "8", "-L", "/dev/null"])

    return start


def bcron(scratch):
    apt = Apt(scratch, "bookworm")
    for package in ("libbg2", "bcron"):
        root = apt.unpack(package)
    prepare = """getent passwd cron >/dev/null || echo "cron:x:987:987::/var/spool/cron:/bin/false" >>/etc/passwd
getent group cron >/dev/null || echo "cron:x:987:" >>/etc/group
mkdir -p /var/spool/cron/tmp; mkfifo -m 600 /var/spool/cron/trigger; chown -R cron:cron /var/spool/cron; exec bcron-start"""

    def start(home, lines):
        spool(home, "crontabs/root", lines)
        libraries = ":".join(sorted({str(path.parent) for path in root.rglob("*.so*")}))
        return private(home, ["sh", "-c", prepare], {
            "LD_LIBRARY_PATH": libraries, "PATH": f"{root}/usr/sbin:{root}/usr/bin:{os.environ['PATH']}"})

    return start


def supercronic(scratch):
    program = Apt(scratch, "sid").unpack("supercronic") / "usr/bin/supercronic"

    def start(home, lines):
        (home / "crontab").write_text(plain(lines))
        return Daemon(home, [program, "-quiet", home / "crontab"])

    return start


def cronstable(scratch):
    program = virtualenv(scratch, "cronstable") / "bin/cronstable"

    def start(home, lines):
        (home / "bench.crontab").write_text(plain(lines))
        return Daemon(home, [program, "-c", home / "bench.crontab"])

    return start


def yacron(scratch):
    home_of_python = virtualenv(scratch / "yacron", "yacron", "setuptools<81")

    def start(home, lines):
        jobs = "".join(
            f"  - name: j{number}\n    command: {command}\n    schedule: \"{schedule}\"\n    captureStderr: false\n"
            for number, (schedule, command) in enumerate(lines))
        (home / "bench.yaml").write_text("jobs:\n" + jobs)
        return Daemon(home, [home_of_python / "bin/yacron", "-c", home / "bench.yaml"])

    return start


OURS = "cronwatch"
# What prepares each, once: it answers what starts one over a table of (schedule, command).
PEERS = {
    OURS: lambda scratch: Cronwatch, "Debian cron": debian_cron, "cronie": cronie, "busybox crond": busybox,
    "bcron": bcron, "supercronic": supercronic, "cronstable": cronstable, "yacron": yacron,
}


def prepare(bench, result, names=tuple(PEERS)):
    """{name: start} of all that can be had."""
    found = {}
    for name in names:
        if bench.peers and name != OURS and name not in bench.peers:
            continue
        try:
            (bench.scratch / "yacron").mkdir(exist_ok=True)
            found[name] = PEERS[name](bench.scratch)
        except (OSError, RuntimeError, subprocess.SubprocessError) as reason:
            result["left_out"][name] = str(reason)
    return found


def fresh(bench, area, name):
    """An empty directory for one life of a daemon."""
    home = bench.scratch / area / name.replace(" ", "-")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home


def rounds(bench, result, area, starts, life, after=lambda: None):
    """Lives of all daemons in turn; one that can't be measured is left out from then on."""
    for number in range(bench.rounds):
        for name, start in list(starts.items()):
            say(f"{area}, round {number + 1} of {bench.rounds}: {name}")
            try:
                yield name, life(name, start)
            except (OSError, RuntimeError) as reason:
                result["left_out"][name] = str(reason)
                starts.pop(name)
        after()
