#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/series, on artificial kernel trees of a few lines."""
import contextlib
import glob
import importlib.machinery
import importlib.util
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
LOADER = importlib.machinery.SourceFileLoader("series", os.path.join(HERE, "series"))
series = importlib.util.module_from_spec(importlib.util.spec_from_loader("series", LOADER))
LOADER.exec_module(series)

import places   # noqa: E402, the loaded script has its directory in the path

AUTHOR = "kswapd-failures project <kswapd-failures@project.invalid>"
FORMS = {"atomic": "atomic_set(&node->fails, 0);", "plain": "node->fails = 0;",
         "upstream": "kswapd_try_clear_hopeless(node);"}
CHECKPATCH = r"""
my $file = $ARGV[-1];
open(my $in, '<', $file) or die;
while (<$in>) {
	next unless /^\+.*BADSTYLE/;
	print "$file:$.: WARNING: bad style\n";
	$bad = 1;
}
exit($bad ? 1 : 0);
"""
ENTRY = "{}\nM:\tA <a@example.org>\nS:\tOdd Fixes\nF:\tmm/\n\n"
MAINTAINERS = "List of maintainers\n\nM: *Mail*\n\nMaintainers List\n----------------\n\n" \
    ".. note:: sorted\n\n" + "".join(map(ENTRY.format, (
        "ALPHA DRIVER", "ZULU DRIVER", "KILO DRIVER", "ZZ TOP DRIVER", "THE REST")))
TREE = {
    "MAINTAINERS": MAINTAINERS[:-1], "scripts/checkpatch.pl": CHECKPATCH,
    "scripts/spelling.txt": "", "scripts/const_structs.checkpatch": "",
    "Documentation/mm/index.rst": "Start\n\n.. toctree::\n   :maxdepth: 1\n\n   aaa\n   zzz\n\n"
    "Last\n\n.. toctree::\n   :maxdepth: 1\n\n   ksm\n   memory-model\n   memfd\n",
    "Documentation/admin-guide/mm/index.rst": "Operators\n\n.. toctree::\n   :maxdepth: 1\n\n"
    "   ksm\n   pagemap\n",
    "tools/testing/selftests/Makefile": "TARGETS += kcmp\nTARGETS += kexec\nifdef X\n"
    "TARGETS += timers\nendif\nTARGETS += kvm\nTARGETS += zram\n\nMORE = 1\n"}
