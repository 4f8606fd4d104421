/** A proxy for tests: opens tunnels (`CONNECT`) to this machine, whatever host is asked for. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export class ConnectProxy {
	/** What was asked for, in order: `HOST:PORT`. */
	readonly targets: string[] = [];
	/** The `Proxy-Authorization` headers that came with it. */
	readonly credentials: (string | undefined)[] = [];
	/** The bytes that went to the hosts. */
	sent = "";
	/** The status that it answers in place of a tunnel; undefined to open one. */
	refusal: number | undefined;
	readonly #sockets = new Set<Socket>();
	readonly #server = createServer((_, response) => response.writeHead(501).end());

	private constructor() {
		this.#server.on("connection", (socket: Socket) => this.#sockets.add(socket.on("error", () => undefined)));
		this.#server.on("connect", ({ headers, url = "" }, socket: Socket) => {
			this.targets.push(url);
			this.credentials.push(headers["proxy-authorization"]);
			if (this.refusal !== undefined) {
				const body = '{"type":"about:blank","title":"forged"}';
				socket.end(`HTTP/1.1 ${this.refusal} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
				return;
			}
			const host = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
				socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
				socket.on("data", (bytes) => {
					this.sent += bytes.toString("latin1");
				});
				socket.pipe(host).pipe(socket);
			});
			host.on("error", () => socket.destroy());
			this.#sockets.add(host);
		});
	}

	static async open(): Promise<ConnectProxy> {
		const proxy = new ConnectProxy();
		await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
		return proxy;
	}

	/** `127.0.0.1:PORT` */
	get host(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	[Symbol.dispose](): void {
		this.close();
	}
}
