# SPDX-License-Identifier: GPL-2.0
"""Makes the patches of a base from the stack: plan, adaptations, regeneration."""
import difflib
import os
import subprocess
import tempfile

from patchtext import (HUNK, BadPatch, Hunk, Patch, ancestor, applied, diff_text, take_hunk)
from project import NAME, SETS, STACK, Failure, key_of, read, write
from repo import Conflict, Repo

NO_REASON = "TODO: say why the patch of mm-new does not do"


class Item:
    """A patch of a base: its set, its key, and the file of the base or of mm-new."""

    def __init__(self, kind, key, base, file):
        self.kind, self.key, self.base, self.file = kind, key, base, file
        self.own = base.name != STACK

    def __str__(self):
        return self.base.shown(self.file)


class Stop(Exception):
    """A base's patch that needs a person: which of them, and why."""

    def __init__(self, index, item, why, committed):
        super().__init__(why)
        self.index, self.item, self.why, self.committed = index, item, why, committed


def own_file(base, key):
    kind, name = os.path.split(key)
    found = [os.path.join(kind, file) for file in os.listdir(base.path(kind))
             if NAME.match(file) and NAME.match(file)[2] == name] \
        if os.path.isdir(base.path(kind)) else []
    if len(found) != 1:
        raise Failure(f"{base.shown('port')}: own: {key}: {base.shown(kind)} has "
                      f"{len(found)} patches of that name")
    return found[0]


def planned(base):
    """(set, key, mm-new's file) of the patches of another base than mm-new, in order. Those
    of its own have no such file, and come first in their set."""
    stack = base.project.base(STACK)
    if not os.path.exists(base.port_file):
        raise Failure(f"there is no {base.shown('port')}: see 'scripts/stack --help'")
    keys = {key_of(file) for file in stack.all_files()}
    for what, names in (("drop", base.drops), ("adapt", base.adaptations())):
        for key in names:
            if key not in keys:
                raise Failure(f"{base.shown('port' if what == 'drop' else 'adapt')}: "
                              f"{what}: patches/{STACK} has no patch '{key}'")
    found = []
    for kind in SETS:
        found += [(kind, key, None) for key in base.own if os.path.dirname(key) == kind]
        found += [(kind, key_of(file), file) for file in stack.files(kind)
                  if key_of(file) not in base.drops]
    return found


def plan(base):
    """The patches of a base in order."""
    stack = base.project.base(STACK)
    if base.name == STACK:
        return [Item(os.path.dirname(file), key_of(file), base, file)
                for file in base.all_files()]
    return [Item(kind, key, stack, file) if file else
            Item(kind, key, base, own_file(base, key)) for kind, key, file in planned(base)]


def read_adaptation(base, key):
    """(reason lines, hunks) of a patch's adaptation."""
    path = base.path(base.adaptation(key))
    if not os.path.exists(path):
        return [], []
    lines = read(path).split("\n")
    first = next((i for i, line in enumerate(lines) if line.startswith("--- ")), None)
    if first is None:
        raise Failure(f"{base.shown(base.adaptation(key))} has no diff")
    hunks, at = [], first + 2
    while at < len(lines) and HUNK.match(lines[at]):
        try:
            at = take_hunk(lines, at, hunks)
        except BadPatch as error:
            raise Failure(f"{base.shown(base.adaptation(key))}: {error}") from error
    if not hunks or any(lines[at:]):
        raise Failure(f"{base.shown(base.adaptation(key))}:{at + 1}: not a hunk")
    return [line for line in lines[:first] if line], hunks


def write_adaptation(base, item, reason, old, hunks):
    """Without hunks there is none."""
    path = base.path(base.adaptation(item.key))
    if not hunks:
        if os.path.exists(path):
            os.unlink(path)
        return
    write(path, "\n".join(reason + [f"--- {STACK}", f"+++ {base.name}"]
                          + diff_lines(old, hunks)) + "\n")


def diff_lines(old, hunks):
    """The hunks with numbers, for the old lines."""
    _, starts = ancestor(old, hunks)
    return diff_text(hunks, starts)


def adapted(patch, hunks):
    """(the patch with an adaptation, whether all of it fits). Parts that do not fit are
    left out."""
    lines = patch.normal()
    old, starts = ancestor(lines, hunks)
    new, fits = applied(old, hunks, starts), True
    if old != lines:
        new, fits = merge(lines, old, new)
    try:
        return patch.from_normal(new), fits
    except (BadPatch, IndexError):
        return patch, False


