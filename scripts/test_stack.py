#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/stack, on artificial kernel trees of a few functions."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
TOOL = os.path.join(HERE, "stack")
sys.path.insert(0, os.path.join(HERE, "stacklib"))

# pylint: disable=wrong-import-position
from patchtext import BadPatch, Hunk, Patch, ancestor, applied, digest_of, rename, slug
from porting import NO_REASON, adapted, between
from repo import MARK, Conflict, Repo, clean_env

MAIL = """From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Date: Thu, 26 Nov 2026 16:31:31 +0000
Subject: [PATCH 2/4] mm/vmscan: a subject that is
 folded

Text of one_name() and one_name_more.
---
 mm/a.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/mm/a.c b/mm/a.c
index 1111111..2222222 100644
--- a/mm/a.c
+++ b/mm/a.c
@@ -3,4 +3,4 @@ static int two(void)
 c
 d
-one_name(e);
+one_name(E);
 f
"""


class Text(unittest.TestCase):
    def test_parts(self):
        patch = Patch.parse(MAIL)
        self.assertEqual(patch.subject, "mm/vmscan: a subject that is folded")
        self.assertEqual(patch.message, ["Text of one_name() and one_name_more."])
        self.assertEqual([file.path for file in patch.files], ["mm/a.c"])
        self.assertEqual(patch.files[0].hunks[0].start, 3)
        self.assertIn("@@ static int two(void)", patch.normal())
        self.assertEqual(patch.from_normal(patch.normal()).files[0].hunks[0].start, 3)

    def test_real_patches_survive(self):
        paths = glob.glob(os.path.join(os.path.dirname(HERE), "patches/*/**/0*.patch"),
                          recursive=True)
        self.assertGreater(len(paths), 10)
        for path in paths:
            with open(path, encoding="utf-8") as f:
                patch = Patch.parse(f.read())
            self.assertEqual(patch.from_normal(patch.normal()).normal(), patch.normal(), path)

    def test_digest_is_of_the_code(self):
        document = MAIL[MAIL.index("diff --git"):].replace("mm/a.c", "Documentation/mm/a.rst")
        for text in (MAIL + document, MAIL.replace("-3,4 +3,4", "-5,4 +5,4"),
                     MAIL.replace("Text of", "Words of"), MAIL.replace("1111111", "3333333")):
            self.assertEqual(digest_of([text]), digest_of([MAIL]))
        self.assertNotEqual(digest_of([MAIL.replace("(E)", "(F)")]), digest_of([MAIL]))

    def test_bad_patches(self):
        for old, new, words in (
                ("diff --git a/mm/a.c b/mm/a.c", "diff", "no diff"),
                ("a/mm/a.c b/mm/a.c", "a/mm/a.c b/mm/b.c", "more than edit"),
                ("index 1111111", "new file mode 100644\nindex 1111111", "more than edit"),
                ("-3,4 +3,4", "-3,9 +3,9", "not a line of a hunk|cut short"),
                ("Subject:", "Object:", "no Subject"),
                ("\n---\n mm", "\n mm", "no '---'")):
            with self.assertRaisesRegex(BadPatch, words):
                Patch.parse(MAIL.replace(old, new))

    def test_renames_whole_words(self):
        renames = [("one_name", "other"), ("SOME_*", "ANY_*")]
        self.assertEqual(rename("one_name(one_name_x, SOME_A, SOME_)", renames),
                         "other(one_name_x, ANY_A, SOME_)")
        self.assertIn("Text of other() and one_name_more.",
                      Patch.parse(MAIL).renamed(renames).normal())

    def test_place_far_from_its_number(self):
        lines = [str(i) for i in range(50)] + list("abcdefg")
        old, starts = ancestor(lines, Patch.parse(MAIL.replace("one_name(e);", "e")
                                                  ).files[0].hunks)
        self.assertEqual((old, starts), (lines, [53]))

    def test_stand_in_where_the_context_differs(self):
        hunk = Hunk(2, "", [" b", " c", "-d", "+D", " e", " f"])
        lines = list("1234abXd") + ["e", "Y", "f", "g"]
        old, starts = ancestor(lines, [hunk])
        self.assertEqual(old, list("1234abcdefg"))
        self.assertEqual(applied(old, [hunk], starts), list("1234abcDefg"))

    def test_adaptation_keeps_other_changes(self):
        old = Patch.parse(MAIL)
        want = Patch.parse(MAIL.replace("Text of", "Words of"))
        hunks = between(old.normal(), want.normal())
        made, fits = adapted(Patch.parse(MAIL.replace("+one_name(E)", "+one_name(F)")), hunks)
        self.assertTrue(fits)
        self.assertIn("+one_name(F);", made.normal())
        self.assertIn("Words of one_name() and one_name_more.", made.normal())
        _, fits = adapted(Patch.parse(MAIL.replace("Text of", "Lines of")), hunks)
        self.assertFalse(fits)


