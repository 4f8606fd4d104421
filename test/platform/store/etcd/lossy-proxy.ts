/** A proxy in front of a member that can lose answers, as a network can: the request arrives, the answer does not. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../../../src/platform/store/etcd/api/grpc.ts";

export class LossyProxy implements AsyncDisposable {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	/** The bytes from etcd that are still passed on to a connection before it breaks. Undefined: it does not break. */
	#breaksAfter: (() => boolean) | undefined;
	lost = 0;

	private constructor(server: Server) {
		this.#server = server;
	}

	static async open(target: Endpoint): Promise<LossyProxy> {
		const server = createServer();
		const proxy = new LossyProxy(server);
		server.on("connection", (client) => {
			const member = connect(target);
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
			member.on("data", (bytes) => proxy.#answer(client, bytes));
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return proxy;
	}

	get endpoint(): Endpoint {
		return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
	}

	/** Breaks connections instead of passing answers on, each time that `breaks` says so. */
	loseAnswers(breaks: () => boolean): void {
		this.#breaksAfter = breaks;
	}

	#answer(client: Socket, bytes: Buffer): void {
		if (this.#breaksAfter?.()) {
			this.lost++;
			client.destroy();
		} else client.write(bytes);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await once(this.#server.close(), "close");
	}
}
