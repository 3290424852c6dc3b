# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# vmtest's own outcomes, each provoked, and what it says to bad input.

# Tests of other kernels than the default one say so here.
kernel_options=()
run_options=()

# 6.12.y can always be had: without it nothing is tested.
stock() {
	env -u KDIR "$vmtest" kernel --base 6.12.y --patches 0 "${kernel_options[@]}" | tail -n 1 || {
		echo "no stock 6.12 kernel to test with" >&2
		return 1
	}
}

# outcome STATUS WORDS OPTION... -- PROGRAM...: of a run on the stock kernel.
outcome() {
	local status=$1 words=$2 kernel

	shift 2
	kernel=$(stock)
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --timeout 120 "$@"
}

# slow N FUNCTION...
slow() {
	export VMTEST_SLOW=$1
	shift
	"$@"
}

# A failed boot must show where the console is.
console_is_kept() {
	local dir=$1

	outcome 126 "panicked or oopsed: " --out "$dir/out" -- sh -c 'echo c >/proc/sysrq-trigger'
	grep -q 'sysrq triggered crash' "$dir/out/console.log"
}

files_go_both_ways() {
	local dir=$1

	mkdir "$dir/disk"
	echo there >"$dir/disk/file"
	outcome 0 passed --disk "$dir/disk" --out "$dir/out" -- \
		sh -c 'mkdir /mnt/out/a && cp /mnt/disk/file /mnt/out/a/back'
	[ "$(cat "$dir/out/a/back")" = there ]
}

# Arguments arrive as they are.
arguments() {
	outcome 0 "[it's] [\$HOME *] []" -- printf '[%s] [%s] [%s]\n' "it's" "\$HOME *" ""
}

guest_is_ready() {
	outcome 0 ready -- sh -ec '
		grep -q memory /sys/fs/cgroup/cgroup.subtree_control
		mkdir /sys/fs/cgroup/a
		test -e /sys/fs/cgroup/a/memory.high
		test -e /sys/kernel/tracing/events/vmscan/enable
		test -c /dev/null -a -d /sys/devices/system/node/node1
		echo ready'
}

# topology NODES MEMORYLESS CPUS: the guest sees the nodes that were asked for.
topology() {
	local all=$(($1 + $2))

	nodes_from_0() {
		if [ "$1" -eq 1 ]; then echo 0; else echo "0-$(($1 - 1))"; fi
	}
	# shellcheck disable=SC2016 # the guest expands it
	outcome 0 "all $3 have a node" --nodes "$1" --memoryless "$2" --cpus "$3" -- sh -ec '
		cd /sys/devices/system/node
		grep . online has_memory has_cpu node*/cpulist
		[ "$(cat online)" = "$1" ]
		[ "$(cat has_cpu)" = "$1" ]
		[ "$(cat has_memory)" = "$2" ]
		# A link for each CPU of a node.
		echo "all $(ls -d node*/cpu[0-9]* | wc -l) have a node"
		! dmesg | grep -F "cut here"' sh "$(nodes_from_0 "$all")" "$(nodes_from_0 "$1")"
}

fills_its_disk() {
	local dir=$1

	outcome 1 "No space left" --out "$dir/out" --out-size 16M -- \
		dd if=/dev/zero of=/mnt/out/big bs=1M count=64
	[ -e "$dir/out/console.log" ]
}

# The lines by which a kernel says that it is at fault, each by itself.
faults_are_seen() {
	local line console=$1/console

	while read -r line; do
		printf '[    1.000000] fine\r\n[    2.000000] %s\r\n' "$line" >"$console"
		expect 0 "$line" tools/testing/vmtest/faults "$console"
	done <<-'END'
	Kernel panic - not syncing: Out of memory
	Oops: general protection fault, probably for non-canonical address
	------------[ cut here ]------------
	BUG: KASAN: slab-use-after-free in shrink_node+0x10/0x20
	BUG: KCSAN: data-race in shrink_node / balance_pgdat
	BUG: sleeping function called from invalid context at mm/vmscan.c:1
	BUG: scheduling while atomic: kswapd0/58/0x00000002
	BUG: Bad page state in process sh  pfn:12345
	WARNING: possible circular locking dependency detected
	WARNING: suspicious RCU usage
	INFO: trying to register non-static key.
	INFO: rcu_preempt detected stalls on CPUs/tasks:
	INFO: task kswapd0:58 blocked for more than 120 seconds.
	list_add corruption. prev->next should be next
	Unable to handle kernel NULL pointer dereference at virtual address 0
	END
	echo '[    1.000000] pci: WARNING is only a word here' >"$console"
	[ -z "$(tools/testing/vmtest/faults "$console")" ]
}

