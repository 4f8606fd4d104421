#!/bin/sh
# In etcd, the value of a key that does not exist neither equals a text nor differs from it.
#
# Version: etcd 3.4.23 (Debian 12, etcd-server 3.4.23-4+b4).
# Behaviour: a transaction compares the value of a key that does not exist. The comparison fails with `!=` and any text,
#   with `=` and the empty text, and with `<` and `>`. The version and the revisions of such a key are 0 in comparisons, so
#   `<` and `!=` with these succeed.
# Expected: one of `=` and `!=` succeeds, and `value != "done"` holds for a key that is not there.
# Affected: transactions that write unless another has finished, as `value(KEY) != "done"`: they never write the first
#   time. The other branch is taken, without an error. Known as https://github.com/etcd-io/etcd/issues/19678; newer
#   versions were not tried.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
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
url=http://127.0.0.1:23981 peer=http://127.0.0.1:23982
export ETCDCTL_API=3
ctl() { "$ETCDCTL" --endpoints "$url" "$@" 2>/dev/null; }
"$ETCD" --name m --data-dir data --log-level error --listen-client-urls "$url" --advertise-client-urls "$url" \
	--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "m=$peer" > log 2>&1 &
pid=$!
until ctl get any >/dev/null; do :; done
"$ETCD" --version | head -n 1
changed=0

# expect EXPECTED COMPARISON
expect() {
	seen=$(printf '%s\n\n\n\n' "$2" | ctl txn | head -n 1)
	echo "$2: $seen"
	[ "$seen" = "$1" ] || { echo "  (was: $1)"; changed=1; }
}

ctl put there "text" > /dev/null
expect SUCCESS 'value("there") != "done"'
expect FAILURE 'value("missing") != "done"'
expect FAILURE 'value("missing") = "done"'
expect FAILURE 'value("missing") = ""'
expect FAILURE 'value("missing") < "done"'
expect FAILURE 'value("missing") > ""'
expect SUCCESS 'version("missing") = "0"'
expect SUCCESS 'version("missing") != "1"'
expect SUCCESS 'mod("missing") < "1"'
exit "$changed"

# Seen:
#   etcd Version: 3.4.23
#   value("there") != "done": SUCCESS
#   value("missing") != "done": FAILURE
#   value("missing") = "done": FAILURE
#   value("missing") = "": FAILURE
#   value("missing") < "done": FAILURE
#   value("missing") > "": FAILURE
#   version("missing") = "0": SUCCESS
#   version("missing") != "1": SUCCESS
#   mod("missing") < "1": SUCCESS
