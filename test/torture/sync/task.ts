/**
 * A command of one device, run in turns: it stops at each message, and goes on when the schedule says so. One task
 * runs at a time, so that the order of everything that devices and platform do to each other is the schedule's.
 */

/** Where a task waits. */
export interface Point {
	/** `request`: to be delivered; `piece`: more of an answer is to come; `pause`: between two steps of a command. */
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

	/** Runs it to where it first waits, or to its end. */
	begin(): Promise<void> {
		return this.#run(() => {
			void this.#work(this).then(() => {
				this.hasEnded = true;
				this.#stopped();
			});
		});
	}

	/** Waits, as what the task does, until the schedule lets it go on. */
	park(point: Point): Promise<Verdict> {
		return new Promise((resolve) => {
			this.point = point;
			this.#resume = resolve;
			this.#stopped();
		});
	}

	/** Lets it go on to where it next waits, or to its end. */
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
