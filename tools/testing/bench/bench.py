#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Kernels side by side: builds them, boots each once a round, runs the scenarios in
each, and writes one table with the spread and the significance."""

import argparse
import contextlib
import fcntl
import fnmatch
import functools
import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import date

import arms
import facts
import summary
from arms import BadInput, LRUS, MIXED_LRUS, ROOT, UNKNOWN, base_fact
from project import Failure, release     # arms has its directory in the path

HELP = """\
The environment says what is run ('make bench' hands it on):

  BASE=6.12.y      the base whose kernels are compared with each other and with
                   those of 7.3.y; mm-new takes KDIR=/path/to/linux-6.19 (the base
                   of KDIR, or 6.12.y)
  ARMS='A B'       of stock, gate, ours, 7.3-stock and 7.3-ours (all that there are);
                   only if they are named: fixes, mglru, debian, debian-module
                   and kernel:NAME=PATH
  SCENARIO='A B'   of those in tools/testing/bench/scenarios, also as a pattern such
                   as 'restart-*', or all (runaway restart stream); with -2cpus at
                   the end, guests have two CPUs
  LRU='classic mglru'   one of them, or both (both)
  SCALE='10 300'   values of vm.watermark_scale_factor, 1 to 3000; each makes a
                   cell of its own (10 300)
  REPEAT=N         rounds, 1 to 50 (5); each runs every kernel once, in turns
  ROUNDS=5 CPUS=8 DELAY=0   for mixed alone: rounds a run, processors of the guest,
                   and how many ms tools/testing/mglru/widen.patch holds up the aging;
                   LRU takes nowalk, MGLRU without walks of page tables
  OUT=DIR          where the results go (build/bench), in place of those of the last
                   bench; DIR may have nothing else in it
  FACTS=yes        take the runs into patches/BASE/facts at the end

stock is the base without patches. gate is the balance check alone: the fixes that it
needs, and the series up to the patch that patches/BASE/base names by "gate:". fixes
has all fixes, ours the fixes and the series. The tables of tools/testing/bench/results
call gate "check only", fixes "fixes only" and ours "series".
7.3-stock has upstream's balance check. mglru is stock with the series for MGLRU. debian is
the binary kernel of the base as Debian ships it, debian-module the same with the
module of tools/mm/kswapd-gate loaded.
kernel:NAME=PATH is an image that was built before, under that name. The others are
compared with the arm that comes first in the list above, images last.

Left in OUT: raw/*.json (each run), bench.json, bench.csv, table.txt, *.svg; after an
interrupt, of the runs so far, which 'facts.py add OUT' takes into the facts.
Exit status: 0 all runs done, 1 some failed, 2 bad input.
"""
HERE = pathlib.Path(__file__).resolve().parent
VMTEST = f"{ROOT}/tools/testing/vmtest/vmtest"
GATE = f"{ROOT}/tools/mm/kswapd-gate"


def note(words):
    print(f"bench: {words}", file=sys.stderr, flush=True)


def call(command, **options):
    """(status, output) of a program. An interrupt reaches it as a SIGTERM from here, once."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
                          **options) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return process.returncode if process.returncode >= 0 else 128 - process.returncode, output


def must(*command):
    """A program that reports its errors itself."""
    status, _ = call(command)
    if status:
        note(f"{' '.join(command)}: failed with status {status}, see above")
        sys.exit(1)


def build_workload():
    must("make", "-s", "-C", ROOT, "workload")


@functools.cache
def fetch(package, base):
    """The directory of Debian's kernel, with its headers; nothing if it cannot be had."""
    status, output = call([VMTEST, "fetch-kernel", "--headers", package], stdout=subprocess.PIPE)
    if status:
        return ""
    path, release = output.splitlines()[-1], base_fact(base, "kernel")
    if not os.path.basename(path).startswith(f"linux-image-{release}."):
        note(f"{package} of this machine's Debian is no {release}: {path}")
        return ""
    return path


def build_module(arm):
    """The module that an arm loads, for its kernel. Returns the hash of the source."""
    headers = next(pathlib.Path(arm.kernel).glob("lib/modules/*/build"))
    must("make", "-s", "-C", GATE, f"KDIR={headers}", f"OUTPUT={os.path.dirname(arm.module)}")
    source = b"".join(path.read_bytes() for path in sorted(pathlib.Path(GATE).glob("*.[ch]")))
    return hashlib.sha256(source).hexdigest()[:12]


