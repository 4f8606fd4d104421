/** Ports for programs that must be told theirs before they start. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Systems assign ports to connections and listeners from 32,768 (Linux) or 49,152 on. Nothing takes these by itself. */
const FIRST = 10_000;
const LAST = 32_767;

async function listenAnywhere(host: string): Promise<Server> {
	for (;;) {
		const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
		const server = createServer();
		const listening = once(server.listen(port, host), "listening");
		const isFree = await listening.then(
			() => true,
			(error: NodeJS.ErrnoException) => {
				if (error.code === "EADDRINUSE") return false;
				throw error;
			},
		);
		if (isFree) return server;
	}
}

/**
 * Ports at which nothing listens. A program may use one later too, for example after a restart: the system gives none of
 * them to another program meanwhile.
 * @param host the address to listen at
 */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
	const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere(host)));
	const ports = servers.map((server) => (server.address() as { port: number }).port);
	await Promise.all(servers.map(async (server) => await once(server.close(), "close")));
	return ports;
}
