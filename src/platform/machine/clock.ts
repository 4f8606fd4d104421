/** The time, as everything on the platform that asks for it has it. */

export interface Clock {
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Milliseconds of a clock that never goes back, as of `performance.now()`. */
	readonly monotonicMs: () => number;
	/** Runs a task later; the returned function takes that back. */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

/** The machine's own. Its timers keep no process from ending. */
export const SYSTEM_CLOCK: Clock = {
	now: () => Date.now(),
	monotonicMs: () => performance.now(),
	schedule: (task, delayMs) => {
		const timer = setTimeout(task, delayMs);
		timer.unref();
		return () => clearTimeout(timer);
	},
};
