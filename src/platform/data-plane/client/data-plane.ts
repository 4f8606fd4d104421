/** The control plane's side of the data plane: its runtime, its stores and its gateways. */
import { type Answer, ChannelClosed } from "../../channel/channel.ts";
import { describeError } from "../../faults/log.ts";
import type { DataPlaneContract } from "../messages.ts";
import type { RouteChange } from "../routes.ts";
import {
	type Connected,
	type ConnectionOptions,
	startDataPlane,
	stopDataPlane,
	takeOver,
} from "./connection.ts";
import { controlPlaneHandlers, type HandlerPorts } from "./handlers.ts";
import { RemoteInstance } from "./remote-instance.ts";
import { RemoteInstances } from "./remote-instances.ts";
import { errorFile, removeSocket } from "./socket-files.ts";
import { kill, watch } from "./stuck.ts";

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
	/** The channel on which a snapshot of the routes was sent, and changes can follow. */
	#routes: Connected["channel"] | undefined;
	/** Resolves when they have the first one. */
	readonly #published: Promise<void>;
	#onPublished = () => {};
	/** The port of the gateways, which stays the same if the data plane is replaced. */
	#port: number | undefined;
	#routesVersion = 0;
	/** The last update of the routes. */
	#routed: Promise<unknown> = Promise.resolve();
	#snapshot: () => readonly RouteChange[] = () => [];

	private constructor(options: DataPlaneOptions) {
		this.#options = options;
		this.#connection.catch(() => undefined);
		this.#published = new Promise((resolve) => {
			this.#onPublished = resolve;
		});
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
		if (running !== undefined) plane.#noteVersion(running);
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
		const address = await this.#openGateways(await this.#connection);
		this.#onPublished();
		this.#port = address.port;
		return address;
	}

	/** Resolves when every gateway routes requests accordingly. */
	async route(changes: readonly RouteChange[]): Promise<void> {
		// The snapshot has earlier changes.
		if (this.#routes !== undefined && changes.length > 0 && !this.isDetached) {
			const update = { version: ++this.#routesVersion, isSnapshot: false, changes };
			this.#routed = this.#routes.call("route", update).catch(() => undefined);
		}
		await this.#routed;
	}

	/**
	 * Lets requests in progress finish, and closes the gateways. From now on, a data plane that ends is not replaced. One that
	 * cannot be started, for example because its program was removed, does not delay the end of the platform.
	 */
	async closeGateways(graceMs: number): Promise<void> {
		if (this.isDetached) return;
		this.#isClosing = true;
		try {
			await this.call("closeGateways", { graceMs });
		} catch (error) {
			if (!(error instanceof ChannelClosed)) throw error;
		}
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
		// An attempt to replace the data plane may be in progress. It is the last one.
		await this.#connection.catch(() => undefined);
		const channel = this.#connected?.channel;
		if (this.isDetached) return channel?.close();
		if (this.#connected !== undefined && (await stopDataPlane(this.#connected)))
			this.#options.log.error("the data plane did not end in time, and was killed");
		await removeSocket(this.#options.directory);
	}

	#noteVersion({ welcome: { version } }: Connected): void {
		const { configuration, log } = this.#options;
		if (version === configuration.version) return;
		log.info({ version }, "the processes of functions were started by another version of Coffer, and go on");
	}

	#connectionOptions(): ConnectionOptions {
		const { configuration, faults } = this.#options;
		const gateway = { ...configuration.gateway, ...(this.#port !== undefined && { port: this.#port }) };
		const { events } = this.#options;
		const ensure = async (app: string, name: string) => {
			// A gateway of an earlier platform does not know the instances that this one has started.
			await this.#published;
			return await events.ensure(app, name);
		};
		const handlers = controlPlaneHandlers(this.instances, { ...this.#options, ensure });
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
		watch(connected.channel, () => {
			this.#options.log.error("the data plane does not answer, and is killed");
			if (!kill(connected.pid)) connected.channel.close();
		});
	}

	/** The data plane has ended, with all instances. */
	#lost(): void {
		if (this.isDetached) return;
		if (!this.#isClosing) {
			const stderr = errorFile(this.#options.directory);
			this.#options.log.error({ stderr }, "the data plane has ended, and is replaced");
			this.#routes = undefined;
			this.#connection = this.#restart();
			this.#connection.catch(() => undefined);
		}
		this.instances.lost();
	}

	async #restart(): Promise<Connected> {
		for (;;) {
			await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
			if (this.#isClosing) throw new ChannelClosed("The platform is being stopped.");
			let connected: Connected | undefined;
			try {
				connected = await startDataPlane(this.#connectionOptions());
				await this.#openGateways(connected);
				this.#use(connected);
				return connected;
			} catch (error) {
				this.#options.log.error(describeError(error), "the data plane could not be started");
				this.#routes = undefined;
				await connected?.channel.call("close", null).catch(() => undefined);
			}
		}
	}

	/** Sends all routes, and opens the gateways' listener. Changes follow the snapshot from the moment that it is made. */
	async #openGateways({ channel }: Connected): Promise<{ host: string; port: number }> {
		const version = ++this.#routesVersion;
		const changes = this.#snapshot();
		this.#routes = channel;
		await channel.call("route", { version, isSnapshot: true, changes });
		return (await channel.call("listen", null)).data;
	}
}
