/** Makes built deployments the current ones of an app's functions. */
import type { App } from "../apps/app.ts";
import type { Deployment } from "../functions/function.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import { ERROR_CHARACTERS_MAX } from "./refresh.ts";
import { checkCrons, withCrons } from "./starts/crons.ts";
import type { Started, StartOutcome } from "./supervisor-port.ts";

interface DeploymentsOptions {
	readonly app: App;
	readonly observations: Observations;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly supervisor: (name: string) => FunctionSupervisor;
	/** Whether a function has another supervisor now, because it was deleted. */
	readonly isReplaced: (name: string, supervisor: FunctionSupervisor) => boolean;
}

export class Deployments {
	readonly #options: DeploymentsOptions;

	constructor(options: DeploymentsOptions) {
		this.#options = options;
	}

	/** Starts a built deployment, and records it when it is ready. */
	async deploy(deployment: Deployment): Promise<StartOutcome> {
		const { app, isReplaced, now, observations, supervisor: supervisorOf } = this.#options;
		const name = deployment.function;
		const commit = ({ instance, values }: Started) =>
			this.record(withCrons(deployment, instance), values?.revision);
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

	/** Records a deployment as the function's current one. @param values with several nodes: the revision of its secrets */
	async record(deployment: Deployment, values?: number): Promise<void> {
		const atMs = this.#options.now();
		const revision = values === undefined ? {} : { values };
		await this.#options.app.record(() => ({ type: "deployed", deployment, ...revision, atMs }));
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
