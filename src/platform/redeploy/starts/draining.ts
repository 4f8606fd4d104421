import type { Instance } from "../../runtime/runtime.ts";

/** Processes that finish their requests and then end. */
export class Draining {
	readonly #stopped = new Set<Promise<void>>();

	/** @param graceMs the time limit of the requests; by default the one of `Instance.stop` */
	add(instance: Instance, graceMs?: number): void {
		const stopped = instance.stop(graceMs === undefined ? {} : { graceMs });
		this.#stopped.add(stopped);
		void stopped.finally(() => this.#stopped.delete(stopped));
	}

	/** Resolves when all processes have exited. */
	async ended(): Promise<void> {
		await Promise.all(this.#stopped);
	}
}
