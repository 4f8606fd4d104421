/** Restarts a function after its process has ended unexpectedly or is stuck. The delay grows with each restart. */
import type { Instance, StuckReport } from "../../runtime/runtime.ts";
import type { StartOutcome, SupervisorPort } from "../supervisor-port.ts";
import { Backoff } from "./backoff.ts";
import { type Replaced, Replacements, replacedMessage } from "./replacements.ts";

/** If a process has served for this time, the next one is started at once when it ends. */
const PROVEN_MS = 30_000;

export interface RestartsOptions {
	readonly port: SupervisorPort;
	/** The process that serves. Undefined if there is none, or the function is closed. */
	readonly current: () => Instance | undefined;
	/** Replaces the current version with the wanted one. */
	readonly refresh: () => Promise<StartOutcome>;
}

export class Restarts {
	readonly #options: RestartsOptions;
	readonly #crashes = new Backoff();
	readonly #replacements = new Replacements();
	#cancel: (() => void) | undefined;
	#isClosed = false;

	constructor(options: RestartsOptions) {
		this.#options = options;
	}

	/** The replacements of stuck processes. Undefined if there were none. */
	get replaced(): Replaced | undefined {
		return this.#replacements.last;
	}

	/** Cancels a delayed restart, because another start has begun. */
	cancel(): void {
		this.#cancel?.();
	}

	/** Cancels a delayed restart and prevents further ones. */
	close(): void {
		this.#isClosed = true;
		this.cancel();
	}

	/** Call it when the process has ended unexpectedly. @param servedMs how long the process had served */
	crashed(servedMs: number): void {
		if (servedMs >= PROVEN_MS) this.#crashes.reset();
		else this.#crashes.failed();
		this.#startLater(undefined, this.#crashes.delayMs);
	}

	/**
	 * Call it when the process is stuck.
	 * @param isServing whether the process serves until the next one is ready
	 */
	stuck(instance: Instance, stuck: StuckReport, isServing: boolean): void {
		const { port } = this.#options;
		const delayMs = this.#replacements.note(stuck, port.now(), port.monotonicMs());
		const last = this.#replacements.last as Replaced;
		instance.log(replacedMessage(last, delayMs));
		port.onReplaced(last);
		const replaced = isServing ? instance : undefined;
		// Synchronously, so that a request never finds neither a process nor a start in progress.
		if (delayMs === 0) void this.#start(replaced);
		else this.#startLater(replaced, delayMs);
	}

	/** @param replaced the process that the next one replaces; undefined if none serves */
	#startLater(replaced: Instance | undefined, delayMs: number): void {
		this.#cancel = this.#options.port.schedule(() => void this.#start(replaced), delayMs);
	}

	/** Starts the function, and tries again later if that fails. */
	async #start(replaced: Instance | undefined): Promise<void> {
		const { current, port, refresh } = this.#options;
		const isOver = () => this.#isClosed || current() !== replaced;
		if (isOver()) return;
		const { status } = await refresh();
		if (status !== "failed" || isOver() || port.wantedDeployment() === undefined) return;
		this.#crashes.failed();
		this.#startLater(replaced, this.#crashes.delayMs);
	}
}
