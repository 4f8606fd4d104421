/** Brings the functions of an app on this node to what other nodes have recorded. */
import type { App } from "../../apps/app.ts";
import { readsOf } from "../../functions/function.ts";
import type { FunctionSupervisor } from "../function-supervisor.ts";
import { environmentDigest } from "../starts/function-environment.ts";
import type { Started } from "../supervisor-port.ts";
import type { AppRollout } from "./app-rollout.ts";

/** Identifies the version and the secrets that a function should have on this node. Undefined: it does not exist. */
export function wantedVersion(app: App, rollout: AppRollout, name: string): string | undefined {
	const found = app.state.functions.get(name);
	if (found === undefined) return undefined;
	const { header, local } = app.state;
	const records = rollout.recordsFor(name);
	return `${found.deployment.id} ${environmentDigest({ header, local, records }, readsOf(found.deployment))}`;
}

/** Whether a process has other secrets than its function should have. */
export function hasOtherValues(
	app: App,
	rollout: AppRollout,
	{ deployment, values }: Pick<Started, "deployment" | "values">,
): boolean {
	const { header, local } = app.state;
	const records = rollout.recordsFor(deployment.function);
	return values?.digest !== environmentDigest({ header, local, records }, readsOf(deployment));
}

export class Conforming {
	readonly #app: App;
	readonly #rollout: AppRollout;
	/** What each function that did not start should have been. It is not started again for the same. */
	readonly #failed = new Map<string, string>();

	constructor(app: App, rollout: AppRollout) {
		this.#app = app;
		this.#rollout = rollout;
	}

	/**
	 * Starts the wanted version of a function, if another one runs or did not start.
	 * @returns `trying`: the function is being tried on this node, and is followed again afterwards
	 */
	async follow(name: string, supervisor: FunctionSupervisor): Promise<"followed" | "failed" | "trying"> {
		if (this.#rollout.isTrying(name)) return "trying";
		await supervisor.settled();
		if (this.#rollout.isTrying(name)) return "trying";
		const wanted = wantedVersion(this.#app, this.#rollout, name);
		if (wanted === undefined) return "followed";
		if (this.#failed.get(name) === wanted) return "failed";
		const isTrialDue = this.#app.state.isTrialDue(name) && supervisor.state === "live";
		if (this.#isCurrent(name, supervisor) && !isTrialDue) return "followed";
		const { notAttempted, status } = await supervisor.refresh();
		if (status === "failed" && notAttempted === undefined) this.#failed.set(name, wanted);
		else this.#failed.delete(name);
		return status === "failed" ? "failed" : "followed";
	}

	#isCurrent(name: string, { current, state }: FunctionSupervisor): boolean {
		if (state === "idle") return true;
		if (current === undefined) return false;
		const deployment = this.#app.state.functions.get(name)?.deployment;
		if (deployment?.id !== current.deployment.id) return false;
		return !hasOtherValues(this.#app, this.#rollout, current);
	}

	/** Forgets a deleted function. */
	forget(name: string): void {
		this.#failed.delete(name);
	}
}
