/** The open parts of a platform, and how they are closed. */
import { describeError, type Log } from "./faults/log.ts";

/** The open parts of a platform. They are closed in the opposite order. */
export class OpenParts {
	readonly #closers: (() => Promise<void>)[] = [];

	add(close: () => Promise<void>): void {
		this.#closers.push(close);
	}

	/** Closes everything, the last part first. If one part fails to close, the others are closed all the same. */
	async close(log: Log): Promise<void> {
		for (const close of this.#closers.splice(0).reverse()) await closeSafely(close, log);
	}

	/** Closes everything at the same time. */
	async closeTogether(log: Log): Promise<void> {
		await Promise.all(this.#closers.splice(0).map((close) => closeSafely(close, log)));
	}
}

async function closeSafely(close: () => Promise<void>, log: Log): Promise<void> {
	try {
		await close();
	} catch (error) {
		log.error(describeError(error), "a part of the platform failed to close");
	}
}
