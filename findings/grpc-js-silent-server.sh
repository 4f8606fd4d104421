#!/bin/sh
# A client of grpc-js that is closed while its server says nothing leaves its socket open.
#
# Version: @grpc/grpc-js 1.14.7, under Node 20.
# Behaviour: the server accepts the connection and sends nothing, as a suspended process does. The call is cancelled, and
#   the client is closed. Its socket stays open as long as the server is silent, with TLS and without.
# Expected: closing a client closes its sockets.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @grpc/grpc-js@1.14.7
cat > silent.mjs <<'PROGRAM'
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { ChannelCredentials, Client, Metadata } from "@grpc/grpc-js";

let isSame = true;
for (const [name, credentials] of [
	["without TLS", ChannelCredentials.createInsecure()],
	["with TLS", ChannelCredentials.createSsl()],
]) {
	const server = createServer((socket) => socket.resume().on("error", () => {})).listen(0, "127.0.0.1");
	await once(server, "listening");
	const client = new Client(`ipv4:127.0.0.1:${server.address().port}`, credentials);
	const same = (bytes) => bytes;
	const ended = new Promise((resolve) => {
		const call = client.makeUnaryRequest("/a/b", same, same, Buffer.alloc(0), new Metadata(), resolve);
		server.once("connection", async (socket) => {
			socket.once("close", () => { socket.isOver = true; });
			call.cancel();
			client.close();
			await setTimeout(3_000);
			console.log(`${name}: the socket is ${socket.isOver ? "closed" : "open"} after 3 s`);
			isSame &&= socket.isOver !== true;
			socket.destroy();
			server.close();
		});
	});
	await ended;
	await once(server, "close");
}
process.exit(isSame ? 0 : 1);
PROGRAM
node silent.mjs