def release_of_kdir():
    """Of the user's tree, KDIR, as a base has it; nothing without a tree."""
    tree = os.environ.get("KDIR")
    if not tree:
        return ""
    if not os.path.isfile(f"{tree}/Makefile"):
        raise BadInput(f"KDIR: {tree} is no kernel tree")
    return ".".join(release(tree).split(".")[:2])


def kdir_of(base):
    """The user's tree if it is the base's; else nothing."""
    return os.environ["KDIR"] if release_of_kdir() == base_fact(base, "kernel") != "" else ""


def base_of_kdir():
    """The base that the user's tree belongs to, nothing without a tree."""
    release = release_of_kdir()
    bases = [path.parent.name for path in sorted(pathlib.Path(arms.path_of("", "")).glob("*/base"))
             if release and base_fact(path.parent.name, "kernel") == release]
    if release and not bases:
        raise BadInput(f"KDIR: {os.environ['KDIR']} is a {release} tree: there is no base for it")
    return (bases or [""])[0]


def base_of(env):
    base = env.get("BASE") or base_of_kdir() or "6.12.y"
    if not os.path.exists(arms.path_of(base, "base")):
        raise BadInput(f"BASE: there is no base '{base}'")
    return base


def config_of(kernel):
    """A short name of the configuration that lies beside it, or in a package."""
    kernel = pathlib.Path(kernel)
    for config in [kernel.parent / "config", *kernel.glob("boot/config-*")]:
        if config.is_file():
            return hashlib.sha256(config.read_bytes()).hexdigest()[:16]
    return UNKNOWN


def choose_scenarios(asked):
    """Of those that there are, and for which there is a table."""
    known, chosen = summary.read_scenarios(), {}
    for word in ["*"] if asked == ["all"] else asked:
        pattern, suffix, cpus = re.fullmatch(r"(.*?)(-([1-9]\d?)cpus)?", word).groups()
        # The processors of mixed are its own option.
        found = [name for name in known if fnmatch.fnmatchcase(name, pattern)
                 and not (cpus and name == "mixed")]
        if not found:
            raise BadInput(f"SCENARIO: '{word}' is none of {' '.join(known)}")
        for name in found:
            options, words = known[name]
            chosen[name + (suffix or "")] = (
                options + (["--cpus", cpus] if cpus else []), words)
    for name in chosen:
        summary.metrics_of(name)
    return chosen


def choose_arms(base, asked):
    images = [word.removeprefix("kernel:") for word in asked if word.startswith("kernel:")]
    for word in asked:
        if word not in arms.NAMES and not word.startswith("kernel:"):
            raise BadInput(f"ARMS: '{word}' is none of {' '.join(arms.NAMES)} "
                           "and no kernel:NAME=PATH")
    if "mglru" in asked and not os.path.exists(arms.path_of(base, "mglru/series")):
        raise BadInput(f"ARMS: {base} has no series for MGLRU")
    known = arms.arms_of(base)
    if {"debian", "debian-module"} & set(asked) and "debian" not in known:
        raise BadInput(f"ARMS: there is no binary kernel of Debian for {base} on this machine")
    for word in asked:
        if word in arms.NAMES and word not in known:
            raise BadInput(f"ARMS: there is no '{word}' for {base}, but {' '.join(known)}")
    chosen = {name: arm for name, arm in known.items()
              if (name in asked if asked else name not in arms.EXTRA)}
    for image in images:
        name, _, path = image.partition("=")
        if "=" not in image or not re.fullmatch("[A-Za-z0-9._]+", name):
            raise BadInput("ARMS: kernel: takes NAME=PATH with letters, digits, dots and "
                           f"underscores, not '{image}'")
        if name in chosen:
            raise BadInput(f"ARMS: there are two arms '{name}'")
        if not os.access(path, os.R_OK):
            raise BadInput(f"ARMS: cannot read the kernel {path}")
        chosen[name] = arms.Arm(name, base, UNKNOWN, kernel=os.path.realpath(path))
    return list(chosen.values())


