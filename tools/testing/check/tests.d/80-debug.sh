# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The series on kernels that look for faults at run time. A report of one of them
# fails the run; of the data races those count that have a part in the series' lines.

# on_debug debug|kcsan FUNCTION...
on_debug() {
	kernel_options=(--config "$configs/$1")
	# The detectors take memory of their own, and every page of it time.
	run_options=(--memory 1600M)
	export VMTEST_SLOW=${VMTEST_SLOW:-5}
	shift
	"$@"
}

mixed() {
	local kernel

	kernel=$(kernel_of "$1" all)
	expect 0 "rounds of all scenarios" "$vmtest" run --kernel "$kernel" --timeout 900 \
		"${run_options[@]}" --disk "$3" --with "$(built)" -- tools/testing/check/guest-mixed "$2"
}

for base in $named_bases; do
	for kind in debug kcsan; do
		check_suite debug "$base, $kind: the whole series builds and boots" \
			on_debug "$kind" boots "$base" all
		check_suite debug "$base, $kind: the selftests" on_debug "$kind" selftests_run "$base" \
			--kernel series --config "$configs/$kind" --out "build/selftests/$base-$kind"
		check_suite debug "$base, $kind: ten minutes of all scenarios" on_debug "$kind" \
			with_dir mixed "$base" 600
	done
done
