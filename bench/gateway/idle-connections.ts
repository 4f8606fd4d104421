/** The memory that idle connections take in a server (Linux). */
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";

/** Connections that are opened at once. */
const BATCH = 100;

/**
 * The process that serves a port. If several hold the listener, the youngest serves: it got the listener from the others.
 * @throws Error if there is none that this user may see
 */
export function listenerOf(port: number): number {
	const address = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
	const lines = readFileSync("/proc/net/tcp", "latin1").split("\n");
	const line = lines.map((text) => text.trim().split(/\s+/)).find((words) => words[1]?.endsWith(address));
	const socket = `socket:[${line?.[9]}]`;
	const holds = (pid: number) => {
		try {
			const folder = `/proc/${pid}/fd`;
			return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === socket);
		} catch {
			// A process of another user, or one that has exited.
			return false;
		}
	};
	const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
	const youngest = Math.max(0, ...pids.filter(holds));
	if (youngest === 0) throw new Error(`No process listens on port ${port}.`);
	return youngest;
}

function residentBytes(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "latin1");
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** A connection that has had one response. */
async function idle(url: URL): Promise<Socket> {
	const socket = connect(Number(url.port), url.hostname);
	socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: bench\r\n\r\n`);
	await once(socket, "data");
	return socket;
}

/**
 * Opens connections to a server, and returns by how many bytes each of them makes its process larger.
 * @param settleMs the time in which the process may collect its garbage
 */
export async function bytesOfIdle(
	server: string,
	pid: number,
	{ count, settleMs }: { count: number; settleMs: number },
): Promise<number> {
	const url = new URL(server);
	const sockets: Socket[] = [];
	try {
		// The first ones make the process allocate what it keeps.
		for (let index = 0; index < BATCH; index++) sockets.push(await idle(url));
		await setTimeout(settleMs);
		const before = residentBytes(pid);
		for (let opened = 0; opened < count; opened += BATCH)
			sockets.push(...(await Promise.all(Array.from({ length: BATCH }, () => idle(url)))));
		await setTimeout(settleMs);
		return (residentBytes(pid) - before) / count;
	} finally {
		for (const socket of sockets) socket.destroy();
	}
}
