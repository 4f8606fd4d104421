/**
 * The tickets of a node: random texts that it shows the other nodes, and for which they make their requests. A request
 * is accepted once, and only for a ticket of the last minutes. So nobody can repeat a request that they recorded, and
 * the clocks of the nodes need not agree.
 */
import { randomBytes, toBase64 } from "../../../crypto.ts";

const TICKET_BYTES = 16;
/** How long a ticket is shown. It is accepted for twice that time. */
const SHOWN_MS = 60_000;
/** The most requests for one ticket. */
const REQUESTS_MAX = 10_000;

interface Ticket {
	readonly text: string;
	readonly sinceMs: number;
	/** The requests that were accepted. */
	readonly used: Set<string>;
}

export class Tickets {
	readonly #monotonicMs: () => number;
	/** The present one, and the one before. */
	#tickets: readonly Ticket[] = [];

	constructor(monotonicMs: () => number) {
		this.#monotonicMs = monotonicMs;
	}

	/** The ticket to show. */
	present(): string {
		const nowMs = this.#monotonicMs();
		const [newest] = this.#tickets;
		if (newest !== undefined && nowMs - newest.sinceMs < SHOWN_MS) return newest.text;
		const ticket = { text: toBase64(randomBytes(TICKET_BYTES)), sinceMs: nowMs, used: new Set<string>() };
		this.#tickets = [ticket, ...(newest === undefined ? [] : [newest])];
		return ticket.text;
	}

	/** The texts that are accepted. */
	accepted(): string[] {
		const nowMs = this.#monotonicMs();
		return this.#tickets.filter(({ sinceMs }) => nowMs - sinceMs < 2 * SHOWN_MS).map(({ text }) => text);
	}

	/** Notes that a request for a ticket is used. @returns false if it may not be used, or not again */
	use(text: string, id: string): boolean {
		const used = this.#tickets.find((ticket) => ticket.text === text)?.used;
		if (used === undefined || used.has(id) || used.size >= REQUESTS_MAX) return false;
		used.add(id);
		return true;
	}
}
