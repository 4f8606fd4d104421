/**
 * Carries a function's TCP connections to where they go. The kernel hands each connection over with the address that
 * the function connected to as its local address; what is allowed is connected to from outside the function's network.
 */
import { connect, type Socket } from "node:net";

const BUFFER_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 60_000;

/** Where a connection is to go. */
export interface Target {
	/** A literal IP address. */
	readonly address: string;
	readonly port: number;
}

/**
 * Connects a function's connection with its target, in both directions, until both have ended. A target that cannot
 * be reached resets the function's connection: by then the function takes it for connected.
 * @param client accepted with `pauseOnConnect` and `allowHalfOpen`
 * @param onEnd called once, when nothing is left of either side
 */
export function relay(client: Socket, { address, port }: Target, onEnd: () => void): void {
	const upstream = connect({
		host: address,
		port,
		allowHalfOpen: true,
		noDelay: true,
		// One buffer for the connection's life: most of what comes is written on at once.
		onread: {
			buffer: Buffer.allocUnsafe(BUFFER_BYTES),
			callback: (length, buffer) => forward(length, buffer),
		},
	});
	const forward = (length: number, buffer: Uint8Array): boolean => {
		client.write(buffer.subarray(0, length));
		if (client.writableLength === 0) return true;
		// The kernel did not take all of it, so the buffer is still in use.
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
	// Each is followed by `close`.
	client.on("error", () => {});
	upstream.on("error", () => {});
}

/** As `client.pipe(upstream)`, at less cost for the short messages of requests: one listener, and no look at the rest. */
function send(client: Socket, upstream: Socket): void {
	client.on("data", (chunk) => {
		if (upstream.write(chunk)) return;
		client.pause();
		upstream.once("drain", () => client.resume());
	});
	client.once("end", () => upstream.end());
	client.resume();
}
