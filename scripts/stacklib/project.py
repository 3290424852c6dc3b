# SPDX-License-Identifier: GPL-2.0
"""The project's files: bases, their facts and sets, the port file, kernel trees."""
import os
import re
import shutil
import subprocess
import tempfile

from patchtext import BadPatch, Patch, digest_of

STACK = "mm-new"
SETS = ("fixes", "")
NAME = re.compile(r"(\d{4})-([A-Za-z0-9._-]+)\.patch$")


class Failure(Exception):
    """Bad input or a missing thing: one sentence, exit status 2."""


class NoSource(Failure):
    """The source of a base cannot be had: exit status 4."""


class Project:
    """The directory that holds patches/."""

    def __init__(self, root, trees=()):
        self.root, self.trees = root, dict(trees)
        self.patches = os.path.join(root, "patches")
        if not os.path.isfile(os.path.join(self.patches, STACK, "base")):
            raise Failure(f"there is no {self.patches}/{STACK}/base, the stack's own base")

    def bases(self):
        """All bases, the stack's own first."""
        names = [name for name in sorted(os.listdir(self.patches))
                 if os.path.isfile(os.path.join(self.patches, name, "base"))]
        return [STACK] + [name for name in names if name != STACK]

    def base(self, name):
        if name not in self.bases():
            raise Failure(f"unknown base '{name}'; expected one of: "
                          f"{' '.join(self.bases())}")
        return Base(self, name)

    def build(self, *parts):
        return os.path.join(self.root, "build", *parts)


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"cannot read {path}: {error}") from error


