# SPDX-License-Identifier: GPL-2.0
# The front door; 'make help' lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BASE ?=
PATCHES ?= all
SET ?=
FORMAT ?=
MGLRU ?=
REASON ?=
CONFIG ?=
FIGURE ?=
QUICK ?=
ADD ?=
# arm64: cross-built, emulated. x86 values, which a kernel developer may have set, are
# the default.
ARCH ?=
arm64 := $(filter arm64,$(ARCH))
$(if $(filter-out arm64 x86 x86_64,$(ARCH)),$(error ARCH is arm64, or left out))

vmtest := tools/testing/vmtest/vmtest
need_base = $(if $(BASE),,$(error BASE is needed: one of $(notdir $(patsubst %/,%,$(dir $(wildcard patches/*/base))))))

.PHONY: help deps text-deps demo demo-mglru bench tables check check-all check-debug kernel deb series am edit refresh port status workload kswapd-report fuzz clean

help:
	@echo "make demo                 Debian's kernel without and with the module, then stock beside"
	@echo '      patched: build, boot, measure, a table each [QUICK=yes: only the first, in minutes]'
	@echo '      [BASE=6.12.y REPEAT=1 FIGURE=yes: the runs become the figure of README]'
	@echo 'make demo-mglru           OOM kills under MGLRU with mixed pressure [REPEAT=3 ROUNDS=5]'
	@echo 'make bench                kernels side by side, in rounds: one table with spread'
	@echo '      [SCENARIO=... and others: see tools/testing/bench/bench.py --help]'
	@echo 'make tables               write the tables of README, cover letter and results again'
	@echo 'make check                the tests of CI; CHECK=words runs the tests that match;'
	@echo '      FACTS=yes takes their results into patches/BASE/facts'
	@echo 'make check-all            all tests, also each patch alone, compilers, configurations'
	@echo 'make check ARCH=arm64     the core tests, cross-built, on emulated arm64'
	@echo 'make check-debug          tests on kernels with KASAN and lockdep, and with KCSAN'
	@echo 'make kernel BASE=6.12.y   build a kernel, print its bzImage'
	@echo '      [PATCHES=0|fixes|N|all|set MGLRU=N|all]; tools/testing/vmtest/vmtest kernel --help'
	@echo 'make deb BASE=6.12.y CONFIG=running|debian|guest|FILE'
	@echo '                          Debian packages of a patched kernel, to build/deb/BASE'
	@echo 'make series BASE=mm-new   write the mail-ready set to build/series/BASE/series'
	@echo '      [SET=fixes: the bug fixes of the base, to build/series/BASE/fixes]'
	@echo '      [FORMAT=quilt: both as a queue for debian/patches, to build/series/BASE/quilt]'
	@echo 'make am TREE=DIR          apply fixes, series and new files to a kernel tree'
	@echo '      [BASE=..., found out else]'
	@echo 'make edit BASE=mm-new     the patches as commits of a git work tree, build/edit/BASE'
	@echo '      [ADD="include kernel/sched": more of the kernel tree than mm/]'
	@echo 'make refresh BASE=mm-new  its commits as files of patches/BASE'
	@echo "make port [BASE=...]      the other bases' patches from those of mm-new"
	@echo '      [REASON=...: why a patch had to be adapted]'
	@echo 'make status               all patches: up to date, do they apply, which tests passed? [BASE=6.12.y]'
	@echo 'make workload             build the program that makes the scenarios [ARCH=arm64]'
	@echo 'make kswapd-report        build the report tool, as build/kswapd-report'
	@echo 'make fuzz [RUNS=N]        fuzz the report tool (1000000 executions of each fuzzer)'
	@echo 'make deps                 install the needed packages, or print their list'
	@echo 'make clean                remove build/ (the cache outside it stays)'
	@echo
	@echo 'KDIR=DIR takes a kernel tree instead of the source package of a base.'

deps:
	@scripts/install-deps $(arm64)

text-deps:
	@scripts/install-deps text

demo: deps
	@BASE="$(BASE)" FIGURE="$(FIGURE)" QUICK="$(QUICK)" tools/testing/bench/demo.py demo

demo-mglru: deps
	@BASE="$(BASE)" tools/testing/bench/demo.py mglru

bench: deps
	@BASE="$(BASE)" tools/testing/bench/bench.py

tables:
	@tools/testing/bench/facts.py render --base mm-new

check: deps
	@tools/testing/check/check $(addprefix --suite ,$(arm64))

check-all:
	@scripts/install-deps all
	@tools/testing/check/check --all

check-debug: deps
	@tools/testing/check/check --suite debug

kernel: deps
	$(need_base)
	@$(vmtest) kernel --base $(BASE) --patches $(PATCHES) $(addprefix --mglru ,$(MGLRU)) $(addprefix --arch ,$(arm64))

deb:
	$(need_base)
	$(if $(CONFIG),,$(error CONFIG is needed: running, debian, guest or a file))
	@scripts/install-deps deb
	@mkdir -p build/deb/$(BASE); \
	packages=$$($(vmtest) kernel --base $(BASE) --deb "$(CONFIG)"); \
	rm -f build/deb/$(BASE)/*.deb; \
	cp $$packages build/deb/$(BASE)/; \
	ls build/deb/$(BASE)/*.deb

series: text-deps
	$(need_base)
	$(if $(filter-out quilt,$(FORMAT))$(and $(FORMAT),$(SET)),$(error FORMAT is quilt, without SET, or left out))
	@mkdir -p build/series/$(BASE)
ifneq ($(FORMAT),)
	@scripts/series quilt --base $(BASE) --out build/series/$(BASE)/quilt
else
	@tree=$$($(vmtest) kernel --base $(BASE) --source | tail -n 1); \
	scripts/series write --base $(BASE)$(addprefix /,$(SET)) \
		--out build/series/$(BASE)/$(or $(SET),series) --tree "$$tree"
endif

am:
	$(if $(TREE),,$(error TREE is needed: the kernel tree to put the set on))
	@scripts/series am --tree "$(TREE)" $(if $(BASE),--base $(BASE))

edit refresh: text-deps
	$(need_base)
	@scripts/stack $@ --base $(BASE) $(addprefix --add ,$(ADD)) $(if $(REASON),--reason "$$REASON")

port status: text-deps
	@scripts/stack $@ $(if $(BASE),--base $(BASE)) $(if $(REASON),--reason "$$REASON")

# Programs for another architecture are static: the guest has no libraries for it.
workload:
	@dir=$(CURDIR)/build/workload$(addprefix -,$(arm64)); \
	mkdir -p "$$dir"; \
	flags=(); \
	if [ -n "$(arm64)" ] && [ "$$(uname -m)" != aarch64 ]; then \
		sysroot=$$($(vmtest) sysroot arm64); \
		flags=(CC=aarch64-linux-gnu-gcc "CPPFLAGS=-I$$sysroot/usr/include" \
			"LDFLAGS=-static -L$$sysroot/usr/lib/aarch64-linux-gnu"); \
	fi; \
	$(MAKE) --no-print-directory -C tools/testing/selftests/kswapd "OUTPUT=$$dir" "$${flags[@]}"

kswapd-report:
	@mkdir -p build
	@$(MAKE) --no-print-directory -C tools/mm/kswapd-report OUTPUT=../../../build

RUNS ?= 1000000

fuzz: deps
	@tools/testing/kswapd-report/fuzz/run $(RUNS)

clean:
	rm -rf build
