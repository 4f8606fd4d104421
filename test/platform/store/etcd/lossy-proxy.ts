/** A proxy in front of a member that can lose answers, as a network can: the request arrives, the answer does not. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../../../src/platform/store/etcd/api/grpc.ts";

export class LossyProxy implements AsyncDisposable {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#isLost: () => boolean = () => false;
	#target: Endpoint;
	/** Breaks each connection at the first byte from the member. */
	isCut = false;
	/** The number of answers that were lost. */
	lost = 0;

	private constructor(server: Server, target: Endpoint) {
		this.#server = server;
		this.#target = target;
	}

	static async open(target: Endpoint): Promise<LossyProxy> {
		const server = createServer();
		const proxy = new LossyProxy(server, target);
		server.on("connection", (client) => {
			const member = connect(proxy.#target);
			for (const socket of [client, member]) {
				proxy.#sockets.add(socket);
				socket.on("error", () => undefined);
				socket.once("close", () => {
					proxy.#sockets.delete(socket);
					client.destroy();
					member.destroy();
				});
			}
			client.on("data", (bytes) => member.write(bytes));
			const endsIn = answerEnds();
			member.on("data", (bytes) => proxy.#pass(client, bytes, endsIn(bytes)));
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return proxy;
	}

	get endpoint(): Endpoint {
		return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
	}

	/** Leads to another member from now on. */
	redirect(target: Endpoint): void {
		this.#target = target;
		for (const socket of this.#sockets) socket.destroy();
	}

	/** Breaks the connection instead of passing an answer on, if `isLost` says so. It is asked once for each answer. */
	loseAnswers(isLost: () => boolean): void {
		this.#isLost = isLost;
	}

	#pass(client: Socket, bytes: Buffer, ends: number): void {
		const losses = Array.from({ length: ends }, () => this.#isLost()).filter(Boolean).length;
		this.lost += losses;
		if (losses > 0 || this.isCut) client.destroy();
		else client.write(bytes);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await once(this.#server.close(), "close");
	}
}

const FRAME_HEAD_BYTES = 9;
const HEADERS = 1;
const END_STREAM = 1;

/**
 * Counts the answers that end in each piece of a connection from a server of HTTP/2: the frames HEADERS with the flag
 * END_STREAM (RFC 9113, section 6.2), in which a server of gRPC sends the status of a call.
 */
function answerEnds(): (piece: Buffer) => number {
	let rest = Buffer.alloc(0);
	let skipped = 0;
	return (piece) => {
		rest = Buffer.concat([rest, piece]);
		let ends = 0;
		for (;;) {
			const passed = Math.min(skipped, rest.length);
			rest = rest.subarray(passed);
			skipped -= passed;
			if (rest.length < FRAME_HEAD_BYTES) return ends;
			if (rest[3] === HEADERS && ((rest[4] as number) & END_STREAM) !== 0) ends++;
			skipped = FRAME_HEAD_BYTES + rest.readUIntBE(0, 3);
		}
	};
}
