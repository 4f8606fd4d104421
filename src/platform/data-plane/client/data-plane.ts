/** The control plane's side of the data plane: its runtime, its stores and its gateways. */
import { type Answer, ChannelClosed } from "../../channel/channel.ts";
import { describeError } from "../../faults/log.ts";
import type { DataPlaneContract } from "../messages.ts";
import type { RouteChange } from "../routes.ts";
import {
	type Connected,
	type ConnectionOptions,
	errorFile,
	removeSocket,
	startDataPlane,
	takeOver,
} from "./connection.ts";
import { controlPlaneHandlers, type HandlerPorts } from "./handlers.ts";
import { RemoteInstance } from "./remote-instance.ts";
import { RemoteInstances } from "./remote-instances.ts";

type Calls = DataPlaneContract["calls"];
type Events = DataPlaneContract["events"];

/** The delay before a data plane that has ended is replaced. */
const RESTART_MS = 200;

export interface DataPlaneOptions extends Omit<ConnectionOptions, "handlers" | "faults">, HandlerPorts {}

export class DataPlane {
	readonly #options: DataPlaneOptions;
	readonly instances = new RemoteInstances();
	/** The connection, or the one that is being made. */
	#connection: Promise<Connected> = Promise.reject(new ChannelClosed("The data plane is not connected yet."));
	#connected: Connected | undefined;
	#isClosing = false;
	/** Whether the data plane is left running, for the next platform. */
	isDetached = false;
	/** Whether an earlier platform started it, and this one has not become ready yet. */
	#isBorrowed = false;
	#isListening = false;
	/** The port of the gateways, which stays the same if the data plane is replaced. */
	#port: number | undefined;
	#routesVersion = 0;
	/** The last update of the routes. */
	#routed: Promise<unknown> = Promise.resolve();
	#snapshot: () => readonly RouteChange[] = () => [];

	private constructor(options: DataPlaneOptions) {
		this.#options = options;
		this.#connection.catch(() => undefined);
	}

	/**
	 * Takes over the running data plane, or starts one.
	 * @throws as `startDataPlane`
	 */
	static async open(options: DataPlaneOptions): Promise<DataPlane> {
		const plane = new DataPlane(options);
		const connection = plane.#connectionOptions();
		const running = await takeOver(connection);
		plane.#isBorrowed = running !== undefined;
		const connected = running ?? (await startDataPlane(connection));
		plane.#use(connected);
		for (const each of connected.welcome.running)
			plane.instances.adopt(new RemoteInstance(each.launch, plane), each);
		return plane;
	}

	/** The runtime's description of its isolation and its limits. */
	async about(): Promise<Pick<Connected["welcome"], "limits" | "network" | "version">> {
		return (await this.#connection).welcome;
	}

	/** Calls the data plane. Waits if it is being replaced. @throws `ChannelClosed` if it ends before it answers */
	async call<Name extends keyof Calls & string>(
		name: Name,
		data: Calls[Name]["in"],
		body?: Uint8Array,
	): Promise<Answer<Calls[Name]["out"]>> {
		const { channel } = await this.#connection;
		return await channel.call(name, data, body);
	}

	emit<Name extends keyof Events & string>(name: Name, data: Events[Name]): void {
		this.#connected?.channel.emit(name, data);
	}

	/** Opens the gateways' listener, unless it is open. @param snapshot all routes, whenever a gateway needs them */
	async listen(snapshot: () => readonly RouteChange[]): Promise<{ host: string; port: number }> {
		this.#snapshot = snapshot;
		await this.#sendSnapshot();
		const { data } = await this.call("listen", null);
		this.#isListening = true;
		this.#port = data.port;
		return data;
	}

	/** Resolves when every gateway routes requests accordingly. */
	async route(changes: readonly RouteChange[]): Promise<void> {
		// Before the gateways listen, and after the data plane is replaced, they get a snapshot.
		if (this.#isListening && changes.length > 0 && !this.isDetached) {
			const update = { version: ++this.#routesVersion, isSnapshot: false, changes };
			this.#routed = this.#connected?.channel.call("route", update).catch(() => undefined) ?? this.#routed;
		}
		await this.#routed;
	}

	/** The platform is ready. From now on, the data plane ends with it. */
	own(): void {
		this.#isBorrowed = false;
	}

	/** Leaves the data plane running, for the next platform. Until `close`, it can still be called. */
	detach(): void {
		this.isDetached = true;
	}

	/**
	 * Stops the data plane and everything in it, unless it is left running. It is also left running if an earlier platform
	 * started it and this one could not start.
	 */
	async close(): Promise<void> {
		if (this.#isBorrowed) this.detach();
		this.#isClosing = true;
		const channel = this.#connected?.channel;
		if (this.isDetached) return channel?.close();
		await channel?.call("close", null).catch(() => undefined);
		await channel?.closed;
		await removeSocket(this.#options.directory);
	}

	#connectionOptions(): ConnectionOptions {
		const { configuration, faults } = this.#options;
		const gateway = { ...configuration.gateway, ...(this.#port !== undefined && { port: this.#port }) };
		const handlers = controlPlaneHandlers(this.instances, this.#options);
		return {
			...this.#options,
			configuration: { ...configuration, gateway },
			faults: faults.process,
			handlers,
		};
	}

	#use(connected: Connected): void {
		this.#connected = connected;
		this.#connection = Promise.resolve(connected);
		void connected.channel.closed.then(() => this.#lost());
	}

	/** The data plane has ended, with all instances. */
	#lost(): void {
		if (this.isDetached) return;
		if (!this.#isClosing) {
			const stderr = errorFile(this.#options.directory);
			this.#options.log.error({ stderr }, "the data plane has ended, and is replaced");
			this.#isListening = false;
			this.#connection = this.#restart();
			this.#connection.catch(() => undefined);
		}
		this.instances.lost();
	}

	async #restart(): Promise<Connected> {
		for (;;) {
			await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
			if (this.#isClosing) throw new ChannelClosed("The platform is being stopped.");
			try {
				const connected = await startDataPlane(this.#connectionOptions());
				this.#use(connected);
				await this.#sendSnapshot();
				await connected.channel.call("listen", null);
				this.#isListening = true;
				return connected;
			} catch (error) {
				this.#options.log.error(describeError(error), "the data plane could not be started");
			}
		}
	}

	async #sendSnapshot(): Promise<void> {
		const version = ++this.#routesVersion;
		const changes = this.#snapshot();
		await this.#connected?.channel.call("route", { version, isSnapshot: true, changes });
	}
}