def words_of(env, name, default):
    """Of a variable; each makes cells of its own."""
    words = (env.get(name) or default).split()
    if not words or len(set(words)) < len(words):
        raise BadInput(f"{name} takes different words, one or more, not '{env[name]}'")
    return words


def read_json(path):
    """Of the guest, which may have written none, or half of it."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


class Bench:
    """The kernels and scenarios that the environment asks for, and their runs."""

    needs = []  # commands and their packages
    files = ("raw", "disk", "part", "part.log", "*.gp", "*.svg", "table.txt", "bench.csv",
             "bench.json", "taken")
    others = ()     # in OUT, but not of this bench

    def __init__(self, env):
        self.base = base_of(env)
        self.repeat = env.get("REPEAT") or "5"
        self.lrus = words_of(env, "LRU", " ".join(LRUS))
        self.scales = words_of(env, "SCALE", "10 300")
        self.out = pathlib.Path(env.get("OUT") or f"{ROOT}/build/bench")
        self.add = env.get("FACTS") == "yes"
        self.runs = []      # as they were recorded, at the end
        if not re.fullmatch("[1-9]|[1-4][0-9]|50", self.repeat):
            raise BadInput(f"REPEAT takes a number from 1 to 50, not '{self.repeat}'")
        for scale in self.scales:
            if not re.fullmatch("[1-9][0-9]{0,3}", scale) or int(scale) > 3000:
                raise BadInput(f"SCALE takes numbers from 1 to 3000, not '{scale}'")
        if env.get("FACTS", "") not in ("", "yes", "no"):
            raise BadInput(f"FACTS takes yes or no, not '{env['FACTS']}'")
        self.scenarios = choose_scenarios(words_of(env, "SCENARIO", "runaway restart stream"))
        self.arms = choose_arms(self.base, env.get("ARMS", "").split())
        mixed = set(self.scenarios) == {"mixed"}
        for lru in self.lrus:
            if lru not in (MIXED_LRUS if mixed else LRUS):
                raise BadInput(f"LRU takes classic, mglru or both, not '{lru}'")
        self.paths = {"CC1": None, "SYSBENCH": None}
        self.values = {"ROUNDS": "5", "CPUS": "8", "DELAY": "0"}
        for name in self.values:
            self.values[name] = env.get(name) or self.values[name]
            if not re.fullmatch("[0-9]{1,5}", self.values[name]):
                raise BadInput(f"{name} takes a number, not '{self.values[name]}'")
        if mixed and any(arm.module for arm in self.arms):
            raise BadInput("SCENARIO: mixed is not for kernels with a module")
        images = [arm.name for arm in self.arms if arm.kernel or arm.package]
        if self.add and images:
            raise BadInput(f"FACTS: the series of {images[0]} is not known: after the bench, "
                           f"facts.py add --arm {images[0]}=HASH takes its runs")
        if int(self.values["DELAY"]):
            if self.add or images or not mixed:
                raise BadInput("DELAY changes the kernels: without FACTS, without images, and for "
                               "SCENARIO=mixed alone")
            for arm in self.arms:
                arm.edit = f"{ROOT}/tools/testing/mglru/widen.patch"

    @contextlib.contextmanager
    def alone(self):
        """Another bench would remove the runs of this one, and write to the same files."""
        self.out.mkdir(parents=True, exist_ok=True)
        held = os.open(self.out, os.O_RDONLY)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadInput(f"OUT: another bench is at work in {self.out}") from None
            foreign = {path.name for path in self.out.iterdir()} - {path.name for path in self.left()}
            if foreign:
                raise BadInput(f"OUT: {self.out} has files of something else, such as "
                               f"{min(foreign)}: name another directory")
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    self.out.rmdir()    # if nothing was left in it
        finally:
            os.close(held)

    def prepare(self):
        """All that can fail before the first guest."""
        used = {word for options, _ in self.scenarios.values() for word in options}
        for command, package in [("gnuplot", "gnuplot-nox")] + self.needs + \
                                [("sysbench", "sysbench")] * ("SYSBENCH" in used):
            if not shutil.which(command):
                raise BadInput(f"{command} is missing: install Debian's package {package} "
                               "('make deps' installs all)")
        build_workload()
        self.build_arms()
        self.remove(*self.files)
        (self.out / "raw").mkdir(parents=True)
        (self.out / "disk").mkdir()
        if used & set(self.paths):
            self.prepare_job()

    def left(self, *patterns):
        """What an earlier bench has left, all of it or of the names."""
        return [path for pattern in patterns or (*self.files, *self.others)
                for path in self.out.glob(pattern)]

    def remove(self, *patterns):
        for path in self.left(*patterns):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def prepare_job(self):
        """The compiler proper lies on the guest's disk, so that its text is page cache;
        what it is linked with comes along by --with."""
        _, cc1 = call(["gcc", "-print-prog-name=cc1"], stdout=subprocess.PIPE)
        self.paths = {"CC1": cc1.strip(), "SYSBENCH": shutil.which("sysbench")}
        job = self.out / "disk/job"
        job.mkdir()
        for path in (self.paths["CC1"], HERE / "job", HERE / "reads"):
            shutil.copy(path, job)
        for source in ("workers", "summary", "sysinfo", "trace"):
            must("gcc", "-D_GNU_SOURCE", "-E", "-o", f"{job}/{source}.i",
                 f"{ROOT}/tools/testing/selftests/kswapd/{source}.c")

    def build_arms(self):
        """An arm whose kernel cannot be had is left out by name; one that does not build
        ends the run. The series is that of before the build."""
        left = []
        for arm in self.arms:
            arm.built = arm.series + (", edited" if arm.edit else "")
            if not arm.kernel:
                arm.kernel = fetch(arm.package, arm.base) if arm.package else self.build(arm)
            if not arm.kernel:
                note(f"SKIP: {arm.name}: its kernel cannot be had, see above")
                continue
            if arm.module:
                arm.built += f", module {build_module(arm)}"
            left.append(arm)
        self.arms = left
        if not left:
            raise BadInput("no kernel is left to run")

    @staticmethod
    def build(arm):
        """Its image; nothing if it cannot be had."""
        options = ["--patches", arm.patches]
        options += ["--mglru", arm.mglru] if arm.mglru != "0" else []
        options += ["--fixes", arm.fixes] if arm.fixes != "all" else []
        options += ["--edit", arm.edit] if arm.edit else []
        status, output = call([VMTEST, "kernel", "--base", arm.base, *options],
                              stdout=subprocess.PIPE,
                              env=os.environ | {"KDIR": kdir_of(arm.base)})
        if status not in (0, 4):
            sys.exit(1)
        return "" if status else output.splitlines()[-1]

    def name_of(self, arm, scenario, lru, scale, number):
        return f"{self.out}/raw/{scenario}-{lru}-{scale}-{arm}-{number}"

    def command(self, arm, scenario, words, lru, scale, name):
        """Options of vmtest run, and the program of the guest, which prints JSON. Its other
        words go to the console."""
        if scenario == "mixed":
            return ["--with", f"{ROOT}/build/workload/file_anon_mix_pressure", "--",
                    f"{ROOT}/tools/testing/mglru/guest", lru, scale, *words.split()]
        module = ["--with", arm.module] if arm.module else []
        load = f"insmod /vmtest/{os.path.basename(arm.module)} && " if arm.module else ""
        return ["--with", f"{ROOT}/build/workload/kswapd_pressure", *module, "--", "sh", "-c",
                f"{load}exec kswapd_pressure {words} --lru {lru} --scale-factor {scale} --json "
                "2>/dev/console"]

    def run_guest(self, arm, scenario, lru, scale, number):
        """True if it failed, which is a result as well. The file has its name only when it
        is whole."""
        options, words = self.scenarios[scenario]
        options = [(self.paths | self.values).get(word, word) for word in options]
        for word in ("runaway", "compiler"):
            words = words.replace(word.upper(), base_fact(arm.base, word))
        words = " ".join(self.values.get(word, word) for word in words.split())
        part, log = self.out / "part", self.out / "part.log"
        name = self.name_of(arm.name, scenario, lru, scale, number)
        load = " ".join(f"{value:.2f}" for value in os.getloadavg())
        with open(part, "wb") as output, open(log, "wb") as errors:
            status, _ = call(
                [VMTEST, "run", "--kernel", arm.kernel, *options, "--timeout", "900",
                 "--disk", f"{self.out}/disk", "--disk-size", "512M",
                 *self.command(arm, scenario, words, lru, scale, name)],
                stdout=output, stderr=errors)
        lines = log.read_text(errors="replace").splitlines()
        outcome = ([""] + [line for line in lines if re.match("vmtest: [a-z ]*[:(]", line)])[-1]
        accelerator = re.search(" s, ([^,]*), console", outcome)
        cpu = re.search("^model name.*?: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
        run = {"arm": arm.name, "base": arm.base,
               "patches": arm.patches + (" and all MGLRU" if arm.mglru != "0" else ""),
               "series": arm.built, "scenario": scenario, "lru": lru, "scale": int(scale),
               "round": number, "date": str(date.today()), "arguments": words,
               "guest": " ".join(options), "config": config_of(arm.kernel), "status": status,
               "outcome": outcome, "accelerator": accelerator[1] if accelerator else "unknown",
               "host": {"cpu": cpu[1] if cpu else "", "cpus": len(os.sched_getaffinity(0)),
                        "load_before": load},
               "data": read_json(part)}
        if scenario == "mixed" and run["data"]:
            run["data"]["summary"] = summary.summary_of_mix(run["data"])
        part.write_text(json.dumps(run, indent=2) + "\n")
        if status:
            log.rename(name + ".log")
            note(f"  the run failed with status {status}: {(lines or [''])[-1]} (log: {name}.log)")
        part.rename(name + ".json")
        return bool(status)

    def cells(self):
        """The runs in their order: no arm is always the first, or next to the same one."""
        for number, *cell in itertools.product(range(1, int(self.repeat) + 1), self.scenarios,
                                               self.lrus, self.scales):
            at = (number - 1) % len(self.arms)
            for arm in self.arms[at:] + self.arms[:at]:
                yield arm, *cell, number

    def run(self):
        """How many runs failed."""
        cells, failed, start, left = list(self.cells()), 0, time.monotonic(), ""
        try:
            for done, (arm, scenario, lru, scale, number) in enumerate(cells):
                if done:
                    minutes = (time.monotonic() - start) * (len(cells) - done) / done / 60
                    left = f", about {int(minutes) + 1} min left"
                note(f"run {done + 1} of {len(cells)}: round {number}, {scenario}, {lru}, "
                     f"scale {scale}, {arm.name}{left}")
                failed += self.run_guest(arm, scenario, lru, scale, number)
        finally:
            self.put_together()
        return failed

    def put_together(self):
        """Of the runs so far."""
        self.remove("part*", "disk")
        if any(self.out.glob("raw/*.json")):
            self.runs = summary.put_together(self.out, [arm.name for arm in self.arms])
            for plot in sorted(self.out.glob("*.gp")):
                must("gnuplot", str(plot))
            note(f"left in {self.out}: table.txt, bench.csv, bench.json, *.svg, raw/")

    def judge(self):
        """Whether the runs show the claim of a preset; called if none failed."""
        return True


def run_one(bench):
    """The exit status of a bench."""
    with bench.alone():
        bench.prepare()
        failed = bench.run()
        if bench.add:
            facts.add(bench.out, {})
        if failed:
            note(f"{failed} runs failed: see the logs beside {bench.out}/raw/*.json")
        return int(bool(failed) or not bench.judge())


def guard(function):
    """The exit status of a program: that of the function, or that of its error."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    # The options of the calling make are not for the makefiles that are run from here.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"):
        os.environ.pop(name, None)
    try:
        return function()
    except (BadInput, Failure, OSError) as error:
        note(error)
        return 1 if isinstance(error, OSError) else 2


def main(argv):
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, epilog=HELP, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    _, rest = parser.parse_known_args(argv)

    def make():
        if rest:
            raise BadInput(f"unknown argument '{rest[0]}' (--help lists the variables of the environment)")
        return Bench(os.environ)
    return guard(lambda: run_one(make()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
