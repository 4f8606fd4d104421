/** The clock and the timers of the platform. No other code reads the time, so that tests can set it. */

export interface Clock {
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Milliseconds of a clock that never goes back, such as `performance.now()`. */
	readonly monotonicMs: () => number;
	/** Runs a task later. @returns a function that cancels it */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

/** The machine's clock. Its timers do not keep a process from ending. */
export const SYSTEM_CLOCK: Clock = {
	now: () => Date.now(),
	monotonicMs: () => performance.now(),
	schedule: (task, delayMs) => {
		const timer = setTimeout(task, delayMs);
		timer.unref();
		return () => clearTimeout(timer);
	},
};
