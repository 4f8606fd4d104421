/** What clients have seen of one app: the history of its log, its values, and the answers of its function. */
import { emptyHead, type Head, type LogEntry, nextHead } from "../../../../../src/protocol/change.ts";
import { TestVault } from "../../../../platform/fixtures/vault.ts";
import type { LogOperation } from "../history/log-model.ts";

/** An answer of a function with status 200. */
export interface FunctionAnswer {
	readonly node: number;
	readonly startedMs: number;
	readonly endedMs: number;
	readonly tag: number;
	readonly values: readonly (string | null)[];
}

/** From this moment on, a value or a later one was to be served. */
export interface Served {
	readonly atMs: number;
	readonly value: string;
	/** By this node. Undefined: by any node that has reached the store since. */
	readonly node?: number;
}

export class AppLedger {
	readonly app: string;
	readonly vault = new TestVault();
	/** The secrets that each change sets. */
	readonly names: readonly string[];
	/** The head at the beginning of the history. */
	initial: Head = { revision: 0, head: "" };
	history: LogOperation[] = [];
	answers: FunctionAnswer[] = [];
	served: Served[] = [];
	/** The value that each sent change sets, by operation. */
	readonly values = new Map<string, string>();
	/** Each head that could be that of the log, with its revision. */
	readonly heads = new Map<string, number>();
	/** The operations that were acknowledged. */
	readonly acknowledged = new Set<string>();
	/** The versions of the function that were deployed, and those of which it is unknown. */
	tags = { last: 0, maybe: new Set<number>() };

	constructor(app: string, names: readonly string[]) {
		this.app = app;
		this.names = names;
	}

	/** Makes a change that sets all secrets to a value. */
	change(base: Head, value: string) {
		// Each change sets each secret, so versions count as revisions do.
		const records = this.names.map((name) => this.vault.record(name, base.revision + 1, value));
		const content = base.revision === 0 ? { header: this.vault.header } : {};
		const change = this.vault.change(this.app, base, records, content);
		const next = nextHead(base, change);
		this.values.set(change.operation, value);
		this.heads.set(next.head, next.revision);
		return { change, next };
	}

	get empty(): Head {
		return emptyHead(this.vault.context(this.app));
	}

	/** Forgets the history, which begins again at a head that is known. */
	begin(initial: Head): void {
		this.initial = initial;
		this.history = [];
		this.answers = [];
		this.served = [];
	}
}

/** The faults of a log: a change that was acknowledged is missing, or one is there twice, or was never sent. */
export function logFaults({ acknowledged, app, values }: AppLedger, log: readonly LogEntry[]): string[] {
	const operations = log.map(({ change }) => change.operation);
	const present = new Set(operations);
	const lost = [...acknowledged].filter((operation) => !present.has(operation)).length;
	const unsent = operations.filter((operation) => !values.has(operation)).length;
	const doubled = operations.length - present.size;
	return [
		...(lost > 0 ? [`${app}: ${lost} acknowledged changes are lost`] : []),
		...(doubled > 0 ? [`${app}: ${doubled} changes are in the log twice`] : []),
		...(unsent > 0 ? [`${app}: ${unsent} changes in the log were never sent`] : []),
	];
}
