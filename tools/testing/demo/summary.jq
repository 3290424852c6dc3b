# SPDX-License-Identifier: GPL-2.0
# The four runs' samples, put together. Input: an array of {lru, kernel, data}.
# Arguments: $accel, $base, $release, $limit (per cent of a CPU).

def ratio($a; $b): if $b == 0 then null else $a / $b end;

def run:
	.data.summary as $s |
	{
		kernel: .data.environment.kernel,
		kswapd_cpu_pct: $s.kswapd_cpu_pct,
		hot_refaults_per_s: $s.refaults_per_s,
		hot_major_faults_per_s: $s.hot_major_faults_per_s,
		stalls_per_s: $s.stalls_per_s,
		hopeless_pct: ($s.hopeless_share * 100),
		unbalanced_pct: ($s.unbalanced_share * 100)
	};

def pair($lru):
	(.[] | select(.lru == $lru and .kernel == "stock") | run) as $stock |
	(.[] | select(.lru == $lru and .kernel == "patched") | run) as $patched |
	{
		stock: $stock, patched: $patched,
		ratio: {
			kswapd_cpu: ratio($patched.kswapd_cpu_pct.mean; $stock.kswapd_cpu_pct.mean),
			hot_refaults: ratio($patched.hot_refaults_per_s; $stock.hot_refaults_per_s)
		},
		# Pressure was there in both, kswapd ran away on stock, and stopped.
		holds: ($stock.unbalanced_pct > 50 and $patched.unbalanced_pct > 50 and
			$stock.kswapd_cpu_pct.mean > 2 * $limit and
			$patched.kswapd_cpu_pct.mean < $limit)
	};

{
	version: 1, base: $base, release: $release, accelerator: $accel,
	limit_cpu_pct: $limit,
	node: .[0].data.options.node,
	seconds: .[0].data.summary.samples,
	classic: pair("classic"), mglru: pair("mglru")
} |
.verdict = (.classic.holds and .mglru.holds)
