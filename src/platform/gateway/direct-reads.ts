/**
 * Reads of a socket without the work of its stream. For each read, Node's stream makes a task for the next tick, which
 * asks whether more should be read. For a small request, these tasks take longer than the parsing of its head.
 *
 * A stream gets its data by calls of `push`, as all readable streams do. Data that would be passed on at once is passed on
 * here. Everything else (data while the socket is paused, or behind data that waits; the end) goes the stream's way.
 */
import type { Socket } from "node:net";

/**
 * Passes data of a socket to a listener, without the stream in between while that changes nothing.
 * @param onData also called for data of the stream. It must not throw
 * @returns a function that ends this, after which the data is the stream's again
 */
export function readDirectly(socket: Socket, onData: (data: Buffer) => void): () => void {
	const { push } = socket;
	socket.on("data", onData);
	socket.push = (data: unknown, encoding?: BufferEncoding): boolean => {
		const isNext = socket.readableFlowing === true && socket.readableLength === 0 && !socket.destroyed;
		if (!isNext || !Buffer.isBuffer(data) || data.length === 0) return push.call(socket, data, encoding);
		onData(data);
		return true;
	};
	return () => {
		socket.push = push;
		socket.off("data", onData);
	};
}
