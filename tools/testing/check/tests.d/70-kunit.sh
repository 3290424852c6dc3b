# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The KUnit tests, in the guest. Each of them must fail on a kernel with the
# mistake that it is for.

# kunit_kernel BASE [OPTION...]
kunit_kernel() {
	local base=$1

	shift
	need_tree "$base"
	base_kernel "$base" --patches set --config tools/testing/vmtest/kunit "$@"
}

# kunit_says STATUS WORDS BASE [OPTION...]
kunit_says() {
	local status=$1 words=$2 kernel

	shift 2
	kernel=$(kunit_kernel "$@")
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --timeout 120 \
		-- tools/testing/check/guest-kunit kswapd_failures
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
	local base=$1 dir=$2 rc=0

	need_tree "$base"
	export GIT_CONFIG_GLOBAL=/dev/null
	tree_with_series "$dir/parts" "$tree" "$base"
	rm -rf "$dir/parts/.git"
	cp -a "$tree" "$dir/tree"
	cp -a "$dir/parts/." "$dir/tree/"
	fact "base=$base" "series=set $("$repo/tools/testing/bench/facts.py" series --base "$base")" \
		"kernel=$(make -s -C "$tree" kernelversion)" "compiler=$(gcc --version | head -n 1)"
	(cd "$dir/tree" && expect 0 "Testing complete. Ran" tools/testing/kunit/kunit.py run \
		--arch=x86_64 --kunitconfig mm/tests/kswapd_failures.kunitconfig \
		--kconfig_add CONFIG_SMP=y --qemu_args '-smp 2' \
		--build_dir "$dir/kunit" --make_options CC="ccache gcc") >"$dir/said" || rc=$?
	cat "$dir/said"
	[ "$rc" -eq 0 ]
	! grep -E 'skipped|SKIP' "$dir/said" >&2
}

# No suite, no test, a test that was skipped or lost: none of them passes.
kunit_judge() {
	local good=$1/good bad=$1/bad edit words

	expect 1 "has no KUnit suite" tools/testing/check/guest-kunit suite "$1/nothing"
	cat >"$good" <<-'END'
	KTAP version 1
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
	ok 1 suite
	END
	expect 0 "suite: 2 tests passed, with 2 cases" tools/testing/check/guest-kunit suite "$good"
	while IFS='|' read -r edit words; do
		sed "$edit" "$good" >"$bad"
		expect 1 "not ok: $words" tools/testing/check/guest-kunit suite "$bad"
	done <<-'END'
	s/ok 2 another/not &/|another failed
	s/ok 2 two/not &/|two failed
	s/ok 2 two/& # SKIP for a reason/|two was skipped
	s/ok 1 a case/& # SKIP/|a case was skipped
	/ok 2 two/d|1 tests of 2 ran
	/^ /d|no test of suite ran
	s/^ok/not ok/|suite as a whole did not pass
	$d|suite as a whole did not pass
	END
}

t "a KUnit suite that is lost or skipped does not pass" with_dir kunit_judge
for base in $(cd "$repo" && bases); do
	brings "$base" 05-kunit || continue
	ta "$base: the KUnit tests pass" kunit_says 0 "kswapd_failures: " "$base"
	ta "$base: the KUnit tests pass by kunit.py" with_dir kunit_py "$base"
	ta "$base: the KUnit tests have no warning: gcc, W=1, sparse" kunit_warns "$base"
	ta "$base: the KUnit tests have no warning: clang, W=1" kunit_warns "$base" --cc clang-19
