/**
 * Limits how many functions run at the same time on this platform. If a function must start at the limit, the function
 * that was called least recently is stopped. A function that serves a request, or must never be idle, is not stopped.
 */
import { AppError, EXIT } from "../../errors.ts";

/** A function that runs or starts. */
export interface CapacityHolder {
	/** When the function was last active, in milliseconds of a monotonic clock. Undefined while it must not be stopped. */
	readonly idleSinceMs: number | undefined;
	/** Stops the function and calls `release`. The next request starts the function again. */
	stop(): void;
}

export interface CapacityOptions {
	readonly countMax: number;
	/** The longest time that a function waits for capacity. */
	readonly waitMs: number;
	/** Runs a task after a delay. The returned function cancels it. */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

interface Waiting {
	readonly holder: CapacityHolder;
	readonly settle: (error?: AppError) => void;
}

export class Capacity {
	readonly #options: CapacityOptions;
	readonly #used = new Set<CapacityHolder>();
	readonly #waiting: Waiting[] = [];

	constructor(options: CapacityOptions) {
		this.#options = options;
	}

	/** The number of functions that run or start. */
	get usedCount(): number {
		return this.#used.size;
	}

	/**
	 * Waits until the function may run. Functions are admitted in the order of the calls. Resolves at once if the function
	 * is admitted already.
	 * @throws AppError `PLATFORM_FULL` (exit 6) if there is no capacity in time, or `release` is called in the meantime
	 */
	async acquire(holder: CapacityHolder): Promise<void> {
		if (this.#used.has(holder)) return;
		if (this.#waiting.length === 0 && this.#makeRoom()) {
			this.#used.add(holder);
			return;
		}
		const admitted = new Promise<void>((resolve, reject) => {
			const cancel = this.#options.schedule(() => this.#refuse(holder), this.#options.waitMs);
			const settle = (error?: AppError) => {
				cancel();
				if (error === undefined) resolve();
				else reject(error);
			};
			this.#waiting.push({ holder, settle });
		});
		await admitted;
	}

	/** Gives up the function's capacity, or its wait for capacity. */
	release(holder: CapacityHolder): void {
		if (this.#used.delete(holder)) this.admitWaiting();
		else this.#refuse(holder);
	}

	/** Admits waiting functions if possible. Call it when a function may have become idle. */
	admitWaiting(): void {
		while (this.#waiting.length > 0 && this.#makeRoom()) {
			const next = this.#waiting.shift();
			if (next === undefined) return;
			this.#used.add(next.holder);
			next.settle();
		}
	}

	/** Stops an idle function if the limit is reached. @returns whether another function may run */
	#makeRoom(): boolean {
		if (this.#used.size < this.#options.countMax) return true;
		let oldest: { holder: CapacityHolder; sinceMs: number } | undefined;
		for (const holder of this.#used) {
			const sinceMs = holder.idleSinceMs;
			if (sinceMs !== undefined && (oldest === undefined || sinceMs < oldest.sinceMs))
				oldest = { holder, sinceMs };
		}
		if (oldest === undefined) return false;
		// Removed before `stop`, so that its call of `release` does not admit a waiting function.
		this.#used.delete(oldest.holder);
		oldest.holder.stop();
		return true;
	}

	#refuse(holder: CapacityHolder): void {
		const index = this.#waiting.findIndex((waiting) => waiting.holder === holder);
		if (index !== -1) this.#waiting.splice(index, 1)[0]?.settle(platformFull(this.#options.countMax));
	}
}

function platformFull(countMax: number): AppError {
	return new AppError({
		code: "PLATFORM_FULL",
		message: `The platform is at its limit of ${countMax} functions that run at the same time, and none of them can be stopped now: each is busy or must never be idle.`,
		hint: "Try again later. The operator of the platform can raise the limit with --max-processes.",
		exit: EXIT.network,
	});
}

/** Makes the `CapacityHolder` of a function. @param isPinned whether the function is never stopped */
export function capacityHolder(
	supervisor: () => Pick<CapacityHolder, "idleSinceMs"> & { stopIdle(idleMs: number): unknown },
	isPinned: () => boolean,
): CapacityHolder {
	return {
		get idleSinceMs() {
			return isPinned() ? undefined : supervisor().idleSinceMs;
		},
		stop: () => void supervisor().stopIdle(0),
	};
}
