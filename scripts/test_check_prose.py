#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of scripts/check-prose."""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
TOOL = os.path.join(HERE, "check-prose")
loader = importlib.machinery.SourceFileLoader("check_prose", TOOL)
check_prose = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("check_prose", loader))
loader.exec_module(check_prose)


def lines(text):
    return list(enumerate(text.split("\n"), 1))


def words(pairs):
    return [text for _, text in pairs if text]


class Extract(unittest.TestCase):
    def prose(self, name, text):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return words(check_prose.prose(path))

    def test_rst_drops_code_directives_and_fields(self):
        self.assertEqual(self.prose("a.rst", ".. SPDX\n\nTitle\n=====\n\nText::\n\n    what\n\n"
                                    ".. note: what\n   what\n\n:Path: what\n\nEnd.\n"),
                         ["Title", "Text:", "End."])

    def test_rst_drops_simple_tables(self):
        self.assertEqual(self.prose("a.rst", "Before.\n\n==== ====\nHead who\n==== ====\n"
                                    "what where\n==== ====\n\nAfter.\n"), ["Before.", "After."])

    def test_rst_drops_tables_without_a_head(self):
        self.assertEqual(self.prose("a.rst", "==== ====\nwhat where\n==== ====\n\nAfter.\n"),
                         ["After."])

    def test_patch_is_its_message(self):
        self.assertEqual(self.prose("a.patch", "From x\nSubject: what\n\nText.\n\n  table\n"
                                    "Signed-off-by: who\n---\nwhat\n+ who\n"), ["Text."])

    def test_comments_of_c(self):
        self.assertEqual(self.prose("a.c", "// SPDX-License\nint what; /* One. */\n/*\n * Two\n"
                                    " * lines.\n */\nchar *s = \"http://who\"; // Three\n"),
                         ["One.", "Two", "lines.", "Three"])

    def test_messages_of_c(self):
        self.assertEqual(self.prose("a.c", "f(\"unknown option of '%s'\"); g(\"key\");\n"
                                    "h(\"usage: x [-o FILE]\\n\" /* no */\n"
                                    "  \"Reads all of a trace.\\n\"\n"
                                    "  \"  -o FILE  write the trace there\\n\");\n"
                                    "char c = '\"'; i(\"<rect x=\\\"1\\\">a b c</rect>\");\n"),
                         ["no", "unknown option of 'X'", "Reads all of a trace.",
                          "write the trace there"])

    def test_messages_of_shell_and_python(self):
        self.assertEqual(self.prose("a.sh", "#!/bin/sh\nfail \"no trace of $1 is there\"\n"
                                    "jq '.a | b'\necho 'not a number'\n"),
                         ["no trace of X is there", "not a number"])

    def test_comments_of_shell(self):
        self.assertEqual(self.prose("a.sh", "#!/bin/sh\n# SPDX\n# shellcheck disable=x\n# One\n"
                                    "what # who\n"), ["One"])

    def test_plain_text_drops_indented_lines(self):
        self.assertEqual(self.prose("README", "Title\n-----\n\nText\n\n    what\n\n- item\n"
                                    "  goes on\n"), ["Title", "Text", "- item", "goes on"])


class Sentences(unittest.TestCase):
    def split(self, text):
        return list(check_prose.sentences(lines(text)))

    def test_lines_are_joined_and_numbered(self):
        self.assertEqual(self.split("One\nsentence. kswapd\nstops.\n\nEnd"),
                         [(1, "One sentence."), (2, "kswapd stops."), (5, "End")])

    def test_abbreviations_do_not_end_a_sentence(self):
        self.assertEqual(len(self.split("Pages, e.g. of files, or 1, 2, ... of them.")), 1)

    def test_items_are_paragraphs(self):
        self.assertEqual([s for _, s in self.split("- one\n- two\ngoes on")],
                         ["one", "two goes on"])


class Counts(unittest.TestCase):
    sections = check_prose.read_words(os.path.join(HERE, "check-prose.words"))

    def found(self, text, section):
        return [w for _, w, _ in check_prose.Count(lines(text), self.sections).found[section]]

    def test_start(self):
        self.assertEqual(self.found("What is left is used. To stop it, wait. So often it ran.",
                                    "start"), ["What", "To stop", "So often"])
        self.assertEqual(self.found("Tasks do what they can. Such a node is hopeless.",
                                    "start"), [])

    def test_person(self):
        self.assertEqual(self.found("Nobody waits, and the node, whose task did, is full.",
                                    "person"), ["Nobody"])

    def test_glossary(self):
        self.assertEqual(self.found("It sets the count back. The node is well. "
                                    "The option is well known, as is well-formed input.",
                                    "glossary"), ["sets the count back", "is well"])

    def test_one_is_allowed(self):
        one = check_prose.Count(lines("This is what remains."), self.sections)
        two = check_prose.Count(lines("This is what remains of what was."), self.sections)
        what = next(s for s in self.sections if s.name == "what")
        self.assertEqual((one.over(what), two.over(what)), (False, True))


class Command(unittest.TestCase):
    def run_tool(self, *args):
        return subprocess.run([TOOL, *args], capture_output=True, text=True, check=False)

    def test_bad_text_fails_with_its_lines(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "a.rst")
            with open(path, "w", encoding="utf-8") as f:
                f.write("Nobody knows.\n\nSomebody does.\n")
            run = self.run_tool(path)
            self.assertEqual(run.returncode, 1)
            self.assertIn("a.rst:3: 'Somebody': a task", run.stdout)
            self.assertEqual(self.run_tool("--rates", path).returncode, 0)

    def test_files_together_may_hold_one(self):
        with tempfile.TemporaryDirectory() as directory:
            paths = [os.path.join(directory, name) for name in ("a.rst", "b.rst")]
            for path in paths:
                with open(path, "w", encoding="utf-8") as f:
                    f.write("Nobody knows.\n")
            self.assertEqual(self.run_tool(*paths).returncode, 0)
            run = self.run_tool("--together", *paths)
            self.assertEqual(run.returncode, 1)
            self.assertIn("b.rst:1: 'Nobody': no task", run.stdout)

    def test_bad_input(self):
        for args in ([], ["--what"], ["/nowhere"], ["--rates"], ["--together"]):
            with self.subTest(args=args):
                run = self.run_tool(*args)
                self.assertEqual((run.returncode, run.stdout), (2, ""))
                self.assertTrue(run.stderr)


if __name__ == "__main__":
    unittest.main()
