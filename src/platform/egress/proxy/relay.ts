/**
 * Forwards a function's TCP connections to their targets. The kernel delivers each connection to the proxy, with the
 * target as its local address. The proxy connects to allowed targets from outside the function's network.
 */
import { connect, type Socket } from "node:net";

const BUFFER_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 60_000;

/** The target of a connection. */
export interface Target {
	/** A literal IP address. */
	readonly address: string;
	readonly port: number;
}

/**
 * Connects a function's connection with its target, in both directions, until both have ended. If the target cannot
 * be reached, the function's connection is reset, because the function already sees it as connected.
 * @param client the function's connection, accepted with `pauseOnConnect` and `allowHalfOpen`
 * @param onEnd called once, when both sides are closed
 */
export function relay(client: Socket, { address, port }: Target, onEnd: () => void): void {
	const upstream = connect({
		host: address,
		port,
		allowHalfOpen: true,
		noDelay: true,
		// One buffer serves the whole connection, because most chunks are written on at once.
		onread: {
			buffer: Buffer.allocUnsafe(BUFFER_BYTES),
			callback: (length, buffer) => forward(length, buffer),
		},
	});
	const forward = (length: number, buffer: Uint8Array): boolean => {
		client.write(buffer.subarray(0, length));
		if (client.writableLength === 0) return true;
		// The kernel did not accept the whole chunk, so the buffer is still in use.
		client.once("drain", () => upstream.resume());
		return false;
	};
	client.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
	upstream.setKeepAlive(true, KEEP_ALIVE_MS);
	upstream.once("connect", () => send(client, upstream));
	upstream.once("end", () => client.end());
	let open = 2;
	const closed = () => {
		open--;
		if (open === 0) onEnd();
	};
	client.once("close", () => {
		upstream.destroy();
		closed();
	});
	upstream.once("close", () => {
		if (!client.destroyed && !upstream.readableEnded) client.resetAndDestroy();
		closed();
	});
	// A `close` event follows each error.
	client.on("error", () => {});
	upstream.on("error", () => {});
}

/** Does what `client.pipe(upstream)` does, with fewer listeners. That is cheaper for the short messages of requests. */
function send(client: Socket, upstream: Socket): void {
	client.on("data", (chunk) => {
		if (upstream.write(chunk)) return;
		client.pause();
		upstream.once("drain", () => client.resume());
	});
	client.once("end", () => upstream.end());
	client.resume();
}
