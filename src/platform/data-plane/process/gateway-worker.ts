/** One gateway process, as the data plane sees it. */
import type { Worker } from "node:cluster";
import type { Instance } from "../../runtime/runtime.ts";
import type { FromGateway, GatewayActivity, ToGateway } from "../gateway/worker-messages.ts";

/** The time that a gateway has to take an update of the routes. */
const ROUTE_MS = 10_000;

export class GatewayWorker {
	readonly #worker: Worker;
	/** The instances that serve requests of this gateway, and the function that counts these out. */
	readonly #holds = new Map<string, () => void>();
	readonly #retired = new Set<string>();
	readonly #calls = new Map<number, () => void>();
	#lastCall = 0;
	/** Resolves when the process has ended. */
	readonly ended: Promise<void>;

	/** @param onMessage called with each message that this class does not handle itself */
	constructor(worker: Worker, onMessage: (message: FromGateway) => void) {
		this.#worker = worker;
		// An error of the channel is followed by the end of the process.
		worker.on("error", () => {});
		worker.on("message", (message: FromGateway) => {
			if (message.type === "done") this.#settle(message.call);
			else if (message.type === "drained") this.#drained(message.instance);
			else onMessage(message);
		});
		this.ended = new Promise((resolve) => worker.once("exit", () => resolve()));
		void this.ended.then(() => this.#end());
	}

	send(message: ToGateway): void {
		if (this.#worker.isConnected()) this.#worker.send(message, () => {});
	}

	/**
	 * Sends an update of the routes. Resolves when the gateway has it, or has ended. A gateway that does not take it is
	 * ended: it serves nothing either, and changes of secrets would wait for it.
	 */
	route(update: (ToGateway & { type: "route" })["update"]): Promise<void> {
		if (!this.#worker.isConnected()) return Promise.resolve();
		return new Promise((resolve) => {
			const call = ++this.#lastCall;
			const timer = setTimeout(() => this.kill(), ROUTE_MS).unref();
			this.#calls.set(call, () => {
				clearTimeout(timer);
				resolve();
			});
			this.send({ type: "route", call, update });
		});
	}

	/** Counts the gateway as a request of each instance that it has requests for. */
	count(changed: readonly GatewayActivity[], find: (id: string) => Instance | undefined): void {
		for (const { inFlight, instance: id } of changed) {
			if (this.#retired.has(id)) continue;
			const hold = this.#holds.get(id) ?? find(id)?.acquire();
			if (hold === undefined) continue;
			if (inFlight > 0) this.#holds.set(id, hold);
			else this.#release(id, hold);
		}
	}

	/** Counts the gateway as a request of the instance until it has no request for it any more. */
	retire(id: string, instance: Instance): void {
		if (!this.#worker.isConnected()) return;
		const hold = this.#holds.get(id) ?? instance.acquire();
		if (hold === undefined) return;
		this.#holds.set(id, hold);
		this.#retired.add(id);
		this.send({ type: "retire", instance: id });
	}

	/** The instance has ended. */
	gone(id: string): void {
		this.#drained(id);
		this.send({ type: "gone", instance: id });
	}

	kill(): void {
		this.#worker.process.kill("SIGKILL");
	}

	#drained(id: string): void {
		this.#retired.delete(id);
		const hold = this.#holds.get(id);
		if (hold !== undefined) this.#release(id, hold);
	}

	#release(id: string, hold: () => void): void {
		this.#holds.delete(id);
		hold();
	}

	#settle(call: number): void {
		this.#calls.get(call)?.();
		this.#calls.delete(call);
	}

	#end(): void {
		for (const [id, hold] of this.#holds) this.#release(id, hold);
		for (const call of [...this.#calls.keys()]) this.#settle(call);
	}
}
