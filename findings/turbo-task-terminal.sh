#!/bin/sh
# Turborepo gives a task a terminal of its own, and writes what the task prints there to a file.
#
# Version: turbo 2.11.11 (npm), with tmux and git from Debian 12.
# Behaviour: in a terminal, with `ui` `tui`, all three streams of a task are terminals: `test -t 1` says yes. What the task
#   prints is in `.turbo/turbo-TASK.log` and in the cache, unless the task has `"cache": false`. Without a terminal, its output
#   is a pipe.
# Reason: tasks keep their colours, and can be typed into.
# Expected: a program asks whether its output is a terminal to know that a person reads it and nothing keeps it. Here both
#   are not so, and the terminal does not say it.
# Affected: every program that prints to a terminal what it would not write to a file, such as a token or a key.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'tmux -S "$folder/tmux" kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1
cat > package.json << 'JSON'
{ "name": "top", "private": true, "workspaces": ["a"], "packageManager": "npm@10.0.0" }
JSON
mkdir a
cat > a/package.json << 'JSON'
{ "name": "a", "version": "1.0.0", "scripts": { "show": "test -t 1 && echo to a terminal || echo to a pipe" } }
JSON
echo '{ "ui": "tui", "tasks": { "show": {} } }' > turbo.json
git init --quiet
printf 'node_modules\n.turbo\n' > .gitignore
npm install --silent --no-audit --no-fund --save-dev turbo@2.11.11
npx turbo --version
changed=0

# ask EXPECTED CASE: what the log of the last run has
ask() {
	seen=$(tr -d '\r' < a/.turbo/turbo-show.log | grep '^to a')
	echo "$2: a/.turbo/turbo-show.log has '$seen'"
	[ "$seen" = "$1" ] || { echo "  (was: $1)"; changed=1; }
}

npx turbo run show --force > /dev/null 2>&1
ask "to a pipe" "In a pipe"
tmux -S "$folder/tmux" -f /dev/null new-session -d -x 100 -y 30 "npx turbo run show --force; tmux -S '$folder/tmux' wait-for -S done"
tmux -S "$folder/tmux" wait-for done
ask "to a terminal" "In a terminal"
exit "$changed"

# Seen:
#   2.11.11
#   In a pipe: a/.turbo/turbo-show.log has 'to a pipe'
#   In a terminal: a/.turbo/turbo-show.log has 'to a terminal'
