/**
 * The functions of one app, kept in step with its log: after a change exactly those that it concerns are replaced.
 */
import type { RedeployResult } from "../../protocol/messages.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import type { App } from "../apps/app.ts";
import { describeError } from "../faults/log.ts";
import { type Deployment, readsOf } from "../functions/function.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { CapacityHolder } from "./capacity.ts";
import { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import { observe } from "./observe.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import { changesOf, ERROR_CHARACTERS_MAX, type Redeployed, refreshAffected } from "./refresh.ts";
import { changedSince } from "./starts/function-environment.ts";
import { launch } from "./starts/launch.ts";
import { functionNotFound } from "./starts/not-found.ts";
import { noteReplaced } from "./starts/replacements.ts";
import { removeFunctionData } from "./stored-data.ts";
import type { StartOutcome, SupervisorPort } from "./supervisor-port.ts";
import { UnusedBlobs } from "./unused-blobs.ts";

export class AppFunctions {
	readonly app: App;
	readonly #options: ReconcileOptions;
	readonly #supervisors = new Map<string, FunctionSupervisor>();
	readonly #running = new Map<string, Promise<Redeployed>>();
	readonly #verified = new WeakSet<SealedRecord>();
	readonly #observations: Observations;
	readonly blobs: UnusedBlobs;
	#isClosed = false;

	constructor(options: ReconcileOptions) {
		this.app = options.app;
		this.#options = options;
		this.blobs = new UnusedBlobs(options.app, options.store);
		this.#observations = observe(options, async (name) => await this.findSupervisor(name)?.refresh());
	}

	/**
	 * Starts the functions that are never to be idle, and those that never ran, whose fault may be gone. The others are
	 * started by their first request. One that fails does not keep the others from starting.
	 */
	async startPinned(): Promise<void> {
		const eager = [...this.app.state.functions].filter(
			([, { deployment, error }]) => error !== undefined || deployment.settings?.idleSeconds === "never",
		);
		await Promise.all(eager.map(([name]) => this.#startNow(name)));
	}

	/** Starts a function unless it runs. */
	async #startNow(name: string): Promise<void> {
		const supervisor = this.supervisor(name);
		// Where there is no room, the log tells, and its first request tries again.
		if (supervisor.state === "idle") await Promise.resolve(supervisor.ensure()).catch(() => undefined);
		else await supervisor.refresh();
	}

	/** The function's place, made where there is none. */
	supervisor(name: string): FunctionSupervisor {
		const present = this.#supervisors.get(name);
		if (present !== undefined) return present;
		const deployed = this.app.state.functions.get(name);
		const port = this.#port(name, () => supervisor);
		const supervisor = new FunctionSupervisor(port, deployed !== undefined && deployed.error === undefined);
		this.#supervisors.set(name, supervisor);
		// Closed before it has begun: it answers, and starts nothing.
		if (this.#isClosed) void supervisor.close();
		return supervisor;
	}

	/** The place of a function that is deployed or being deployed. */
	findSupervisor(name: string): FunctionSupervisor | undefined {
		return (
			this.#supervisors.get(name) ?? (this.app.state.functions.has(name) ? this.supervisor(name) : undefined)
		);
	}

	/** The running instance of a function, started where it was idle. */
	instance(name: string): Instance | undefined | Promise<Instance | undefined> {
		return this.findSupervisor(name)?.ensure();
	}

	/**
	 * Does what an operation that is in the log asks for, once: a repeat gets the first answer.
	 * @param onResult called as each function is done
	 */
	async redeploy(operation: string, onResult: (result: RedeployResult) => void): Promise<Redeployed> {
		const known = this.app.state.operations.get(operation)?.redeployed;
		const running = this.#running.get(operation);
		if (known === undefined && running === undefined) {
			const first = this.#redeploy(operation, onResult).finally(() => this.#running.delete(operation));
			this.#running.set(operation, first);
			return await first;
		}
		const redeployed = known ?? (await running) ?? { results: [], untouched: [] };
		for (const result of redeployed.results) onResult(result);
		return redeployed;
	}

	async #redeploy(operation: string, onResult: (result: RedeployResult) => void): Promise<Redeployed> {
		const changes = changesOf(this.app, operation);
		const supervisor = (name: string) => this.supervisor(name);
		const { results, untouched } = await refreshAffected(this.#options, supervisor, changes, onResult);
		// Where no function was concerned, too: a repeat must find that this was the first answer.
		const atMs = this.#options.now();
		await this.app.record(() => ({
			type: "redeployed",
			operation,
			results: [...results],
			untouched: [...untouched],
			atMs,
		}));
		return { results, untouched };
	}

	/** Brings the functions that the platform's own secrets concern to the present ones. */
	refresh(changes: readonly SecretChange[]): Promise<Redeployed> {
		return refreshAffected(
			this.#options,
			(name) => this.supervisor(name),
			changes,
			() => undefined,
		);
	}

	/** Makes a built deployment the function's present one, once it runs. */
	async deploy(deployment: Deployment): Promise<StartOutcome> {
		const name = deployment.function;
		let supervisor = this.supervisor(name);
		let outcome = await supervisor.deploy(deployment, () => this.recordDeployed(deployment));
		while (outcome.status === "failed" && !this.#isClosed && this.#supervisors.get(name) !== supervisor) {
			// The function was deleted while this waited for its turn: this came after, and begins it anew.
			supervisor = this.supervisor(name);
			outcome = await supervisor.deploy(deployment, () => this.recordDeployed(deployment));
		}
		if (outcome.status === "failed") {
			const error = (outcome.error ?? "").slice(0, ERROR_CHARACTERS_MAX);
			const atMs = this.#options.now();
			await this.app.record(() => ({ type: "deploy-failed", deployment, error, atMs }));
		}
		await this.#observations.flush(name);
		this.#observations.forget(deployment);
		return outcome;
	}

	/**
	 * Deletes functions: none of them if one is not there.
	 * @throws AppError `FUNCTION_NOT_FOUND` (exit 4)
	 */
	async delete(names: readonly string[]): Promise<void> {
		const atMs = this.#options.now();
		let lifetimes: FunctionLifetime[] = [];
		await this.app.record(({ functions }) => {
			const unknown = names.filter((name) => !functions.has(name));
			if (unknown.length > 0) throw functionNotFound(unknown);
			lifetimes = [...new Set(names)].flatMap((name) => this.app.functionLifetime(name) ?? []);
			return names.length === 0 ? undefined : { type: "deleted", functions: [...new Set(names)], atMs };
		});
		for (const name of names) this.#options.metrics.forget({ app: this.app.id, function: name });
		const supervisors = names.map((name) => this.#supervisors.get(name));
		for (const name of names) this.#supervisors.delete(name);
		await Promise.all(supervisors.map((supervisor) => supervisor?.close()));
		const isDeployed = (name: string) => this.app.state.functions.has(name);
		await removeFunctionData(this.#options, lifetimes);
		await this.blobs.removeOf(lifetimes);
		// What it was still answering when it was deleted may have been counted since.
		for (const name of names.filter((each) => !isDeployed(each)))
			this.#options.metrics.forget({ app: this.app.id, function: name });
		// What was starting meanwhile, in the place that was closed, was deployed after the deletion.
		if (!this.#isClosed) await Promise.all(names.filter(isDeployed).map((name) => this.#startNow(name)));
	}

	/**
	 * Stops the functions that nobody called for a while: as long as each says, else for `defaultMs`.
	 * @returns in how many milliseconds the next one could be due; infinite where none runs
	 */
	stopIdle(defaultMs: number): number {
		let soonestMs = Number.POSITIVE_INFINITY;
		for (const [name, supervisor] of this.#supervisors) {
			if (supervisor.instance === undefined) continue;
			const said = this.#idleSeconds(name);
			if (said === "never") continue;
			soonestMs = Math.min(soonestMs, supervisor.stopIdle(said === undefined ? defaultMs : said * 1000));
		}
		return soonestMs;
	}

	/** Stops all functions; resolves once their processes are gone. */
	async close(graceMs?: number): Promise<void> {
		this.#isClosed = true;
		await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.close(graceMs)));
		await Promise.allSettled(this.#running.values());
	}

	/** Notes a deployment as the function's present one. */
	async recordDeployed(deployment: Deployment): Promise<void> {
		const atMs = this.#options.now();
		await this.app.record(() => ({ type: "deployed", deployment, atMs }));
	}

	/** Notes more about the present deployment, unless another has taken its place. */
	async updateDeployment(deployment: Deployment): Promise<void> {
		const atMs = this.#options.now();
		await this.app.record(({ functions }) => {
			const isPresent = functions.get(deployment.function)?.deployment.id === deployment.id;
			return isPresent ? { type: "deployed", deployment, atMs } : undefined;
		});
	}

	/** A function as others see it that want its place. */
	#occupant(supervisor: () => FunctionSupervisor, name: string): CapacityHolder {
		const isPinned = () => this.#idleSeconds(name) === "never";
		return {
			get idleSinceMs() {
				return isPinned() ? undefined : supervisor().idleSinceMs;
			},
			stop: () => void supervisor().stopIdle(0),
		};
	}

	#idleSeconds(name: string): number | "never" | undefined {
		return this.app.state.functions.get(name)?.deployment.settings?.idleSeconds;
	}

	#port(name: string, supervisor: () => FunctionSupervisor): SupervisorPort {
		const [{ log, monotonicMs, now, capacity, schedule }, observations] = [this.#options, this.#observations];
		const present = () => this.app.state.functions.get(name);
		const occupant = this.#occupant(supervisor, name);
		return {
			wantedDeployment: () => present()?.deployment,
			acquireCapacity: () => capacity.acquire(occupant),
			releaseCapacity: () => capacity.release(occupant),
			onStartSettled: () => capacity.admitWaiting(),
			start: (deployment, begin) => launch(this.#options, deployment, this.#verified, observations, begin),
			isOutdated: ({ deployment, moment }) => changedSince(this.app.state, readsOf(deployment), moment),
			onStarted: async ({ deployment }) => {
				if (present()?.error !== undefined) await this.recordDeployed(deployment);
			},
			onFailure: (error) =>
				log.warn({ app: this.app.id, function: name, ...describeError(error) }, "a function does not run"),
			onReplaced: (replaced) => noteReplaced(this.#options, name, replaced),
			now,
			schedule,
			monotonicMs,
		};
	}
}
