/** A connection on which a client still sends when its response is complete. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { linger } from "../../../src/platform/http/linger.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

let isEnding = false;

/** A client that has read its response, up to the end of the connection, and its connection at the server. */
async function answered(): Promise<{ client: Socket; served: Socket; send: () => Promise<unknown> }> {
	isEnding = false;
	const faults = new FaultBoundary("gateway");
	const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	client.on("error", () => undefined);
	const [served] = (await once(server, "connection")) as [Socket];
	onTestFinished(() => {
		client.destroy();
		served.destroy();
		server.close();
	});
	client.resume();
	const read = once(client, "end");
	linger(served, faults, () => isEnding);
	await read;
	const send = async () => {
		client.write("more");
		await once(served, "data");
	};
	return { client, served, send };
}

test("stays open while the client sends, so that it can read the response", async () => {
	const { served, send } = await answered();
	for (let count = 0; count < 6; count++) {
		vi.advanceTimersByTime(4_500);
		expect(served.destroyed).toBe(false);
		await send();
	}
	vi.advanceTimersByTime(2_500);
	expect(served.destroyed).toBe(false);
	await send();
	vi.advanceTimersByTime(500);
	expect(served.destroyed).toBe(true);
});

test("is closed when nothing has come for five seconds", async () => {
	const { client, served, send } = await answered();
	await send();
	vi.advanceTimersByTime(5_000);
	expect(served.destroyed).toBe(false);
	vi.advanceTimersByTime(500);
	expect(served.destroyed).toBe(true);
	client.end();
	await once(client, "close");
});

test("is closed as soon as the client closes it", async () => {
	const { client, served } = await answered();
	served.on("end", () => served.destroySoon());
	client.end();
	await once(served, "close");
	expect(vi.getTimerCount()).toBe(0);
});

test("is closed after half a second while the listener closes", async () => {
	const { served, send } = await answered();
	await send();
	isEnding = true;
	vi.advanceTimersByTime(499);
	expect(served.destroyed).toBe(false);
	vi.advanceTimersByTime(1);
	expect(served.destroyed).toBe(true);
});
