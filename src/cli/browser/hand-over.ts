/** Tells an address to a browser of the same user, through a connection on this machine. */
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { randomBytes, toBase64 } from "../../crypto.ts";

const LOOPBACK = "127.0.0.1";
/** A browser that is not open yet takes some seconds. */
const WAIT_MS = 15_000;
const PATH_BYTES = 16;
/** The table has 150 bytes for each connection of the machine. */
const TABLE_BYTES_MAX = 16 * 1024 * 1024;

/** `127.0.0.1:8080` as in `/proc/net/tcp`, which writes the address as a number in the byte order of the machine. */
function socketName(port: number): string {
	return `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * The user whose program has the other end of a connection on 127.0.0.1. Undefined if that is not known.
 * @param table the text of `/proc/net/tcp` (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html)
 * @param client the port of the other end @param server the port of this end
 */
export function userOf(table: string, client: number, server: number): number | undefined {
	const [own, other] = [socketName(client), socketName(server)];
	for (const line of table.split("\n")) {
		const [, local, remote, , , , , user] = line.trim().split(/\s+/);
		if (local === own && remote === other) return Number(user);
	}
	return undefined;
}

/** The kernel's table of connections. It has no size, so it is read piece by piece. */
async function readTable(): Promise<string> {
	const file = await open("/proc/net/tcp");
	try {
		const pieces: Buffer[] = [];
		for (let total = 0; total < TABLE_BYTES_MAX; ) {
			const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024));
			if (bytesRead === 0) break;
			pieces.push(buffer.subarray(0, bytesRead));
			total += bytesRead;
		}
		return Buffer.concat(pieces).toString("latin1");
	} finally {
		await file.close();
	}
}

async function isOwn({ socket }: IncomingMessage): Promise<boolean> {
	const { localPort = 0, remotePort = 0 } = socket;
	const user = userOf(await readTable(), remotePort, localPort);
	return user !== undefined && user === process.getuid?.();
}

/**
 * Tells an address once, to the first program of this user that asks.
 * @param start gets the address to ask at, and starts a browser with it
 * @param waitMs how long to wait for the browser
 * @returns whether it asked
 */
export async function handOver(
	url: string,
	start: (own: string) => Promise<void>,
	waitMs = WAIT_MS,
): Promise<boolean> {
	const path = `/${toBase64(randomBytes(PATH_BYTES))}`;
	let told: (wasTold: boolean) => void = () => {};
	const ended = new Promise<boolean>((resolve) => {
		told = resolve;
	});
	const server = createServer((request, response) => {
		const answer = (status: number, headers: Record<string, string> = {}) =>
			response.writeHead(status, { "cache-control": "no-store", connection: "close", ...headers }).end();
		isOwn(request).then(
			(isUser) => {
				if (!isUser || request.method !== "GET" || request.url !== path) return answer(404);
				response.once("finish", () => told(true));
				return answer(303, { location: url, "referrer-policy": "no-referrer" });
			},
			() => answer(404),
		);
	});
	const timer = setTimeout(() => told(false), waitMs);
	try {
		await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, LOOPBACK, resolve));
		await start(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}${path}`);
		return await ended;
	} finally {
		clearTimeout(timer);
		server.close();
		server.closeIdleConnections();
	}
}
