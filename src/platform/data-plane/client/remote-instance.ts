/** An instance whose process belongs to the data plane, as the control plane sees it. */

import { createRedactor } from "../../../redact.ts";
import { ChannelClosed } from "../../channel/channel.ts";
import type { CronOutcome } from "../../functions/crons.ts";
import { Probation } from "../../runtime/probation.ts";
import type { ExitReason, Instance, Launch, OutlivedInstance, StuckReport } from "../../runtime/runtime.ts";
import type {
	Activity,
	DataPlaneContract,
	InstanceMessage,
	LaunchMessage,
	RunningInstance,
} from "../messages.ts";
import { fromSystemMs } from "../system-clock.ts";

/** The data plane that has the instance. */
export interface InstanceLink {
	/** Whether the data plane is left running, for the next platform. */
	readonly isDetached: boolean;
	emit<Name extends keyof DataPlaneContract["events"] & string>(
		name: Name,
		data: DataPlaneContract["events"][Name],
	): void;
	call<Name extends "stop" | "settle" | "runCron">(
		name: Name,
		data: DataPlaneContract["calls"][Name]["in"],
	): Promise<{ readonly data: DataPlaneContract["calls"][Name]["out"] }>;
}

/** What a process that ended together with the data plane reports. */
const LOST: ExitReason = { code: null, signal: "SIGKILL", stderr: "" };

export class RemoteInstance implements OutlivedInstance {
	readonly id: string;
	readonly deployment: string;
	readonly #launch: LaunchMessage;
	#callbacks: Pick<Launch, "onIdle" | "onRead"> = {};
	#reads: readonly string[] = [];
	readonly exited: Promise<ExitReason>;
	readonly stuck: Promise<StuckReport>;
	readonly #link: InstanceLink;
	#message: InstanceMessage = { pid: -1, socketPath: "", crons: [] };
	#activity: Activity = { inFlight: 0, lastActiveMs: 0 };
	#own = 0;
	#ownActiveMs = performance.now();
	#isAccepting = true;
	#stopped: Promise<void> | undefined;
	#probation: Probation | undefined;
	#redactor: ReturnType<typeof createRedactor> | undefined;
	#exit: (reason: ExitReason) => void = () => {};
	#report: (report: StuckReport) => void = () => {};

	constructor(launch: LaunchMessage, link: InstanceLink) {
		this.id = launch.instance;
		this.deployment = launch.deployment;
		this.#launch = launch;
		this.#link = link;
		this.exited = new Promise((resolve) => {
			this.#exit = resolve;
		});
		this.stuck = new Promise((resolve) => {
			this.#report = resolve;
		});
		this.#probation = new Probation(() => this.#settle());
		this.#probation.onSuperseded(() => link.emit("supersede", { instance: this.id }));
	}

	/** The process is ready. */
	started(message: InstanceMessage): void {
		this.#message = message;
	}

	/** The process serves already: an earlier control plane started it. */
	adopted({ activity, isOnProbation, reads, ...message }: RunningInstance): void {
		this.#message = message;
		this.#activity = activity;
		this.#reads = reads;
		if (!isOnProbation) this.#probation = undefined;
	}

	get lifetime(): OutlivedInstance["lifetime"] {
		return this.#launch.lifetime;
	}

	get note(): string | undefined {
		return this.#launch.note;
	}

	get variables(): readonly string[] {
		return this.#launch.environment.map(([name]) => name);
	}

	get reads(): readonly string[] {
		return this.#reads;
	}

	listen(callbacks: Pick<Launch, "onIdle" | "onRead">): void {
		this.#callbacks = callbacks;
	}

	get pid(): number {
		return this.#message.pid;
	}

	get socketPath(): string {
		return this.#message.socketPath;
	}

	get inFlight(): number {
		return this.#activity.inFlight + this.#own;
	}

	get lastActiveMs(): number {
		return Math.max(this.#ownActiveMs, fromSystemMs(this.#activity.lastActiveMs));
	}

	get probation(): Probation | undefined {
		return this.#probation;
	}

	readonly crons: Instance["crons"] = ((instance: RemoteInstance) => ({
		get registered() {
			return instance.#message.crons;
		},
		run: (name: string, signal: AbortSignal) => instance.#runCron(name, signal),
	}))(this);

	acquire(): (() => void) | undefined {
		if (!this.#isAccepting) return undefined;
		const { id } = this;
		this.#own++;
		this.#ownActiveMs = performance.now();
		this.#link.emit("hold", { instance: id });
		let isCounted = true;
		return () => {
			if (!isCounted) return;
			isCounted = false;
			this.#own--;
			this.#ownActiveMs = performance.now();
			this.#link.emit("release", { instance: id });
		};
	}

	answered(): void {
		this.#probation = undefined;
		this.#link.emit("answered", { instance: this.id });
	}

	timedOut(): void {
		this.#link.emit("timedOut", { instance: this.id });
	}

	log(message: string): void {
		this.#link.emit("note", { instance: this.id, message });
	}

	redact(text: string, limit: number): string {
		this.#redactor ??= createRedactor(new Map(this.#launch.environment), new Map());
		return this.#redactor.redact(text, limit);
	}

	stop({ graceMs }: { graceMs?: number } = {}): Promise<void> {
		this.#isAccepting = false;
		this.#stopped ??= this.#stop(graceMs);
		return this.#stopped;
	}

	/** Handles events of the data plane. */
	readonly events = {
		exited: (reason: ExitReason) => {
			this.#isAccepting = false;
			this.#exit(reason);
		},
		stuck: (report: StuckReport) => this.#report(report),
		read: (variable: string) => this.#callbacks.onRead?.(variable),
		answered: () => {
			this.#probation = undefined;
		},
		activity: (activity: Activity) => {
			this.#activity = activity;
			if (this.#isAccepting && this.inFlight === 0) this.#callbacks.onIdle?.();
		},
		/** The data plane has ended, and the process with it. */
		lost: () => this.events.exited(LOST),
	};

	async #stop(graceMs: number | undefined): Promise<void> {
		if (this.#link.isDetached) return;
		await this.#link.call("stop", { instance: this.id, graceMs }).catch(ignoreClosed);
		await this.exited;
	}

	async #settle(): Promise<void> {
		await this.#link.call("settle", { instance: this.id }).catch(ignoreClosed);
	}

	async #runCron(name: string, signal: AbortSignal): Promise<CronOutcome> {
		const stopped = new Promise<CronOutcome>((resolve) => {
			if (signal.aborted) resolve("timeout");
			signal.addEventListener("abort", () => resolve("timeout"), { once: true });
		});
		const run = this.#link.call("runCron", { instance: this.id, name }).then(
			({ data }) => data,
			() => "exited" as const,
		);
		return await Promise.race([run, stopped]);
	}
}

/** If the data plane has ended, its processes have, too. */
function ignoreClosed(error: unknown): void {
	if (!(error instanceof ChannelClosed)) throw error;
}
