/** A thousand clients that send as slowly as possible: others are served, and the slow ones are disconnected. */
import { connect, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import type { GatewayOptions } from "../../../src/platform/gateway/options.ts";
import { ECHO } from "./fixtures/echo.ts";
import { call, openStage, type Stage } from "./fixtures/harness.ts";
import { statusesOf } from "./fixtures/raw.ts";

const OTHERS = 200;
/** The interval at which each client sends a byte. */
const DRIP_MS = 200;

/** A client that sends a beginning and then one byte after the other until it is disconnected. */
class SlowClient {
	answer = "";
	readonly connected: Promise<void>;
	/** Resolves when the gateway has ended the connection. */
	readonly ended: Promise<void>;
	isOpen = true;
	readonly #socket: Socket;

	constructor(port: number, start: string, drop: string) {
		const socket = connect(port, "127.0.0.1");
		this.#socket = socket;
		let drip: NodeJS.Timeout | undefined;
		socket.on("error", () => undefined);
		socket.setEncoding("latin1").on("data", (chunk: string) => {
			this.answer += chunk;
		});
		this.connected = new Promise((resolve) => {
			socket.once("connect", () => {
				socket.write(start, () => resolve());
				drip = setInterval(() => socket.write(drop), DRIP_MS);
			});
		});
		this.ended = new Promise((resolve) => {
			socket.once("close", () => {
				clearInterval(drip);
				this.isOpen = false;
				resolve();
			});
		});
	}

	destroy(): void {
		this.#socket.destroy();
	}
}

const HEAD = "POST /shop/echo/sink HTTP/1.1\r\nHost: h\r\n";

/** Half of the clients never finish their headers, half never finish their body. */
class SlowClients implements Disposable {
	readonly heads: readonly SlowClient[];
	readonly bodies: readonly SlowClient[];

	constructor(port: number, each: number) {
		const slow = (start: string, drop: string) =>
			Array.from({ length: each }, () => new SlowClient(port, start, drop));
		this.heads = slow(HEAD, "X: y\r\n");
		this.bodies = slow(`${HEAD}Content-Length: 1000000\r\n\r\n`, "x");
	}

	get all(): readonly SlowClient[] {
		return [...this.heads, ...this.bodies];
	}

	[Symbol.dispose](): void {
		for (const client of this.all) client.destroy();
	}
}

const statuses = (clients: readonly SlowClient[]) => clients.flatMap(({ answer }) => statusesOf(answer));

async function serving(options: Partial<GatewayOptions> = {}): Promise<Stage> {
	const stage = await openStage(options);
	await stage.start("echo", ECHO);
	return stage;
}

test("other clients are served while 1,000 slow clients are connected", async () => {
	const stage = await serving();
	try {
		using clients = new SlowClients(stage.port, 500);
		await Promise.all(clients.all.map(({ connected }) => connected));
		for (let count = 0; count < OTHERS; count++) {
			const answer = await call({ port: stage.port, path: "/shop/echo/sink", method: "POST" }, "hello");
			expect([answer.status, answer.body]).toEqual([200, '{"size":5}']);
		}
		// They have five minutes, so all of them are still connected.
		expect(clients.bodies.filter(({ isOpen }) => isOpen)).toHaveLength(500);
	} finally {
		await stage.close();
	}
});

test("each slow client is disconnected after the time limit, and the function has no request left", async () => {
	const stage = await serving({ headTimeoutMs: 1_000, requestTimeoutMs: 2_000 });
	try {
		using clients = new SlowClients(stage.port, 100);
		await Promise.all(clients.all.map(({ ended }) => ended));
		expect(statuses(clients.heads)).toEqual(clients.heads.map(() => 408));
		expect(statuses(clients.bodies)).toEqual(clients.bodies.map(() => 408));
		expect((await call({ port: stage.port, path: "/shop/echo/x" })).status).toBe(200);
		await vi.waitFor(() => expect(stage.current.get("echo")?.inFlight).toBe(0));
	} finally {
		await stage.close();
	}
});
