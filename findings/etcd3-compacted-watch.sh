#!/bin/sh
# A watch of etcd3 from a revision that etcd has compacted does not tell from which revision it can go on.
#
# Version: etcd3 1.1.2 (its last release), with etcd 3.4.23, under Node 20. Needs `etcd` on the PATH.
# Behaviour: the watch is created. It then emits one `error` with the message "Watcher canceled: ", without a reason
#   and without the compact revision, which etcd has sent. After that it emits nothing, also for later changes.
# Expected: an error with the compact revision, as etcd's own client has, so that the caller can read the present
#   state and go on.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
etcd=
trap '[ -z "$etcd" ] || kill "$etcd"; wait; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts etcd3@1.1.2
client=http://127.0.0.1:34379
peer=http://127.0.0.1:34380
etcd --data-dir data --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
	--initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" > etcd.log 2>&1 &
etcd=$!
cat > watch.mjs <<'PROGRAM'
import { setTimeout } from "node:timers/promises";
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.argv[2] });
for (let tries = 0; ; tries++) {
	try {
		await client.put("key").value("0");
		break;
	} catch (error) {
		if (tries === 50) throw error;
		await setTimeout(200);
	}
}
for (let value = 1; value < 20; value++) await client.put("key").value(String(value));
const { header } = await client.get("key").exec();
await client.kv.compact({ revision: header.revision, physical: true });
const seen = [];
const watcher = await client.watch().key("key").startRevision("2").create();
seen.push("created");
for (const name of ["error", "end", "disconnected", "put"])
	watcher.on(name, (event) => seen.push(`${name}: ${event?.message} (${event?.compactRevision})`));
await setTimeout(1000);
await client.put("key").value("later");
await setTimeout(1000);
client.close();
console.log(seen.join("\n"));
const expected = ["created", "error: Watcher canceled:  (undefined)"];
process.exitCode = JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1;
PROGRAM
node watch.mjs "$client"
