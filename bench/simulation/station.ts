/** A resource with some servers and one queue: first come, first served. */
import type { Engine } from "./engine.ts";

interface Job {
	readonly arrivedMs: number;
	readonly serviceMs: number;
	readonly done: (waitedMs: number) => void;
}

export class Station {
	readonly name: string;
	readonly servers: number;
	readonly #engine: Engine;
	/** Waiting jobs. Those before `#next` have begun. */
	#queue: Job[] = [];
	#next = 0;
	#serving = 0;
	#arrived = 0;
	#served = 0;
	#busyMs = 0;
	/** Counts from here on. */
	#sinceMs = 0;
	#isLost = false;

	constructor(engine: Engine, name: string, servers: number) {
		this.#engine = engine;
		this.name = name;
		this.servers = servers;
	}

	get arrived(): number {
		return this.#arrived;
	}

	get served(): number {
		return this.#served;
	}

	/** Jobs that wait or are being served. */
	get present(): number {
		return this.#queue.length - this.#next + this.#serving;
	}

	/** The part of the servers' time that was used since the counts began. Jobs in progress count when they end. */
	get utilisation(): number {
		return this.#busyMs / ((this.#engine.nowMs - this.#sinceMs) * this.servers);
	}

	/** Begins to count anew, after a time in which the simulation warms up. */
	restartCounts(): void {
		this.#arrived = this.present;
		this.#served = 0;
		this.#busyMs = 0;
		this.#sinceMs = this.#engine.nowMs;
	}

	/** Adds a job. @param done called when it has been served, with the time that it waited */
	add(serviceMs: number, done: (waitedMs: number) => void): void {
		if (this.#isLost) return;
		this.#arrived++;
		this.#queue.push({ arrivedMs: this.#engine.nowMs, serviceMs, done });
		this.#serve();
	}

	/** The machine of this station is gone: no job ends any more. */
	lose(): void {
		this.#isLost = true;
		this.#queue = [];
		this.#next = 0;
	}

	#serve(): void {
		while (this.#serving < this.servers && this.#next < this.#queue.length) {
			const job = this.#queue[this.#next++] as Job;
			if (this.#next > 1_000 && this.#next * 2 > this.#queue.length) {
				this.#queue = this.#queue.slice(this.#next);
				this.#next = 0;
			}
			this.#serving++;
			const waitedMs = this.#engine.nowMs - job.arrivedMs;
			this.#engine.after(job.serviceMs, () => {
				this.#serving--;
				if (this.#isLost) return;
				this.#served++;
				this.#busyMs += job.serviceMs;
				job.done(waitedMs);
				this.#serve();
			});
		}
	}
}
