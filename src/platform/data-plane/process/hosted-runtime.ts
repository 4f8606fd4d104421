/** Offers a runtime to the control plane, and keeps what the next control plane needs to take its instances over. */
import type { Handlers, Reply } from "../../channel/channel.ts";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Instance, Launch, Runtime } from "../../runtime/runtime.ts";
import type { DataPlaneContract, InstanceMessage, LaunchMessage, RunningInstance } from "../messages.ts";
import { toSystemMs } from "../system-clock.ts";
import type { ControlLink } from "./control-link.ts";
import { ProcessReads } from "./process-reads.ts";

type Calls = Handlers<DataPlaneContract>["calls"];
type Events = Handlers<DataPlaneContract>["events"];

/** The interval at which the activity of instances is reported, if it has changed. */
const ACTIVITY_MS = 100;
/** The time limit of a cron job. The control plane's own limit is shorter. */
const CRON_MS = 24 * 3_600_000;

/** What else has to know about instances: the gateways. */
export interface InstanceObserver {
	/** The instance is about to stop. Its requests end before. */
	retire(id: string, instance: Instance): void;
	/** The process has exited. */
	gone(id: string): void;
	/** The instance is going to be replaced because it lacks a secret. */
	superseded(id: string): void;
}

interface Hosted {
	readonly instance: Instance;
	readonly launch: LaunchMessage;
	readonly reads: ProcessReads;
	/** The requests of the control plane itself. */
	readonly holds: (() => void)[];
	reported: string;
	isStopping: boolean;
}

const NOTHING: Reply<null> = { data: null };

export class HostedRuntime {
	readonly #runtime: Runtime;
	readonly #link: ControlLink;
	readonly #hosted = new Map<string, Hosted>();
	/** Ends the start of an instance. */
	readonly #starting = new Map<string, AbortController>();
	readonly #faults: FaultBoundary;
	#end: NodeJS.Timeout | undefined;
	/** Counts the control planes. */
	#generation = 0;
	/** Told about each instance. */
	observer: InstanceObserver | undefined;

