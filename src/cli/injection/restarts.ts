/** Runs a command, and starts it again when a secret that it gets has another value in the vault. */
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../errors.ts";
import { FolderWatcher } from "../../project/files/folder-watcher.ts";
import { VAULT_FILE } from "../../project/files/project-root.ts";
import { type Child, type ChildOptions, passSignals, startChild } from "../shell/child/child.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";

/** How long a command may take to end after SIGTERM, before SIGKILL. */
const GRACE_MS = 10_000;
/** A change of the vault may be several events. */
const SETTLE_MS = 100;

type Values = ReadonlyMap<string, string>;

export interface RestartOptions {
	/** The project's folder. */
	readonly root: string;
	readonly terminal: Terminal;
	/** Reads the values that the command gets. @throws AppError if the vault cannot be read now */
	readonly read: () => Promise<Values>;
	/** What to start with these values. */
	readonly start: (values: Values) => ChildOptions;
}

/** The names whose values differ, sorted. */
export function changedNames(before: Values, after: Values): string[] {
	const names = new Set([...before.keys(), ...after.keys()]);
	return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** Watches the vault's file. `next` resolves after a change. */
class VaultChanges implements Disposable {
	readonly #watcher: FolderWatcher;
	#isChanged = false;
	#wake: () => void = () => undefined;

	constructor(root: string) {
		this.#watcher = new FolderWatcher({
			root,
			ignores: (path) => !path.endsWith(VAULT_FILE),
			alternative: "run without --watch",
			onFault: () => undefined,
			onChange: () => {
				this.#isChanged = true;
				this.#wake();
			},
		});
	}

	async next(): Promise<void> {
		if (!this.#isChanged)
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		await delay(SETTLE_MS);
		this.#isChanged = false;
	}

	[Symbol.dispose](): void {
		this.#watcher[Symbol.dispose]();
	}
}

/** Ends a command: SIGTERM, and SIGKILL if it does not end in time. */
async function stop(child: Child): Promise<void> {
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
	await child.ended.finally(() => clearTimeout(timer));
}

/** Waits until the values differ. A vault that cannot be read, for example during a merge, is a warning. */
async function nextValues(
	changes: VaultChanges,
	before: Values,
	{ read, terminal }: RestartOptions,
): Promise<{ readonly values: Values; readonly names: readonly string[] }> {
	for (;;) {
		await changes.next();
		try {
			const values = await read();
			const names = changedNames(before, values);
			if (names.length > 0) return { values, names };
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			terminal.warn(`The command runs on with the values that it has: ${error.message} ${error.hint}`);
		}
	}
}

/**
 * Waits for a command that got a signal: it may be ending, or it may use Ctrl-C for something else and run on.
 * @param signalled when it got the last signal
 * @returns its status if it ended in the time that a command has for that
 */
async function endingSoon(child: Child, signalled: number): Promise<number | undefined> {
	const left = signalled + GRACE_MS - performance.now();
	if (left <= 0) return undefined;
	const waiting = new AbortController();
	const passed = delay(left, undefined, { signal: waiting.signal }).catch(() => undefined);
	return await Promise.race([child.ended, passed]).finally(() => waiting.abort());
}

/**
 * Runs a command until it ends by itself or by a signal. The command ends only for a restart when values change.
 * @returns its exit status, or 128 plus the number of the signal that ended it
 * @throws AppError (exit 125) if it cannot be started; `WATCH_LIMIT` (exit 1)
 */
export async function runWithRestarts(values: Values, options: RestartOptions): Promise<number> {
	using changes = new VaultChanges(options.root);
	let present = values;
	let child = startChild(options.start(present));
	let signalled = Number.NEGATIVE_INFINITY;
	const onSignal = () => {
		signalled = performance.now();
	};
	using _signals = passSignals(() => child, onSignal);
	for (;;) {
		const next = nextValues(changes, present, options);
		const found = await Promise.race([child.ended, next]);
		if (typeof found === "number") {
			next.catch(() => undefined);
			return found;
		}
		const status = await endingSoon(child, signalled);
		if (status !== undefined) return status;
		options.terminal.note(`Restarting the command: ${listNames(found.names)} changed.`);
		const stopping = performance.now();
		await stop(child);
		// The user wants an end, and not a restart.
		if (signalled > stopping) return await child.ended;
		present = found.values;
		child = startChild(options.start(present));
	}
}
