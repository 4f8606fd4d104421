/** Starting a function again whose process ended by itself or is stuck: the more often, the later. */
import type { Instance, Stuck } from "../../runtime/runtime.ts";
import type { StartOutcome, SupervisorPort } from "../supervisor-port.ts";
import { Backoff } from "./backoff.ts";
import { type Replaced, Replacements, replacedMessage } from "./replacements.ts";

/** A version that lived this long has proved itself: when it ends, its successor is started at once. */
const PROVEN_MS = 30_000;

export interface RestartsOptions {
	readonly port: SupervisorPort;
	/** The process that serves; undefined where none does, or the function is closed. */
	readonly current: () => Instance | undefined;
	/** Starts the wanted version in the place of the present one. */
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

	/** How often a process was given up because it was stuck; undefined where none was. */
	get replaced(): Replaced | undefined {
		return this.#replacements.last;
	}

	/** Takes back what is to be started later: something else is being started. */
	cancel(): void {
		this.#cancel?.();
	}

	/** Starts nothing any more. */
	close(): void {
		this.#isClosed = true;
		this.cancel();
	}

	/** The process ended by itself. @param livedMs how long it had served */
	crashed(livedMs: number): void {
		if (livedMs >= PROVEN_MS) this.#crashes.reset();
		else this.#crashes.failed();
		this.#startLater(undefined, this.#crashes.delayMs);
	}

	/**
	 * The process is stuck.
	 * @param isLeft whether it goes on serving until the next one is ready; otherwise it was taken out of service before
	 */
	stuck(instance: Instance, stuck: Stuck, isLeft: boolean): void {
		const { port } = this.#options;
		const delayMs = this.#replacements.note(stuck, port.now(), port.monotonicMs());
		const replaced = this.#replacements.last as Replaced;
		instance.log(replacedMessage(replaced, delayMs));
		port.onReplaced(replaced);
		const instead = isLeft ? instance : undefined;
		// At once, without a moment in which a request would find neither a process nor a start.
		if (delayMs === 0) void this.#start(instead);
		else this.#startLater(instead, delayMs);
	}

	/** @param instead of which process the next one is started; undefined where none is left */
	#startLater(instead: Instance | undefined, delayMs: number): void {
		this.#cancel = this.#options.port.schedule(() => void this.#start(instead), delayMs);
	}

	/** What it needs may be away for longer, so that one failure is not the last try. */
	async #start(instead: Instance | undefined): Promise<void> {
		const { current, port, refresh } = this.#options;
		const isOver = () => this.#isClosed || current() !== instead;
		if (isOver()) return;
		const { status } = await refresh();
		if (status !== "failed" || isOver() || port.wantedDeployment() === undefined) return;
		this.#crashes.failed();
		this.#startLater(instead, this.#crashes.delayMs);
	}
}
