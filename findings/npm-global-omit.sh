#!/bin/sh
# A global installation by npm ignores --omit=optional.
#
# Version: npm 11.19.1, rollup 4.40.0 (its optional dependencies are native programs, one for each system).
# Behaviour: `npm install --global --omit=optional PACKAGE` still installs the optional dependencies, without
# a message, whether PACKAGE is a name or a tarball. Without --global the flag works. Expected: the flag
# leaves out optional dependencies in both cases. Known as https://github.com/npm/cli/issues/8284.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix npm npm@11.19.1
pinned() { node "$folder/npm/node_modules/npm/bin/npm-cli.js" "$@"; }
echo "npm $(pinned --version)"
pinned pack --silent rollup@4.40.0 > tarball
flags='--omit=optional --ignore-scripts --silent --no-audit --no-fund'

changed=0
# shows WHAT FOLDER EXPECTED
shows() {
	if [ -d "$2/@rollup" ]; then seen=installed; else seen='left out'; fi
	echo "$1: optional dependencies are $seen"
	[ "$seen" = "$3" ] || changed=1
}
mkdir project
echo '{ "private": true }' > project/package.json
(cd project && pinned install $flags rollup@4.40.0)
shows 'in a project' project/node_modules 'left out'
pinned install $flags --global --prefix "$folder/name" rollup@4.40.0
shows 'global, by name' name/lib/node_modules/rollup/node_modules installed
pinned install $flags --global --prefix "$folder/file" "./$(cat tarball)"
shows 'global, by tarball' file/lib/node_modules/rollup/node_modules installed
exit $changed

# Seen:
# npm 11.19.1
# in a project: optional dependencies are left out
# global, by name: optional dependencies are installed
# global, by tarball: optional dependencies are installed
