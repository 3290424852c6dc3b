# SPDX-License-Identifier: GPL-2.0
"""The whole set of a base as commits in a scratch repository: its patches, and one commit
for each group of new files."""
import glob
import os
import re
import subprocess

from patchtext import BadPatch, Patch
from places import located, registered, with_entries
from project import Failure, read
from repo import AUTHOR, Repo, copy

COLUMNS = 75
OUR_NAME = "pgdat_try_reset_kswapd_failures"
UPSTREAM_NAMES = "kswapd_try_clear_hopeless|kswapd_clear_hopeless"


class MailList:
    """BASE, BASE/fixes or BASE/mglru: the patches of a set, and those that it goes on top
    of, the fixes of a base for its series."""

    def __init__(self, project, name):
        of, slash, kind = name.partition("/")
        if of not in project.bases() or slash and kind not in ("fixes", "mglru"):
            raise Failure(f"unknown base '{name}'; expected one of: {' '.join(project.bases())}")
        self.name, self.kind, self.base = name, kind, project.base(of)
        if not os.path.isfile(self.base.path(kind, "series")):
            raise Failure(f"patches/{name} has no file 'series'")
        self.files = self.base.files(kind)
        self.below = [] if kind else self.base.files("fixes")

    def all_files(self):
        return self.below + self.files

    def text(self, file):
        return read(self.base.path(file))

    def needed(self):
        if not self.files:
            raise Failure(f"patches/{self.name} has no patches yet")
        return self

    def knows_upstream(self):
        """A base for trees with upstream's form of the balance check has the names of that
        form among the lines that it finds there."""
        return any(re.search(f"^[- ].*({UPSTREAM_NAMES})", self.text(file), re.M)
                   for file in self.all_files())


class Group:
    """A file of scripts/series.d: new files of the series, for one commit."""

    def __init__(self, project, name):
        self.where, self.root, self.name = f"scripts/series.d/{name}", project.root, name
        head, _, self.message = read(os.path.join(self.root, self.where)).partition("\n\n")
        values = {"Files": [], "Register": [], "Append": []}
        for line in head.rstrip("\n").split("\n"):
            key, colon, value = line.partition(": ")
            if key not in values or not colon or not value:
                raise Failure(f"{self.where}: unknown line '{line}'")
            values[key].append(value)
        if not self.message:
            raise Failure(f"{self.where} has no commit message")
        self.register = [self.parts(r"([^|]+) \| (.+) \| (.+) \| (.+)", value,
                                    "Register: FILE | FROM | PATTERN | LINE")
                         for value in values["Register"]]
        self.append = {}
        for value in values["Append"]:
            file, line = self.parts(r"([^|]+) \|(?: (.*))?", value, "Append: FILE | LINE")
            self.append.setdefault(file, []).append(line or "")
        found = [self.tracked(spec) for spec in values["Files"]]
        self.files = sorted({file for files in found for file in files})
        # All of a group or nothing: a part of it is a mistake in a name.
        for spec, files in zip(values["Files"], found):
            if self.files and not files:
                raise Failure(f"{self.where}: no file matches '{spec}'")

    def parts(self, form, value, words):
        match = re.fullmatch(form, value)
        if not match:
            raise Failure(f"{self.where}: {words}")
        return match.groups()

    def tracked(self, spec):
        """Of git, so that nothing built is among them."""
        run = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--", spec], check=True,
                             stdout=subprocess.PIPE, text=True)
        return [file for file in run.stdout.split("\0")[:-1]
                if os.path.isfile(os.path.join(self.root, file))]

    def touched(self):
        return self.files + [value[0] for value in self.register] + list(self.append)


