/** A discrete-event simulation: a clock, and events in the order of their times. */

interface Event {
	readonly atMs: number;
	/** Events of one time happen in the order in which they were scheduled, so that a run depends on its seed alone. */
	readonly order: number;
	readonly happen: () => void;
}

function isBefore(one: Event, other: Event): boolean {
	return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

export class Engine {
	/** A binary heap. The next event is the first. */
	readonly #events: Event[] = [];
	#nowMs = 0;
	#scheduled = 0;
	#happened = 0;

	/** The time in the simulation. */
	get nowMs(): number {
		return this.#nowMs;
	}

	/** How many events have happened. */
	get happened(): number {
		return this.#happened;
	}

	/** Schedules an event. @param delayMs from now; not negative */
	after(delayMs: number, happen: () => void): void {
		if (!(delayMs >= 0)) throw new RangeError(`An event cannot be scheduled in ${delayMs} ms.`);
		this.#push({ atMs: this.#nowMs + delayMs, order: this.#scheduled++, happen });
	}

	/** Lets all events up to a time happen. Later events stay scheduled. */
	runUntil(atMs: number): void {
		for (;;) {
			const next = this.#events[0];
			if (next === undefined || next.atMs > atMs) break;
			this.#removeFirst();
			this.#nowMs = next.atMs;
			this.#happened++;
			next.happen();
		}
		this.#nowMs = Math.max(this.#nowMs, atMs);
	}

	#push(event: Event): void {
		const events = this.#events;
		let at = events.push(event) - 1;
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(event, events[parent] as Event)) break;
			events[at] = events[parent] as Event;
			at = parent;
		}
		events[at] = event;
	}

	#removeFirst(): void {
		const events = this.#events;
		const last = events.pop() as Event;
		if (events.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= events.length) break;
			if (child + 1 < events.length && isBefore(events[child + 1] as Event, events[child] as Event)) child++;
			if (!isBefore(events[child] as Event, last)) break;
			events[at] = events[child] as Event;
			at = child;
		}
		events[at] = last;
	}
}
