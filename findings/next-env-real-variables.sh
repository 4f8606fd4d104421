#!/bin/sh
# Next and dotenv-cli change variables that were set outside, as if their values stood in the `.env` file.
#
# Version: @next/env 16.4.6, dotenv-cli 11.0.0; @expo/env 2.6.0 and @dotenvx/dotenvx 2.38.2 for comparison.
# Behaviour: HASH and PASSWORD are set in the environment to texts with `$`, as a platform, a container or a secrets
#   manager sets them. If Next finds a `.env` file that has the same names, the real values win, but Next expands `$NAME` in
#   them: the hash is empty then, and a part of the password is gone. dotenv-cli does so with every variable, also with
#   those that its file does not name. Nothing says so. The readers of Expo and of dotenvx leave the values as they are.
# Expected: a value that does not come from the file is not read by the rules of the file.
# Affected: hashes and passwords with a dollar sign that reach a program by its environment, in projects whose `.env` or
#   `.env.local` has a default for the same name. The program works in production, where the file is missing. The ways
#   out: remove the line from the file, and start dotenv-cli with `--no-expand`.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @next/env@16.4.6 dotenv-cli@11.0.0 @expo/env@2.6.0 \
	@dotenvx/dotenvx@2.38.2
cat > show.cjs <<'PROGRAM'
console.log(process.env.HASH, process.env.PASSWORD);
PROGRAM
cat > next.cjs <<'PROGRAM'
require("@next/env").loadEnvConfig(process.cwd(), true, { info() {}, error() {} });
require("./show.cjs");
PROGRAM
cat > expo.cjs <<'PROGRAM'
require("@expo/env").load(process.cwd(), { silent: true });
require("./show.cjs");
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$(env -i PATH="$PATH" HASH='$2b$10$example' PASSWORD='pa$word!' "$@" 2> /dev/null)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

echo 'OTHER=1' > .env
expect "another name in .env: next" '$2b$10$example pa$word!' node next.cjs
expect "another name in .env: dotenv-cli" '$2b$10 pa!' node_modules/.bin/dotenv -e .env -- node show.cjs
printf 'HASH=\nPASSWORD=default\n' > .env
expect "the same names in .env: next" ' pa!' node next.cjs
expect "the same names in .env: dotenv-cli" '$2b$10 pa!' node_modules/.bin/dotenv -e .env -- node show.cjs
expect "dotenv-cli --no-expand" '$2b$10$example pa$word!' node_modules/.bin/dotenv --no-expand -e .env -- node show.cjs
expect "expo" '$2b$10$example pa$word!' node expo.cjs
expect "dotenvx" '$2b$10$example pa$word!' node_modules/.bin/dotenvx run -q -f .env -- node show.cjs
exit "$changed"
