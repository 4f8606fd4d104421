#!/bin/sh
# `vercel env pull` writes values that no reader of the file gives back.
#
# Version: vercel 60.1.3, dotenv 18.0.10, Node 20.20.2 and 24.22.3.
# Behaviour: the command puts each value between double quotes and replaces line breaks by `\n`. Quotes, backslashes and
#   `#` stay as they are. So the JSON of a service account, whose key has `\n` in it, comes back from dotenv
#   with real line breaks and is no JSON any more. A value with a quote and a `#` after it is cut off at the `#`. Node's
#   `--env-file` cuts both at the first quote. A value with `C:\new` has a line break in each of them.
# Expected: a reader of .env files gives the value back, as it does for the values that have none of these.
# Affected: credentials in JSON, paths and patterns with a backslash, passwords with a quote and a `#`.
#
# Run without Coffer, on valid input, against a local server in place of Vercel's. Exit status 0: the behaviour is as
# stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts vercel@60.1.3 dotenv@18.0.10
mkdir -p project/.vercel home
export HOME="$folder/home" VERCEL_TELEMETRY_DISABLED=1 NO_UPDATE_NOTIFIER=1 CI=1
echo '{ "orgId": "team_1", "projectId": "prj_1", "projectName": "project" }' > project/.vercel/project.json
cat > pull.mjs <<'PROGRAM'
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseEnv } from "node:util";
import dotenv from "dotenv";

const values = {
	PLAIN: "x",
	LINES: "first\nsecond",
	ACCOUNT: JSON.stringify({ type: "service_account", private_key: "-----BEGIN KEY-----\nAAAA\n" }),
	QUOTE: 'say "hi" # now',
	FOLDER: "C:\\new",
};
const answers = [
	["/v2/user", { user: { id: "u", email: "user@example.com", username: "user", version: "northstar", defaultTeamId: "team_1" } }],
	["/env/pull/", { env: values, buildEnv: {} }],
	["/teams/", { id: "team_1", slug: "team", name: "team" }],
	["/env?", { envs: [] }],
	["/projects/", { id: "prj_1", name: "project", accountId: "team_1", createdAt: 1, updatedAt: 1 }],
];
const server = createServer((request, response) => {
	response.setHeader("content-type", "application/json");
	response.end(JSON.stringify(answers.find(([part]) => request.url.includes(part))?.[1] ?? {}));
}).listen(0, "127.0.0.1");
await once(server, "listening");
const api = `http://127.0.0.1:${server.address().port}`;
const command = ["node_modules/vercel/dist/vc.js", "env", "pull", ".env.local", "--yes", "--cwd", "project"];
const pull = spawn(process.execPath, [...command, "--token", "token", "--api", api], { stdio: "ignore" });
await once(pull, "exit");
server.close();
const file = readFileSync("project/.env.local", "utf8");
for (const [reader, read] of Object.entries({ dotenv: dotenv.parse(file), Node: parseEnv(file) })) {
	for (const name in values) console.log(`${reader}, ${name}: ${read[name] === values[name] ? "same" : JSON.stringify(read[name])}`);
}
PROGRAM
cat > stated <<'TEXT'
dotenv, PLAIN: same
dotenv, LINES: same
dotenv, ACCOUNT: "{\"type\":\"service_account\",\"private_key\":\"-----BEGIN KEY-----\nAAAA\n\"}"
dotenv, QUOTE: "say \"hi"
dotenv, FOLDER: "C:\new"
Node, PLAIN: same
Node, LINES: same
Node, ACCOUNT: "{"
Node, QUOTE: "say "
Node, FOLDER: "C:\new"
TEXT
node pull.mjs > seen
cat seen
cmp -s seen stated && exit 0
echo "(was:)"
cat stated
exit 1
