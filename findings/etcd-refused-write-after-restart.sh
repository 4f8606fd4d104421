#!/bin/sh
# A write that etcd has refused for lack of space is there after the member was killed and started again.
#
# Version: etcd 3.4.23 (Debian 12, etcd-server 3.4.23-4+b4), one member.
# Behaviour: the member has reached its quota. A put fails with "database space exceeded". The alarm is ended. The
#   member is killed, and starts: the key of the refused put exists, and the revision has grown. In a cluster only the
#   member that was killed has the key. Reads by way of it then differ from the others, and no member reports it.
# Reason: the end of the alarm is saved at once, but the number of the last applied entry only with the next write
#   that succeeds. At its start, the member applies the entries after that number again. The refused puts are among
#   them, and there is no alarm any more.
# Expected: an entry that was refused once stays refused, whenever it is applied.
# Affected: an operator who restarts members after making room. A write after the end of the alarm closes the gap.
#   Newer versions of etcd were not tried.
#
# Run without Coffer, on harmless input. Exit status 0: the behaviour is as stated. 1: it has changed.
# ETCD and ETCDCTL name other programs than those of the packages above, which Debian 12 provides.
set -eu
folder=$(mktemp -d)
pid=
trap 'kill -9 $pid 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${ETCD:-}" ]; then
	apt-get download -q=3 etcd-server=3.4.23-4+b4 etcd-client=3.4.23-4+b4
	for package in *.deb; do dpkg-deb --extract "$package" .; done
	ETCD=$folder/usr/bin/etcd ETCDCTL=$folder/usr/bin/etcdctl
fi
url=http://127.0.0.1:23979 peer=http://127.0.0.1:23980
export ETCDCTL_API=3
ctl() { "$ETCDCTL" --endpoints "$url" "$@" 2>/dev/null; }
start() {
	"$ETCD" --name m --data-dir data --quota-backend-bytes 16777216 --log-level error \
		--listen-client-urls "$url" --advertise-client-urls "$url" --listen-peer-urls "$peer" \
		--initial-advertise-peer-urls "$peer" --initial-cluster "m=$peer" > log 2>&1 &
	pid=$!
	until ctl get any >/dev/null; do :; done
}
changed=0

# expect LABEL EXPECTED SEEN
expect() {
	echo "$1: $3"
	[ "$3" = "$2" ] || { echo "  (was: $2)"; changed=1; }
}

start
"$ETCD" --version | head -n 1
index=0
while head -c 1000000 /dev/zero | tr '\0' x | ctl put "filling/$index" >/dev/null; do index=$((index + 1)); done
ctl del --prefix filling/ >/dev/null
ctl compact "$(ctl endpoint status -w json | sed 's/.*"revision":\([0-9]*\).*/\1/')" >/dev/null
ctl defrag >/dev/null
expect "put while the store is full" "refused" "$(ctl put key value || echo refused)"
ctl alarm disarm >/dev/null
expect "the key, before" "" "$(ctl get key --print-value-only)"
sleep 1
kill -9 "$pid"
wait "$pid" || true
start
expect "the key, after a restart" "value" "$(ctl get key --print-value-only)"
exit "$changed"

# Seen:
#   etcd Version: 3.4.23
#   put while the store is full: refused
#   the key, before:
#   the key, after a restart: value
