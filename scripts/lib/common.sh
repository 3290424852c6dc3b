# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Outcome, options, and a scratch directory that goes away in every case.

SCRATCH=
UNDO=()
export OPT_base='' OPT_tree='' OPT_out='' OPT_kernel_only=''

# The last line of output is the outcome, the exit status its kind.
outcome() {
	local status=$1

	shift
	printf '%s\n' "$*"
	exit "$status"
}

# Commands that put right what an interruption would leave half done are pushed
# to UNDO as names of functions, and run last in, first out.
cleanup() {
	local status=$? i

	trap '' INT TERM HUP
	for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do
		"${UNDO[i]}" || true
	done
	if [ -n "$SCRATCH" ]; then
		rm -rf "$SCRATCH"
	fi
	# Anything else than our own statuses is a tool that failed and said why.
	if [ "$status" -gt 5 ] && [ "$status" -lt 129 ]; then
		die 'stopped by the error above; nothing was changed'
	fi
	exit "$status"
}

start() {
	local tool

	for tool in git awk sed grep mktemp; do
		command -v "$tool" >/dev/null || die "'$tool' is missing; please install it"
	done
	# A hook or an alias of the caller's may have pointed git elsewhere.
	# shellcheck disable=SC2046
	unset $(git rev-parse --local-env-vars)
	# Asking for the state of somebody's tree must not rewrite its index.
	export GIT_OPTIONAL_LOCKS=0
	[ -d "$PATCHES" ] || die "there is no directory $PATCHES"
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/series.XXXXXX") ||
		die "cannot make a temporary directory in ${TMPDIR:-/tmp}"
	export SCRATCH
}

# Usage: options "base= tree= kernel-only" "$@"; sets OPT_base, OPT_kernel_only ...
options() {
	local known=" $1 " name value

	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help)
			help
			exit 0
			;;
		--*) name=${1#--} ;;
		*) die "unknown option '$1'; see 'scripts/series --help'" ;;
		esac
		value=1
		if [[ $name == *=* ]]; then
			value=${name#*=}
			name=${name%%=*}
			[[ $known == *" $name= "* ]] || die "unknown option '--$name', or it takes no value"
		elif [[ $known == *" $name= "* ]]; then
			[ $# -gt 1 ] || die "--$name needs a value"
			value=$2
			shift
		elif [[ $known != *" $name "* ]]; then
			die "unknown option '--$name'; see 'scripts/series --help'"
		fi
		[ -n "$value" ] || die "--$name needs a value"
		printf -v "OPT_${name//-/_}" %s "$value"
		shift
	done
}

need_options() {
	local name option

	for name; do
		option=OPT_$name
		[ -n "${!option:-}" ] || die "missing --$name"
	done
}