# report TITLE FRAME FRAME: as KCSAN writes it, a frame for each side of the race.
report() {
	printf '[    3.000000] %s\r\n' "BUG: KCSAN: data-race in $1" '' \
		'write to 0xffff888003c0a1c0 of 4 bytes by task 58 on cpu 3:' " $2" \
		" kswapd+0x1/0x2" '' \
		'read to 0xffff888003c0a1c0 of 4 bytes by task 99 on cpu 1:' " $3" '' \
		'Reported by Kernel Concurrency Sanitizer on:'
}

# Of two data races, that which has a frame at a line of the series, though it is
# inlined there, is a fault; the other is listed.
races_are_told() {
	local dir=$1

	mkdir "$dir/mm" "$dir/build"
	cat >"$dir/mm/vmscan.c" <<-'END'
	int count;
	static inline __attribute__((always_inline)) void series(void)
	{
		count++;
	}
	void calls_series(void)
	{
		series();
		series();
	}
	void old(void)
	{
		count--;
		count--;
	}
	END
	(cd "$dir/build" && gcc -g -O0 -nostdlib -Wl,-e,old -o ../vmlinux ../mm/vmscan.c)
	printf 'mm/vmscan.c:%s\n' 2 3 4 5 >"$dir/touched"
	{
		report "old / old" old+0x10/0x20 old+0x18/0x20
		report "calls_series / old" old+0x10/0x20 calls_series+0x10/0x20
		report "old / old" old+0x10/0x20 old+0x18/0x20
	} >"$dir/console"
	expect 0 "at a line of the series: 1, listed" tools/testing/vmtest/faults \
		"$dir/console" "$dir/bzImage" "$dir/races" | tee "$dir/said"
	grep 'calls_series / old (the series: calls_series+0x10/0x20 at mm/vmscan.c:' "$dir/said"
	! grep 'in old / old' "$dir/said" || return 1
	grep '2 BUG: KCSAN: data-race in old / old: old+0x10' "$dir/races"
	# Without line numbers every race counts.
	rm "$dir/touched"
	expect 0 "old / old" tools/testing/vmtest/faults "$dir/console" "$dir/bzImage"
}

guest_warns() {
	outcome 126 "cut here" -- sh -c 'echo "------------[ cut here ]------------" >/dev/kmsg'
}

# below PID: the processes below a process.
below() {
	local child

	for child in $(pgrep -P "$1"); do
		echo "$child"
		below "$child"
	done
}

# The guest must not outlive vmtest, also where that is killed outright.
killed_caller() {
	local kernel pid pids n

	kernel=$(stock)
	TMPDIR=$1 "$vmtest" run --kernel "$kernel" --timeout 100 -- sleep 90 &
	pid=$!
	for ((n = 0; n < 100; n++)); do
		pids=$(below "$pid")
		# shellcheck disable=SC2086
		! ps -o comm= -p ${pids:-0} | grep -q qemu || break
		sleep 0.2
	done
	# shellcheck disable=SC2086
	ps -o comm= -p $pids | grep -q qemu
	kill -KILL "$pid"
	for ((n = 0; n < 50; n++)); do
		# shellcheck disable=SC2086
		ps -o comm= -p $pids | grep -q qemu || return 0
		sleep 0.2
	done
	echo "QEMU is still there"
	# shellcheck disable=SC2086
	kill -KILL $pids
	return 1
}

# A header that promises a kernel, and nothing behind it.
no_kernel_inside() {
	local fake=$1/fake kernel

	kernel=$(stock)
	head -c 1048576 /dev/zero >"$fake"
	dd if="$kernel" of="$fake" bs=1 count=4096 conv=notrunc
	expect 124 "timed out" "$vmtest" run --kernel "$fake" --timeout 10 -- true
}

