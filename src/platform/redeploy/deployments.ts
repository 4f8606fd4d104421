/** Makes built deployments the current ones of an app's functions. */
import type { App } from "../apps/app.ts";
import type { Deployment } from "../functions/function.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import { ERROR_CHARACTERS_MAX } from "./refresh.ts";
import type { AppRollout } from "./rollout/app-rollout.ts";
import { hasOtherValues } from "./rollout/conform.ts";
import { checkCrons, withCrons } from "./starts/crons.ts";
import type { Commit, Started, StartOutcome } from "./supervisor-port.ts";

interface DeploymentsOptions {
	readonly app: App;
	readonly observations: Observations;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly supervisor: (name: string) => FunctionSupervisor;
	/** Whether a function has another supervisor now, because it was deleted. */
	readonly isReplaced: (name: string, supervisor: FunctionSupervisor) => boolean;
	readonly rollout: AppRollout;
}

/** The most starts of a deployment while other nodes roll out secrets that it reads. */
const STARTS_MAX = 5;

export class Deployments {
	readonly #options: DeploymentsOptions;

	constructor(options: DeploymentsOptions) {
		this.#options = options;
	}

	/** Starts a built deployment, and records it when it is ready. */
	async deploy(deployment: Deployment): Promise<StartOutcome> {
		const { app, isReplaced, now, observations, supervisor: supervisorOf } = this.#options;
		const name = deployment.function;
		let left = STARTS_MAX;
		const commit = (started: Started) => this.record(deployment, started, --left === 0);
		let supervisor = supervisorOf(name);
		let outcome = await supervisor.deploy(deployment, commit);
		while (outcome.status === "failed" && isReplaced(name, supervisor)) {
			// The function was deleted while this deployment waited. The deployment came later, so it creates the function again.
			supervisor = supervisorOf(name);
			outcome = await supervisor.deploy(deployment, commit);
		}
		if (outcome.status === "failed") {
			const error = (outcome.error ?? "").slice(0, ERROR_CHARACTERS_MAX);
			const atMs = now();
			await app.record(() => ({ type: "deploy-failed", deployment, error, atMs }));
		}
		await observations.flush(name);
		observations.forget(deployment);
		return outcome;
	}

	/**
	 * Records a deployment whose process is ready as the function's current one. With several nodes, another one may have
	 * rolled out later secrets during its start. Then the others would go back to the earlier ones, because a version gets
	 * the secrets with which it was tried.
	 * @param isLast whether it is recorded in any case
	 * @returns as `Commit`
	 */
	async record(deployment: Deployment, started: Started, isLast = true): ReturnType<Commit> {
		const { app, now, rollout } = this.#options;
		const recorded = withCrons(deployment, started.instance);
		const revision = started.values?.revision;
		const atMs = now();
		let result: Awaited<ReturnType<Commit>> = "committed";
		await app.record(({ functions }) => {
			const released = functions.get(deployment.function)?.values?.released ?? 0;
			const isEarlier =
				revision !== undefined && released > revision && hasOtherValues(app, rollout, started);
			result = isEarlier && !isLast ? "outdated" : "committed";
			const values =
				revision === undefined ? {} : { values: isEarlier ? revision : Math.max(revision, released) };
			return result === "outdated" ? undefined : { type: "deployed", deployment: recorded, ...values, atMs };
		});
		return result;
	}

	/**
	 * Records changed data of the current deployment. Does nothing if another deployment has replaced it.
	 * @throws AppError `FUNCTION_START_FAILED` (exit 1) as `checkCrons`
	 */
	async update(deployment: Deployment): Promise<void> {
		checkCrons(deployment);
		const atMs = this.#options.now();
		await this.#options.app.record(({ functions }) => {
			const isPresent = functions.get(deployment.function)?.deployment.id === deployment.id;
			return isPresent ? { type: "deployed", deployment, atMs } : undefined;
		});
	}
}
