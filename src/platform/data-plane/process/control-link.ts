/**
 * The data plane's connection to the control plane, which may be absent: it may have been killed, and another one may
 * take over later. Lines of functions and reports of requests are kept until then, within limits.
 */
import { createServer, type Socket } from "node:net";
import { type Answer, Channel, type Handlers } from "../../channel/channel.ts";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Log } from "../../faults/log.ts";
import type { ControlPlaneContract, DataPlaneContract } from "../messages.ts";

type Events = ControlPlaneContract["events"];
type Calls = ControlPlaneContract["calls"];

/** The most bytes that wait for the control plane: kept ones while it is absent, unsent ones while it is busy. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** The approximate size of a line of the platform's log. */
const LOG_BYTES = 500;

export class ControlLink {
	readonly #faults: FaultBoundary;
	#channel: Channel<DataPlaneContract, ControlPlaneContract> | undefined;
	/** Whether the control plane has taken over, so that it handles events. */
	#isReady = false;
	#kept: { readonly send: () => void; readonly bytes: number }[] = [];
	#keptBytes = 0;
	#dropped = 0;
	readonly #waiting = new Set<() => void>();

	/** Called when the control plane has ended. */
	onDisconnected: () => void = () => {};

	/** The connection is made later, by `listen`. @param faults handles exceptions of the handlers of events */
	constructor(faults: FaultBoundary) {
		this.#faults = faults;
	}

	/**
	 * Waits for the control plane at a socket.
	 * @param handlers what the data plane offers. `hello` calls `ready`
	 * @throws the system's error, for example if the path is too long
	 */
	async listen(path: string, handlers: Handlers<DataPlaneContract>): Promise<void> {
		const accept = this.#faults.callback((socket: Socket) => this.#accept(socket, handlers));
		const server = createServer(accept);
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(path, resolve);
		});
	}

	/** Whether a control plane is connected. */
	get isConnected(): boolean {
		return this.#channel !== undefined && this.#isReady;
	}

	/** Resolves when a control plane is connected. */
	async connected(): Promise<void> {
		if (!this.isConnected) await new Promise<void>((resolve) => this.#waiting.add(resolve));
	}

	/** Call it when the state has been sent to a control plane, in the same task. Events follow. */
	ready(): void {
		const channel = this.#channel;
		// The answer with the state is sent first.
		setImmediate(() => {
			// The control plane may have ended in between. What is kept waits for the next one.
			if (channel === undefined || this.#channel !== channel) return;
			this.#isReady = true;
			for (const { send } of this.#kept) send();
			this.#kept = [];
			this.#keptBytes = 0;
			const waiting = [...this.#waiting];
			this.#waiting.clear();
			for (const resolve of waiting) resolve();
		});
	}

	/** Sends an event, unless no control plane is connected: the next one gets the state instead. */
	emit<Name extends keyof Events & string>(name: Name, data: Events[Name]): void {
		if (this.#isReady) this.#channel?.emit(name, data);
	}

	/**
	 * Sends an event that is kept while no control plane is connected. If too much waits, it is dropped.
	 * @param bytes the approximate size of the data
	 */
	emitKept<Name extends "lines" | "report" | "log">(name: Name, data: Events[Name], bytes: number): void {
		const waiting = this.#isReady ? (this.#channel?.waitingBytes ?? 0) : this.#keptBytes;
		if (waiting + bytes > WAITING_BYTES_MAX) {
			this.#dropped++;
			return;
		}
		const send = () => this.#channel?.emit(name, data);
		if (this.#isReady) send();
		else {
			this.#kept.push({ send, bytes });
			this.#keptBytes += bytes;
		}
		if (this.#isReady && this.#dropped > 0) this.#reportDropped();
	}

	/** @throws `ChannelClosed` if no control plane is connected, or it ends before it answers */
	async call<Name extends keyof Calls & string>(
		name: Name,
		data: Calls[Name]["in"],
	): Promise<Answer<Calls[Name]["out"]>> {
		for (;;) {
			const channel = this.#isReady ? this.#channel : undefined;
			if (channel !== undefined) return await channel.call(name, data);
			await this.connected();
		}
	}

	/** A log whose lines the control plane writes. */
	get log(): Log {
		const at = (level: "info" | "warn" | "error") => (fields: unknown, message?: string) => {
			const [known, text] = typeof fields === "string" ? [{}, fields] : [fields, message ?? ""];
			this.emitKept(
				"log",
				{ level, fields: (known ?? {}) as Record<string, unknown>, message: text },
				LOG_BYTES,
			);
		};
		return { info: at("info"), warn: at("warn"), error: at("error") } as Log;
	}

	#accept(socket: Socket, handlers: Handlers<DataPlaneContract>): void {
		// Somebody else calls while the platform runs. A platform that takes over calls again.
		if (this.#channel !== undefined) return void socket.destroy();
		const channel: Channel<DataPlaneContract, ControlPlaneContract> = new Channel(
			socket,
			handlers,
			this.#faults,
		);
		this.#channel = channel;
		void channel.closed.then(() => {
			if (this.#channel !== channel) return;
			this.#channel = undefined;
			this.#isReady = false;
			this.onDisconnected();
		});
	}

	#reportDropped(): void {
		const messages = this.#dropped;
		this.#dropped = 0;
		this.log.warn({ messages }, "lines or requests of functions were not stored: the platform was too slow");
	}
}