done
# Mistakes: words|the test that fails|the edit that makes it.
kunit_mistakes() {
	cat <<'END'
a reset without balance|progress_needs_balance|mm/vmscan.c=s/if \(pgdat_balanced\(pgdat, sc->order, sc->reclaim_idx\)\)/if (true)/
a balance for order 0|progress_needs_balance|mm/vmscan.c=s/(pgdat_balanced\(pgdat, )sc->order, /\10, /
a balance for all zones|progress_needs_balance|mm/vmscan.c=s/(pgdat_balanced\(pgdat, sc->order, )sc->reclaim_idx/\1MAX_NR_ZONES - 1/
no reset by progress|count_balanced|mm/vmscan.c=s/if \(pgdat_balanced\(pgdat, sc->order, sc->reclaim_idx\)\)/if (false)/
a reset of any count by others|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/!kswapd_hopeless\(pgdat\) \|\| //
a reset of a raised count without balance|count_unbalanced|mm/vmscan.c=s/if \((pgdat_balanced\(pgdat, sc->order, sc->reclaim_idx\))\)/if (\1 || atomic_read(\&pgdat->kswapd_failures) > MAX_RECLAIM_RETRIES)/
a reset of 0 that is traced|count_reset|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/if \(!failures\)/if (failures < 0)/
a reset that is traced too early|count_reset|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/{s/atomic_xchg\(&pgdat->kswapd_failures, 0\)/atomic_read(\&pgdat->kswapd_failures)/;s/^}/	atomic_set(\&pgdat->kswapd_failures, 0);\n}/}
a count that is read, then set|reset_once|mm/vmscan.c=s/atomic_xchg\(&pgdat->kswapd_failures, 0\);/atomic_read(\&pgdat->kswapd_failures);\n\n	atomic_set(\&pgdat->kswapd_failures, 0);/
a node given up at the 17th failure|count_sleep|mm/vmscan.c=/^static bool kswapd_hopeless/,/^}/s/>= MAX_RECLAIM_RETRIES/> MAX_RECLAIM_RETRIES/
balance at low|balanced|mm/vmscan.c=/^static bool __pgdat_balanced/,/^}/s/high_wmark_pages/low_wmark_pages/
balance by what was handed in|pending_counts|mm/vmscan.c=/^static bool __pgdat_balanced/,/^}/s/zone_watermark_ok_safe\((.*)highest_zoneidx\)/zone_watermark_ok(\1highest_zoneidx, 0)/
a wrong reason|reason_by_context|mm/vmscan.c=s/(failures\(pgdat, RESET_KSWAPD_FAILURES_)DIRECT/\1OTHER/
a reason that is lost|reason_is_traced|mm/vmscan.c=s/failures\(pgdat->node_id, reason\)/failures(pgdat->node_id, RESET_KSWAPD_FAILURES_OTHER)/
names that are swapped|reason_is_printed|include/trace/events/vmscan.h=/RESET_KSWAPD_FAILURES_/{s/"DIRECT"/"pcp"/;s/"PCP"/"DIRECT"/;s/"pcp"/"PCP"/}
a value that is not exported|reason_is_exported|include/trace/events/vmscan.h=/^TRACE_DEFINE_ENUM\(RESET_KSWAPD_FAILURES_PCP\)/d
a name without a case|reasons_are_all_known|include/trace/events/vmscan.h=s/\{ RESET_KSWAPD_FAILURES_OTHER,/{ 5, "MORE" }, &/
no reset by others at all|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/if \(!kswapd_left_alone\(.*\)\)/if (true)/
a reset by others at any time|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/if \(!kswapd_left_alone\(.*\)\)/if (false)/
no reset by kswapd within the backoff|backoff|mm/vmscan.c=s/if \(reason == RESET_KSWAPD_FAILURES_DIRECT/if (reason != RESET_KSWAPD_FAILURES_OTHER/
a backoff that added memory leaves|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/WRITE_ONCE\(pgdat->kswapd_backoff, 0\);/;/
a backoff by the clock's sign|backoff|mm/vmscan.c=/^static bool kswapd_left_alone/,/^}/s/return .*;/return time_after_eq(jiffies, READ_ONCE(pgdat->kswapd_failed_at) + time);/
a hopeless node with the shortest backoff|backoff|mm/vmscan.c=/^static bool kswapd_retry_due/,/^}/s/READ_ONCE\(pgdat->kswapd_backoff\)/KSWAPD_BACKOFF_MIN/
a reset by others that comes with a retry|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/2 \* READ_ONCE/READ_ONCE/
a pass of kswapd that resets|reason_by_context|mm/vmscan.c=/^static void pgdat_try_reset/,/^}/s/current_is_kswapd\(\)/false/
a run that is cut short and counts|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/ \|\| !all_the_way//
a balanced node that counts as a failure|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/balanced \|\| !all/!all/
a retry that costs no time|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/WRITE_ONCE\(pgdat->kswapd_failed_at, jiffies\);//
a backoff that any success ends|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/if \(balanced\)/if (true)/
a reset by others while kswapd is at work|at_work|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/ \|\| !waitqueue_active\(&pgdat->kswapd_wait\)//
a boost that is a shortage|balanced|mm/vmscan.c=s/if \(!boosts\)/if (false)/
free pages for CMA that count|lacks|mm/vmscan.c=/^static unsigned long pgdat_lacks/,/^}/s/zone_page_state\(zone, NR_FREE_CMA_PAGES\) \+//
free pages for atomic requests that count|lacks|mm/vmscan.c=/^static unsigned long pgdat_lacks/,/^}/s/READ_ONCE\(zone->nr_free_highatomic\)/0/
a boost that is lacked|lacks|mm/vmscan.c=/^static unsigned long pgdat_lacks/,/^}/s/zone->_watermark\[WMARK_HIGH\]/high_wmark_pages(zone)/
too little that is enough|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/reclaimed >= lacked/reclaimed/
enough that is too little|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/reclaimed >= lacked/reclaimed > lacked/
a backoff that stays|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/WRITE_ONCE\(pgdat->kswapd_backoff, 0\);//
a backoff that begins a run late|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/>= MAX_RECLAIM_RETRIES - 1/>= MAX_RECLAIM_RETRIES/
a backoff that does not grow|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/\) \* 2/)/
a backoff that does not depend on the run|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/busy \* KSWAPD_BACKOFF_SHARE/0UL/
a long backoff that a balanced node keeps|backoff|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/kswapd_limit_backoff\(pgdat\)//
a long backoff that a run of little use keeps|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/kswapd_limit_backoff\(pgdat\)//
a backoff without a limit|run|mm/vmscan.c=/^static void kswapd_account_run/,/^}/s/KSWAPD_BACKOFF_MAX/UINT_MAX/
a failed run that is not counted|run|mm/vmscan.c=/KSWAPD_RUNS_FAILED, 1/d
a give-up that is counted twice|run|mm/vmscan.c=s/if \(failures == MAX_RECLAIM_RETRIES\)/if (failures >= MAX_RECLAIM_RETRIES)/
a revival of a node that was not given up|count_reset|mm/vmscan.c=/^void pgdat_reset_kswapd_failures/,/^}/s/>= MAX_RECLAIM_RETRIES/> 0/
END
}

# mistakes_apply BASE DIR: each edit for a kernel that is wrong on purpose still changes it.
mistakes_apply() {
	local edit file failed=0

	need_tree "$1"
	# shellcheck disable=SC2046 # names without spaces
	patched_copy "$2/tree" $(scripts/series list "$1/fixes") $(scripts/series list "$1")
	while IFS= read -r edit; do
		file=$2/tree/${edit%%=*}
		if sed -E "${edit#*=}" "$file" | cmp -s - "$file"; then
			echo "the mistake '$edit' changes nothing"
			failed=1
		fi
	done < <(
		kunit_mistakes | cut -d '|' -f 3-
		selftests_mistakes | cut -d '|' -f 2- | sed 's/ ;; /\n/g' | sed 's|^|mm/vmscan.c=|'
	)
	[ "$failed" -eq 0 ]
}

t "6.12.y: the mistakes for KUnit and the selftests can still be made" \
	with_dir mistakes_apply 6.12.y
while IFS='|' read -r words name edit; do
	ta "6.12.y: KUnit sees $words" kunit_says 1 "test_$name failed" 6.12.y --edit "$edit"
done < <(kunit_mistakes)
