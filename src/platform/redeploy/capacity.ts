/**
 * How many functions run at once on this platform. A function that starts where all places are taken gets that of the
 * one that was called least recently; one that serves a request, or is never to be idle, keeps its place.
 */
import { AppError, EXIT } from "../../errors.ts";

/** A function that runs, or is about to. */
export interface CapacityHolder {
	/** When it was last active, by a clock that never goes back; undefined while it must not be stopped. */
	readonly idleSinceMs: number | undefined;
	/** Stops it, and gives its place up with `free`. The next request starts it again. */
	stop(): void;
}

export interface CapacityOptions {
	readonly countMax: number;
	/** How long a function waits for a place. */
	readonly waitMs: number;
	/** Runs a task later; the returned function takes that back. */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

interface Waiting {
	readonly occupant: CapacityHolder;
	readonly settle: (error?: AppError) => void;
}

export class Capacity {
	readonly #options: CapacityOptions;
	readonly #taken = new Set<CapacityHolder>();
	readonly #waiting: Waiting[] = [];

	constructor(options: CapacityOptions) {
		this.#options = options;
	}

	/** Functions that have a place. */
	get usedCount(): number {
		return this.#taken.size;
	}

	/**
	 * Gets the occupant a place, in the order of the calls. One that has a place keeps it.
	 * @throws AppError `PLATFORM_FULL` (exit 6) where none could be had in time, or `free` was called meanwhile
	 */
	async acquire(occupant: CapacityHolder): Promise<void> {
		if (this.#taken.has(occupant)) return;
		if (this.#waiting.length === 0 && this.#hasRoom()) {
			this.#taken.add(occupant);
			return;
		}
		const got = new Promise<void>((resolve, reject) => {
			const cancel = this.#options.schedule(() => this.#refuse(occupant), this.#options.waitMs);
			const settle = (error?: AppError) => {
				cancel();
				if (error === undefined) resolve();
				else reject(error);
			};
			this.#waiting.push({ occupant, settle });
		});
		await got;
	}

	/** Gives the occupant's place up, or its wait for one. */
	release(occupant: CapacityHolder): void {
		if (this.#taken.delete(occupant)) this.admitWaiting();
		else this.#refuse(occupant);
	}

	/** Looks for places for those who wait: called when a function may have got idle. */
	admitWaiting(): void {
		while (this.#waiting.length > 0 && this.#hasRoom()) {
			const next = this.#waiting.shift();
			if (next === undefined) return;
			this.#taken.add(next.occupant);
			next.settle();
		}
	}

	/** Whether there is a place, made by stopping a function where need be. */
	#hasRoom(): boolean {
		if (this.#taken.size < this.#options.countMax) return true;
		let last: { occupant: CapacityHolder; sinceMs: number } | undefined;
		for (const occupant of this.#taken) {
			const sinceMs = occupant.idleSinceMs;
			if (sinceMs !== undefined && (last === undefined || sinceMs < last.sinceMs))
				last = { occupant, sinceMs };
		}
		if (last === undefined) return false;
		// Given up here, so that what `stop` frees is not offered in the midst of an offer.
		this.#taken.delete(last.occupant);
		last.occupant.stop();
		return true;
	}

	#refuse(occupant: CapacityHolder): void {
		const index = this.#waiting.findIndex((waiting) => waiting.occupant === occupant);
		if (index !== -1) this.#waiting.splice(index, 1)[0]?.settle(platformFull(this.#options.countMax));
	}
}

function platformFull(countMax: number): AppError {
	return new AppError({
		code: "PLATFORM_FULL",
		message: `The platform runs ${countMax} functions at once, and all of them are busy or never to be idle.`,
		hint: "Try again; or whoever runs the platform gives it more with --max-processes.",
		exit: EXIT.network,
	});
}
