/** The second driver of the runtime: functions' processes belong to the data plane. */
import { randomUUID } from "node:crypto";
import { onAbort } from "../../machine/on-abort.ts";
import { closingError } from "../../runtime/process/start-failure.ts";
import type { Instance, Launch, Runtime } from "../../runtime/runtime.ts";
import type { LaunchMessage } from "../messages.ts";
import type { DataPlane } from "./data-plane.ts";
import { RemoteInstance } from "./remote-instance.ts";

export class RemoteRuntime implements Runtime {
	readonly #plane: DataPlane;
	readonly network: Runtime["network"];
	readonly limits: Runtime["limits"];
	#isClosed = false;

	private constructor(plane: DataPlane, { limits, network }: Pick<Runtime, "limits" | "network">) {
		this.#plane = plane;
		this.network = network;
		this.limits = limits;
	}

	static async open(plane: DataPlane): Promise<RemoteRuntime> {
		return new RemoteRuntime(plane, await plane.about());
	}

	async start(launch: Launch): Promise<Instance> {
		if (this.#isClosed || launch.signal?.aborted === true) throw closingError(launch);
		const message = messageOf(launch);
		const instance = new RemoteInstance(message, this.#plane);
		instance.listen(launch);
		this.#plane.instances.starting(instance, launch.files?.read.bind(launch.files));
		const cancel = () => this.#plane.call("stop", { instance: instance.id, graceMs: 0 });
		using _cancelling = onAbort(launch.signal, () => void cancel().catch(() => undefined));
		try {
			const body = launch.sourceMap ? Buffer.concat([launch.code, launch.sourceMap]) : launch.code;
			instance.started((await this.#plane.call("start", message, body)).data);
			return instance;
		} catch (error) {
			this.#plane.instances.failed(instance.id);
			throw this.#isClosed ? closingError(launch) : error;
		} finally {
			this.#plane.instances.started(instance.id);
		}
	}

	async forget(of: Parameters<Runtime["forget"]>[0]): Promise<void> {
		await this.#plane.call("forget", of);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#plane.close();
	}
}

function messageOf(launch: Launch): LaunchMessage {
	const { code, environment, files, lifetime, onRead, settings, sourceMap } = launch;
	return {
		instance: randomUUID(),
		app: launch.app,
		function: launch.function,
		deployment: launch.deployment,
		lifetime,
		codeBytes: code.length,
		hasSourceMap: sourceMap !== undefined,
		files: files?.list,
		environment: [...environment],
		settings,
		observesReads: onRead !== undefined,
		note: launch.note,
	};
}