	constructor(runtime: Runtime, link: ControlLink, faults: FaultBoundary) {
		this.#runtime = runtime;
		this.#link = link;
		this.#faults = faults;
		setInterval(
			faults.callback(() => this.#reportActivity()),
			ACTIVITY_MS,
		).unref();
	}

	/** An instance; undefined if its process has exited. */
	find(id: string): Instance | undefined {
		return this.#hosted.get(id)?.instance;
	}

	/** Every running instance that no control plane has told to stop. */
	running(): RunningInstance[] {
		const running = [...this.#hosted.values()].filter(({ isStopping }) => !isStopping);
		return running.map((hosted) => ({
			...messageOf(hosted.instance),
			launch: hosted.launch,
			reads: [...hosted.reads.names],
			isOnProbation: hosted.instance.probation !== undefined,
			activity: activityOf(hosted),
		}));
	}

	/** The control plane has ended: discards its own requests, and the instances that it is still starting. */
	abandoned(): void {
		this.#generation++;
		for (const { holds, reads } of this.#hosted.values()) {
			for (const release of holds.splice(0)) release();
			reads.forgetHandled();
		}
	}

	/** Ends all processes at a moment, unless a later one is named before. @param atMs by `performance.now()` */
	endAt(atMs: number): void {
		clearTimeout(this.#end);
		const end = () => {
			for (const instance of this.#hosted.keys()) void this.#stop(instance, 0);
		};
		this.#end = setTimeout(this.#faults.callback(end), Math.max(0, atMs - performance.now())).unref();
	}

	readonly calls: Pick<Calls, "start" | "stop" | "settle" | "runCron" | "forget"> = {
		start: async (message, body) => {
			const generation = this.#generation;
			const reads = new ProcessReads(message.environment.map(([name]) => name));
			const instance = await this.#begin(this.#launchOf(message, body, reads), message.instance);
			if (generation !== this.#generation) {
				// The next control plane does not know of it.
				await instance.stop({ graceMs: 0 });
				throw new Error("The control plane that started the instance has ended.");
			}
			const hosted = { instance, launch: message, reads, holds: [], reported: "", isStopping: false };
			this.#hosted.set(message.instance, hosted);
			this.#watch(message.instance, instance);
			await instance.probation?.settleReads();
			// The control plane gets these reads before the answer, and handles them before it routes requests here.
			reads.handled(reads.missed);
			return { data: messageOf(instance) };
		},
		stop: async ({ graceMs, instance }) => {
			await this.#stop(instance, graceMs);
			return NOTHING;
		},
		settle: async ({ instance }) => {
			await this.find(instance)?.probation?.settleReads();
			return NOTHING;
		},
		runCron: async ({ instance, name }) => {
			const outcome = await this.find(instance)?.crons.run(name, AbortSignal.timeout(CRON_MS));
			return { data: outcome ?? "exited" };
		},
		forget: async (of) => {
			await this.#runtime.forget(of);
			return NOTHING;
		},
	};

	async #stop(id: string, graceMs: number | undefined): Promise<void> {
		const hosted = this.#hosted.get(id);
		if (hosted === undefined) {
			this.#starting.get(id)?.abort();
			return;
		}
		const { instance } = hosted;
		hosted.isStopping = true;
		this.observer?.retire(id, instance);
		await instance.stop(graceMs === undefined ? {} : { graceMs });
	}

	readonly events: Omit<Events, "serve"> = {
		hold: ({ instance: id }) => {
			const release = this.find(id)?.acquire();
			if (release !== undefined) this.#hosted.get(id)?.holds.push(release);
		},
		release: ({ instance }) => this.#hosted.get(instance)?.holds.pop()?.(),
		answered: ({ instance }) => this.answered(instance),
		timedOut: ({ instance }) => this.find(instance)?.timedOut(),
		supersede: ({ instance }) => this.find(instance)?.probation?.supersede(),
		note: ({ instance, message }) => this.find(instance)?.log(message),
	};

	/**
	 * Resolves when every read of an instance that can make the control plane replace it has been handled there. That is at
	 * once if it read only variables that it had, because the control plane may be busy. If the control plane is absent,
	 * nothing follows from the reads.
	 */
	async settle(id: string): Promise<void> {
		const hosted = this.#hosted.get(id);
		await hosted?.instance.probation?.settleReads();
		if (hosted === undefined || hosted.reads.areHandled || !this.#link.isConnected) return;
		const { missed } = hosted.reads;
		await this.#link.call("sync", null).then(
			() => hosted.reads.handled(missed),
			() => undefined,
		);
	}

	/** Records that the response to a request has begun. */
	answered(id: string): void {
		const instance = this.find(id);
		const isFirst = instance?.probation !== undefined;
		instance?.answered();
		if (isFirst) this.#link.emit("answered", { instance: id });
	}

	/** Starts an instance. `stop` ends the start. */
	async #begin(launch: Launch, id: string): Promise<Instance> {
		const cancelled = new AbortController();
		this.#starting.set(id, cancelled);
		try {
			return await this.#runtime.start({ ...launch, signal: cancelled.signal });
		} finally {
			this.#starting.delete(id);
		}
	}

	#launchOf(message: LaunchMessage, body: Buffer, reads: ProcessReads): Launch {
		const { codeBytes, environment, files, hasSourceMap, instance, lifetime, observesReads, settings } =
			message;
		const onRead = (variable: string) => {
			reads.note(variable);
			this.#link.emit("read", { instance, variable });
		};
		const read = async (hash: string) => (await this.#link.call("readFile", { instance, hash })).body;
		return {
			app: message.app,
			function: message.function,
			deployment: message.deployment,
			...(lifetime && { lifetime }),
			code: body.subarray(0, codeBytes),
			...(hasSourceMap && { sourceMap: body.subarray(codeBytes) }),
			...(files && { files: { list: files, read } }),
			environment: new Map(environment),
			settings,
			onIdle: () => this.#reportActivity(),
			...(observesReads && { onRead }),
		};
	}

	#watch(id: string, instance: Instance): void {
		instance.probation?.onSuperseded(() => this.observer?.superseded(id));
		void instance.stuck.then((report) => this.#link.emit("stuck", { instance: id, report }));
		void instance.exited.then((reason) => {
			this.#hosted.delete(id);
			this.observer?.gone(id);
			this.#link.emit("exited", { instance: id, reason });
		});
	}

	#reportActivity(): void {
		const link = this.#link;
		if (!link.isConnected) return;
		for (const [id, hosted] of this.#hosted) {
			const activity = activityOf(hosted);
			const text = `${activity.inFlight} ${activity.lastActiveMs}`;
			if (text === hosted.reported) continue;
			hosted.reported = text;
			link.emit("activity", { instance: id, ...activity });
		}
	}
}

function messageOf({ crons, pid, socketPath }: Instance): InstanceMessage {
	return { pid, socketPath, crons: crons.registered };
}

/** The activity of an instance, without the requests of the control plane, which counts them itself. */
function activityOf({ holds, instance }: Hosted): RunningInstance["activity"] {
	return { inFlight: instance.inFlight - holds.length, lastActiveMs: toSystemMs(instance.lastActiveMs) };
}
