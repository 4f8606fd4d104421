/**
 * A TCP proxy in front of a platform. It counts bytes, and can cut a connection at a point that a test
 * chooses.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * Where the proxy cuts the next exchange: before it forwards the request, after it has forwarded the whole
 * request (the response is dropped), or after this number of bytes of the response.
 */
export type Cut = "before-request" | "after-request" | { readonly answerBytes: number };

export class FaultyProxy {
	/** The bytes of all requests and responses since the last reset, including heads. */
	readonly counts = { connections: 0, requests: 0, sentBytes: 0, receivedBytes: 0 };
	/** Applied to each request that `only` matches, as many times as given. */
	#cuts: { cut: Cut; times: number; only: RegExp } | undefined;
	readonly #server: Server;
	readonly #target: URL;
	readonly #sockets = new Set<Socket>();

	constructor(target: string) {
		this.#target = new URL(target);
		this.#server = createServer((client) => this.#serve(client));
	}

	async listen(): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return this;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	reset(): void {
		Object.assign(this.counts, { connections: 0, requests: 0, sentBytes: 0, receivedBytes: 0 });
	}

	/** Cuts the next requests, chosen by their first line, in this way. */
	cut(cut: Cut, times = 1, only = /^POST /): void {
		this.#cuts = { cut, times, only };
	}

	/** How many of the requested cuts have not happened yet. */
	get cutsLeft(): number {
		return this.#cuts?.times ?? 0;
	}

	#take(firstLine: string): Cut | undefined {
		const cuts = this.#cuts;
		if (cuts === undefined || cuts.times === 0 || !cuts.only.test(firstLine)) return undefined;
		cuts.times--;
		return cuts.cut;
	}

	#serve(client: Socket): void {
		this.counts.connections++;
		const target = connect(Number(this.#target.port), this.#target.hostname);
		for (const socket of [client, target]) {
			this.#sockets.add(socket);
			socket.on("error", () => undefined);
			socket.on("close", () => this.#sockets.delete(socket));
		}
		let cut: Cut | undefined;
		let answered = 0;
		const end = () => {
			client.destroy();
			target.end();
		};
		client.on("data", (chunk: Buffer) => {
			const firstLine = /^(?:GET|PUT|POST|DELETE) \S+ HTTP\/1\.1/.exec(chunk.toString("latin1"))?.[0];
			if (firstLine !== undefined) {
				this.counts.requests++;
				cut = this.#take(firstLine);
				answered = 0;
			}
			this.counts.sentBytes += chunk.length;
			if (cut === "before-request") end();
			else target.write(chunk);
		});
		target.on("data", (chunk: Buffer) => {
			this.counts.receivedBytes += chunk.length;
			// The platform answers only after it has read the whole request and acted on it.
			if (cut === "after-request") return end();
			if (cut !== undefined && cut !== "before-request") {
				const rest = cut.answerBytes - answered;
				answered += chunk.length;
				if (chunk.length >= rest) return void client.end(chunk.subarray(0, Math.max(rest, 0)), () => end());
			}
			client.write(chunk);
		});
		client.on("end", () => target.end());
		target.on("end", () => client.end());
		target.on("close", () => client.destroy());
		client.on("close", () => target.end());
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}
