/** The requests of one connection, on a real socket. */
import { EventEmitter, once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { Pipeline } from "../../../src/platform/http/pipeline.ts";

test("a request that is handed over after its connection was destroyed is not started", async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const client = connect((server.address() as { port: number }).port, "127.0.0.1");
	const [socket] = (await once(server, "connection")) as [Socket];
	const ignore = () => undefined;
	const faults = new FaultBoundary("gateway");
	const isEnding = () => false;
	const pipeline = new Pipeline(socket, { faults, isEnding, busy: ignore, idle: ignore, cutOff: ignore });
	const turn = () => ({ answer: new EventEmitter(), request: undefined, start: vi.fn() });
	const [first, waiting, late] = [turn(), turn(), turn()];
	pipeline.serve(first);
	pipeline.serve(waiting);
	// The response ends before the socket emits `close`.
	socket.destroy();
	first.answer.emit("close");
	pipeline.serve(late);
	await once(socket, "close");
	pipeline.close();
	expect([first, waiting, late].map(({ start }) => start.mock.calls.length)).toEqual([1, 0, 0]);
	expect(faults.count).toBe(0);
	client.destroy();
	server.close();
});
