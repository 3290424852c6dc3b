# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# Debian packages that are unpacked and not installed. Needs lib.sh, and for apt_of a
# function "skip".

# apt_words SUITE ARCH: how to call apt, as the array "apt"; '' is the machine's.
# Its apt setup is read, with its keys, and never written: lists and state of our
# own, in the directory "state". With a suite: a source list too.
apt_words() {
	local status=/var/lib/dpkg/status

	need apt-get apt
	state=$cache/apt${1:+-$1}${2:+-$2}
	mkdir -p "$state/lists/partial" "$state/archives/partial" "$cache/log"
	if [ -n "$2" ]; then
		# Of another architecture, no package is installed.
		status=$state/status
		: >"$status"
	fi
	apt=(-q -o "Dir::State=$state" -o "Dir::State::Lists=$state/lists"
		-o "Dir::State::status=$status" -o "Dir::Cache=$state"
		-o APT::Update::Error-Mode=any -o APT::Sandbox::User= -o Debug::NoLocking=true)
	[ -z "$1" ] || apt+=(-o "Dir::Etc::sourcelist=$state/suite.sources"
		-o Dir::Etc::sourceparts=/dev/null)
	[ -z "$2" ] || apt+=(-o "APT::Architecture=$2" -o "APT::Architectures=$2")
}

# mirror: the address from which the machine's apt takes Debian, and the release. apt
# expands the format.
# shellcheck disable=SC2016
mirror() {
	apt-get "${apt[@]}" indextargets \
		--format '$(LABEL) $(COMPONENT) $(TARGET_OF) $(REPO_URI) $(CODENAME)' |
		awk '/^Debian main deb / && !n++ { print $4, $5 }'
}

# source_entry TYPE ADDRESS SUITE: for a list of sources. Debian's own keys check the
# suite if the machine has them, and else those that apt trusts.
source_entry() {
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg

	printf '%s\n' "Types: $1" "URIs: $2" "Suites: $3" 'Components: main'
	[ ! -e "$keys" ] || echo "Signed-By: $keys"
	echo
}

# use_suite SUITE: from here on "apt" knows this suite, and nothing else.
# Status 1: no mirror is set up.
use_suite() {
	local address

	read -r address _ < <(mirror) || return 1
	apt_words "$1" ''
	source_entry deb "$address" "$1" >"$state/suite.sources"
}

# Lists older than some minutes are fetched anew; without a network, old ones do.
update_lists() {
	local minutes=$1 stamp=$state/updated log=$cache/log/${state##*/}-update.log

	[ -z "$(find "$stamp" -mmin "-$minutes" 2>/dev/null)" ] || return 0
	if step "asking apt for the package lists" "$log" apt-get "${apt[@]}" update; then
		touch "$stamp"
	elif [ -e "$stamp" ]; then
		note "the registry does not answer; going on with the lists of $(date -r "$stamp" +%F)"
	fi
}

# apt_of SUITE: apt_words for a suite with current lists of it; '' is the machine's.
apt_of() {
	apt_words '' ''
	update_lists 360
	[ -n "$1" ] || return 0
	use_suite "$1" || skip "apt has no mirror of Debian set up to fetch suite $1 from"
	update_lists 360
}

# find_version PACKAGE: sets "version" to its candidate.
find_version() {
	version=$(candidate "$1")
	[ -n "$version" ] || {
		update_lists 1
		version=$(candidate "$1")
	}
}

# candidate PACKAGE: the version that apt would take, nothing if there is none.
candidate() {
	LC_ALL=C apt-cache "${apt[@]}" policy "$1" |
		sed -n -e '/(none)/d' -e 's/^  Candidate: //p'
}

# download DIR PACKAGE...: the packages' files, and nothing else, in DIR.
download() {
	rm -f "$1"/*.deb
	cd "$1" && shift && apt-get "${apt[@]}" download "$@"
}

# unpack_packages DIR SETTLE: those in DIR.deb, into DIR.
unpack_packages() {
	local deb part=$1.part

	rm -rf "$part" && mkdir -p "$part" || return 1
	for deb in "$1.deb"/*.deb; do
		dpkg-deb -x "$deb" "$part" || return 1
	done
	"$2" "$part" "$1" && rm -rf "$1.deb" && mv "$part" "$1"
}

# fetch_debs DIR PACKAGE...: their files are in DIR, which appears only when it is whole.
fetch_debs() {
	local dir=$1

	shift
	rm -rf "$dir.part"
	mkdir -p "$dir.part"
	need_space "$cache" 1000 "fetching $1"
	step "fetching $*" "$cache/log/fetch.log" download "$dir.part" "$@" || exit 1
	rm -rf "$dir"
	mv "$dir.part" "$dir"
}

# fetch_packages DIR SETTLE PACKAGE...: the same, unpacked. SETTLE PART DIR completes the
# files in PART, which becomes DIR.
fetch_packages() {
	fetch_debs "$1.deb" "${@:3}"
	step "unpacking ${*:3}" "$cache/log/fetch.log" unpack_packages "$1" "$2" || exit 1
}
