"""What the areas of bin/bench share: peers from packages, rounds, medians, and the page that keeps the tables."""
import os, pathlib, platform, re, shutil, statistics, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = ROOT / ".build/release/cronwatch"
PAGE = ROOT / "docs/benchmarks.md"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
# What a peer's preparation or run may fail with: it is left out, and the table says why.
FAILURES = (OSError, RuntimeError, subprocess.SubprocessError)


class LeftOut(RuntimeError):
    """Why a peer isn't measured."""


def say(text):
    print(f"bin/bench: {text}", file=sys.stderr, flush=True)


def run(command, seconds=600, **options):
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=seconds, **options)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise LeftOut(f"{pathlib.Path(str(command[0])).name}: {last[0][:200]}")
    return done.stdout


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise LeftOut(f"{tool} isn't installed")


def build(product):
    """Builds a product as it is released, with the flags of bin/build, and answers where it is."""
    run(["swift", "build", "--configuration", "release", "--product", product, "--static-swift-stdlib", "-Xlinker",
         "-s"], seconds=1800, cwd=ROOT)
    return ROOT / ".build/release" / product


class Apt:
    """A private apt of one Debian suite: packages are downloaded and unpacked, never installed."""

    def __init__(self, scratch, suite):
        need("apt-get", "dpkg-deb")
        self.home = scratch / f"apt-{suite}"
        for part in ("etc", "state/lists/partial", "cache/archives/partial", "debs", "root"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "etc/sources.list").write_text(
            f"deb [signed-by={KEYS}] http://deb.debian.org/debian {suite} main\n")
        self.options = [
            "-q", "-o", f"Dir::Etc::sourcelist={self.home}/etc/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", f"Dir::State={self.home}/state", "-o", f"Dir::Cache={self.home}/cache",
            "-o", "Dir::State::status=/dev/null", "-o", "APT::Sandbox::User=root"]
        if not any((self.home / "state/lists").glob("*_Packages*")):
            run(["apt-get", *self.options, "update"])

    def unpack(self, package):
        """The root of the unpacked packages, with this one in it."""
        if not list((self.home / "debs").glob(f"{package}_*.deb")):
            run(["apt-get", *self.options, "download", package], cwd=self.home / "debs")
            for deb in (self.home / "debs").glob(f"{package}_*.deb"):
                run(["dpkg-deb", "-x", deb, self.home / "root"])
        return self.home / "root"

    def version(self, package):
        deb = next((self.home / "debs").glob(f"{package}_*.deb"), None)
        return deb.name.split("_")[1].replace("%3a", ":") if deb else "?"


def virtualenv(scratch, *packages):
    """A Python of its own with packages of PyPI."""
    home = scratch / "python"
    if not (home / "bin/python").exists():
        run([sys.executable, "-m", "venv", home])
    if packages:
        run([home / "bin/python", "-m", "pip", "install", "--quiet", *packages])
    return home


def compiled(source, to, *flags):
    """A small C program, compiled."""
    need("cc")
    run(["cc", "-O2", *flags, "-o", to, source])
    return to


def machine():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} × {processor[1] if processor else platform.machine()}, Linux {platform.release()}"


def spread(values, digits=0):
    """`median (least–most)`."""
    if not values:
        return "–"
    shown = [f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]}–{shown[2]})"


def ratio(value, base, digits=2):
    return f"{value / base:.{digits}f}" if base else "–"


def rows(head, body):
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in body])


def write_section(area, text):
    """Puts a table between the marks of its area in docs/benchmarks.md."""
    opening, closing = f"<!-- {area}: bin/bench {area} --write -->", f"<!-- /{area} -->"
    page = PAGE.read_text()
    before, rest = page.split(opening)
    PAGE.write_text(f"{before}{opening}\n{text}\n{closing}{rest.split(closing)[1]}")
