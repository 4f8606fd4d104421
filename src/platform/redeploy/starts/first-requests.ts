/**
 * Lets the requests of a function wait while a process that has not answered a request yet is replaced, because it read
 * a secret that it did not get.
 */
import type { Instance } from "../../runtime/runtime.ts";

/**
 * The most replacements of a version. A function may read one secret after the other, each because it got the previous
 * one.
 */
const SUPERSEDED_MAX = 10;

export class FirstRequests {
	/** Called when requests begin to wait, and when they can continue. */
	readonly #onChanged: () => void;
	#held: Promise<void> | undefined;
	#version: string | undefined;
	#count = 0;

	constructor(onChanged: () => void) {
		this.#onChanged = onChanged;
	}

	/** Whether requests have to wait. */
	get isHeld(): boolean {
		return this.#held !== undefined;
	}

	/** Resolves when requests can continue; at once if none has to wait. */
	async settled(): Promise<void> {
		while (this.#held !== undefined) await this.#held;
	}

	/**
	 * Lets requests wait until the process is replaced, or could not be. Does nothing if the process has answered a
	 * request, or if processes of this version were replaced too often.
	 * @param version the id of the deployment
	 * @param instance the process that serves; undefined if none does
	 * @param replaced settles when the replacement has started or failed
	 */
	hold(version: string, instance: Instance | undefined, replaced: Promise<unknown>): void {
		if (instance !== undefined && instance.probation === undefined) return;
		if (this.#version !== version) this.#count = 0;
		this.#version = version;
		// Names that are read during one wait count as one replacement.
		if (this.#held === undefined && ++this.#count > SUPERSEDED_MAX) return;
		const end = () => {
			if (this.#held !== held) return;
			this.#held = undefined;
			this.#onChanged();
		};
		const held = replaced.then(end, end);
		this.#held = held;
		this.#onChanged();
		instance?.probation?.supersede();
	}
}
