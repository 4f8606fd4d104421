/**
 * Waits for a platform that applies a change. It prints each function's result when it arrives and shows on a terminal
 * how long the wait takes. After Ctrl-C it prints which work is done and which is not.
 */

import { inEnvironment } from "../../environment-hint.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import type { NodeEvent } from "../../protocol/nodes.ts";
import type { AcceptedChange } from "../../sync/changes/sync.ts";
import { Interrupted } from "../shell/interrupted.ts";
import { count } from "../shell/render.ts";
import { type EndingSignal, interruption, signalStatus } from "../shell/signals.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { nodeLine } from "../views/node-lines.ts";
import { redeployLines } from "../views/redeploy-lines.ts";

/** The interval of the progress line. A shorter wait shows none. */
const PROGRESS_INTERVAL_MS = 1_000;

/** The most names of functions in the progress line. */
const SHOWN_NAMES = 3;

/** The work that is already saved when a wait begins. It stays saved if a signal ends the wait. */
export interface SavedWork {
	/** The beginning of a sentence: `The change is saved`. */
	readonly sentence: string;
	/**
	 * The message and the hint if the signal comes before the platform has accepted the change. By default they say that
	 * the sync may be incomplete, and name `coffer sync`.
	 */
	readonly beforeAccepted?: { readonly message: string; readonly hint: string };
	/** The command's result so far. @param revision the revision that the platform accepted; null if unknown */
	readonly data?: (revision: number | null) => Promise<unknown>;
}

export class PlatformWait implements Disposable {
	readonly #terminal: Terminal;
	readonly #environment: string;
	readonly #activity: () => string;
	readonly #interruption = interruption();
	readonly #startedMs = performance.now();
	readonly #timer: NodeJS.Timeout;
	/** The change that the platform accepted; undefined until then. */
	#accepted: AcceptedChange | undefined;
	/** Functions that the platform is redeploying. */
	readonly #redeploying = new Set<string>();

	/**
	 * Until disposal, Ctrl-C aborts the requests that use `signal`, and does not end the process.
	 * @param activity returns the text of the progress line; by default, the functions that the change redeploys
	 */
	constructor(terminal: Terminal, environment: string, activity?: () => string) {
		this.#terminal = terminal;
		this.#activity = activity ?? (() => this.#redeployText());
		this.#environment = environment;
		this.#timer = setInterval(() => this.#showProgress(), PROGRESS_INTERVAL_MS).unref();
	}

	/** The abort signal for the connection. */
	get signal(): AbortSignal {
		return this.#interruption.signal;
	}

	/** A callback for the sync: records that the platform accepted the change. */
	readonly onAccepted = (accepted: AcceptedChange): void => {
		this.#accepted = accepted;
		for (const name of accepted.concerned) this.#redeploying.add(name);
	};

	/** A callback for the sync: prints the result of one function, with the error if it failed. */
	readonly onRedeploy = (result: RedeployResult): void => {
		this.#redeploying.delete(result.function);
		for (const line of redeployLines(result)) this.#terminal.note(line);
	};

	/** A callback for the sync: prints that a node of the platform has followed, or has not. */
	readonly onNode = (event: NodeEvent): void => {
		this.#terminal.note(nodeLine(event));
	};

	#showProgress(): void {
		const seconds = Math.floor((performance.now() - this.#startedMs) / 1_000);
		this.#terminal.progress(`  ${this.#activity()}… ${seconds} s`);
	}

	#redeployText(): string {
		const names = [...this.#redeploying];
		if (names.length === 0) return "Waiting for the platform";
		const shown = names.slice(0, SHOWN_NAMES).join(", ");
		const more = names.length > SHOWN_NAMES ? `, +${names.length - SHOWN_NAMES}` : "";
		return `Saved and synced; starting ${count(names.length, "function")} (${shown}${more})`;
	}

	/**
	 * Runs work that uses `signal`.
	 * @throws Interrupted if a signal ended the work; otherwise what the work throws
	 */
	async during<T>(work: () => Promise<T>, saved: SavedWork): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (!this.signal.aborted) throw error;
			throw await this.#interrupted(saved);
		}
	}

	async #interrupted({ sentence, beforeAccepted, data: dataAt }: SavedWork): Promise<Interrupted> {
		const status = signalStatus(this.signal.reason as EndingSignal);
		const accepted = this.#accepted;
		const data = await dataAt?.(accepted?.revision ?? null);
		if (accepted === undefined) {
			const sync = inEnvironment("coffer sync", this.#environment);
			const { hint, message } = beforeAccepted ?? {
				message: `${sentence}. The sync may be incomplete.`,
				hint: `Run '${sync}' to complete it. It sends only what the platform lacks.`,
			};
			return new Interrupted({ message: `Interrupted. ${message}`, hint, status, data });
		}
		if (!accepted.isAll) {
			const sync = inEnvironment("coffer sync", this.#environment);
			const message = `Interrupted. ${sentence}, and a part of it is synced (revision ${accepted.revision}).`;
			return new Interrupted({ message, hint: `Run '${sync}' to send the rest.`, status, data });
		}
		const names = [...this.#redeploying];
		const rest = names.length > 0 ? ` The platform continues to start ${listNames(names)} with it.` : "";
		const message = `Interrupted. ${sentence} and synced (revision ${accepted.revision}).${rest}`;
		const list = inEnvironment("coffer functions list", this.#environment);
		return new Interrupted({ message, hint: `'${list}' shows the result.`, status, data });
	}

	[Symbol.dispose](): void {
		clearInterval(this.#timer);
		this.#terminal.progress(undefined);
		this.#interruption[Symbol.dispose]();
	}
}
