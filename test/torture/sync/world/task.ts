/**
 * A command of one device. It stops at each message, and continues when the schedule says so. Only one task
 * runs at a time, so the schedule determines the order of everything that happens between devices and
 * platform.
 */

/** Where a task waits. */
export interface Point {
	/**
	 * `request`: a request to deliver; `piece`: the next part of a response; `pause`: between two steps of a
	 * command.
	 */
	readonly kind: "request" | "piece" | "pause";
	/** For the trace. */
	readonly what: string;
}

export class Task<Verdict> {
	readonly id: string;
	/** Undefined while it runs, and once it has ended. */
	point: Point | undefined;
	hasEnded = false;
	/** The platform's revision when it last handled a request of this task. */
	sawRevision = 0;
	readonly #work: (task: Task<Verdict>) => Promise<void>;
	#resume: (verdict: Verdict) => void = () => {};
	#stopped: () => void = () => {};

	/** @param work must not reject */
	constructor(id: string, work: (task: Task<Verdict>) => Promise<void>) {
		this.id = id;
		this.#work = work;
	}

	/** Runs it until its first wait, or to its end. */
	begin(): Promise<void> {
		return this.#run(() => {
			void this.#work(this).then(() => {
				this.hasEnded = true;
				this.#stopped();
			});
		});
	}

	/** Makes the task wait until the schedule lets it continue. */
	park(point: Point): Promise<Verdict> {
		return new Promise((resolve) => {
			this.point = point;
			this.#resume = resolve;
			this.#stopped();
		});
	}

	/** Lets it continue until its next wait, or to its end. */
	resume(verdict: Verdict): Promise<void> {
		this.point = undefined;
		return this.#run(() => this.#resume(verdict));
	}

	async #run(go: () => void): Promise<void> {
		const stopped = new Promise<void>((resolve) => {
			this.#stopped = resolve;
		});
		go();
		await stopped;
	}
}
