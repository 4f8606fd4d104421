/** A function's place whose starts end when the test says so. */
import type { Deployment } from "../../../src/platform/functions/function.ts";
import type { Started, SupervisorPort } from "../../../src/platform/redeploy/supervisor-port.ts";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";

export const DEPLOYMENT = { id: "d1", function: "f", references: [], dynamic: [] } as unknown as Deployment;
export const NEVER = new Promise<never>(() => {});

/** Starts that end when the test says so, each with the secrets of the moment in which it began. */
export class Starts implements Omit<SupervisorPort, "start"> {
	secrets = 1;
	readonly under: { finish: () => void; moment: number }[] = [];
	readonly begun: (() => void)[] = [];
	wantedDeployment = () => DEPLOYMENT;
	acquireCapacity = async () => {};
	releaseCapacity = () => {};
	onStartSettled = () => {};
	isOutdated = (started: Started) => started.moment < this.secrets;
	onStarted = async () => {};
	onFailure = () => {};
	onReplaced = () => {};
	now = () => 0;
	schedule = () => () => {};
	monotonicMs = () => 0;

	readonly start = (deployment: Deployment, begin: () => void): Promise<Started> => {
		begin();
		const moment = this.secrets;
		const instance = {
			exited: new Promise<never>(() => {}),
			stuck: new Promise<never>(() => {}),
			inFlight: 0,
			lastActiveMs: -100,
			stop: async () => {},
		} as unknown as Instance;
		return new Promise((resolve) => {
			this.under.push({ moment, finish: () => resolve({ instance, deployment, moment }) });
			this.begun.shift()?.();
		});
	};

	/** Resolves with the next start once it has read the secrets. */
	async next(): Promise<{ finish: () => void; moment: number }> {
		if (this.under.length === 0) await new Promise<void>((resolve) => this.begun.push(resolve));
		const first = this.under.shift();
		if (!first) throw new Error("nothing starts");
		return first;
	}
}
