# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The commands of the operators' page, run in guests and on counters of guests.

page=Documentation/admin-guide/mm/kswapd_failures.rst

# page_runs KIND PATCHES: on 6.12.y
page_runs() {
	local kernel dir=build/page/$1 tool=tools/testing/check/page

	kernel=$(kernel_of 6.12.y "$2")
	make -s kswapd-report
	rm -rf "$dir"
	mkdir -p "$dir/disk"
	"$tool" commands "$1" "$page" >"$dir/disk/commands"
	"$vmtest" run --kernel "$kernel" --timeout 240 --disk "$dir/disk" --out "$dir" \
		--out-size 64M --with "$(built)" --with build/kswapd-report \
		-- tools/testing/check/guest-page commands
	"$tool" compare "$1" "$page" "$dir/transcript"
}

page_stock() {
	page_runs stock 0
	# kswapd does run away.
	awk '$1 == "(kswapd1)" { took = $2 - last; last = $2 } END { exit !(took > 1) }' \
		build/page/stock/transcript
}

page_fixed() {
	page_runs fixed all
	grep -q 'node_unreclaimable: *1' build/page/fixed/transcript
	grep -q '^kswapd_given_up [1-9]' build/page/fixed/transcript
}

# Output that no command prints is a difference; so is a missing command.
page_judge() {
	local tool=tools/testing/check/page

	"$tool" commands stock "$page" | sed 's/^/# /' >"$1/commands"
	expect 1 "not printed by" "$tool" compare stock "$page" "$1/commands"
	head -n 1 "$1/commands" >"$1/less"
	expect 1 "differ" "$tool" compare stock "$page" "$1/less"
	expect 2 "usage" "$tool" compare
}

# monitoring: the directory with node_exporter and promtool, of Debian's packages,
# unpacked and not installed.
monitoring() {
	local dir=$cache/monitoring

	# shellcheck disable=SC1091 # by name, as the tests are
	. tools/testing/vmtest/packages.sh
	[ -d "$dir" ] || {
		command -v apt-get >/dev/null || skip "no apt to have node_exporter and promtool from"
		apt_words '' ''
		update_lists 360
		fetch_packages "$dir" true prometheus prometheus-node-exporter
	}
	echo "$dir/usr/bin"
}

# node_exporter, with the flag of the page, reads the counters of a guest.
page_exporter() {
	local bin command fields pid port=$((20000 + $$ % 10000)) rc=0

	[ -e build/page/fixed/vmstat ] || skip "no guest has run the page with the series yet"
	bin=$(monitoring)
	mkdir "$1/proc"
	cp build/page/fixed/vmstat "$1/proc/"
	fields=$(sed -n 's/^ *--collector.vmstat.fields=//p' "$page")
	"$bin/prometheus-node-exporter" --collector.disable-defaults --collector.vmstat \
		"--path.procfs=$1/proc" "--collector.vmstat.fields=$fields" \
		"--web.listen-address=127.0.0.1:$port" >"$1/log" 2>&1 &
	pid=$!
	command=$(tools/testing/check/page commands exporter "$page" | sed "s/localhost:9100/127.0.0.1:$port/")
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		sh -c "$command" >"$1/said" && break
	done
	kill "$pid"
	sed "1i # $(tools/testing/check/page commands exporter "$page")" "$1/said" >"$1/transcript"
	cat "$1/log" "$1/transcript"
	cp "$1/transcript" build/page/exporter
	tools/testing/check/page compare exporter "$page" "$1/transcript" || rc=$?
	[ "$rc" -eq 0 ]
}

# The rules are well-formed. Each fires on its own instance, and no rule on a healthy one.
page_rules() {
	local bin

	bin=$(monitoring)
	tools/testing/check/page yaml "$page" >"$1/rules.yml"
	"$bin/promtool" check rules "$1/rules.yml"
	cat >"$1/test.yml" <<-'END'
	rule_files: [rules.yml]
	evaluation_interval: 1m
	tests:
	  - interval: 1m
	    input_series:
	      # a: healthy; b: hopeless, with retries; c: gives up each minute; d: thrashing
	      - {series: 'node_vmstat_kswapd_given_up{instance="a"}', values: '5x40'}
	      - {series: 'node_vmstat_kswapd_revived{instance="a"}', values: '5x40'}
	      - {series: 'node_vmstat_workingset_refault_file{instance="a"}', values: '0+600x40'}
	      - {series: 'node_vmstat_kswapd_given_up{instance="b"}', values: '6x40'}
	      - {series: 'node_vmstat_kswapd_revived{instance="b"}', values: '5x40'}
	      - {series: 'node_vmstat_kswapd_runs_failed{instance="b"}', values: '96+19x40'}
	      - {series: 'node_vmstat_kswapd_given_up{instance="c"}', values: '5+1x40'}
	      - {series: 'node_vmstat_kswapd_revived{instance="c"}', values: '5+1x40'}
	      - {series: 'node_vmstat_workingset_refault_file{instance="d"}', values: '0+300000x40'}
	    promql_expr_test:
	      - expr: count by (alertname, instance) (ALERTS{alertstate="firing"})
	        eval_time: 30m
	        exp_samples:
	          - {labels: '{alertname="KswapdHasGivenUp", instance="b"}', value: 1}
	          - {labels: '{alertname="KswapdGivesUpAgainAndAgain", instance="c"}', value: 1}
	          - {labels: '{alertname="PageCacheThrashes", instance="d"}', value: 1}
	END
	(cd "$1" && "$bin/promtool" test rules test.yml)
	sed -i 's/revived > 0/revived > 1/' "$1/rules.yml"
	(cd "$1" && expect 1 FAILED "$bin/promtool" test rules test.yml)
}

check_all "the operator's page: a difference is found" with_dir page_judge
check_all "6.12.y: the operator's page: its output on stock" page_stock
check_all "6.12.y: the operator's page: its output with the series" page_fixed
check_all "the operator's page: node_exporter exports the counters" with_dir page_exporter
check_all "the operator's page: the alert rules fire when they should" with_dir page_rules
