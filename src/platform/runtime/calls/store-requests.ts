/** The requests of a process for a connection to the store of its app. The process is untrusted. */
import { setTimeout } from "node:timers/promises";
import { AppError } from "../../../errors.ts";
import { TokenBucket } from "../output/token-bucket.ts";

/** A process needs another connection only if it lost the last one. */
const CONNECTIONS = { burst: 5, perSecond: 1 };
const PAUSE_MS = 1_000;

export interface StoreRequestsOptions {
	readonly now?: () => number;
	/** Resolves after some time. */
	readonly pause?: (ms: number) => Promise<unknown>;
}

export class StoreRequests {
	readonly #send: (line: string) => void;
	readonly #pause: (ms: number) => Promise<unknown>;
	readonly #connections: TokenBucket;
	/** Listens for a connection. Undefined while the process has no function. */
	open: (() => Promise<void>) | undefined;
	/** Whether a connection is being prepared. */
	#isOpening = false;

	/** @param send sends a line to the process */
	constructor(
		send: (line: string) => void,
		{
			now = () => performance.now(),
			pause = (ms) => setTimeout(ms, undefined, { ref: false }),
		}: StoreRequestsOptions = {},
	) {
		this.#send = send;
		this.#pause = pause;
		this.#connections = new TokenBucket({ ...CONNECTIONS, now });
	}

	/**
	 * Takes a message of the process. A request while another one is handled is ignored. After many requests the next one
	 * is handled after a pause, because each takes the platform's time.
	 */
	async read(message: unknown): Promise<void> {
		const isRequest = (message as { kv?: unknown } | null)?.kv === true;
		if (!isRequest || this.#isOpening) return;
		this.#isOpening = true;
		try {
			if (this.open === undefined) throw new Error("The process has no function yet.");
			if (this.#connections.available === 0) await this.#pause(PAUSE_MS);
			this.#connections.spend(1);
			await this.open();
			this.#send("kv");
		} catch (error) {
			this.#send(isRefusal(error) ? "kv-refused" : "no-kv");
		}
		this.#isOpening = false;
	}
}

function isRefusal(error: unknown): boolean {
	return error instanceof AppError && error.code === "KV_SEVERAL_NODES";
}
