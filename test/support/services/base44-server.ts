/**
 * A server with the part of Base44's API for secrets that its own command line uses. Tests can make it fail
 * in every way.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
	readonly method: string;
	readonly path: string;
	readonly key: string | undefined;
	/** Names of a POST's body. */
	readonly names: readonly string[];
}

/** Responds to a request instead of the API. If it returns false, the API responds. */
export type Fault = (request: IncomingMessage, body: string, response: ServerResponse) => boolean;

export class Base44Server {
	readonly secrets = new Map<string, string>();
	readonly seen: Seen[] = [];
	/** Called before each response. */
	fault: Fault = () => false;
	readonly app: string;
	readonly key: string;
	#port = 0;
	#server: Server | undefined;

	constructor(app = "68a1f0c2d3", key = "b44k_test-key-5f2c") {
		this.app = app;
		this.key = key;
	}

	/** Starts it again, on the same port. */
	async start(): Promise<this> {
		this.#server = createServer((request, response) => void this.#serve(request, response));
		this.#server.listen(this.#port, "127.0.0.1");
		await once(this.#server, "listening");
		this.#port = (this.#server.address() as AddressInfo).port;
		return this;
	}

	get origin(): string {
		return `http://127.0.0.1:${this.#port}`;
	}

	get url(): string {
		return `${this.origin}/api/apps/${this.app}/secrets`;
	}

	/** `METHOD NAMES` of the requests since the last call. */
	take(): string[] {
		return this.seen.splice(0).map(({ method, path, names }) => {
			const deleted = new URL(path, this.origin).searchParams.get("secret_name");
			return [method, ...(deleted === null ? names : [deleted])].join(" ");
		});
	}

	async stop(): Promise<void> {
		const server = this.#server;
		if (!server?.listening) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const body = Buffer.concat(chunks).toString("utf8");
		const { method = "", url: path = "", headers } = request;
		const names = method === "POST" ? Object.keys(JSON.parse(body) as object).sort() : [];
		this.seen.push({ method, path, key: headers["api_key"]?.toString(), names });
		if (!this.fault(request, body, response)) this.#answer(request, body, response);
	}

	#answer(request: IncomingMessage, body: string, response: ServerResponse): void {
		const [status, value] = this.#outcome(request, body);
		json(response, status, value);
	}

	#outcome({ headers, method, url }: IncomingMessage, body: string): [status: number, value: object] {
		const { pathname, searchParams } = new URL(url ?? "", this.origin);
		if (headers["api_key"] !== this.key) return [401, { message: "Invalid API key" }];
		if (pathname !== `/api/apps/${this.app}/secrets`) return [404, { detail: "App not found" }];
		if (method === "GET")
			return [200, Object.fromEntries([...this.secrets.keys()].map((name) => [name, "****"]))];
		if (method === "POST") {
			for (const [name, value] of Object.entries(JSON.parse(body) as Record<string, string>))
				this.secrets.set(name, value);
			return [200, { success: true }];
		}
		const isThere = this.secrets.delete(searchParams.get("secret_name") ?? "");
		return isThere ? [200, { success: true }] : [404, { detail: "Secret not found" }];
	}
}

/** Responds with JSON. */
export function json(response: ServerResponse, status: number, value: unknown): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
