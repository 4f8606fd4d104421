/** A proxy in front of a platform. It forwards requests, and a test can change each response. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Exchange {
	readonly method: string;
	/** The path with its query. */
	readonly path: string;
	readonly status: number;
	/** The platform's own response. */
	readonly text: string;
}

/**
 * Changes the text of a response: returns a new text, or undefined to forward the response; or writes the
 * response itself.
 */
export type Forgery = (exchange: Exchange) => string | ((response: ServerResponse) => void) | undefined;

export class ForgingProxy {
	/** What to do with each response. By default, each is forwarded unchanged. */
	forge: Forgery = () => undefined;
	readonly #server: Server;
	readonly #target: string;

	constructor(target: string) {
		this.#target = target;
		this.#server = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on("data", (chunk: Buffer) => chunks.push(chunk));
			request.on("end", () => {
				const { method = "", url = "", headers } = request;
				void this.#answer(response, { method, path: url, headers, body: Buffer.concat(chunks) });
			});
		});
	}

	async listen(): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		return this;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async #answer(
		response: ServerResponse,
		request: { method: string; path: string; headers: NodeJS.Dict<string | string[]>; body: Buffer },
	): Promise<void> {
		const { method, path, headers, body } = request;
		const passed = ["authorization", "content-type", "accept"].flatMap((name): [string, string][] =>
			typeof headers[name] === "string" ? [[name, headers[name]]] : [],
		);
		const init = { method, headers: passed, ...(body.length > 0 ? { body: new Uint8Array(body) } : {}) };
		const answer = await fetch(this.#target + path, init);
		const text = await answer.text();
		const forged = this.forge({ method, path, status: answer.status, text });
		if (typeof forged === "function") return forged(response);
		response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
		response.end(forged ?? text);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}
