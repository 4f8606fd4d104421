#!/bin/sh
# A program that `ip netns exec` starts finds no control groups below /sys/fs/cgroup.
#
# Version: iproute2 6.1.0 (Debian 12, iproute2 6.1.0-3).
# Behaviour: in the namespace, /sys is a new mount, and /sys/fs/cgroup in it is an empty folder, whichever version of
#   control groups the system has mounted there. /proc/self/cgroup still names the control groups, and limits still
#   hold. With `nsenter --net` for the same namespace the folder is as outside.
# Reason: /sys shows the network devices of the namespace in which it was mounted. So `ip` mounts it anew, in a mount
#   namespace of the program's own, and what was mounted below it is gone. The manual page mentions only the files of
#   /etc/netns.
# Expected: another network, and the same files.
# Affected: programs that read their limit of memory or processors there, as runtimes do to size themselves, and those that
#   make control groups, such as service managers and container engines.
#
# Run without Coffer, on valid input. Needs root. Exit status 0: the behaviour is as stated. 1: it has changed.
# IP names another program than that of the package above, which Debian 12 provides.
set -eu
folder=$(mktemp -d)
name=finding-$$
ip=${IP:-$folder/bin/ip}
trap '"$ip" netns delete "$name" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${IP:-}" ]; then
	apt-get download -q=3 iproute2=6.1.0-3
	dpkg-deb --extract ./*.deb .
fi
"$ip" netns add "$name"
"$ip" -V
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@")
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

entries='if [ -n "$(ls -A /sys/fs/cgroup)" ]; then echo entries; else echo empty; fi'
expect "/sys/fs/cgroup outside" entries sh -c "$entries"
expect "/sys/fs/cgroup with nsenter --net" entries nsenter --net="/run/netns/$name" sh -c "$entries"
expect "/sys/fs/cgroup with ip netns exec" empty "$ip" netns exec "$name" sh -c "$entries"
sort /proc/self/cgroup > outside
same='sort /proc/self/cgroup | cmp -s - outside && echo same'
expect "/proc/self/cgroup with ip netns exec, beside outside" same "$ip" netns exec "$name" sh -c "$same"
exit "$changed"

# Seen:
#   ip utility, iproute2-6.1.0, libbpf 1.1.2
#   /sys/fs/cgroup outside: entries
#   /sys/fs/cgroup with nsenter --net: entries
#   /sys/fs/cgroup with ip netns exec: empty
#   /proc/self/cgroup with ip netns exec, beside outside: same
