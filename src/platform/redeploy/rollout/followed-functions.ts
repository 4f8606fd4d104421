/** Follows what other nodes do with the functions of an app: new versions, changed secrets, deletions. */
import type { App } from "../../apps/app.ts";
import { type FunctionLifetime, lifetimeKey } from "../../functions/lifetimes.ts";
import type { FunctionSupervisor } from "../function-supervisor.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import { reportChange } from "../refresh.ts";
import { removeFunctionData } from "../stored-data.ts";
import type { AppRollout } from "./app-rollout.ts";
import { Conforming } from "./conform.ts";

export interface Followed {
	/** The functions that did not start. */
	readonly failed: readonly string[];
	/**
	 * Functions that this node was trying were not followed. It resolves when these trials have ended. Undefined: there were
	 * none.
	 */
	readonly trials: Promise<unknown> | undefined;
}

export class FollowedFunctions {
	readonly #app: App;
	readonly #options: ReconcileOptions;
	readonly #rollout: AppRollout;
	readonly #supervisors: Map<string, FunctionSupervisor>;
	readonly #conforming: Conforming;
	/** The functions that this node has seen. */
	readonly #seen = new Map<string, FunctionLifetime>();
	#turn: Promise<unknown> = Promise.resolve();
	/** The last revision of the app's log that was reported. */
	#reported: number;
	/** Later revisions that were reported already, because this node rolls them out. */
	readonly #own = new Set<number>();
	/** The operations that other nodes roll out. */
	readonly #elsewhere = new Set<string>();

	constructor(options: ReconcileOptions, rollout: AppRollout, supervisors: Map<string, FunctionSupervisor>) {
		this.#app = options.app;
		this.#options = options;
		this.#rollout = rollout;
		this.#supervisors = supervisors;
		this.#conforming = new Conforming(options.app, rollout);
		this.#reported = options.app.state.head.revision;
	}

	/** Tells those who watch the app that this node rolls out an entry of the app's log. */
	reportChange(revision: number): void {
		reportChange(this.#options, revision);
		// With one node, nothing is followed.
		if (this.#options.rollouts !== undefined && revision > this.#reported) this.#own.add(revision);
	}

	/** A function was deleted on this node, which removes its data. */
	forget(name: string): void {
		this.#seen.delete(name);
		this.#conforming.forget(name);
	}

	/**
	 * Brings the functions that run here to what is recorded. One call at a time does so.
	 * @param pinned starts the functions that must never be idle
	 */
	follow(pinned: () => Promise<void>): Promise<Followed> {
		const turn = this.#turn.then(() => this.#follow(pinned));
		this.#turn = turn.catch(() => undefined);
		return turn;
	}

	async #follow(pinned: () => Promise<void>): Promise<Followed> {
		this.#reportChanges();
		await this.#removeDeleted();
		const each = [...this.#supervisors].map(
			async ([name, supervisor]) => [name, await this.#conforming.follow(name, supervisor)] as const,
		);
		const outcomes = await Promise.all(each);
		const of = (wanted: string) => outcomes.flatMap(([name, outcome]) => (outcome === wanted ? [name] : []));
		await pinned();
		// A node that says that it has followed routes no request to a function that was deleted.
		await this.#options.routesChanged(this.#app.id);
		this.#reportResults();
		const tried = of("trying");
		const trials = Promise.all(tried.map((name) => this.#rollout.trialOf(name)));
		return { failed: of("failed"), trials: tried.length > 0 ? trials : undefined };
	}

	/** Tells those who watch the app which changes other nodes have accepted. */
	#reportChanges(): void {
		const { head, summaries } = this.#app.state;
		while (this.#reported < head.revision) {
			const operation = summaries[this.#reported]?.operation;
			if (this.#own.delete(++this.#reported) || operation === undefined) continue;
			reportChange(this.#options, this.#reported);
			this.#elsewhere.add(operation);
		}
	}

	/**
	 * Tells those who watch the app what became of functions for which nothing happens on this node: a function that failed
	 * on the node that tried it keeps its process here, and an idle one starts with its next request.
	 */
	#reportResults(): void {
		const { activities, app } = this.#options;
		for (const operation of this.#elsewhere) {
			const results = app.state.operations.get(operation)?.redeployed?.results;
			if (results === undefined) continue;
			this.#elsewhere.delete(operation);
			for (const { error, function: name, status } of results) {
				const what = { type: "function", function: name } as const;
				if (status === "failed")
					activities.report(app.id, { ...what, phase: "failed", ...(error !== undefined && { error }) });
				else if (this.#supervisors.get(name)?.state !== "live")
					activities.report(app.id, { ...what, phase: "stopped" });
			}
		}
	}

	async #removeDeleted(): Promise<void> {
		const { metrics } = this.#options;
		for (const [name, lifetime] of [...this.#seen]) {
			const present = this.#app.functionLifetime(name);
			if (present !== undefined && lifetimeKey(present) === lifetimeKey(lifetime)) continue;
			this.forget(name);
			const supervisor = this.#supervisors.get(name);
			if (present === undefined && !this.#rollout.isTrying(name)) this.#supervisors.delete(name);
			if (this.#supervisors.get(name) !== supervisor) await supervisor?.close();
			metrics.forget({ app: this.#app.id, function: name });
			await removeFunctionData(this.#options, [lifetime]);
		}
		for (const name of this.#app.state.functions.keys()) {
			const lifetime = this.#app.functionLifetime(name);
			if (lifetime !== undefined) this.#seen.set(name, lifetime);
		}
	}
}
