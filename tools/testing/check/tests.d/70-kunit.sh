# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The KUnit tests, in the guest. Each of them must fail on a kernel with the
# mistake that it is for, a mutant.

# kunit_kernel BASE [OPTION...]
kunit_kernel() {
	local base=$1

	shift
	need_tree "$base"
	base_kernel "$base" --patches set --config tools/testing/vmtest/kunit "$@"
}

# kunit_judged SUITE RESULTS: by the kernel's parser. No test failed, was skipped or lost.
kunit_judged() {
	local said

	said=$(python3 -B "$tree/tools/testing/kunit/kunit.py" parse <<<"$2") || :
	printf '%s\n' "$said"
	grep -q "= \[PASSED\] $1 =" <<<"$said" &&
		grep -q 'Ran [0-9]* tests: passed: [0-9]*$' <<<"$said"
}

# kunit_says STATUS WORDS BASE [OPTION...]
kunit_says() {
	local status=$1 words=$2 kernel results

	shift 2
	kernel=$(kunit_kernel "$@")
	need_tree "$1"
	results=$("$vmtest" run --kernel "$kernel" --timeout 120 -- sh -ec '
		mount -t debugfs debugfs /sys/kernel/debug
		cat /sys/kernel/debug/kunit/kswapd_failures/results')
	expect "$status" "$words" kunit_judged kswapd_failures "$results"
}

# kunit_warns BASE [OPTION...]: nothing is said of the tests.
kunit_warns() {
	local list

	list=$(kunit_kernel "$1" --check "${@:2}")
	cat "$list"
	! grep kswapd_failures_kunit "$list" >&2
}

# kunit_py BASE DIR: as the documentation says it, on two CPUs, in a whole tree.
kunit_py() {
	local base=$1 dir=$2 rc=0 without_kvm=()

	need_tree "$base"
	# kunit.py takes any /dev/kvm that opens.
	if [ -w /dev/kvm ] && ! has_kvm; then
		# shellcheck disable=SC2016 # for the inner shell
		without_kvm=(unshare --mount sh -ec 'mount --bind /dev/null /dev/kvm; exec "$@"' sh)
	fi
	base_kernel "$base" --patches set --tree "$dir/tree"
	fact "base=$base" "series=set $("$repo/tools/testing/bench/facts.py" series --base "$base")" \
		"kernel=$(make -s -C "$tree" kernelversion)" "compiler=$(gcc --version | head -n 1)"
	(cd "$dir/tree" && expect 0 "Testing complete. Ran" \
		"${without_kvm[@]}" tools/testing/kunit/kunit.py run \
		--arch=x86_64 --kunitconfig mm/tests/kswapd_failures.kunitconfig \
		--kconfig_add CONFIG_SMP=y --qemu_args '-smp 2' \
		--build_dir "$dir/kunit" --make_options CC="ccache gcc") >"$dir/said" || rc=$?
	cat "$dir/said"
	[ "$rc" -eq 0 ]
	! grep -E 'skipped|SKIP' "$dir/said" >&2
}

# No suite, no test, a test that failed, was skipped or lost: none of them passes.
kunit_judge() {
	local good edit words

	need_tree 6.12.y
	good='KTAP version 1
1..1
    KTAP version 1
    # Subtest: suite
    1..2
        KTAP version 1
        # Subtest: one
        ok 1 a case
        ok 2 another
    # one: pass:2 fail:0 skip:0 total:2
    ok 1 one
    ok 2 two
# suite: pass:2 fail:0 skip:0 total:2
ok 1 suite'
	expect 0 "Ran 3 tests: passed: 3" kunit_judged suite "$good"
	expect 1 "Ran 3 tests: passed: 3" kunit_judged another "$good"
	while IFS='|' read -r edit words; do
		expect 1 "$words" kunit_judged suite "$(sed "$edit" <<<"$good")"
	done <<-'END'
	s/ok 2 another/not &/|[FAILED] another
	s/ok 2 two/& # SKIP for a reason/|[SKIPPED] two
	/ok 2 two/d|missing expected subtest
	/^ /d|Ran 1 tests
	s/^ok/not ok/|[FAILED] suite
	$d|missing subtest result
	d|Could not find any KTAP output
	END
}

check "a KUnit suite that is lost or skipped does not pass" kunit_judge
for base in $named_bases; do
	brings "$base" 05-kunit || continue
	check_all "$base: the KUnit tests pass" kunit_says 0 "Testing complete. Ran" "$base"
	check_all "$base: the KUnit tests pass by kunit.py" with_dir kunit_py "$base"
	check_all "$base: the KUnit tests have no warning: gcc, W=1, sparse" kunit_warns "$base"
	check_all "$base: the KUnit tests have no warning: clang, W=1" kunit_warns "$base" --cc clang-19
done

# mutants KIND: FILE|WORDS|TEST of each patch for a kernel that is wrong on purpose: its
# first line says what is wrong, and "Fails: KIND TEST" which test must see it. KIND is
# KUnit, selftest or guest.
mutants() {
	awk -v kind="$1" 'FNR == 1 { words = tolower(substr($0, 1, 1)) substr($0, 2) }
		$1 == "Fails:" && $2 == kind { print FILENAME "|" words "|" $3 }' \
		"$repo"/tools/testing/check/mutants/*.patch
}

# mutants_apply BASE DIR: to the sources with the series. Their tests are there.
mutants_apply() {
	local mutant test failed=0

	need_tree "$1"
	# shellcheck disable=SC2046 # names without spaces
	patched_copy "$2/tree" $(scripts/series list "$1/fixes") $(scripts/series list "$1")
	for mutant in "$repo"/tools/testing/check/mutants/*.patch; do
		grep -qE '^Fails: (KUnit|selftest|guest) [^ ]+$' "$mutant" || {
			echo "$mutant: expected a line 'Fails: KUnit TEST', or with selftest or guest"
			failed=1
		}
		edit_applies "$2/tree" "$mutant" || failed=1
	done
	while IFS='|' read -r mutant _ test; do
		grep -qw "${test##*.}" mm/tests/*.c tools/testing/selftests/kswapd/test_*.c ||
			[ -e "tools/testing/check/$test" ] || {
			echo "$mutant: there is no test '$test'"
			failed=1
		}
	done < <(
		mutants KUnit
		mutants selftest
		mutants guest
	)
	[ "$failed" -eq 0 ]
}

check "6.12.y: the mutants for KUnit and the selftests apply" with_dir mutants_apply 6.12.y
while IFS='|' read -r mutant words name; do
	check_all "6.12.y: KUnit sees $words" kunit_says 1 "[FAILED] $name" 6.12.y --edit "$mutant"
done < <(mutants KUnit)