def merge(ours, old, theirs):
    """A three-way merge; (lines, whether there was no conflict), ours in a conflict."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = []
        for name, lines in (("ours", ours), ("old", old), ("theirs", theirs)):
            paths.append(os.path.join(scratch, name))
            write(paths[-1], "\n".join(lines) + "\n")
        runs = [subprocess.run(["git", "merge-file", "-q", "-p", *options, *paths],
                               stdout=subprocess.PIPE, check=False, encoding="utf-8")
                for options in ([], ["--ours"])]
    return runs[1].stdout.split("\n")[:-1], runs[0].returncode == 0


def prepare(base, item):
    """(patch, whether its adaptation fits it)"""
    patch = item.base.patch(item.file)
    if item.own or base.name == STACK:
        return patch, True
    patch = patch.renamed(base.renames)
    _, hunks = read_adaptation(base, item.key)
    return adapted(patch, hunks) if hunks else (patch, True)


class Port:
    """The patches of a base as they come from the stack, on a tree of the base."""

    def __init__(self, base, tree, path, wide=()):
        self.base, self.items = base, plan(base)
        self.patches = [prepare(base, item) for item in self.items]
        self.tree, self.path, self.wide = tree, path, list(wide)
        self.repo, self.ends = None, {}

    def names(self, more=()):
        """What of the tree is needed: the files that are edited, and git's attributes."""
        touched = {file.path for patch, _ in self.patches for file in patch.files}
        touched |= {file.path for patch in more for file in patch.files}
        return self.wide + [".gitattributes"] + sorted(touched)

    def start(self, more=()):
        self.repo = Repo.create(self.path, self.tree, self.names(more))
        self.ends = {"": "base"}

    def run(self):
        """Commit all patches; Stop at the first that conflicts."""
        self.start()
        for index in range(len(self.items)):
            self.step(index)
        return self.files()

    def step(self, index):
        item, (patch, fits) = self.items[index], self.patches[index]
        try:
            self.repo.am(patch)
        except Conflict as error:
            raise Stop(index, item, str(error), False) from error
        if not fits:
            # Not committed: a person completes it.
            self.repo.git("reset", "-q", "--soft", "HEAD~")
            raise Stop(index, item, f"{self.base.shown(self.base.adaptation(item.key))} "
                       "does not fit it any more", True)
        self.done(item)

    def last_form(self, index):
        """Put the last form of a base's patch in the place of one that conflicts, with
        those changes of mm-new's patch that fit it at exactly one place. The others are
        returned, as lines of a diff."""
        item = self.items[index]
        have = [file for file in self.base.all_files() if key_of(file) == item.key]
        if item.own or not have:
            return []
        patch = self.base.patch(have[0])
        _, hunks = read_adaptation(self.base, item.key)
        old = adapted(patch, [hunk.reversed() for hunk in hunks])[0].normal()
        new = item.base.patch(item.file).renamed(self.base.renames).normal()
        lines, left = patch.normal(), []
        for hunk in between(old, new):
            block = hunk.old()
            at = [i for i in range(len(lines)) if lines[i:i + len(block)] == block]
            if len(at) == 1:
                lines[at[0]:at[0] + len(block)] = hunk.new()
            else:
                left.append(hunk)
        self.patches[index] = (patch.from_normal(lines), not left)
        return diff_lines(old, left)

    def carried(self, index):
        """The mail that last_form() makes, or None if that needs a person."""
        if self.last_form(index):
            return None
        try:
            self.start()
            for i in range(index + 1):
                self.step(i)
        except Stop:
            return None
        (text,) = self.repo.format("HEAD~", "HEAD").values()
        return text

    def done(self, item):
        self.ends[item.kind] = self.repo.head()

    def files(self):
        """path -> text of all that patches/BASE has of the stack."""
        made, since = {}, "base"
        for kind in SETS:
            members = [item for item in self.items if item.kind == kind]
            if not members:
                continue
            mails = self.repo.format(since, self.ends[kind])
            since = self.ends[kind]
            for name, text in mails.items():
                made[os.path.join(kind, name)] = text
            made[os.path.join(kind, "series")] = "".join(name + "\n" for name in mails)
        return made

    # A commit by a person becomes an adaptation.

    def adapt(self, wants, reason):
        """Write the adaptations (and own patches) that give wants: index -> text."""
        try:
            patches = {index: Patch.parse(text) for index, text in wants.items()}
        except BadPatch as error:
            raise Failure(f"the commit cannot become an adaptation: {error}") from None
        self.start(patches.values())
        for index, item in enumerate(self.items):
            if index > max(wants):
                break
            if index not in wants:
                self.step(index)
                continue
            want = patches[index]
            if item.own:
                write(self.base.path(item.file), wants[index])
            else:
                self.find_adaptation(item, want, reason)
            why = self.repo.am_exact(wants[index])
            if why:
                raise Failure(f"{item} as committed does not apply again: {why}")
            self.done(item)

    def find_adaptation(self, item, want, reason):
        """The hunks between mm-new's patch and the wanted one, less those that a
        three-way merge does not need."""
        patch = item.base.patch(item.file).renamed(self.base.renames)
        hunks = [] if self.gives(patch, [], want) else between(patch.normal(), want.normal())
        if hunks and not self.gives(patch, hunks, want):
            raise Failure(f"no adaptation makes {self.base.name}'s form of {item} from it")
        for hunk in list(hunks):
            fewer = [other for other in hunks if other is not hunk]
            if self.gives(patch, fewer, want):
                hunks = fewer
        old_reason, _ = read_adaptation(self.base, item.key)
        write_adaptation(self.base, item, [reason] if reason else old_reason or [NO_REASON],
                         patch.normal(), hunks)

    def gives(self, patch, hunks, want):
        """Does the patch, adapted by hunks, give the wanted one on the tree?"""
        before = self.repo.head()
        try:
            made, fits = adapted(patch, hunks) if hunks else (patch, True)
            self.repo.am(made)
            mails = list(self.repo.format(before, "HEAD").values())
            return fits and Patch.parse(mails[0]).normal() == want.normal()
        except (Conflict, Failure):
            self.repo.git("am", "--abort", check=False)
            return False
        finally:
            self.repo.git("reset", "-q", "--hard", before)


def between(old, new):
    """The hunks that make new lines of old ones."""
    hunks = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(3):
        lines = []
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                lines += [" " + line for line in old[first:last]]
            else:
                lines += ["-" + line for line in old[first:last]]
                lines += ["+" + line for line in new[new_first:new_last]]
        hunks.append(Hunk(group[0][1] + 1, "", lines))
    return hunks
