/** A listener with TLS for the tests of a file, and what it does with requests. */
import { afterEach, expect } from "vitest";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import type { ClientExchange } from "../../../../src/platform/gateway/http-server/client-exchange.ts";
import { Listener, type ListenerOptions } from "../../../../src/platform/gateway/listener/listener.ts";
import { useCertificates } from "../fixtures/secure.ts";

/** How an exchange ended. */
export interface Ended {
	readonly target: string;
	readonly isComplete: boolean;
	readonly isGone: boolean;
}

export class SecureListener {
	readonly #certificates = useCertificates();
	readonly faults = new FaultBoundary("gateway");
	readonly refused: string[] = [];
	/** The exchanges since the beginning of the test. */
	readonly begun: ClientExchange[] = [];
	readonly ended: Ended[] = [];
	listener: Listener | undefined;
	port = 0;

	/** Call it where hooks are registered. */
	constructor() {
		afterEach(async () => {
			await this.listener?.close(0);
			this.listener = undefined;
			for (const list of [this.refused, this.begun, this.ended]) list.length = 0;
			expect(this.faults.count).toBe(0);
		});
	}

	/** Begins to listen. */
	async serve(
		onExchange: (client: ClientExchange) => void = echo,
		options: Partial<ListenerOptions> = {},
	): Promise<void> {
		this.listener = new Listener({
			timeouts: {},
			faults: this.faults,
			limits: { max: 1_000, perPeerMax: 1_000 },
			tls: this.#certificates.tls,
			onExchange: (client) => {
				this.begun.push(client);
				let isGone = false;
				client.onGone = () => {
					isGone = true;
				};
				client.onOver = (isComplete) =>
					queueMicrotask(() => this.ended.push({ target: client.target, isComplete, isGone }));
				onExchange(client);
			},
			onRefused: (why) => this.refused.push(why),
			...options,
		});
		({ port: this.port } = await this.listener.listen(0, "127.0.0.1"));
	}
}

/** Answers with the request: the head if it has no body, and the body otherwise. */
export function echo(client: ClientExchange): void {
	const { headers, isMalformed, method, target } = client;
	if (client.isWaiting) client.sendContinue();
	if (!client.hasBody) {
		respond(client, JSON.stringify({ method, target, headers, isMalformed }));
		return;
	}
	const pieces: Buffer[] = [];
	const answer = () => respond(client, Buffer.concat(pieces));
	client.read({ onData: (data) => pieces.push(data), onEnd: answer });
}

export function respond(client: ClientExchange, body: Buffer | string): void {
	const content = Buffer.from(body as string);
	const headers = ["content-length", String(content.length)];
	client.begin({ status: 200, reason: "OK", headers, length: content.length });
	client.end(content);
}
