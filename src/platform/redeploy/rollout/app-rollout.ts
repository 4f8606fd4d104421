/**
 * Which values the functions of an app get on this node, while changes are rolled out over several nodes.
 *
 * The node that accepts a change tries it first: it starts the functions that read the changed names. A function that
 * starts is *released*, and the other nodes follow. One that does not start keeps its earlier values on every node. A
 * function that is idle there is tried by the first node that starts it.
 */
import type { SealedRecord } from "../../../vault/records/record.ts";
import type { App } from "../../apps/app.ts";
import type { Deployment } from "../../functions/function.ts";
import { Mutex } from "../../machine/mutex.ts";
import { ERROR_CHARACTERS_MAX } from "../refresh.ts";
import { startFailure } from "../starts/start-failure.ts";
import type { Started } from "../supervisor-port.ts";
import type { Rollouts } from "./rollouts.ts";

/** The pause before this node looks again whether another node has finished. */
const PAUSE_MS = 500;

interface AppRolloutOptions {
	readonly app: App;
	/** Undefined with one node. */
	readonly rollouts?: Rollouts | undefined;
	readonly now: () => number;
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

/** Trials of one function that are in progress. */
interface Trials {
	count: number;
	/** Resolves when all have ended. */
	readonly ended: Promise<void>;
	readonly end: () => void;
}

export class AppRollout {
	readonly #options: AppRolloutOptions;
	/** This node rolls out one operation of the app at a time. */
	readonly #turns = new Mutex();
	/** The trials of each function that are in progress on this node. */
	readonly #trying = new Map<string, Trials>();

	constructor(options: AppRolloutOptions) {
		this.#options = options;
	}

	/** Whether this node starts a function with values that are not released yet. */
	isTrying(name: string): boolean {
		return this.#trying.has(name);
	}

	/** Whether this node starts any function with values or versions that the other nodes do not have yet. */
	get isTryingAny(): boolean {
		return this.#trying.size > 0;
	}

	/** Resolves when this node does not try a function any more. Undefined: it does not. */
	trialOf(name: string): Promise<void> | undefined {
		return this.#trying.get(name)?.ended;
	}

	/** The records whose values a process of a function gets if it is started now. */
	recordsFor(name: string): ReadonlyMap<string, SealedRecord> {
		const { state } = this.#options.app;
		return this.isTrying(name) ? state.records : state.recordsFor(name);
	}

	/** Does work that starts functions with the newest values. The values are released by what the work records. */
	async trying<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
		const wasTrying = this.isTryingAny;
		const begun = names.map((name) => [name, this.#begin(name)] as const);
		if (this.isTryingAny !== wasTrying) this.#options.rollouts?.changed();
		try {
			return await work();
		} finally {
			for (const [name, trials] of begun) {
				if (--trials.count > 0) continue;
				this.#trying.delete(name);
				trials.end();
			}
			if (begun.length > 0 && !this.isTryingAny) this.#options.rollouts?.changed();
		}
	}

	#begin(name: string): Trials {
		const present = this.#trying.get(name);
		if (present !== undefined) {
			present.count++;
			return present;
		}
		let end = () => {};
		const ended = new Promise<void>((resolve) => {
			end = resolve;
		});
		const trials = { count: 1, ended, end };
		this.#trying.set(name, trials);
		return trials;
	}

	/**
	 * Starts a version of a function. If changed values are to be tried, and no other node does so, they are tried first.
	 * @throws AppError `NODE_CUT_OFF` (exit 6), or what `launch` throws with the released values
	 */
	async start({ function: name, id }: Deployment, launch: () => Promise<Started>): Promise<Started> {
		const { app, rollouts } = this.#options;
		if (rollouts === undefined) return await launch();
		const start = () => rollouts.start(launch);
		if (this.isTrying(name) || !app.state.isTrialDue(name)) return await start();
		const tried = await rollouts.exclusively(`tries/${app.id}/${name}`, () => this.#try(name, id, start));
		return tried?.result ?? (await start());
	}

	/** @returns undefined if the function does not start with the newest values @throws AppError if it was not attempted */
	async #try(name: string, deployment: string, start: () => Promise<Started>): Promise<Started | undefined> {
		const { app, now } = this.#options;
		return await this.trying([name], async () => {
			const newest = app.state.head.revision;
			let started: Started | undefined;
			let error: string | undefined;
			try {
				started = await start();
			} catch (thrown) {
				const { message, notAttempted } = startFailure(thrown);
				if (notAttempted !== undefined) throw thrown;
				error = message.slice(0, ERROR_CHARACTERS_MAX);
			}
			const outcome = error === undefined ? {} : { error };
			const values = started?.values?.revision ?? newest;
			await app.record(() =>
				app.state.isTrialDue(name)
					? { type: "tried", function: name, deployment, values, ...outcome, atMs: now() }
					: undefined,
			);
			return started;
		});
	}

	/**
	 * Rolls out an operation, unless another node does so or has done so.
	 * @param isDone whether its results are recorded
	 * @param work redeploys and records the results
	 */
	async exclusively(isDone: () => boolean, work: () => Promise<void>): Promise<void> {
		const { rollouts } = this.#options;
		if (rollouts === undefined) return await work();
		await this.#turns.run(() => this.#inTurn(rollouts, isDone, work));
	}

	async #inTurn(rollouts: Rollouts, isDone: () => boolean, work: () => Promise<void>): Promise<void> {
		const { app, schedule } = this.#options;
		while (!app.retired.aborted) {
			// At the same time as the lease is taken. If another node records results in between, these stay.
			const read = app.catchUp();
			read.catch(() => undefined);
			const done = await rollouts.exclusively(`rollouts/${app.id}`, async () => {
				await read;
				if (!isDone()) await work();
			});
			if (done !== undefined || isDone()) return;
			await new Promise<void>((resolve) => void schedule(resolve, PAUSE_MS));
			await app.catchUp();
			if (isDone()) return;
		}
	}
}
