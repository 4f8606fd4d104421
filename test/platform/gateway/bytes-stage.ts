/**
 * A gateway in front of functions that write any bytes, valid HTTP or not. The sockets on both sides are
 * real; only the function's process is missing.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { createGateway, type Gateway } from "../../../src/platform/gateway/gateway.ts";
import type { GatewayOptions } from "../../../src/platform/gateway/options.ts";
import type { Probation } from "../../../src/platform/runtime/probation.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";

/**
 * Responds to a request without a body.
 * @param target as the function sees it
 */
export type BytesFunction = (socket: Socket, target: string) => void;

/** The gateway's side of one function. */
class BytesInstance implements Partial<Instance> {
	readonly exited = new Promise<never>(() => undefined);
	readonly #server: Server;
	readonly socketPath: string;
	readonly sockets = new Set<Socket>();
	/** The targets of its requests. */
	readonly requested: string[] = [];
	inFlight = 0;
	/** Set while it counts as not having begun a response. */
	probation: Probation | undefined;
	/** The highest number of simultaneous requests. */
	inFlightMost = 0;
	/** The number of connections. */
	connected = 0;
	/** Called for each connection, before its first byte is read. */
	onConnection: (socket: Socket) => void = () => {};

	constructor(socketPath: string, answer: BytesFunction) {
		this.socketPath = socketPath;
		this.#server = createServer((socket) => this.#hear(socket, answer));
	}

	acquire(): () => void {
		this.inFlight++;
		this.inFlightMost = Math.max(this.inFlightMost, this.inFlight);
		let isHeld = true;
		return () => {
			if (isHeld) this.inFlight--;
			isHeld = false;
		};
	}

	answered(): void {
		this.probation = undefined;
	}

	timedOut(): void {}

	async listen(): Promise<void> {
		this.#server.listen(this.socketPath);
		await once(this.#server, "listening");
	}

	close(): void {
		for (const socket of this.sockets) socket.destroy();
		this.#server.close();
	}

	#hear(socket: Socket, answer: BytesFunction): void {
		this.connected++;
		this.sockets.add(socket);
		socket.on("error", () => undefined);
		socket.once("close", () => this.sockets.delete(socket));
		let unread = "";
		socket.setEncoding("latin1").on("data", (chunk: string) => {
			unread += chunk;
			for (let end = unread.indexOf("\r\n\r\n"); end !== -1; end = unread.indexOf("\r\n\r\n")) {
				const target = /^GET (\S+) HTTP\/1\.1\r\n/.exec(unread)?.[1];
				if (target === undefined) return;
				unread = unread.slice(end + 4);
				this.requested.push(target);
				answer(socket, target);
			}
		});
		this.onConnection(socket);
	}
}

export interface BytesStage extends AsyncDisposable {
	readonly gateway: Gateway;
	readonly port: number;
	readonly faults: FaultBoundary;
	/** The faults of responses. */
	readonly invalid: string[];
	/** The limits that refused something. */
	readonly refused: string[];
	of(name: string): BytesInstance;
}

/** @param functions the functions of the app `shop`, by name */
export async function openBytesStage(
	functions: Readonly<Record<string, BytesFunction>>,
	options: Partial<GatewayOptions> = {},
): Promise<BytesStage> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-bytes-"));
	const instances = new Map<string, BytesInstance>();
	for (const [index, [name, answer]] of Object.entries(functions).entries()) {
		const instance = new BytesInstance(join(folder, String(index)), answer);
		await instance.listen();
		instances.set(name, instance);
	}
	const faults = new FaultBoundary("gateway");
	const invalid: string[] = [];
	const refused: string[] = [];
	const gateway = createGateway({
		functions: (app) => (app === "shop" ? { has: (name) => instances.has(name) } : undefined),
		instance: (_, name) => instances.get(name) as unknown as Instance,
		faults,
		onInvalidAnswer: (_, fault) => invalid.push(fault),
		onRefused: (bound) => refused.push(bound),
		...options,
	});
	const { port } = await gateway.listen(0, "127.0.0.1");
	const of = (name: string) => {
		const instance = instances.get(name);
		if (instance === undefined) throw new Error("There is no such function.");
		return instance;
	};
	const dispose = async () => {
		await gateway.close({ graceMs: 0 });
		for (const instance of instances.values()) instance.close();
		rmSync(folder, { recursive: true, force: true });
	};
	return { gateway, port, faults, invalid, refused, of, [Symbol.asyncDispose]: dispose };
}

/** The bytes of a response with status 200. */
export function answerOf(body: string): string {
	return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
