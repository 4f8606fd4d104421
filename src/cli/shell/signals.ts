/**
 * Handles SIGINT, SIGTERM and SIGHUP. By default each of them ends the process with the exit status that shells use for
 * it. A command that has work to finish installs its own handler.
 */
import { constants } from "node:os";
import { isatty } from "node:tty";

export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

const SIGNALS: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

type Handler = (signal: EndingSignal) => void;

/** The last one gets the signal. */
const handlers: Handler[] = [];

/** What a signal does that no handler takes. */
let end: Handler = () => {};

/** The exit status that a shell reports for a process that a signal ended: 130 for SIGINT. */
export function signalStatus(signal: NodeJS.Signals): number {
	return 128 + constants.signals[signal];
}

/** Resolves with an exit status when a signal arrives and no handler is installed. `main` calls it once. */
export function endingSignal(): Promise<number> {
	return new Promise((resolve) => {
		end = (signal) => resolve(signalStatus(signal));
		for (const signal of SIGNALS) process.on(signal, () => deliver(signal));
	});
}

function deliver(signal: EndingSignal): void {
	const handler = handlers.at(-1) ?? end;
	handler(signal);
}

/** Until disposal, each signal calls the handler instead of ending the process. */
export function takeSignals(handler: Handler): Disposable {
	handlers.push(handler);
	return {
		[Symbol.dispose]() {
			const index = handlers.indexOf(handler);
			if (index !== -1) handlers.splice(index, 1);
		},
	};
}

/** Resolves when SIGUSR2 arrives. It never does on Windows, which has no such signal. */
export function handOverSignal(): Promise<void> {
	return new Promise((resolve) => process.once("SIGUSR2", () => resolve()));
}

/**
 * Returns an abort signal for a command that cleans up before it ends. The first SIGINT, SIGTERM or SIGHUP
 * aborts it; the second one ends the process at once. Disposal restores the default handling.
 */
export function interruption(): Interruption {
	return interruptionBy(() => true);
}

/**
 * As `interruption`, for a program that runs until it is stopped. SIGHUP ends it only if it has a terminal, which was
 * closed. Otherwise the signal comes from a rotation of logs, from systemd after SIGTERM, or from a shell that ends:
 * `nohup` protects no program of Node, because Node sets ignored signals back (`findings/node-nohup.sh`).
 * @param onHangup called for a SIGHUP that has no effect
 * @param hasTerminal whether the process has a terminal
 */
export function stopping(
	onHangup: () => void = () => {},
	// Asked now: a terminal that was closed is none.
	hasTerminal = [0, 1, 2].some((file) => isatty(file)),
): Interruption {
	return interruptionBy((signal) => {
		if (signal !== "SIGHUP" || hasTerminal) return true;
		onHangup();
		return false;
	});
}

/** A signal that asks a command to end. */
export type Interruption = Disposable & { readonly signal: AbortSignal };

/** @param counts whether a signal has an effect */
function interruptionBy(counts: (signal: EndingSignal) => boolean): Interruption {
	const controller = new AbortController();
	const taken = takeSignals((signal) => {
		if (!counts(signal)) return;
		if (!controller.signal.aborted) {
			controller.abort(signal);
			return;
		}
		taken[Symbol.dispose]();
		deliver(signal);
	});
	return { signal: controller.signal, [Symbol.dispose]: () => taken[Symbol.dispose]() };
}
