/**
 * SIGINT, SIGTERM and SIGHUP. By themselves they end the process with the shell's status for them; a command
 * that has something to finish takes them over.
 */
import { constants } from "node:os";

export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

const SIGNALS: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

type Handler = (signal: EndingSignal) => void;

const takers: Handler[] = [];

/** What a shell reports for a process that a signal ended: 130 for SIGINT. */
export function signalStatus(signal: NodeJS.Signals): number {
	return 128 + constants.signals[signal];
}

/**
 * Resolves with an exit status when a signal comes that nobody has taken. Called once, by `main`.
 */
export function endingSignal(): Promise<number> {
	return new Promise((resolve) => {
		for (const signal of SIGNALS) {
			process.on(signal, () => {
				const taker = takers.at(-1);
				if (taker === undefined) resolve(signalStatus(signal));
				else taker(signal);
			});
		}
	});
}

/** From now until disposal, each signal is given to the handler and ends nothing by itself. */
export function takeSignals(handler: Handler): Disposable {
	takers.push(handler);
	return {
		[Symbol.dispose]() {
			const index = takers.indexOf(handler);
			if (index !== -1) takers.splice(index, 1);
		},
	};
}

/**
 * A signal that aborts at the first SIGINT, SIGTERM or SIGHUP, so that the command can finish in order; at a
 * second one the process ends at once. Disposal gives the signals back.
 */
export function interruption(): Disposable & { readonly signal: AbortSignal } {
	const controller = new AbortController();
	const taken = takeSignals((signal) => {
		taken[Symbol.dispose]();
		controller.abort(signal);
	});
	return { signal: controller.signal, [Symbol.dispose]: () => taken[Symbol.dispose]() };
}