def write(path, text):
    """Write a file whole or not at all."""
    part = path + ".new"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(part, "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(part, path)


def publish(source, out):
    """Put a copy of the directory SOURCE in the place of OUT, whole or not at all."""
    parent, name = os.path.split(out)
    try:
        os.makedirs(parent or ".", exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=name + ".", dir=parent or ".") as work:
            new, old = os.path.join(work, "new"), os.path.join(work, "old")
            try:
                shutil.copytree(source, new)
                if os.path.isdir(out):
                    os.rename(out, old)
                os.rename(new, out)
            finally:
                # After an interrupt between the two renames as well.
                if os.path.isdir(old) and not os.path.lexists(out):
                    os.rename(old, out)
    except OSError as error:
        raise Failure(f"cannot write {out}: {error.strerror or error}") from None


def facts_in(path, key):
    """All values of a key of a base file."""
    return re.findall(rf"^{key}:[ \t]*(.*?)[ \t]*$", read(path), re.M)


def listed(series):
    """The names in a series file, if there is one."""
    if not os.path.exists(series):
        return []
    return [line.strip() for line in read(series).splitlines()
            if line.strip() and not line.startswith("#")]


def series_of(directory, patches="all", fixes="all", mglru="0"):
    """The first digits of the hash of the diffs of a base, fixes first: all of a set, or the
    first so many. The words are those of vmtest kernel; "none" is the hash of no patch."""
    texts = []
    for kind, which in (("fixes", "0" if patches == "0" else fixes),
                        ("", {"set": "all", "fixes": "0"}.get(patches, patches)),
                        ("mglru", mglru)):
        found = listed(os.path.join(directory, kind, "series"))
        texts += [read(os.path.join(directory, kind, name))
                  for name in found[:None if which == "all" else int(which)]]
    return digest_of(texts)[:12] if texts else "none"


def release(tree):
    """VERSION.PATCHLEVEL and, if it is not 0, .SUBLEVEL of a kernel tree."""
    text = read(os.path.join(tree, "Makefile"))
    numbers = [re.search(rf"^{key} = (\d+)$", text, re.M)
               for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not (numbers[0] and numbers[1]):
        raise Failure(f"{tree} is not a kernel tree: its Makefile has no VERSION")
    numbers = [number[1] for number in numbers if number]
    return ".".join(numbers[:2] if numbers[2:] == ["0"] else numbers)


class Base:
    """patches/NAME."""

    def __init__(self, project, name):
        self.project, self.name = project, name
        self.dir = os.path.join(project.patches, name)
        self.port_file = os.path.join(self.dir, "port")
        self.own, self.drops, self.renames = [], {}, []
        if name != STACK and os.path.exists(self.port_file):
            self.read_port()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def shown(self, *parts):
        return os.path.join("patches", self.name, *parts)

    def facts(self, key):
        return facts_in(self.path("base"), key)

    def fact(self, key):
        return (self.facts(key) or [""])[0]

    def read_port(self):
        for number, line in enumerate(read(self.port_file).splitlines(), 1):
            where = f"{self.shown('port')}:{number}"
            if not line.strip() or line.startswith("#"):
                continue
            form = re.match(r"(own|drop|rename): (\S+)(?: (\S+))? \| *(\S.*)$", line)
            if not form or (form[1] == "rename") != bool(form[3]):
                raise Failure(f"{where}: expected 'own: PATCH | reason', 'drop: PATCH | reason'"
                              f" or 'rename: OLD NEW | reason', not '{line}'")
            if form[1] == "rename":
                if form[2].endswith("*") != form[3].endswith("*"):
                    raise Failure(f"{where}: OLD and NEW both end with *, or neither does")
                self.renames.append((form[2], form[3]))
            elif form[1] == "own":
                self.own.append(form[2])
            else:
                self.drops[form[2]] = form[4]

    def files(self, kind):
        """The patch files of a set, as its series file lists them."""
        names = listed(self.path(kind, "series"))
        for name in names:
            if not NAME.match(name):
                raise Failure(f"{self.shown(kind, 'series')}: invalid patch name '{name}'")
            if not os.path.isfile(self.path(kind, name)):
                raise Failure(f"{self.shown(kind, 'series')} lists {name}, which is not there")
        return [os.path.join(kind, name) for name in names]

    def all_files(self):
        return [file for kind in SETS for file in self.files(kind)]

    def patch(self, file):
        try:
            return Patch.parse(read(self.path(file)))
        except BadPatch as error:
            raise Failure(f"{self.shown(file)}: {error}") from error

    def contents(self):
        """What patches/NAME has: path of a file -> text."""
        made = {}
        for kind in SETS:
            if os.path.exists(self.path(kind, "series")):
                made[os.path.join(kind, "series")] = read(self.path(kind, "series"))
            if os.path.isdir(self.path(kind)):
                for name in os.listdir(self.path(kind)):
                    if NAME.match(name):
                        made[os.path.join(kind, name)] = read(self.path(kind, name))
        return made

    def digest(self):
        return digest_of(read(self.path(file)) for file in self.all_files())

    def adaptation(self, key):
        return os.path.join("adapt", key + ".diff")

    def adaptations(self):
        """The keys of the patches that have an adaptation."""
        found = []
        for top, _, names in os.walk(self.path("adapt")):
            for name in names:
                path = os.path.relpath(os.path.join(top, name), self.path("adapt"))
                found.append(path.removesuffix(".diff"))
        return sorted(found)

    def tree(self):
        """A kernel tree of the base, only to be read."""
        if self.name in self.project.trees:
            return self.project.trees[self.name]
        kernel, kdir = self.fact("kernel"), os.environ.get("KDIR")
        if kdir and release(kdir).split(".")[:2] == kernel.split("."):
            return kdir
        if not self.fact("source"):
            raise NoSource(f"{self.name} has no source package: set KDIR to a {kernel} tree")
        env = {k: v for k, v in os.environ.items() if k != "KDIR"}
        vmtest = os.path.join(self.project.root, "tools/testing/vmtest/vmtest")
        run = subprocess.run([vmtest, "kernel", "--base", self.name, "--source"], env=env,
                             stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode == 4:
            raise NoSource(f"the source of {self.name} cannot be had; see the line above")
        if run.returncode:
            raise Failure(f"no source of {self.name}: vmtest kernel --base {self.name} "
                          f"--source ended with status {run.returncode}")
        return run.stdout.splitlines()[-1]


def key_of(file):
    """fixes/0001-x.patch -> fixes/x: a name that renumbering does not change."""
    kind, name = os.path.split(file)
    return os.path.join(kind, NAME.match(name)[2])
