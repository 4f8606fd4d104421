/**
 * The wait for a platform that applies a change: each result as it comes, how long it takes so far on a terminal, and
 * what Ctrl-C leaves behind.
 */

import { inEnvironment } from "../../environment-hint.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import type { AcceptedChange } from "../../sync/changes/sync.ts";
import { Interrupted } from "../shell/interrupted.ts";
import { count } from "../shell/render.ts";
import { type EndingSignal, interruption, signalStatus } from "../shell/signals.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { redeployLines } from "../views/redeploy-lines.ts";

/** A wait that is over sooner shows nothing. */
const QUIET_MS = 1_000;

/** Names that fit on a line of progress. */
const SHOWN_NAMES = 3;

/** What is true whatever becomes of a wait. */
export interface Saved {
	/** The beginning of a sentence: `The change is saved`. */
	readonly what: string;
	/** What to say before the platform has taken it in; that the vault has it, and what sends it, unless told. */
	readonly unknown?: { readonly message: string; readonly hint: string };
	/** The command's result so far. @param revision the one that the platform has accepted; null where that is not known */
	readonly data?: (revision: number | null) => Promise<unknown>;
}

export class PlatformWait implements Disposable {
	readonly #terminal: Terminal;
	readonly #environment: string;
	readonly #doing: () => string;
	readonly #stop = interruption();
	readonly #sinceMs = performance.now();
	readonly #timer: NodeJS.Timeout;
	/** What the platform took in, once it has. */
	#accepted: AcceptedChange | undefined;
	/** Functions that it restarts and has not reported yet. */
	readonly #underWay = new Set<string>();

	/**
	 * From now until disposal, Ctrl-C ends the requests of `signal` and not the process.
	 * @param doing says what is waited for; the start of the functions that a change concerns, unless told
	 */
	constructor(terminal: Terminal, environment: string, doing?: () => string) {
		this.#terminal = terminal;
		this.#doing = doing ?? (() => this.#starting());
		this.#environment = environment;
		this.#timer = setInterval(() => this.#show(), QUIET_MS).unref();
	}

	/** To be given to the connection. */
	get signal(): AbortSignal {
		return this.#stop.signal;
	}

	/** To be given to the sync: takes note of what is accepted. */
	readonly onAccepted = (accepted: AcceptedChange): void => {
		this.#accepted = accepted;
		for (const name of accepted.concerned) this.#underWay.add(name);
	};

	/** To be given to the sync: shows a function's result, with the reason where it failed. */
	readonly onRedeploy = (result: RedeployResult): void => {
		this.#underWay.delete(result.function);
		for (const line of redeployLines(result)) this.#terminal.note(line);
	};

	#show(): void {
		const seconds = Math.floor((performance.now() - this.#sinceMs) / 1_000);
		this.#terminal.progress(`  ${this.#doing()}… ${seconds} s`);
	}

	#starting(): string {
		const names = [...this.#underWay];
		if (names.length === 0) return "Waiting for the platform";
		const shown = names.slice(0, SHOWN_NAMES).join(", ");
		const more = names.length > SHOWN_NAMES ? `, +${names.length - SHOWN_NAMES}` : "";
		return `Saved and synced; starting ${count(names.length, "function")} (${shown}${more})`;
	}

	/**
	 * Does work that waits.
	 * @throws Interrupted where a signal ended it; what the work throws
	 */
	async during<T>(work: () => Promise<T>, saved: Saved): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (!this.signal.aborted) throw error;
			throw await this.#interrupted(saved);
		}
	}

	async #interrupted({ what, unknown, data: dataAt }: Saved): Promise<Interrupted> {
		const status = signalStatus(this.signal.reason as EndingSignal);
		const accepted = this.#accepted;
		const data = await dataAt?.(accepted?.revision ?? null);
		if (accepted === undefined) {
			const sync = inEnvironment("coffer sync", this.#environment);
			const { hint, message } = unknown ?? {
				message: `${what}; whether the platform has it is not known.`,
				hint: `'${sync}' sends what it lacks, and does nothing twice.`,
			};
			return new Interrupted({ message: `Interrupted. ${message}`, hint, status, data });
		}
		if (!accepted.isAll) {
			const sync = inEnvironment("coffer sync", this.#environment);
			const message = `Interrupted. ${what}, and synced in part (revision ${accepted.revision}).`;
			return new Interrupted({ message, hint: `'${sync}' sends the rest.`, status, data });
		}
		const names = [...this.#underWay];
		const rest = names.length > 0 ? ` The platform goes on starting ${listNames(names)} with it.` : "";
		const message = `Interrupted. ${what} and synced (revision ${accepted.revision}).${rest}`;
		const list = inEnvironment("coffer functions list", this.#environment);
		return new Interrupted({ message, hint: `'${list}' shows what became of it.`, status, data });
	}

	[Symbol.dispose](): void {
		clearInterval(this.#timer);
		this.#terminal.progress(undefined);
		this.#stop[Symbol.dispose]();
	}
}