bad_run() {
	local kernel run

	kernel=$(stock)
	run=("$vmtest" run --kernel "$kernel")
	one_sentence "unknown command" "$vmtest" frobnicate
	one_sentence "unknown option" "$vmtest" run --frobnicate
	one_sentence "unknown option 'yes'" "$vmtest" run --cpus-in-turn yes -- true
	one_sentence "--kernel is needed" "$vmtest" run -- true
	one_sentence "no x86 bzImage and no arm64 Image" "$vmtest" run --kernel Makefile -- true
	one_sentence "cannot read the kernel" "$vmtest" run --kernel /nowhere -- true
	one_sentence "no program to run" "${run[@]}"
	one_sentence "no program 'no-such-program'" "${run[@]}" -- no-such-program
	one_sentence "--memory takes" "${run[@]}" --memory lots -- true
	one_sentence "too large" "${run[@]}" --memory 99999999999G -- true
	one_sentence "at least as many --cpus" "${run[@]}" --nodes 8 --cpus 4 -- true
	one_sentence "at least as many --cpus" "${run[@]}" --nodes 2 --memoryless 3 -- true
	one_sentence "--memoryless takes" "${run[@]}" --memoryless some -- true
	one_sentence "--timeout takes" "${run[@]}" --timeout 0 -- true
	one_sentence "VMTEST_SLOW takes" slow 0.5 "${run[@]}" -- true
	one_sentence "is no directory" "${run[@]}" --disk /nowhere -- true
	one_sentence "name it with --disk" "${run[@]}" --disk-write 2M -- true
	one_sentence "--disk-write takes a size" "${run[@]}" --disk /tmp --disk-write x -- true
	one_sentence "takes a value" "${run[@]}" --timeout
	one_sentence "no such program or file" "${run[@]}" --with no-such-file -- true
	one_sentence "cannot make the directory" "${run[@]}" --out Makefile/out -- true
}

bad_kernel() {
	sentences "$vmtest" <<-'END'
	kernel|--base is needed
	kernel --base 2.4|no base '2.4'
	kernel --base 6.12.y --patches 99|the series of 6.12.y has
	kernel --base 6.12.y --patches few|--patches takes
	kernel --base 6.12.y --fixes some|--fixes takes
	kernel --base 6.12.y --fixes 99|has 6 patches
	kernel --base 6.12.y --edit /nowhere|cannot read the patch
	kernel --base 6.12.y --cc tcc|--cc takes
	kernel --base 6.12.y --kdir /nowhere|no kernel tree
	kernel --base 6.12.y --config /nowhere|cannot read the configuration
	END
}

# A cache on a full disk: one sentence before anything is fetched or built.
full_disk() {
	local dir=$1/small

	mkdir "$dir"
	mount -t tmpfs -o size=64M none "$dir" 2>/dev/null || skip "no permission to mount a small disk"
	# shellcheck disable=SC2064
	trap "umount '$dir'; rm -rf '$1'" EXIT
	expect 2 "MiB free in" env -u KDIR XDG_CACHE_HOME="$dir" "$vmtest" kernel --base 6.12.y
}

# A package that is damaged is never taken for a source.
corrupt_package() {
	local dir=$1 log=$1/log deb

	mkdir -p "$dir/bin"
	# What apt-get downloads is cut short on the way.
	cat >"$dir/bin/apt-get" <<-'END'
	#!/bin/sh
	for last; do :; done
	case "$*" in
	*" download "*) echo cut short >"${last%%=*}.deb" ;;
	*) exec /usr/bin/apt-get "$@" ;;
	esac
	END
	chmod +x "$dir/bin/apt-get"
	! env -u KDIR PATH="$dir/bin:$PATH" XDG_CACHE_HOME="$dir/cache" "$vmtest" kernel --base 6.12.y \
		>"$log" 2>&1 || return 1
	cat "$log"
	deb=$(find "$dir/cache" -name Makefile)
	[ -z "$deb" ] && grep -q "extracting.*failed" "$log"
}

# A suite that the registry no longer has is a skip, with the base's name.
no_such_suite() {
	cp -r --parents tools/testing/vmtest patches/7.3.y "$1"
	sed -i 's/^suite:.*/suite: no-such-suite/' "$1/patches/7.3.y/base"
	expect 4 "SKIP: 7.3.y: the registry has no package linux-source-7.3 in no-such-suite" \
		env -u KDIR XDG_CACHE_HOME="$1/cache" "$1/tools/testing/vmtest/vmtest" \
		kernel --base 7.3.y --source
}

wrong_base() {
	local tree

	tree=$(source_tree 6.12.y)
	expect 2 "wrong base" "$vmtest" kernel --base mm-new --kdir "$tree"
}

dry_run() {
	local kernel

	kernel=$(stock)
	expect 0 qemu-system-x86_64 "$vmtest" run --kernel "$kernel" --dry-run -- true
	expect 0 "thread=multi" "$vmtest" run --kernel "$kernel" --disable-kvm --dry-run -- true
	expect 0 "thread=single" "$vmtest" run --kernel "$kernel" --disable-kvm --cpus-in-turn \
		--dry-run -- true
}

