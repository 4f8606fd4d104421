/**
 * Keeps the functions of an app up to date with the app's log: after a change, exactly the affected functions are
 * replaced.
 */
import type { RedeployResult } from "../../protocol/messages.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import type { App } from "../apps/app.ts";
import type { Deployment } from "../functions/function.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Instance, OutlivedInstance } from "../runtime/runtime.ts";
import { adopt } from "./adopt.ts";
import { supervisorPort } from "./app-supervisor-port.ts";
import { Deployments } from "./deployments.ts";
import { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import { observe } from "./observe.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import { type Redeployed, refreshAffected } from "./refresh.ts";
import { AppRollout } from "./rollout/app-rollout.ts";
import { type Followed, FollowedFunctions } from "./rollout/followed-functions.ts";
import { rollOut } from "./rollout/operation.ts";
import { functionNotFound } from "./starts/not-found.ts";
import { removeFunctionData } from "./stored-data.ts";
import type { Started, StartOutcome } from "./supervisor-port.ts";
import { UnusedBlobs } from "./unused-blobs.ts";

/** A function and the instance that gets its requests. */
export interface RoutedFunction {
	/** The lifetime of the function. */
	readonly firstDeployment: string;
	readonly settings: NonNullable<Deployment["settings"]>;
	/** Undefined if a request has to start the function, or to wait. */
	readonly instance: Instance | undefined;
}

export class AppFunctions {
	readonly app: App;
	readonly #options: ReconcileOptions;
	readonly #supervisors = new Map<string, FunctionSupervisor>();
	readonly #running = new Map<string, Promise<Redeployed>>();
	readonly #verified = new WeakSet<SealedRecord>();
	readonly #observations: Observations;
	readonly #rollout: AppRollout;
	readonly #following: FollowedFunctions;
	readonly #deployments: Deployments;
	readonly blobs: UnusedBlobs;
	readonly #ensured = (name: string) => this.supervisor(name);
	#isClosed = false;

	constructor(options: ReconcileOptions) {
		this.app = options.app;
		this.#options = options;
		this.#rollout = new AppRollout(options);
		this.#following = new FollowedFunctions(options, this.#rollout, this.#supervisors);
		this.blobs = new UnusedBlobs(options.app, options.store);
		this.#observations = observe(options, (name) => this.findSupervisor(name));
		this.#deployments = new Deployments({
			...{ app: options.app, now: options.now, observations: this.#observations, rollout: this.#rollout },
			supervisor: this.#ensured,
			isReplaced: (name, supervisor) => !this.#isClosed && this.#supervisors.get(name) !== supervisor,
		});
	}

	/**
	 * Starts the functions that must never be idle. Also starts those whose first start failed, because the cause may have
	 * been removed. Other functions are started by their first request. A failure does not affect the other functions.
	 */
	async startPinned(): Promise<void> {
		const eager = [...this.app.state.functions].filter(
			([, { deployment, error }]) => error !== undefined || deployment.settings?.idleSeconds === "never",
		);
		await Promise.all(eager.map(([name]) => this.#startNow(name)));
	}

	/** Starts the functions that must never be idle and are, because another node has deployed them. */
	async #startIdle(): Promise<void> {
		const names = [...this.app.state.functions.keys()].filter((name) => this.#idleSeconds(name) === "never");
		await Promise.all(
			names.filter((name) => this.supervisor(name).state === "idle").map((name) => this.#startNow(name)),
		);
	}

	/** Starts a function unless it runs. */
	async #startNow(name: string): Promise<void> {
		const supervisor = this.supervisor(name);
		if (supervisor.state === "live") return;
		// If there is no capacity, the supervisor logs that, and the function's first request tries again.
		if (supervisor.state === "idle") await Promise.resolve(supervisor.ensure()).catch(() => undefined);
		else await supervisor.refresh();
	}

	/** Call it before a change is appended that this node is going to roll out. */
	expectChange = () => this.#options.rollouts?.expect();

	/** The supervisor of a function. Creates it if there is none. */
	supervisor(name: string): FunctionSupervisor {
		const present = this.#supervisors.get(name);
		if (present !== undefined) return present;
		const deployed = this.app.state.functions.get(name);
		const observations = this.#observations;
		const idleSeconds = () => this.#idleSeconds(name);
		const parts = { supervisor: () => supervisor, observations, verified: this.#verified, idleSeconds };
		const recordDeployed = (started: Started) => this.#deployments.record(started.deployment, started);
		const port = supervisorPort(this.#options, name, { ...parts, recordDeployed, rollout: this.#rollout });
		const supervisor = new FunctionSupervisor(port, deployed !== undefined && deployed.error === undefined);
		this.#supervisors.set(name, supervisor);
		// A closed supervisor answers calls and starts nothing.
		if (this.#isClosed) void supervisor.close();
		return supervisor;
	}

	/** The supervisor of a function. Undefined if the function is neither deployed nor being deployed. */
	findSupervisor(name: string): FunctionSupervisor | undefined {
		return (
			this.#supervisors.get(name) ?? (this.app.state.functions.has(name) ? this.supervisor(name) : undefined)
		);
	}

	/** Whether functions start with values or versions that other nodes do not have yet. */
	isTrying = () => this.#rollout.isTryingAny;

	/** The supervisor of a function that was needed since the platform started. Undefined for all others. */
	presentSupervisor = (name: string) => this.#supervisors.get(name);

	/** The instance of a function. Starts an idle function. Undefined if the function does not run. */
	instance(name: string): Instance | undefined | Promise<Instance | undefined> {
		return this.findSupervisor(name)?.ensure();
	}

	/** Each function with the instance that gets its requests. */
	*routes(): Iterable<readonly [name: string, routed: RoutedFunction]> {
		for (const [name, { deployment, firstDeployment }] of this.app.state.functions) {
			const instance = this.#supervisors.get(name)?.routed;
			yield [name, { firstDeployment, settings: deployment.settings ?? {}, instance }];
		}
	}

	/** Takes over the instances of current versions that an earlier platform started. Stops the others. */
	async adopt(running: readonly OutlivedInstance[]): Promise<void> {
		await adopt(this.#options, running, { observations: this.#observations, supervisor: this.#ensured });
	}

	/**
	 * Redeploys the functions that an operation in the log affects. A repeated call returns the results of the first one.
	 * @param onResult called when each function is redeployed
	 */
	async redeploy(operation: string, onResult: (result: RedeployResult) => void): Promise<Redeployed> {
		const known = this.app.state.operations.get(operation)?.redeployed;
		const running = this.#running.get(operation);
		if (known === undefined && running === undefined) {
			this.#following.reportChange(this.app.state.operations.get(operation)?.head.revision ?? 0);
			const first = rollOut(this.#options, this.#rollout, operation, this.#ensured, onResult).finally(() =>
				this.#running.delete(operation),
			);
			this.#running.set(operation, first);
			return await first;
		}
		const redeployed = known ?? (await running) ?? { results: [], untouched: [] };
		for (const result of redeployed.results) onResult(result);
		return redeployed;
	}

	/** Restarts the functions that are affected by changes of the platform's own secrets. */
	refresh(changes: readonly SecretChange[]): Promise<Redeployed> {
		return refreshAffected(this.#options, this.#ensured, changes, () => undefined);
	}

	/** Starts a built deployment, and makes it the function's current one when it is ready. */
	deploy(deployment: Deployment): Promise<StartOutcome> {
		return this.#rollout.trying([deployment.function], () => this.#deployments.deploy(deployment));
	}

	/**
	 * Deletes functions. If one of them does not exist, none is deleted.
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
		await this.#options.routesChanged(this.app.id);
		for (const name of names) this.#options.metrics.forget({ app: this.app.id, function: name });
		const supervisors = names.map((name) => this.#supervisors.get(name));
		for (const name of names) {
			this.#options.activities.report(this.app.id, { type: "function", function: name, phase: "deleted" });
			this.#supervisors.delete(name);
			this.#following.forget(name);
		}
		await Promise.all(supervisors.map((supervisor) => supervisor?.close()));
		const isDeployed = (name: string) => this.app.state.functions.has(name);
		await removeFunctionData(this.#options, lifetimes);
		await this.blobs.removeOf(lifetimes);
		// Removed again, because requests that were in progress at the deletion may have been counted since then.
		for (const name of names.filter((each) => !isDeployed(each)))
			this.#options.metrics.forget({ app: this.app.id, function: name });
		// A function that is deployed now was deployed after the deletion. Its start failed if it used the closed supervisor.
		if (!this.#isClosed) await Promise.all(names.filter(isDeployed).map((name) => this.#startNow(name)));
	}

	/**
	 * Stops the functions that have had no request for their `idleSeconds`, or for `defaultMs` if they do not set that.
	 * @returns the earliest time at which another function could be stopped, in milliseconds from now; infinite if none runs
	 */
	stopIdle(defaultMs: number): number {
		let soonestMs = Number.POSITIVE_INFINITY;
		for (const [name, supervisor] of this.#supervisors) {
			if (supervisor.instance === undefined) continue;
			const idleSeconds = this.#idleSeconds(name);
			if (idleSeconds === "never") continue;
			const afterMs = idleSeconds === undefined ? defaultMs : idleSeconds * 1000;
			soonestMs = Math.min(soonestMs, supervisor.stopIdle(afterMs));
		}
		return soonestMs;
	}

	/** Stops all functions, and ends their starts. Resolves when their processes have exited. */
	async close(graceMs?: number): Promise<void> {
		this.#isClosed = true;
		await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.close(graceMs, true)));
		await Promise.allSettled(this.#running.values());
	}

	/**
	 * Records changed data of the current deployment. Does nothing if another deployment has replaced it.
	 * @throws AppError `FUNCTION_START_FAILED` (exit 1) as `checkCrons`
	 */
	async updateDeployment(deployment: Deployment): Promise<void> {
		await this.#deployments.update(deployment);
	}

	/** Brings the functions on this node to what other nodes have recorded. */
	follow(): Promise<Followed> {
		return this.#following.follow(() => this.#startIdle());
	}

	/** Ends all processes at once. The next request starts a function again, when this node may start it. */
	suspend(): void {
		for (const supervisor of this.#supervisors.values()) supervisor.stopIdle(Number.NEGATIVE_INFINITY, 0);
	}

	#idleSeconds(name: string): number | "never" | undefined {
		return this.app.state.functions.get(name)?.deployment.settings?.idleSeconds;
	}
}
