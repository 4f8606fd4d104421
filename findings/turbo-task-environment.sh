#!/bin/sh
# Turborepo starts a task without the variables that turbo.json does not name, and keeps the task's output in the clear.
#
# Version: turbo 2.11.11 (npm).
# Behaviour: in the default mode (`--env-mode=strict`), a task gets PATH, HOME and some others, and no variable that was
#   set for the command. Nothing says so. With `passThroughEnv`, the task gets the variable; a later run with another
#   value of it is answered from the cache. What the task prints is in `.turbo/turbo-TASK.log` and in the cache.
# Reason: results are shared by a key, so a task may only depend on what is part of the key.
# Expected: as documented. The surprise is that the filter has no message, also for a program that is there to set variables.
# Affected: every program that gives secrets to `turbo run` by the environment, and whoever redacts only turbo's own output.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1
cat > package.json << 'JSON'
{ "name": "top", "private": true, "workspaces": ["a"], "packageManager": "npm@10.0.0" }
JSON
mkdir a
cat > a/package.json << 'JSON'
{ "name": "a", "version": "1.0.0", "scripts": { "show": "node -p \"'value ' + process.env.SHOWN_VALUE\"" } }
JSON
git init --quiet
printf 'node_modules\n.turbo\n' > .gitignore
npm install --silent --no-audit --no-fund --save-dev turbo@2.11.11
npx turbo --version
changed=0

# ask EXPECTED VALUE CONFIGURATION: what the task prints, or printed when it ran
ask() {
	echo "$3" > turbo.json
	seen=$(SHOWN_VALUE=$2 npx turbo run show --output-logs=full 2>&1 | sed -n 's/.*\(value [a-z]*\)$/\1/p' | tail -1)
	echo "SHOWN_VALUE=$2: $seen"
	[ "$seen" = "$1" ] || { echo "  (was: $1)"; changed=1; }
}

ask "value undefined" first '{ "tasks": { "show": {} } }'
ask "value first" first '{ "globalPassThroughEnv": ["SHOWN_VALUE"], "tasks": { "show": {} } }'
ask "value first" second '{ "globalPassThroughEnv": ["SHOWN_VALUE"], "tasks": { "show": {} } }'
grep -q "value first" a/.turbo/turbo-show.log && echo "The value is in a/.turbo/turbo-show.log." || changed=1
exit "$changed"

# Seen:
#   2.11.11
#   SHOWN_VALUE=first: value undefined
#   SHOWN_VALUE=first: value first
#   SHOWN_VALUE=second: value first
#   The value is in a/.turbo/turbo-show.log.
