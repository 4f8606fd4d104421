/**
 * A server that accepts only requests of the forms that a real client was recorded with (`test/targets/clients.json`).
 * Tests can make it fail in every way.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import recorded from "../../../targets/clients.json" with { type: "json" };
import { formOf, type RecordedRequest } from "./recorded.ts";

/** Responds to a request instead of the API. If it returns false, the API responds. */
export type Fault = (request: IncomingMessage, body: string, response: ServerResponse) => boolean;

export interface Outcome {
	readonly status: number;
	readonly value?: unknown;
	readonly headers?: Readonly<Record<string, string>>;
}

export interface Seen extends RecordedRequest {
	/** The names that the request sets or deletes. */
	readonly names: readonly string[];
}

/** Responds with JSON. */
export function json(response: ServerResponse, { headers = {}, status, value }: Outcome): void {
	response.writeHead(status, { "content-type": "application/json", ...headers });
	response.end(value === undefined ? "" : JSON.stringify(value));
}

export abstract class TargetServer implements AsyncDisposable {
	readonly secrets = new Map<string, string>();
	readonly seen: Seen[] = [];
	/** Requests that the real client does not make. */
	readonly unknown: string[] = [];
	/** Called before each response. */
	fault: Fault = () => false;
	/** An id of the place, as it is in coffer.json. */
	abstract readonly app: string;
	readonly token: string;
	readonly #forms: ReadonlySet<string>;
	#port = 0;
	#server: Server | undefined;

	protected constructor(kind: keyof typeof recorded) {
		const { client: _, token, ...steps } = recorded[kind];
		this.token = token;
		const requests = Object.values(steps).flat() as RecordedRequest[];
		this.#forms = new Set(requests.map((request) => formOf(request, token)));
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

	/** `METHOD NAMES` of the requests since the last call. */
	take(): string[] {
		return this.seen.splice(0).map(({ method, names }) => [method, ...names].join(" "));
	}

	async stop(): Promise<void> {
		const server = this.#server;
		if (!server?.listening) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
		if (this.unknown.length > 0) throw new Error(`The real client sends no such request: ${this.unknown}`);
	}

	/** The API's answer to a request with the right token, of a form that was recorded. */
	protected abstract answer(request: RecordedRequest): Outcome;
	/** The answer to a request with another token. */
	protected abstract unauthorised(): Outcome;
	/** The names that a request sets or deletes. */
	protected abstract namesOf(request: RecordedRequest): string[];
	/** The parts of a body that are encrypted, in the form in which they were recorded. */
	protected opened(body: unknown): unknown {
		return body;
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const text = Buffer.concat(chunks).toString("utf8");
		const { pathname, searchParams } = new URL(request.url ?? "", this.origin);
		const { authorization = "", "content-type": contentType } = request.headers;
		const described: RecordedRequest = {
			method: request.method ?? "",
			path: pathname,
			query: Object.fromEntries(searchParams),
			authorization,
			...(text === "" ? {} : { contentType, body: this.opened(JSON.parse(text)) }),
		};
		this.seen.push({ ...described, names: this.namesOf(described) });
		if (!this.fault(request, text, response)) json(response, this.#outcome(described));
	}

	#outcome(request: RecordedRequest): Outcome {
		if (!request.authorization.endsWith(` ${this.token}`)) return this.unauthorised();
		if (this.#forms.has(formOf(request, this.token))) return this.answer(request);
		this.unknown.push(`${request.method} ${request.path} ${JSON.stringify(request.query)}`);
		return { status: 599, value: { message: "The real client sends no such request." } };
	}
}