# A directory with all tools but one.
without_bison() {
	local dir=$1/bin

	mkdir "$dir"
	ln -s /usr/bin/* "$dir/"
	rm -f "$dir/bison"
	expect 2 "bison is missing" env -u KDIR PATH="$dir" "$vmtest" kernel --base 6.12.y
}

# End a build by each signal, then start two at once: they give one good kernel. SIGTERM leaves
# no tree behind, SIGKILL leaves it until the next build.
interrupted_build() {
	local fragment=$1/fragment log=$1/log signal pid part first second

	echo "CONFIG_LOCALVERSION=\"-interrupted-$$\"" >"$fragment"
	build() {
		env -u KDIR "$vmtest" kernel --base 6.12.y --patches 0 --config "$fragment"
	}
	for signal in KILL TERM; do
		build >"$log" 2>&1 &
		pid=$!
		until grep -q ': building' "$log"; do
			kill -0 "$pid"
			sleep 1
		done
		sleep 5
		# shellcheck disable=SC2046
		kill -"$signal" "$pid" $(below "$pid")
		wait "$pid" || :
	done
	part=$(sed -n 's/.*building .*(log: \(.*\)\/log\/kernel-\(.*\)\.log)/\1\/kernel\/\2.part/p' "$log")
	# The steps end first.
	for _ in $(seq 60); do
		[ -e "$part" ] || break
		sleep 1
	done
	if ! [ -d "${part%/*}" ] || [ -e "$part" ]; then
		echo "the unfinished tree is still there: $part"
		return 1
	fi
	build >"$log.1" &
	pid=$!
	second=$(build | tail -n 1)
	wait "$pid"
	first=$(tail -n 1 "$log.1")
	[ "$first" = "$second" ]
	expect 0 "-interrupted-$$" "$vmtest" run --kernel "$first" --timeout 120 -- cat /proc/version
	rm -rf "${first%/bzImage}"
}

# A kernel that was of no use for a month goes, but not one that is being built.
old_kernels_go() {
	local old=$cache/kernel/check-$$

	mkdir -p "$old" "$old-built" "$old-new"
	touch -d '31 days ago' "$old" "$old-built"
	flock "$old-built.lock" env -u KDIR "$vmtest" kernel --base 6.12.y --patches 0
	ls -d "$old-built" "$old-new"
	! [ -e "$old" ] || {
		echo "$old is still there"
		return 1
	}
	rm -r "$old-built" "$old-new" "$old"*.lock
}

check "stock 6.12 builds" stock
check "vmtest: a program that passes" outcome 0 passed -- true
check "vmtest: a program that exits 3" \
	outcome 3 "failed: the program exited with 3" -- sh -c 'exit 3'
check "vmtest: a program that skips" outcome 4 skipped -- sh -c 'exit 4'
check "vmtest: a guest that panics" with_dir console_is_kept
check "vmtest: a kernel that warns" guest_warns
check "vmtest: what a console says of faults" with_dir faults_are_seen
check "vmtest: which data races are the series'" with_dir races_are_told
check "vmtest: a guest that hangs, on a machine said to be slow" \
	slow 2 outcome 124 "ended after 10 s" --timeout 5 -- sleep 1000
check "vmtest: a guest that is lost" outcome 125 "guest lost" -- busybox poweroff -f
check "vmtest: a guest that fills its disk" with_dir fills_its_disk
check "vmtest: a kernel that is no kernel" with_dir no_kernel_inside
check "vmtest: the guest is as documented" guest_is_ready
check "vmtest: two nodes and one without memory" topology 2 1 4
check_all "vmtest: one node" topology 1 0 2
check_all "vmtest: one node and one without memory" topology 1 1 2
check_all "vmtest: four nodes" topology 4 0 4
check_all "vmtest: four nodes and two without memory, CPUs that do not divide" topology 4 2 7
check "vmtest: files go in and out" with_dir files_go_both_ways
check "vmtest: arguments arrive as they are" arguments
check "vmtest: the guest does not outlive its caller" with_dir killed_caller
check "vmtest: --dry-run" dry_run
check "vmtest run: bad input" bad_run
check "vmtest kernel: bad input" bad_kernel
check "vmtest kernel: a full disk" with_dir full_disk
check "vmtest kernel: a corrupt package" with_dir corrupt_package
check "vmtest kernel: a missing tool is named" with_dir without_bison
check "vmtest kernel: the wrong base" wrong_base
check "vmtest kernel: old kernels go" old_kernels_go
check_all "vmtest kernel: a suite that is gone" with_dir no_such_suite
check_all "vmtest kernel: interrupted, and twice at once" with_dir interrupted_build
