/** The port of a supervisor for tests, which decide when a start finishes. */
import type { Moment } from "../../../../src/platform/apps/state/moment.ts";
import type { Deployment } from "../../../../src/platform/functions/function.ts";
import type { Started, SupervisorPort } from "../../../../src/platform/redeploy/supervisor-port.ts";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";

export const DEPLOYMENT = { id: "d1", function: "f", references: [], dynamic: [] } as unknown as Deployment;
export const NEVER = new Promise<never>(() => {});

/** Starts that a test finishes. Each has the secrets of the time at which it began. */
export class Starts implements Omit<SupervisorPort, "start"> {
	secrets = 1;
	readonly inProgress: { finish: () => void; moment: Moment }[] = [];
	readonly begun: (() => void)[] = [];
	wantedDeployment = () => DEPLOYMENT;
	acquireCapacity = async () => {};
	releaseCapacity = () => {};
	onStartSettled = () => {};
	isOutdated = (started: Started) => started.moment.changes < this.secrets;
	onStarted = async () => "committed" as const;
	onFailure = () => {};
	onPhase = () => {};
	onReplaced = () => {};
	routeChanged = async () => {};
	now = () => 0;
	schedule = () => () => {};
	monotonicMs = () => 0;

	readonly start = (deployment: Deployment, begin: () => void): Promise<Started> => {
		begin();
		const moment = { changes: this.secrets, local: 0 };
		const instance = {
			exited: new Promise<never>(() => {}),
			stuck: new Promise<never>(() => {}),
			inFlight: 0,
			lastActiveMs: -100,
			stop: async () => {},
		} as unknown as Instance;
		return new Promise((resolve) => {
			this.inProgress.push({ moment, finish: () => resolve({ instance, deployment, moment }) });
			this.begun.shift()?.();
		});
	};

	/** Resolves with the next start once it has read the secrets. */
	async next(): Promise<{ finish: () => void; moment: Moment }> {
		if (this.inProgress.length === 0) await new Promise<void>((resolve) => this.begun.push(resolve));
		const first = this.inProgress.shift();
		if (!first) throw new Error("No start is in progress.");
		return first;
	}
}
