/** Counts the runs of automations: the function that runs reports each run here. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class Collector implements AsyncDisposable {
	readonly #server: Server;
	/** The calls of each run. A run is an automation with the time at which it is due. */
	readonly #runs = new Map<string, Set<string>>();

	private constructor(server: Server) {
		this.#server = server;
	}

	static async open(host: string): Promise<Collector> {
		const server = createServer();
		const collector = new Collector(server);
		server.on("request", ({ url = "" }, response) => {
			const { searchParams } = new URL(url, "http://collector");
			const run = `${searchParams.get("name")} ${searchParams.get("due")}`;
			const calls = collector.#runs.get(run) ?? new Set();
			collector.#runs.set(run, calls.add(searchParams.get("call") ?? ""));
			// A connection that is kept could break, and the request be sent again.
			response.writeHead(200, { connection: "close" }).end();
		});
		server.listen(0, host);
		await once(server, "listening");
		return collector;
	}

	/** HOST:PORT */
	get address(): string {
		const { address, port } = this.#server.address() as AddressInfo;
		return `${address}:${port}`;
	}

	get count(): number {
		return this.#runs.size;
	}

	/** The runs that happened more than once, each told once. */
	takeDoubled(): string[] {
		const doubled = [...this.#runs].filter(([, calls]) => calls.size > 1);
		for (const [, calls] of doubled) calls.clear();
		return doubled.map(([run]) => run);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#server.closeAllConnections();
		await once(this.#server.close(), "close");
	}
}