TEMPLATE = tempfile.mkdtemp(prefix="test-series.")


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def get(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def edit(path, *pairs):
    text = get(path)
    for old, new in pairs:
        text = re.sub(old, new, text, flags=re.M)
    put(path, text)


def git(tree, *args):
    return subprocess.run(["git", "-C", tree, *args], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def make_tree(path, version, form):
    shutil.rmtree(path, ignore_errors=True)
    numbers = version.split(".")
    put(f"{path}/Makefile", f"# x\nVERSION = {numbers[0]}\nPATCHLEVEL = {numbers[1]}\nSUBLEVEL = 0\n")

    def filler(name):
        return "".join(f"static int {name}_{i}(void)\n{{\n\treturn {i};\n}}\n\n"
                       for i in range(1, 13))

    def function(name, test):
        return (f"static void {name}(struct node *node)\n{{\n\tif ({test}(node))\n"
                f"\t\t{FORMS[form]}\n}}\n\n")

    put(f"{path}/mm/vmscan.c", filler("early") + function("reclaim_new", "age")
        + filler("middle") + function("reclaim_old", "scan") + filler("late"))
    for name, text in TREE.items():
        put(f"{path}/{name}", text)


def git_tree(path, version, form):
    make_tree(path, version, form)
    git(path, "init", "-q")
    commit(path, "a tree")


def commit(tree, subject):
    git(tree, "add", "-A", "-f")
    git(tree, "commit", "-q", "--author", AUTHOR, "-m", subject, "-m", "Because of this.")


def gate(tree, function, what):
    """An artificial fix of one function."""
    edit(f"{tree}/mm/vmscan.c", (rf"({function}\(struct(?:.|\n)*?\n\t\t).*", rf"\g<1>{what}"))


def add_base(project, name, form, *facts, changes=None):
    kernel = {"mm-new": "6.19"}.get(name, name.removesuffix(".y"))
    path, work = f"{project}/patches/{name}", f"{project}.work"
    shutil.rmtree(path, ignore_errors=True)
    git_tree(work, kernel, form)
    for function, subject in changes or (("reclaim_old", "reset only where the node is well"),
                                         ("reclaim_new", "the same for the other way to reclaim")):
        gate(work, function, "pgdat_try_reset_kswapd_failures(node);")
        commit(work, "mm/vmscan: " + subject)
    put(f"{path}/base", "\n".join(["# facts", f"name: {name}", f"kernel: {kernel}", *facts, ""]))
    put(f"{path}/cover-letter", "mm/vmscan: a made-up cover\n\nIts text.\n\nChanges:\n- a change\n")
    put(f"{path}/series", "".join(os.path.basename(file) + "\n" for file in git(
        work, "format-patch", "--no-signature", "-o", path, "-2").split()))


def setUpModule():
    for name in subprocess.run(["git", "rev-parse", "--local-env-vars"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split():
        os.environ.pop(name, None)
    for name in [name for name in os.environ if re.match("GIT_(AUTHOR|COMMITTER)_|EMAIL$", name)]:
        del os.environ[name]
    os.environ.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=f"{TEMPLATE}/gitconfig",
                      HOME=TEMPLATE, LC_ALL="C")
    put(f"{TEMPLATE}/gitconfig", "[user]\n\tname = A User\n\temail = user@example.org\n"
        "[init]\n\tdefaultBranch = main\n")
    project = f"{TEMPLATE}/project"
    for name, text in (
            ("scripts/series.d/30-later", "Files: mm/not-there-yet*\n\nmm: a file of later\n"),
            ("Documentation/mm/kswapd_failures.rst", "About failures \n"),
            ("Documentation/admin-guide/mm/kswapd_failures.rst", "For operators\n"),
            ("tools/testing/selftests/kswapd/run.sh", "#!/bin/sh\necho 1..0\n"),
            ("tools/testing/selftests/kswapd/Makefile", "# make\n"),
            ("MAINTAINERS", "KSWAPD FAILURES\nM:\tP <p@example.org>\nS:\tMaintained\n"
             "F:\tDocumentation/mm/kswapd_failures.rst\nF:\tmm/not-there-yet.c\n"
             "F:\tmm/not-there-yet/\nF:\ttools/testing/selftests/kswapd/\n")):
        put(f"{project}/{name}", text)
    os.chmod(f"{project}/tools/testing/selftests/kswapd/run.sh", 0o755)
    for path in glob.glob(f"{HERE}/series.d/*"):
        shutil.copy(path, f"{project}/scripts/series.d/")
    add_base(project, "mm-new", "atomic", "base-commit: 0123456789abcdef0123456789abcdef01234567")
    add_base(project, "6.12.y", "plain")
    add_base(project, "7.3.y", "upstream")
    os.rename(f"{project}/patches/7.3.y", f"{TEMPLATE}/7.3.y")
    git(project, "init", "-q")
    commit(project, "project")
    # Something built, which must not be taken along.
    put(f"{project}/tools/testing/selftests/kswapd/run.o", "")


def tearDownModule():
    shutil.rmtree(TEMPLATE)


class Case(unittest.TestCase):
    """A project of two bases, and a place for a tree."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="test-series.")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.project, self.tree = f"{self.dir}/project", f"{self.dir}/tree"
        self.set = f"{self.dir}/new/set"
        shutil.copytree(f"{TEMPLATE}/project", self.project, symlinks=True)
        os.mkdir(f"{self.dir}/tmp")
        for patch in (mock.patch.dict(os.environ, SERIES_ROOT=self.project,
                                      TMPDIR=f"{self.dir}/tmp"),
                      mock.patch.object(tempfile, "tempdir", f"{self.dir}/tmp")):
            patch.start()
            self.addCleanup(patch.stop)

    def call(self, status, *args):
        """The output."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                have = series.main(args)
            except SystemExit as error:
                have = error.code
        self.assertEqual(os.listdir(f"{self.dir}/tmp"), [])
        text = out.getvalue() + err.getvalue()
        self.assertEqual(have, status, text)
        return text

    def bad(self, *args, words=""):
        """One sentence, as the only thing said."""
        text = self.call(2, *args)
        self.assertRegex(text, r"\Aseries: .*\n\Z")
        self.assertIn(words, text)

    def write(self, base="mm-new"):
        return "write", "--base", base, "--tree", self.tree, "--out", self.set

    def am(self, *args):
        return "am", "--tree", self.tree, *args

    def check(self, base="mm-new"):
        return "check", "--base", base, "--tree", self.tree

    def says(self, words, status, *args):
        self.assertIn(words, self.call(status, *args).splitlines()[-1])

    def state(self):
        files = {path: get(path) for path in glob.glob(f"{self.tree}/**", recursive=True)
                 if os.path.isfile(path)}
        return (git(self.tree, "rev-parse", "HEAD"), git(self.tree, "status", "--porcelain"),
                os.path.isdir(f"{self.tree}/.git/rebase-apply"), files)

    def unchanged(self, words, status, *args):
        before = self.state()
        self.says(words, status, *args)
        self.assertEqual(before, self.state())

    def git_tree(self, version="6.19", form="atomic"):
        git_tree(self.tree, version, form)

    def change(self, *pairs):
        edit(f"{self.tree}/mm/vmscan.c", *pairs)
        commit(self.tree, "other")

    def other_gate(self):
        gate(self.tree, "reclaim_new", "something_else(node);")
        commit(self.tree, "other")

    def line_of(self, word):
        lines = get(f"{self.tree}/mm/vmscan.c").split("\n")
        return next(i for i, line in enumerate(lines, 1) if word in line)

    def patch(self, number, base="mm-new"):
        return glob.glob(f"{self.project}/patches/{base}/{number:04}-*")[0]

    def written(self, number):
        return get(glob.glob(f"{self.set}/{number:04}-*")[0])

    def group(self, text):
        put(f"{self.project}/scripts/series.d/05-file", text)
        put(f"{self.project}/mm/new.c", "/* new */\n")
        git(self.project, "add", "mm/new.c")

    def with_7_3(self):
        shutil.copytree(f"{TEMPLATE}/7.3.y", f"{self.project}/patches/7.3.y", dirs_exist_ok=True)

    def apply_written(self):
        git(self.tree, "init", "-q")
        commit(self.tree, "a tree")
        git(self.tree, "am", "-q", *sorted(glob.glob(f"{self.set}/000[1-9]-*")))


class Usage(Case):
    def test_usage(self):
        self.assertIn("Usage: scripts/series", self.call(0, "--help"))
        for args in ((), ("frobnicate",), ("am",), ("am", "--tree"), ("am", "--what"),
                     ("am", "--tree="), ("write", "--base=mm-new", "--tree=/no", "--out=/no")):
            self.bad(*args)

    def test_list(self):
        self.assertEqual(self.call(0, "list").split(), ["mm-new", "6.12.y"])
        files = self.call(0, "list", "6.12.y").split()
        self.assertEqual(len(files), 2)
        self.assertIn("patches/6.12.y/0001-mm-vmscan-reset-only-where-the-node-is-well.patch",
                      files[0])
        self.bad("list", "5.4.y", words="mm-new 6.12.y")

    def test_a_base_without_patches(self):
        put(f"{self.project}/patches/7.3.y/base", "name: 7.3.y\nkernel: 7.3\n")
        put(f"{self.project}/patches/7.3.y/series", "# none yet\n")
        self.assertEqual(self.call(0, "list").split(), ["mm-new", "6.12.y", "7.3.y"])
        self.assertEqual(self.call(0, "list", "7.3.y"), "")
        self.git_tree("7.3", "upstream")
        self.bad(*self.check("7.3.y"))
        self.bad(*self.write("7.3.y"))
        self.bad(*self.am("--base", "7.3.y"), words="patches/7.3.y has no patches yet")
        self.unchanged("no base here is for it yet", 3, *self.am())
        # No tree is nearest to it.
        self.git_tree("7.3")
        self.says("applied 4 patches of mm-new", 0, *self.am())

    def test_no_git(self):
        with mock.patch.dict(os.environ, PATH=self.dir):
            self.bad("list", words="'git' is missing")


class Places(unittest.TestCase):
    def test_the_fewest_pairs_in_wrong_order(self):
        for keys, new, place in (("", "b", 0), ("ac", "b", 1), ("ac", "d", 2), ("bc", "a", 0),
                                 ("azbc", "bb", 1), ("bzbc", "bb", 1), ("bcab", "bb", 4)):
            self.assertEqual(places.best_place(list(keys), new), place, keys)

    def test_a_hunk_is_located_by_its_lines(self):
        lines = ["x", "", "}", "one line", "two lines", "}", "three"]
        self.assertEqual(places.located(lines, ["one line", "two lines", "other"], 1), 6)
        self.assertEqual(places.located(lines, ["}", ""], 5), 5)
        self.assertEqual(places.located([], ["a"], 3), 1)


class Write(Case):
    def setUp(self):
        super().setUp()
        make_tree(self.tree, "6.19", "atomic")

    def test_write(self):
        before = {path: get(path) for path in glob.glob(f"{self.tree}/*/*") if os.path.isfile(path)}
        self.call(0, *self.write())
        self.assertEqual(sorted(name[:4] for name in os.listdir(self.set)),
                         ["0000", "0001", "0002", "0003", "0004"])
        for words in ("Subject: [PATCH 0/4] mm/vmscan: a made-up cover", "- a change",
                      "project (4):", "files changed", "base-commit: 0123456789abcdef"):
            self.assertIn(words, self.written(0))
        self.assertIn("new file mode 100755", self.written(3))
        self.assertNotIn("run.o", self.written(3))
        self.assertEqual(before, {path: get(path) for path in before})

    def test_prerequisites(self):
        patches = f"{self.project}/patches/mm-new"
        first, second = get(f"{patches}/series").split()
        put(f"{patches}/fixes/series", first + "\n")
        put(f"{patches}/series", second + "\n")
        os.rename(f"{patches}/{first}", f"{patches}/fixes/{first}")
        self.call(0, *self.write())
        ids = subprocess.run(["git", "patch-id", "--stable"], check=True, text=True,
                             input=get(f"{patches}/fixes/{first}"), stdout=subprocess.PIPE).stdout
        self.assertIn(f"\nprerequisite-patch-id: {ids.split()[0]}\n", self.written(0))
        self.assertNotIn(ids.split()[0], self.written(1))

    def test_registers(self):
        """Sorted places, even if the lists of the tree are not fully sorted."""
        self.call(0, *self.write())
        self.apply_written()
        lines = get(f"{self.tree}/tools/testing/selftests/Makefile").split("\n")
        self.assertEqual(lines[2], "TARGETS += kswapd")
        lines = get(f"{self.tree}/Documentation/mm/index.rst").split("\n")
        self.assertEqual(lines[14], "   kswapd_failures")
        self.assertNotIn("not-there-yet", get(f"{self.tree}/MAINTAINERS"))
        before = git(self.tree, "show", "HEAD~1:MAINTAINERS")
        self.assertIn("kswapd/", before)
        self.assertNotIn("kswapd_failures.rst", before)
        self.assertEqual(re.findall("^[A-Z ]+$", get(f"{self.tree}/MAINTAINERS"), re.M),
                         ["ALPHA DRIVER", "KSWAPD FAILURES", "ZULU DRIVER", "KILO DRIVER",
                          "ZZ TOP DRIVER", "THE REST"])

    def test_the_written_set_gives_the_files_of_the_project(self):
        make_tree(self.tree, "6.12", "plain")
        self.call(0, *self.write("6.12.y"))
        self.apply_written()
        for name in ("tools/testing/selftests/kswapd/run.sh",
                     "tools/testing/selftests/kswapd/Makefile",
                     "Documentation/mm/kswapd_failures.rst",
                     "Documentation/admin-guide/mm/kswapd_failures.rst"):
            mine, theirs = f"{self.project}/{name}", f"{self.tree}/{name}"
            self.assertEqual(get(mine), get(theirs))
            self.assertEqual(*(os.stat(path).st_mode & 0o100 for path in (mine, theirs)))
        self.assertEqual(get(f"{self.tree}/mm/vmscan.c").count("pgdat_try_reset"), 2)
        first = {name: get(f"{self.set}/{name}") for name in os.listdir(self.set)}
        git(self.tree, "reset", "-q", "--hard", "HEAD~4")
        self.call(0, *self.write("6.12.y"))
        self.assertEqual(first, {name: get(f"{self.set}/{name}") for name in first})

    def test_without(self):
        self.group("Files: mm/new.c\n\nmm: a file that not every base has\n")
        base = f"{self.project}/patches/mm-new/base"
        put(base, get(base) + "without: 05-file | it has one\n")
        self.call(0, *self.write())
        self.assertNotIn("not-every-base", " ".join(os.listdir(self.set)))

    def test_appends(self):
        text = ("Files: mm/new.c\nAppend: mm/vmscan.c | #ifdef NEW\nAppend: Makefile | config NEW\n"
                "Append: mm/vmscan.c |\nAppend: mm/vmscan.c | \t#include \"new.c\" /* a | b */\n\n"
                "mm: a file\n")
        self.group(text)
        self.call(0, *self.write())
        self.apply_written()
        self.assertTrue(get(f"{self.tree}/mm/vmscan.c").endswith(
            '}\n\n\n#ifdef NEW\n\n\t#include "new.c" /* a | b */\n'))
        self.assertTrue(get(f"{self.tree}/Makefile").endswith("\n\nconfig NEW\n"))
        git(self.tree, "reset", "-q", "--hard", "HEAD~5")
        # Lines that are there are not added again.
        put(f"{self.tree}/Makefile", get(f"{self.tree}/Makefile") + "\nconfig NEW\nother\n")
        commit(self.tree, "more")
        self.call(0, *self.am())
        self.assertEqual(get(f"{self.tree}/Makefile").count("NEW"), 1)
        self.says("already there", 0, *self.am())
        make_tree(self.tree, "6.19", "atomic")
        self.group(text.replace("Makefile | config NEW", "Makefile"))
        self.bad(*self.write(), words="Append: FILE | LINE")
        self.group(text.replace("Makefile | config NEW", "no-such | x"))
        self.bad(*self.write(), words="no no-such")

    def test_mistakes_in_a_group(self):
        for text, words in (("Files: Documentation/mm/*.rst\nFiles: nothing/here\n\nSubject\n",
                             "no file matches 'nothing/here'"),
                            ("File: x\n\nSubject\n", "unknown line 'File: x'"),
                            ("Files: mm/new.c\n", "no commit message"),
                            ("Files: mm/new.c\nRegister: a | b\n\nx\n", "FILE | FROM")):
            self.group(text)
            self.bad(*self.write(), words=words)
        self.assertFalse(os.path.exists(self.set))

    def test_an_output_that_is_in_use(self):
        put(f"{self.set}/notes", "mine\n")
        self.bad(*self.write())
        self.assertEqual(get(f"{self.set}/notes"), "mine\n")
        os.unlink(f"{self.set}/notes")
        self.call(0, *self.write())
        self.call(0, *self.write())
        put(f"{self.set}/0009-mine.patch", "From: A <s@example.org>\n")
        self.bad(*self.write())
        self.assertTrue(os.path.exists(f"{self.set}/0009-mine.patch"))
        self.set = f"{self.tree}/set"
        self.bad(*self.write(), words="is inside the tree")
        self.assertFalse(os.path.exists(self.set))

    def test_cover_letters(self):
        for text in ("", "subject\ntext\n", "s\n\n\u00e9\n"):
            put(f"{self.project}/patches/mm-new/cover-letter", text)
            self.bad(*self.write(), words="cover-letter")

    def test_conflict(self):
        gate(self.tree, "reclaim_new", "something_else(node);")
        self.says(f"conflict at mm/vmscan.c:{self.line_of('something_else')} with "
                  "patches/mm-new/0002-", 4, *self.write())
        self.assertFalse(os.path.exists(self.set))
        make_tree(self.tree, "6.12", "plain")
        self.says("nearest is patches/6.12.y", 5, *self.write())

    def test_already_there(self):
        self.git_tree()
        self.call(0, *self.am())
        self.says("already there", 2, *self.write())
        self.assertFalse(os.path.exists(self.set))

    def test_a_full_disk(self):
        with mock.patch.object(shutil, "copytree", side_effect=OSError(28, "No space left")):
            self.bad(*self.write(), words="No space left")
        self.assertEqual(os.listdir(f"{self.dir}/new"), [])

    def test_interrupted(self):
        """The earlier output stays until the new one is whole."""
        self.call(0, *self.write())
        before = self.written(4)
        put(f"{self.project}/Documentation/mm/kswapd_failures.rst", "changed\n")
        with mock.patch.object(shutil, "copytree", side_effect=SystemExit(143)):
            self.call(143, *self.write())
        self.assertEqual((os.listdir(f"{self.dir}/new"), self.written(4)), (["set"], before))
        rename = os.rename
        for calls in ([SystemExit(143)], [None, SystemExit(143), None]):
            effects = iter(calls)

            def interrupted(*paths, effects=effects):
                effect = next(effects)
                if effect:
                    raise effect
                rename(*paths)

            with mock.patch.object(os, "rename", side_effect=interrupted):
                self.call(143, *self.write())
            self.assertEqual((os.listdir(f"{self.dir}/new"), self.written(4)), (["set"], before))
        self.call(0, *self.write())
        self.assertEqual(os.listdir(f"{self.dir}/new"), ["set"])
        self.assertNotEqual(self.written(4), before)

    def test_neighbours_stay(self):
        """Directories beside the output are not taken for copies of it."""
        for name in ("set.new", "set.old"):
            put(f"{self.dir}/new/{name}/mine", "mine\n")
        self.call(0, *self.write())
        self.call(0, *self.write())
        self.assertEqual(sorted(os.listdir(f"{self.dir}/new")), ["set", "set.new", "set.old"])


class Am(Case):
    def test_am(self):
        self.git_tree()
        put(f"{self.tree}/untracked", "")
        self.says("applied 4 patches of mm-new", 0, *self.am())
        self.assertEqual(git(self.tree, "log", "--format=%an,%cn", "-1"),
                         "kswapd-failures project,A User\n")
        self.assertEqual(git(self.tree, "status", "--porcelain"), "?? untracked\n")
        self.unchanged("already there: all 4", 0, *self.am())

    def test_the_patches_are_there(self):
        self.git_tree("6.12", "plain")
        git(self.tree, "am", "-q", self.patch(1, "6.12.y"), self.patch(2, "6.12.y"))
        self.says("applied 2 patches of 6.12.y to " + self.tree + ", 2 of 4 were there already", 0,
                  *self.am())

    def test_a_development_tree(self):
        for form, base in (("atomic", "mm-new"), ("plain", "6.12.y")):
            self.git_tree("7.0", form)
            self.says(f"applied 4 patches of {base}", 0, *self.am())

    def test_settings_of_the_user(self):
        self.git_tree()
        for name, value in (("am.threeWay", "true"), ("apply.whitespace", "error-all"),
                            ("core.abbrev", "5"), ("format.attach", "true")):
            git(self.tree, "config", name, value)
        self.says("applied 4 patches of mm-new", 0, *self.am())

    def test_another_form_is_there(self):
        self.git_tree()
        gate(self.tree, "reclaim_old", "pgdat_try_reset_kswapd_failures(node, 1);")
        commit(self.tree, "an older version")
        self.unchanged("not as patches/mm-new adds it", 0, *self.am())

    def test_the_first_is_there(self):
        self.git_tree()
        git(self.tree, "am", "-q", self.patch(1))
        self.says("1 of 4 were there already", 0, *self.am())
        self.git_tree()
        git(self.tree, "am", "-q", self.patch(1))
        self.other_gate()
        self.unchanged("the first 1 of 2", 4, *self.am())

    def test_the_form_of_upstream(self):
        self.git_tree("7.3", "upstream")
        self.unchanged("no base here is for it yet", 3, *self.am())
        self.call(3, *self.am("--base", "mm-new"))
        self.with_7_3()
        self.unchanged("patches/7.3.y is for such trees", 3, *self.am("--base", "mm-new"))
        self.says("applied 4 patches of 7.3.y", 0, *self.am())
        self.git_tree("7.4", "upstream")
        self.says("applied 4 patches of 7.3.y", 0, *self.am())

    def test_there_are_not_two_balance_checks(self):
        """Even if git applies the second one."""
        work = f"{self.dir}/work"
        self.git_tree("7.3", "upstream")
        git_tree(work, "6.12", "plain")
        edit(f"{work}/mm/vmscan.c", ("return 5;", "return five();"))
        commit(work, "mm/vmscan: something else")
        base = f"{self.project}/patches/mm-new"
        edit(f"{base}/base", ("^kernel: .*", "kernel: 7.3"))
        put(self.patch(1), git(work, "format-patch", "--stdout", "-1"))
        put(f"{base}/series", os.path.basename(self.patch(1)) + "\n")
        for args in ((), ("--base", "mm-new")):
            self.unchanged("merged in", 3, *self.am(*args))

    def test_conflict(self):
        self.git_tree()
        self.change((r"\A", "/* moves the lines below */\n\n"))
        self.other_gate()
        self.unchanged(f"conflict at mm/vmscan.c:{self.line_of('something_else')} with "
                       "patches/mm-new/0002-", 4, *self.am())

    def test_exact_context(self):
        self.git_tree()
        self.change(("^static void reclaim_old.*", r"\g<0> /* near */"))
        self.unchanged(f"conflict at mm/vmscan.c:{self.line_of('near')} ", 4, *self.am())

    def test_a_file_in_the_way(self):
        """It is only met by the real git am."""
        self.git_tree()
        put(f"{self.tree}/tools/testing/selftests/kswapd/run.sh", "mine\n")
        self.unchanged("which is as it was", 4, *self.am())

    def hook(self, text):
        path = f"{self.tree}/.git/hooks/applypatch-msg"
        put(path, "#!/bin/sh\n" + text)
        os.chmod(path, 0o755)

    def test_rejected_by_a_hook(self):
        self.git_tree()
        self.hook('! grep -q "other way" "$1"\n')
        self.unchanged("which is as it was", 4, *self.am())

    def test_interrupted(self):
        """By a signal, with a git am that is half through."""
        self.git_tree()
        self.hook(f'grep -q "other way" "$1" || exit 0\ntouch "{self.dir}/slow"\nsleep 1\n')
        before = self.state()
        with subprocess.Popen([f"{HERE}/series", *self.am()], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            for _ in range(600):
                if os.path.exists(f"{self.dir}/slow"):
                    break
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(), 143, process.stdout.read())
        self.assertEqual(before, self.state())
        self.assertEqual(os.listdir(f"{self.dir}/tmp"), [])

    def test_two_at_once(self):
        """The second one leaves the git am of the first alone."""
        self.git_tree()
        self.hook(f'[ -e "{self.dir}/slow" ] || {{ touch "{self.dir}/slow"; sleep 4; }}\n')
        with subprocess.Popen([f"{HERE}/series", *self.am()], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as process:
            for _ in range(600):
                if os.path.exists(f"{self.dir}/slow"):
                    break
                time.sleep(0.1)
            shutil.move(f"{self.tree}/.git/rebase-apply", f"{self.dir}/away")
            second = subprocess.run([f"{HERE}/series", *self.am()], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, check=False)
            shutil.move(f"{self.dir}/away", f"{self.tree}/.git/rebase-apply")
            said = process.communicate()[0]
        self.assertEqual((process.returncode, second.returncode), (0, 2), said + second.stdout)
        self.assertIn("another scripts/series am is at work", second.stdout)
        self.assertEqual(self.state()[1:3], ("", False))

    def test_the_wrong_base(self):
        self.git_tree("6.12", "plain")
        self.unchanged("the nearest is patches/6.12.y", 5, *self.am("--base", "mm-new"))
        for version, near in (("6.6", "6.12.y"), ("7.1", "mm-new")):
            self.git_tree(version, "plain")
            self.change(("fails", "failures"))
            self.unchanged(f"the nearest is patches/{near}", 5, *self.am())

    def test_bad_trees(self):
        os.mkdir(self.tree)
        self.bad("am", "--tree", f"{self.dir}/nowhere")
        self.bad(*self.am(), words="not a kernel tree")
        make_tree(self.tree, "6.19", "atomic")
        self.bad(*self.am(), words="not a git work tree")
        git(self.dir, "init", "-q", "outer")
        make_tree(f"{self.dir}/outer/linux", "6.19", "atomic")
        self.bad("am", "--tree", f"{self.dir}/outer/linux", words="a part of")
        git(self.tree, "init", "-q")
        self.bad(*self.am(), words="no commit")
        commit(self.tree, "a tree")
        self.bad(*self.am("--base", "5.4.y"), words="unknown base '5.4.y'")
        self.bad(*self.am("--base", "../patches/mm-new"))

    def test_a_tree_with_changes(self):
        self.git_tree()
        put(f"{self.tree}/Makefile", get(f"{self.tree}/Makefile") + "\n")
        self.unchanged("uncommitted changes", 2, *self.am())
        git(self.tree, "add", "Makefile")
        self.unchanged("uncommitted changes", 2, *self.am())

    def test_something_is_under_way(self):
        self.git_tree()
        self.other_gate()
        with self.assertRaises(subprocess.CalledProcessError):
            git(self.tree, "am", "-q", self.patch(2))
        self.unchanged("in the middle of git am", 2, *self.am())

    def test_no_committer(self):
        self.git_tree()
        put(f"{self.dir}/none", "")
        with mock.patch.dict(os.environ, GIT_CONFIG_GLOBAL=f"{self.dir}/none"):
            self.says("git config --global user.name", 2, *self.am())
            with mock.patch.dict(os.environ, GIT_COMMITTER_NAME="x",
                                 GIT_COMMITTER_EMAIL="x@example.org"):
                self.call(0, *self.am())


class Check(Case):
    def setUp(self):
        super().setUp()
        make_tree(self.tree, "6.19", "atomic")

    def test_check(self):
        self.assertEqual(self.call(0, *self.check()).count("ok 000"), 2)
        self.bad("check", "--base", "mm-new")
        os.unlink(f"{self.tree}/scripts/spelling.txt")
        self.bad(*self.check(), words="spelling.txt")

    def test_mistakes(self):
        good = get(self.patch(1))
        for old, new, words in (
                (r"^(\+\t\t.*)", r"\1BADSTYLE", "checkpatch: line "),
                ("^Subject: .*", "Subject: [PATCH] mm: x", "does not start with"),
                ("reset only", "reset only where and when and if and only if it is really so, only",
                 "columns, of 75"),
                ("^From: .*", "From: A <s@example.org>", "the author is not"),
                ("^Because.*", r"\g<0>\n\nSigned-off-by: S <s@example.org>", "signed off"),
                ("^ {$", " { ", "conflict at mm/vmscan.c:"),
                ("^index ", r"new file mode 100644\n\g<0>", "more than edit")):
            put(self.patch(1), good)
            edit(self.patch(1), (old, new))
            text = self.call(1, *self.check())
            self.assertIn("not ok 0001-", text)
            self.assertIn(words, text)

    def test_context(self):
        git_tree(f"{self.dir}/work", "6.19", "atomic")
        gate(f"{self.dir}/work", "reclaim_old", "pgdat_try_reset_kswapd_failures(node);")
        commit(f"{self.dir}/work", "mm/vmscan: reset only where the node is well")
        put(self.patch(1), git(f"{self.dir}/work", "format-patch", "--stdout", "-U5", "-1"))
        self.assertIn("more than three lines of context", self.call(1, *self.check()))


if __name__ == "__main__":
    unittest.main()