def groups_of(project):
    """Those that have files."""
    run = subprocess.run(["git", "-C", project.root, "rev-parse", "--show-toplevel"], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if run.stdout.strip() != os.path.realpath(project.root):
        raise Failure(f"{project.root} is no git repository, but the list of new files comes "
                      "from git")
    names = [os.path.basename(path) for path in
             sorted(glob.glob(os.path.join(project.root, "scripts/series.d/[0-9][0-9]-*")))]
    return [group for group in (Group(project, name) for name in names) if group.files]


class Clash:
    """A patch that git am does not apply, and the place in the tree."""

    def __init__(self, mails, file, tree, said):
        self.patch, self.file, self.line = f"patches/{mails.base.name}/{file}", None, 1
        why = re.search(r"^error: (.*)$", said, re.M)
        self.why = why[1] if why else ""
        failed = re.search(r"^error: patch failed: (.*):(\d+)$", said, re.M)
        other = re.search(r"^error: (.*): (?:does not exist in index|already exists in .*)$", said,
                          re.M)
        if failed:
            self.file = failed[1]
            self.line = self.place(mails.base.patch(file), tree, int(failed[2]))
        elif other:
            self.file = other[1]

    def place(self, patch, tree, start):
        old = [hunk.old() for diff in patch.files if diff.path == self.file
               for hunk in diff.hunks if hunk.start == start]
        lines = read(os.path.join(tree, self.file)).split("\n")[:-1]
        return located(lines, old[0] if old else [], start)

    def __str__(self):
        if not self.file:
            return f"{self.patch} cannot be applied: {self.why or 'git am failed'}"
        more = "" if self.why.startswith("patch failed") else f" ({self.why})"
        return f"conflict at {self.file}:{self.line} with {self.patch}{more}"


class MailSet:
    """The commits on top of those files of a kernel tree that the set touches: a copy of a
    whole tree takes longer than all the rest. The tag "fixes" is below the set itself."""

    def __init__(self, mails, tree, scratch, groups=()):
        self.mails, self.tree, self.clash = mails, tree, None
        # Only the series itself brings new files.
        self.groups = [group for group in ([] if mails.kind else groups)
                       if not any(value.startswith(group.name + " | ")
                                  for value in mails.base.facts("without"))]
        # The patches that the tree has already, from the first; the commits of the set, of
        # them those of the fixes, and those that the tree does not have.
        self.there = self.total = self.fixes = self.new = self.seen = 0
        touched = {path for file in mails.all_files() for path in
                   re.findall(r"^(?:--- a|\+\+\+ b)/(.*)$", mails.text(file), re.M)}
        for group in self.groups:
            touched |= {"MAINTAINERS", *group.touched()}
        path = os.path.join(scratch, mails.name.replace("/", "."))
        self.repo = Repo.create(path, tree, sorted(touched))
        # The dates follow the last patch, so that the same input gives the same output.
        date = re.search(r"^Date: (.*)$", mails.text(mails.files[-1]), re.M)
        if not date:
            raise Failure(f"patches/{mails.base.name}/{mails.files[-1]} has no Date: line")
        self.dates = {"GIT_AUTHOR_DATE": date[1], "GIT_COMMITTER_DATE": date[1]}

    def git(self, *args, env=(), **more):
        return self.repo.git(*args, env={**self.dates, **dict(env)}, **more)

    def build(self, resume):
        if resume:
            self.count_there()
        self.apply(self.mails.below)
        self.fixes = self.total
        self.git("tag", "fixes")
        self.apply(self.mails.files)
        if not self.clash:
            self.commit_groups()
        return self

    def count_there(self):
        """The most that can be taken back from the last to the first. A patch in the middle
        that is there alone shows up as a conflict."""
        files = [self.mails.base.path(file) for file in self.mails.all_files()]
        env = {"GIT_INDEX_FILE": os.path.join(self.repo.path, ".git", "there")}
        for count in range(len(files), 0, -1):
            self.git("read-tree", "base", env=env)
            if not any(self.git("apply", "--cached", "-R", file, env=env, check=False).returncode
                       for file in reversed(files[:count])):
                self.there = count
                return

    def am(self, file):
        """A clash, or nothing."""
        run = self.git("am", "-q", "--no-3way", "--whitespace=nowarn", self.mails.base.path(file),
                       check=False)
        if not run.returncode:
            return None
        clash = Clash(self.mails, file, self.tree, run.stderr + run.stdout)
        self.git("am", "--abort", check=False)
        return clash

    def apply(self, files):
        """Those that the tree does not have, up to the first that conflicts."""
        for file in files:
            self.seen += 1
            if self.seen <= self.there or self.clash:
                continue
            self.clash = self.am(file)
            self.new += not self.clash
        self.total += len(files)

    def commit_groups(self):
        for group in self.groups:
            for file in group.files:
                target = os.path.join(self.repo.path, file)
                if os.path.lexists(target):
                    os.unlink(target)
                copy(os.path.join(group.root, file), target)
            self.register(group)
            self.update_maintainers(group.root)
            self.git("add", "-A", "-f")
            self.total += 1
            if self.git("diff", "--cached", "--quiet", check=False).returncode:
                self.git("commit", "-q", "--no-verify", "-F", "-", stdin=group.message)
                self.new += 1

    def path(self, file):
        path = os.path.join(self.repo.path, file)
        if not os.path.isfile(path):
            raise Failure(f"{self.tree} has no {file}")
        return path

    def register(self, group):
        for file, start, pattern, line in group.register:
            lines = registered(read(self.path(file)).split("\n")[:-1], start, pattern, line)
            if lines is None:
                raise Failure(f"{group.where}: no list in {file} matches '{pattern}'")
            rewrite(self.path(file), "\n".join(lines) + "\n")
        for file, lines in group.append.items():
            text, more = read(self.path(file)), "\n".join(lines).rstrip("\n")
            # Lines that are in the file already, all of them in a row, are not added again.
            if more not in text:
                rewrite(self.path(file), f"{text}\n{more}\n")

    def update_maintainers(self, root):
        """The project's entries, with only the F: lines for which there is a file by now."""
        if not os.path.isfile(os.path.join(root, "MAINTAINERS")):
            return
        entries = {}
        for block in read(os.path.join(root, "MAINTAINERS")).rstrip("\n").split("\n\n"):
            lines = [line for line in block.split("\n")
                     if not line.startswith("F:") or self.is_there(line[2:].strip())]
            if any(line.startswith("F:") for line in lines):
                entries[lines[0]] = lines
        if not entries:
            return
        lines = with_entries(read(self.path("MAINTAINERS")).split("\n")[:-1], entries)
        if lines is None:
            raise Failure(f"cannot find the list of entries in {self.tree}/MAINTAINERS")
        rewrite(self.path("MAINTAINERS"), "\n".join(lines) + "\n")

    def is_there(self, pattern):
        return any(glob.glob(os.path.join(top, pattern.rstrip("/")))
                   for top in (self.repo.path, self.tree))


def rewrite(path, text):
    """In place: the mode stays."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def problems_of(mails, file):
    """Of the form of a mail and its diff, beside those that git and checkpatch find."""
    text = mails.text(file)
    try:
        patch = Patch.parse(text)
    except BadPatch as error:
        yield str(error)
        return
    if f"\nFrom: {AUTHOR[0]} <{AUTHOR[1]}>\n" not in text:
        yield f"the author is not {AUTHOR[0]} <{AUTHOR[1]}>"
    if not patch.subject.startswith(("mm/vmscan: ", "mm, oom: ")):
        yield "the subject does not start with 'mm/vmscan: ' or 'mm, oom: '"
    if len(patch.subject) > COLUMNS:
        yield f"the subject has {len(patch.subject)} columns, of {COLUMNS}"
    if any(line.startswith("Signed-off-by:") for line in patch.message):
        yield "it is signed off"
    for diff in patch.files:
        for hunk in diff.hunks:
            kinds = "".join(line[0] for line in hunk.lines)
            if re.match(" {4}", kinds) or re.search(" {4}$", kinds):
                yield (f"the hunk at line {hunk.start} of {diff.path} has more than three lines "
                       "of context")
                break