class Scratch(unittest.TestCase):
    """A directory of its own, and git in it."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as f:
            return f.read()

    def write(self, text, *parts):
        os.makedirs(os.path.dirname(self.path(*parts)), exist_ok=True)
        with open(self.path(*parts), "w", encoding="utf-8") as f:
            f.write(text)

    def edit(self, old, new, *parts):
        text = self.read(*parts)
        self.assertIn(old, text)
        self.write(text.replace(old, new, 1), *parts)

    def git(self, where, *args, check=True):
        env = dict(clean_env(), GIT_AUTHOR_NAME="A User", GIT_AUTHOR_EMAIL="a@example.org",
                   GIT_SEQUENCE_EDITOR="true", GIT_EDITOR="true")
        return subprocess.run(["git", *args], cwd=self.path(where), env=env, check=check,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


class Merge(Scratch):
    def test_conflict_in_one_of_two_files(self):
        text = "a\nb\nc\nd\none_name(e);\nf\n"
        self.write(text, "tree/mm/a.c")
        self.write(text.replace("one_name", "other_name"), "tree/mm/b.c")
        diff = MAIL[MAIL.index("diff --git"):]
        patch = Patch.parse(MAIL + diff.replace("mm/a.c", "mm/b.c"))
        repo = Repo.create(self.path("work"), self.path("tree"), ["mm"])
        with self.assertRaises(Conflict):
            repo.am(patch)
        self.assertEqual(repo.changes(), "M  mm/a.c\nUU mm/b.c")


class Names(Scratch):
    def test_names_are_those_of_git(self):
        self.git(".", "init", "-q")
        subjects = ["mm, oom: drain the per-CPU lists before a task is killed", "a  b: c...d. -",
                    "mm/vmscan: count failed kswapd runs, give-ups and revivals (v2)", ".x _y-"]
        for subject in subjects:
            self.git(".", "commit", "-q", "--allow-empty", "-m", subject)
        self.git(".", "format-patch", "-q", "--always", "--root", "-o", "out")
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         [f"{i:04}-{slug(s)}.patch" for i, s in enumerate(subjects, 1)])


def function(name, body):
    return f"static int {name}(void)\n{{\n" + "".join(f"\t{line}\n" for line in body) + "}\n\n"


def filler(name):
    return "".join(function(f"{name}_{i}", [f"return {i};"]) for i in range(8))


def source(wake, extra=""):
    return (filler("early") + function("reclaim", ["scan();", "count = 0;", "return 1;"])
            + filler("middle") + extra
            + function("wake", ["lock();", "prepare();", *wake, "done();", "unlock();"])
            + filler("late"))


class Flow(Scratch):
    """A project with a stack of two fixes and three patches, and two other bases."""

    made = None

    def setUp(self):
        super().setUp()
        if Flow.made is None:
            # Made once: the tests start with copies of it.
            self.make()
            Flow.made = tempfile.TemporaryDirectory()
            subprocess.run(["cp", "-r", os.path.join(self.dir, "."), Flow.made.name], check=True)
        else:
            subprocess.run(["cp", "-r", os.path.join(Flow.made.name, "."), self.dir],
                           check=True)

    def make(self):
        self.tree("mm-new", "6 19 0", source(["run(kswapd);"]))
        self.tree("old", "6 12 117", source(["run_thread(kswapd);"], filler("only_old")))
        self.tree("new", "7 3 4", source(["run(kswapd);"]).replace("count = 0", "upstream()"))
        self.stack()
        for name, kernel, made_on in (("mm-new", "6.19", "6.19"), ("old", "6.12", "6.12.117"),
                                      ("new", "7.3", "7.3.4")):
            self.write(f"name: {name}\nkernel: {kernel}\nmade-on: {made_on}\n",
                       "patches", name, "base")
        self.write("own: fixes/mm-vmscan-a-backport | merged in 6.16\n", "patches/old/port")
        self.write("drop: mm-vmscan-reset-the-count-late | merged in 7.0\n"
                   "rename: count_reset upstream | 7.0\n"
                   "rename: LIMIT_* BOUND_* | 7.0\n", "patches/new/port")
        self.backport()
        self.run_tool(0, "port")

    def tree(self, name, version, text):
        version, level, sub = version.split()
        self.write(f"VERSION = {version}\nPATCHLEVEL = {level}\nSUBLEVEL = {sub}\n",
                   "trees", name, "Makefile")
        self.write("*.[ch] diff=cpp\n", "trees", name, ".gitattributes")
        self.write(text, "trees", name, "mm/vmscan.c")

    def commit(self, where, subject, old, new):
        self.edit(old, new, where, "mm/vmscan.c")
        self.git(where, "commit", "-q", "-a", "-m", subject, "-m", "Because of this.")

    def repo(self, tree):
        subprocess.run(["cp", "-r", self.path("trees", tree), self.path("work")], check=True)
        self.git("work", "init", "-q")
        self.git("work", "add", "-A")
        self.git("work", "commit", "-q", "-m", "tree")
        self.git("work", "tag", "base")

    def formatted(self, where, since, until):
        self.git("work", "format-patch", "-q", "--zero-commit", "--no-signature", "--abbrev=7",
                 "--no-renames", "-o", self.path(where), f"{since}..{until}")
        names = sorted(n for n in os.listdir(self.path(where)) if n.endswith(".patch"))
        for name in names:
            self.edit("From: A User <a@example.org>", "From: kswapd-failures project "
                      "<kswapd-failures@project.invalid>", where, name)
        self.write("".join(name + "\n" for name in names), where, "series")

    def stack(self):
        self.repo("mm-new")
        self.commit("work", "mm/vmscan: fix one", "return 3;", "return three();")
        self.commit("work", "mm/vmscan: fix another", "\tlock();\n", "\tlock();\n\tcheck();\n")
        self.git("work", "tag", "fixes")
        self.commit("work", "mm/vmscan: reset the count late", "count = 0;", "count_reset();")
        self.commit("work", "mm/vmscan: retry with a backoff", "\tcount_reset();\n",
                    "\tcount_reset();\n\tif (LIMIT_MIN)\n\t\tbackoff = 10;\n")
        self.commit("work", "mm/vmscan: count them all", "\tunlock();\n",
                    "\tall++;\n\tunlock();\n")
        self.formatted("patches/mm-new/fixes", "base", "fixes")
        self.formatted("patches/mm-new", "fixes", "HEAD")

    def backport(self):
        subprocess.run(["rm", "-r", self.path("work")], check=True)
        self.repo("old")
        self.commit("work", "mm/vmscan: a backport", "return 6;", "return six();")
        self.formatted("patches/old/fixes", "base", "HEAD")

    def run_tool(self, status, *args):
        env = {k: v for k, v in os.environ.items() if k != "KDIR"}
        trees = [f"--tree={name}={self.path('trees', name)}" for name in ("mm-new", "old", "new")]
        run = subprocess.run([sys.executable, TOOL, *args, *trees], text=True, check=False,
                             cwd=self.dir, env=dict(env, STACK_ROOT=self.dir),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(run.returncode, status, run.stdout)
        self.assertNotIn("Traceback", run.stdout)
        return run.stdout

    def bad_input(self, words, *args):
        out = self.run_tool(2, *args)
        self.assertRegex(out, words)
        self.assertRegex(out, r"\Astack: .*\n\Z")

    def patches(self):
        found = {}
        for path in glob.glob(self.path("patches/**"), recursive=True):
            if os.path.isfile(path):
                found[os.path.relpath(path, self.dir)] = self.read(path)
        return found

    def change(self, subject, old, new):
        """Edit, amend the commit of that subject, refresh."""
        self.run_tool(0, "edit")
        work = "build/edit/mm-new"
        self.edit(old, new, work, "mm/vmscan.c")
        commit = self.git(work, "log", "--format=%H", "--grep", subject).split()[0]
        self.git(work, "commit", "-q", "-a", "--fixup", commit)
        self.git(work, "rebase", "-q", "-i", "--autosquash", "base")
        return self.run_tool(0, "refresh")


class Port(Flow):
    def test_first_port(self):
        self.assertEqual(self.read("patches/old/fixes/series").splitlines(),
                         ["0001-mm-vmscan-a-backport.patch", "0002-mm-vmscan-fix-one.patch",
                          "0003-mm-vmscan-fix-another.patch"])
        self.assertEqual(self.read("patches/new/series").splitlines(),
                         ["0001-mm-vmscan-retry-with-a-backoff.patch",
                          "0002-mm-vmscan-count-them-all.patch"])
        text = self.read("patches/new/0001-mm-vmscan-retry-with-a-backoff.patch")
        self.assertIn("\n+\tif (BOUND_MIN)\n", text)
        self.assertIn("\nSubject: [PATCH 1/2] mm/vmscan: retry with a backoff\n", text)
        self.assertIn("\nSubject: [PATCH 2/3] mm/vmscan: fix one\n",
                      self.read("patches/old/fixes/0002-mm-vmscan-fix-one.patch"))
        self.assertFalse(os.path.exists(self.path("patches/old/adapt")))
        self.assertIn("4 patches are as regenerated", self.run_tool(0, "check", "--base", "new"))
        before = self.patches()
        self.run_tool(0, "port")
        self.assertEqual(self.patches(), before)
        self.assertFalse(os.path.exists(self.path("build/port/old")))

    def test_a_constant_is_edit_refresh_port(self):
        before = self.patches()
        self.change("with a backoff", "backoff = 10;", "backoff = 20;")
        self.run_tool(0, "port")
        self.run_tool(0, "check")
        after = self.patches()
        self.assertEqual(before.keys(), after.keys())
        changed = [path for path in before if before[path] != after[path]]
        self.assertEqual({path.split("/")[1] for path in changed}, {"mm-new", "old", "new"})
        for path in changed:
            lines = set(before[path].split("\n")) ^ set(after[path].split("\n"))
            lines = {line for line in lines if not line.startswith("index ")}
            self.assertLessEqual(lines, {"+\t\tbackoff = 10;", "+\t\tbackoff = 20;"}, path)

    def test_unchanged_commits_give_the_same_files(self):
        before = self.patches()
        self.run_tool(0, "edit")
        self.git("build/edit/mm-new", "rebase", "-q", "--force-rebase", "base")
        self.assertIn("0 files changed", self.run_tool(0, "refresh"))
        self.assertEqual(self.patches(), before)
        self.run_tool(0, "edit")

    def test_drift_is_found(self):
        path = "patches/old/0002-mm-vmscan-retry-with-a-backoff.patch"
        self.edit("backoff = 10", "backoff = 11", path)
        out = self.run_tool(1, "check")
        self.assertIn("+backoff = 1".replace("+", "++\t\t"), out)
        self.assertIn("run 'make port BASE=old'", out)
        self.assertRegex(self.run_tool(0, "status"), r"old +0002-\S+ +as it is, OUT OF DATE")
        self.assertNotIn("mm-new: ", self.run_tool(0, "status", "--base", "old"))
        self.bad_input("unknown base 'none'", "status", "--base", "none")
        self.run_tool(0, "port", "--base", "old")
        self.run_tool(0, "check")
        self.edit("Because of this", "Because of that", "patches/mm-new",
                  "0001-mm-vmscan-reset-the-count-late.patch")
        self.run_tool(1, "check", "--base", "old")
        self.edit("1 insertion", "2 insertion", "patches/mm-new",
                  "0001-mm-vmscan-reset-the-count-late.patch")
        self.assertIn("make edit BASE=mm-new && make refresh", self.run_tool(1, "check"))

    def test_patches_come_and_go(self):
        self.run_tool(0, "edit")
        work = "build/edit/mm-new"
        self.git(work, "reset", "-q", "--hard", "HEAD~2")
        self.commit(work, "mm/vmscan: one in between", "return 2;", "return two();")
        self.git(work, "cherry-pick", "HEAD@{2}")
        self.run_tool(0, "refresh")
        self.run_tool(0, "port")
        self.run_tool(0, "check")
        self.assertEqual(self.read("patches/old/series").splitlines(),
                         ["0001-mm-vmscan-reset-the-count-late.patch",
                          "0002-mm-vmscan-one-in-between.patch",
                          "0003-mm-vmscan-count-them-all.patch"])
        self.assertEqual(len(glob.glob(self.path("patches/old/*.patch"))), 3)
        self.assertIn("From: kswapd-failures project <",
                      self.read("patches/mm-new/0002-mm-vmscan-one-in-between.patch"))

    def test_point_release(self):
        self.tree("old", "6 12 118", "int moved;\n" + source(["run_thread(kswapd);"],
                                                             filler("only_old")))
        self.assertIn("but for line numbers: they were made on 6.12.117",
                      self.run_tool(0, "check", "--base", "old"))
        self.run_tool(0, "port", "--base", "old")
        self.assertIn("made-on: 6.12.118\n", self.read("patches/old/base"))
        self.assertNotIn("but for", self.run_tool(0, "check", "--base", "old"))

    def test_new_base(self):
        self.tree("mid", "6 18 3", source(["run(kswapd);"], filler("mid")))
        self.write("name: mid\nkernel: 6.18\nmade-on:\n", "patches/mid/base")
        self.write("# nothing differs\n", "patches/mid/port")
        tree = f"--tree=mid={self.path('trees/mid')}"
        self.run_tool(0, "port", "--base", "mid", tree)
        self.run_tool(0, "check", "--base", "mid", tree)
        self.assertEqual(self.read("patches/mid/series"), self.read("patches/mm-new/series"))
        self.assertIn("made-on: 6.18.3\n", self.read("patches/mid/base"))

    def test_status(self):
        out = self.run_tool(0, "status")
        self.assertRegex(out, r"mm-new +fixes/0001-\S+ +the stack +6\.19\n")
        self.assertRegex(out, r"old +fixes/0001-\S+ +own +6\.12\.117\n")
        self.assertRegex(out, r"new +0002-\S+ +as it is +7\.3\.4\n")
        self.assertRegex(out, r"new: series [0-9a-f]{12}, made on 7\.3\.4\n")


class Conflicts(Flow):
    """In the base old, run_thread() is in the place of run()."""

    def stop(self):
        self.change("count them all", "\trun(kswapd);\n", "\trun(kswapd, 1);\n")
        return self.run_tool(1, "port", "--base", "old")

    def resolve(self):
        text = self.read("build/port/old/mm/vmscan.c")
        text = re.sub(r"<<<<<<<.*?>>>>>>>.*?\n", "\trun_thread(kswapd, 1);\n", text, flags=re.S)
        self.write(text, "build/port/old/mm/vmscan.c")
        self.git("build/port/old", "add", "-u")
        self.git("build/port/old", "am", "--continue")

    def test_stop_and_go_on(self):
        before = self.patches()
        out = self.stop()
        self.assertIn("old: stopped at patches/mm-new/0003-mm-vmscan-count-them-all.patch", out)
        self.assertIn("'git add -u', 'git am --continue', and run 'make port BASE=old' again", out)
        for path, text in before.items():
            if path.startswith("patches/old/"):
                self.assertEqual(self.read(path), text)
        self.assertIn("UU mm/vmscan.c", self.git("build/port/old", "status", "--porcelain"))
        self.bad_input("in the middle of git am", "port", "--base", "old")
        self.resolve()
        out = self.run_tool(0, "port", "--base", "old")
        adapt = "patches/old/adapt/mm-vmscan-count-them-all.diff"
        self.assertIn(f"{adapt} wants a reason", out)
        self.assertIn("+\trun_thread(kswapd, 1);\n",
                      self.read("patches/old/0003-mm-vmscan-count-them-all.patch"))
        self.assertRegex(self.run_tool(1, "check", "--base", "old"), "does not say why")
        self.edit(NO_REASON, "6.12 calls it run_thread()", adapt)
        self.run_tool(0, "check", "--base", "old")
        self.assertRegex(self.run_tool(0, "status"), r"old +0003-\S+ +adapted +6\.12\.117\n")

    def test_patch_before_the_stop_that_fits_no_more(self):
        self.stop()
        self.resolve()
        self.edit("count = 0;", "count = none;", "trees/old/mm/vmscan.c")
        self.bad_input("0001-mm-vmscan-reset-the-count-late.patch comes before that commit",
                       "port", "--base", "old")

    def adapt(self):
        self.stop()
        self.resolve()
        self.run_tool(0, "port", "--base", "old", "--reason", "6.12 calls it run_thread()")

    def test_other_changes_carry_over_an_adaptation(self):
        self.adapt()
        adapt = self.read("patches/old/adapt/mm-vmscan-count-them-all.diff")
        self.change("count them all", "\tall++;\n", "\tall += 2;\n")
        self.run_tool(0, "port", "--base", "old")
        self.assertIn("+\tall += 2;\n",
                      self.read("patches/old/0003-mm-vmscan-count-them-all.patch"))
        self.assertEqual(adapt, self.read("patches/old/adapt/mm-vmscan-count-them-all.diff"))
        self.run_tool(0, "check", "--base", "old")

    def test_change_below_an_adaptation_needs_a_person(self):
        self.adapt()
        self.change("count them all", "\trun(kswapd, 1);\n", "\trun(kswapd, 2);\n")
        out = self.run_tool(1, "port", "--base", "old")
        self.assertIn("-+\trun(kswapd, 1);\n++\trun(kswapd, 2);\n", out)
        self.assertIn("'git commit -a -C ORIG_HEAD'", out)
        self.bad_input("uncommitted changes", "port", "--base", "old")
        self.edit("run_thread(kswapd, 1)", "run_thread(kswapd, 2)", "build/port/old/mm/vmscan.c")
        self.git("build/port/old", "commit", "-q", "-a", "-C", "ORIG_HEAD")
        self.run_tool(0, "port", "--base", "old")
        self.assertIn("+\trun_thread(kswapd, 2);\n",
                      self.read("patches/old/0003-mm-vmscan-count-them-all.patch"))
        self.run_tool(0, "check", "--base", "old")

    def move(self):
        """In the base 'old', the last patch counts in another function."""
        self.run_tool(0, "edit", "--base", "old")
        work = "build/edit/old"
        self.edit("\tall++;\n", "", work, "mm/vmscan.c")
        self.edit("late_2(void)\n{\n", "late_2(void)\n{\n\tall++;\n", work, "mm/vmscan.c")
        self.git(work, "commit", "-q", "-a", "--amend", "--no-edit")
        self.assertIn("Because", self.git(work, "log", "-1"))
        self.run_tool(0, "refresh", "--base", "old", "--reason", "late_2() wakes")
        self.run_tool(0, "check", "--base", "old")

    def test_refresh_of_another_base_is_an_adaptation(self):
        self.move()
        self.assertEqual(self.read("patches/old/adapt/mm-vmscan-count-them-all.diff"
                                   ).splitlines()[0], "late_2() wakes")
        self.assertIn("late_2", self.read("patches/old/0003-mm-vmscan-count-them-all.patch"))
        self.edit("\tall++;\n", "", "build/edit/old/mm/vmscan.c")
        self.edit("\tunlock();\n", "\tall++;\n\tunlock();\n", "build/edit/old/mm/vmscan.c")
        self.git("build/edit/old", "commit", "-q", "-a", "--amend", "--no-edit")
        self.run_tool(0, "refresh", "--base", "old")
        self.assertFalse(os.path.exists(self.path(
            "patches/old/adapt/mm-vmscan-count-them-all.diff")))

    def test_refresh_makes_a_new_own_patch(self):
        self.run_tool(0, "edit", "--base", "old")
        self.git("build/edit/old", "rebase", "-q", "--exec", "git log -1 --format=%s | "
                 "grep -v backport || git commit -q --amend -m 'mm/vmscan: another backport'",
                 "base")
        self.edit("a-backport", "another-backport", "patches/old/port")
        self.run_tool(0, "refresh", "--base", "old")
        self.assertIn("0001-mm-vmscan-another-backport.patch",
                      self.read("patches/old/fixes/series"))
        self.run_tool(0, "check", "--base", "old")

    def test_moved_lines_follow_by_themselves(self):
        self.move()
        self.change("count them all", "\tall++;\n", "\tall += 3;\n")
        # One line alone is too little to be found elsewhere.
        self.assertIn("has changed so", self.run_tool(1, "port", "--base", "old"))

    def test_large_moved_part_follows(self):
        moved = "".join(f"\tstep_{i}();\n" for i in range(9))
        stays = "".join(f"\tstay_{i}();\n" for i in range(15))
        self.change("count them all", "return 2;\n}\n\nstatic int middle_3(void)\n{\n",
                    "return 2;\n}\n\nstatic int middle_3(void)\n{\n" + moved)
        self.change("count them all", "\tall++;\n", stays)
        self.run_tool(0, "port")
        self.run_tool(0, "edit", "--base", "old")
        work = "build/edit/old"
        self.edit(moved, "", work, "mm/vmscan.c")
        self.edit("late_2(void)\n{\n", "late_2(void)\n{\n" + moved, work, "mm/vmscan.c")
        self.git(work, "commit", "-q", "-a", "--amend", "--no-edit")
        self.run_tool(0, "refresh", "--base", "old", "--reason", "late_2() steps")
        self.change("count them all", "step_4();", "step_4(1);")
        self.assertIn("renewed", self.run_tool(0, "port", "--base", "old"))
        text = self.read("patches/old/0003-mm-vmscan-count-them-all.patch")
        self.assertIn("+\tstep_4(1);\n", text)
        self.assertIn("late_2", text)
        self.run_tool(0, "check", "--base", "old")

    def test_subject_changes(self):
        self.adapt()
        self.run_tool(0, "edit")
        self.git("build/edit/mm-new", "commit", "-q", "--amend", "-m", "mm/vmscan: count some",
                 "-m", "Because of this.")
        self.run_tool(0, "refresh")
        self.run_tool(0, "port", "--base", "old")
        self.assertTrue(os.path.exists(self.path("patches/old/adapt/mm-vmscan-count-some.diff")))
        self.run_tool(0, "check", "--base", "old")

    def test_patch_that_a_base_has_already(self):
        self.edit("\tlock();\n", "\tlock();\n\tcheck();\n", "trees/new/mm/vmscan.c")
        out = self.run_tool(1, "port", "--base", "new")
        self.assertIn("new: stopped at patches/mm-new/fixes/0002-", out)
        self.assertIn("add 'drop: fixes/mm-vmscan-fix-another | reason' to patches/new/port", out)
        self.write("drop: fixes/mm-vmscan-fix-another | it has it\n"
                   + self.read("patches/new/port"), "patches/new/port")
        self.run_tool(0, "port", "--base", "new")
        self.run_tool(0, "check", "--base", "new")


class BadInput(Flow):
    def test_commands_and_options(self):
        self.assertIn("usage: scripts/stack", self.run_tool(0, "--help"))
        self.bad_input("is no command", "frobnicate")
        self.bad_input("command is missing")
        self.bad_input("unrecognized", "port", "--what")
        self.bad_input("unknown base 'x'; expected one of: mm-new new old", "port", "--base", "x")
        self.bad_input("the others are made from", "port", "--base", "mm-new")
        self.bad_input("--tree takes BASE=DIR", "port", "--tree", "old=/nowhere")
        self.bad_input("has no nothing.c", "edit", "--add", "nothing.c")

    def test_no_source(self):
        self.write("name: far\nkernel: 5.4\nmade-on: 5.4.1\n", "patches/far/base")
        self.write("", "patches/far/port")
        self.assertIn("set KDIR to a 5.4 tree", self.run_tool(4, "port", "--base", "far"))
        self.assertIn("far: not ported", self.run_tool(0, "port"))
        self.assertIn("set KDIR", self.run_tool(4, "check", "--base", "far"))

    def test_port_file(self):
        for line, words in (("drop: mm-x", "patches/old/port:1: expected"),
                            ("rename: one | reason", "expected 'own"),
                            ("rename: A_* B | reason", "both end with"),
                            ("drop: no-such | reason", "mm-new has no patch 'no-such'"),
                            ("own: no-such | reason", "0 patches of that name")):
            self.write(line + "\n", "patches/old/port")
            self.bad_input(words, "port", "--base", "old")
        os.unlink(self.path("patches/old/port"))
        self.bad_input("there is no patches/old/port", "port", "--base", "old")

    def test_adaptations(self):
        self.write("why\n--- a\n+++ b\n@@ -1,1 +1,1 @@\n-x\n", "patches/old/adapt/gone.diff")
        self.bad_input("adapt: patches/mm-new has no patch 'gone'", "port", "--base", "old")
        os.rename(self.path("patches/old/adapt/gone.diff"),
                  self.path("patches/old/adapt/mm-vmscan-count-them-all.diff"))
        self.bad_input("count-them-all.diff: its last hunk is cut short", "port", "--base", "old")

    def test_lists(self):
        self.edit("0003-mm-vmscan-count-them-all.patch\n", "", "patches/old/series")
        self.assertIn("patches/old/series does not list 0003-",
                      self.run_tool(1, "check", "--base", "old"))
        self.write("0009-none.patch\n", "patches/old/series")
        self.bad_input("lists 0009-none.patch, which is not there", "check", "--base", "old")
        self.edit("[PATCH 3/3]", "[PATCH 3/4]", "patches/mm-new",
                  "0003-mm-vmscan-count-them-all.patch")
        self.assertIn("begins with [PATCH 3/4], not [PATCH 3/3]",
                      self.run_tool(1, "check", "--base", "mm-new"))
        self.edit("name: new", "name: newer\nwithout: 05-x", "patches/new/base")
        out = self.run_tool(1, "check", "--base", "new")
        self.assertIn("name: is not new", out)
        self.assertIn("without: wants GROUP | reason", out)

    def test_work_tree(self):
        work = "build/edit/mm-new"
        before = self.patches()
        self.bad_input("run 'make edit BASE=mm-new' first", "refresh")
        self.run_tool(0, "edit")
        self.edit("backoff = 10", "backoff = 12", work, "mm/vmscan.c")
        self.bad_input("uncommitted changes", "refresh")
        self.bad_input("uncommitted changes", "edit")
        self.git(work, "commit", "-q", "-a", "-m", "fixup! mm/vmscan: retry with a backoff")
        self.bad_input("rebase -i --autosquash base", "refresh")
        self.git(work, "reset", "-q", "--hard", "HEAD~")
        self.git(work, "commit", "-q", "--allow-empty", "-m", "nothing")
        self.bad_input("commit without a change", "refresh")
        self.git(work, "reset", "-q", "--hard", "HEAD~")
        self.write("new\n", work, "mm/new.c")
        self.git(work, "add", "mm/new.c")
        self.git(work, "commit", "-q", "-m", "mm: a new file")
        self.bad_input("more than edit", "refresh")
        self.git(work, "reset", "-q", "--hard", "HEAD~")
        head = self.git(work, "rev-parse", "HEAD").strip()
        mark = self.git(work, "log", "--format=%H", "--grep", MARK).strip()
        self.git(work, "rebase", "-q", "--onto", mark + "~", mark)
        self.bad_input("has 0 commits 'end of fixes", "refresh")
        self.git(work, "reset", "-q", "--hard", head)
        self.commit(work, "mm/vmscan: more", "return 2;", "return two();")
        self.bad_input("has commits that patches/mm-new has not", "edit")
        self.assertEqual(self.patches(), before)
        self.edit("Because", "Just because", "patches/mm-new/0003-mm-vmscan-count-them-all.patch")
        self.bad_input("has changed since 'make edit'", "refresh")

    def test_work_that_is_no_commit_of_the_stack_stays(self):
        """Another 'make edit' removes the work tree, with all that git has in it."""
        work = "build/edit/mm-new"
        self.run_tool(0, "edit")
        self.edit("backoff = 10", "backoff = 12", work, "mm/vmscan.c")
        self.bad_input("commit or stash them", "refresh")
        self.git(work, "stash", "-q")
        self.bad_input("has a stash", "edit")
        self.git(work, "stash", "pop", "-q")
        self.git(work, "checkout", "-q", "-b", "trial")
        self.git(work, "commit", "-q", "-a", "-m", "mm/vmscan: a trial")
        self.git(work, "checkout", "-q", "stack")
        self.bad_input("other branches", "edit")
        self.git(work, "branch", "-q", "-D", "trial")
        self.write("new\n", work, "mm/new.c")
        self.bad_input("mm/new.c, which git does not know", "edit")
        os.unlink(self.path(work, "mm/new.c"))
        self.run_tool(0, "edit")

    def test_refresh_of_another_base_keeps_its_number(self):
        self.run_tool(0, "edit", "--base", "old")
        self.commit("build/edit/old", "mm/vmscan: more", "return 2;", "return two();")
        self.bad_input("has 4 commits for patches/old/series, and patches/old/port makes it 3",
                       "refresh", "--base", "old")

    def test_patch_that_does_not_apply(self):
        self.edit("\n-\tcount = 0;", "\n-\tcount = 1;",
                  "patches/mm-new/0001-mm-vmscan-reset-the-count-late.patch")
        self.bad_input("0001-mm-vmscan-reset-the-count-late.patch does not apply", "edit")
        self.assertFalse(os.path.exists(self.path("build/edit/mm-new")))


if __name__ == "__main__":
    unittest.main()
