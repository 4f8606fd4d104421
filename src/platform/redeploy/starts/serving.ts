/** The process that serves a function, and the processes before it, which finish their requests and then end. */
import type { Instance } from "../../runtime/runtime.ts";
import type { Started, SupervisorPort } from "../supervisor-port.ts";

export class Serving {
	readonly #port: Pick<SupervisorPort, "monotonicMs" | "onPhase" | "routeChanged">;
	readonly #stopped = new Set<Promise<void>>();
	#current: (Started & { readonly sinceMs: number }) | undefined;

	constructor(port: Pick<SupervisorPort, "monotonicMs" | "onPhase" | "routeChanged">) {
		this.#port = port;
	}

	/** The process that serves, and since when. Undefined if none does. */
	get current(): (Started & { readonly sinceMs: number }) | undefined {
		return this.#current;
	}

	/** Lets a process serve, and drains the one before. Resolves when requests go to it. */
	async switchTo(started: Started): Promise<void> {
		const old = this.#current;
		this.#current = { ...started, sinceMs: this.#port.monotonicMs() };
		const routed = this.#port.routeChanged();
		if (old !== undefined) this.drain(old.instance);
		await routed;
		this.#port.onPhase("serving");
	}

	/** Lets no process serve. */
	clear(): void {
		this.#current = undefined;
		void this.#port.routeChanged();
	}

	/** Lets no process serve, and drains the one that did. @param graceMs as for `drain` */
	stop(graceMs?: number): void {
		const instance = this.#current?.instance;
		this.clear();
		if (instance === undefined) return;
		this.drain(instance, graceMs);
		this.#port.onPhase("stopped");
	}

	/** Ends a process when it has finished its requests. @param graceMs their time limit; by default the one of `Instance.stop` */
	drain(instance: Instance, graceMs?: number): void {
		const stopped = instance.stop(graceMs === undefined ? {} : { graceMs });
		this.#stopped.add(stopped);
		void stopped.finally(() => {
			this.#stopped.delete(stopped);
			this.#port.onPhase("drained");
		});
	}

	/** Resolves when all drained processes have exited. */
	async drained(): Promise<void> {
		await Promise.all(this.#stopped);
	}
}
