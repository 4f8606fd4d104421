/** Sends an upgrade request to an instance, and to the next one if that lacks a secret and has not answered yet. */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ServingInstance } from "../../runtime/runtime.ts";
import type { Instances } from "../instances.ts";
import { PROBLEMS } from "../problem.ts";
import type { Route } from "../routing.ts";
import { forwardUpgrade, type Upgrade, type UpgradeEvents } from "./upgrade.ts";

export interface AttemptEvents extends Omit<UpgradeEvents, "onSuperseded"> {
	/** Called with each instance that gets the request. */
	readonly onInstance: (instance: ServingInstance) => void;
}

export class UpgradeAttempts {
	readonly #instances: Instances;
	readonly #faults: FaultBoundary;

	/** @param faults handles exceptions, which close the connection */
	constructor(instances: Instances, faults: FaultBoundary) {
		this.#instances = instances;
		this.#faults = faults;
	}

	/** Resolves when an instance has the request. @param upgrade its time limit is for all attempts together */
	async begin(upgrade: Omit<Upgrade, "instance">, route: Route, events: AttemptEvents): Promise<void> {
		const { client, timeoutMs } = upgrade;
		let release = () => {};
		const onAcquired = (releaseInstance: () => void) => {
			release = this.#faults.callback(releaseInstance);
			if (client.isOver) releaseInstance();
			else upgrade.onEnd(release);
		};
		const lease = await this.#instances.lease(route.app, route.function, onAcquired);
		if ("status" in lease) return events.onProblem(lease);
		const { instance } = lease;
		events.onInstance(instance);
		if (client.isOver) return;
		const sinceMs = performance.now();
		const again = () => {
			release();
			const leftMs = timeoutMs - (performance.now() - sinceMs);
			return this.begin({ ...upgrade, timeoutMs: leftMs }, route, events);
		};
		const onSuperseded = this.#faults.callback(again, () => client.cancel());
		const reporting = reportingTo(instance, { ...events, onSuperseded });
		forwardUpgrade({ ...upgrade, instance }, this.#instances.connector, this.#faults, reporting);
	}
}

/** The events of an upgrade, extended so that the instance also learns whether it responds in time. */
function reportingTo(
	instance: ServingInstance,
	{ onStatus, onProblem, onSuperseded }: UpgradeEvents,
): UpgradeEvents {
	return {
		onSuperseded,
		onStatus: (status) => {
			instance.answered();
			onStatus(status);
		},
		onProblem: (problem) => {
			if (problem === PROBLEMS.timeout) instance.timedOut();
			onProblem(problem);
		},
	};
}
