/**
 * A connection to the user's D-Bus session bus. Unlike the connection of the native library, it can be closed at any
 * time.
 */
import { connect, type Socket } from "node:net";
import { decodeMessage, encodeCall, type MethodCall, type Reply } from "./dbus-wire.ts";

/** An error reply of the bus. */
export class DbusError extends Error {
	/** For example `org.freedesktop.DBus.Error.ServiceUnknown`. */
	readonly errorName: string;

	constructor(errorName: string) {
		super(errorName);
		this.errorName = errorName;
	}
}

export interface Bus {
	/**
	 * Calls a method. @returns its reply
	 * @throws DbusError for an error reply; any other error if the connection is lost
	 */
	call(call: MethodCall): Promise<Reply>;
	/** Closes the connection. Every running call fails. */
	close(): void;
}

/**
 * The socket of the first `unix:` entry of a bus address, in the form of `net.connect`; undefined if there is
 * none.
 */
export function socketPathOf(address: string): string | undefined {
	for (const entry of address.split(";")) {
		if (!entry.startsWith("unix:")) continue;
		for (const pair of entry.slice("unix:".length).split(",")) {
			const [key, value] = pair.split("=", 2);
			const decoded = unescaped(value ?? "");
			if (decoded === undefined) continue;
			if (key === "path") return decoded;
			if (key === "abstract") return `\0${decoded}`;
		}
	}
	return undefined;
}

/** Addresses write special bytes as `%XX`. */
function unescaped(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

/**
 * Connects, authenticates as the current user and registers with the bus.
 * @param signal closes the connection; every running call fails with the signal's reason
 */
export async function connectToBus(socketPath: string, signal: AbortSignal): Promise<Bus> {
	signal.throwIfAborted();
	const connection = new Connection(connect(socketPath), signal);
	try {
		await connection.authenticate(process.getuid?.() ?? 0);
		await connection.call({
			destination: "org.freedesktop.DBus",
			path: "/org/freedesktop/DBus",
			interface: "org.freedesktop.DBus",
			member: "Hello",
			arguments: [],
		});
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}

interface Waiting {
	resolve(reply: Reply): void;
	reject(error: unknown): void;
}

class Connection implements Bus {
	readonly #socket: Socket;
	readonly #calls = new Map<number, Waiting>();
	/** Before `BEGIN`, the bus sends lines of text. */
	#line: { resolve(line: string): void; reject(error: unknown): void } | undefined;
	#input = Buffer.alloc(0);
	#serial = 0;
	#failure: unknown;

	constructor(socket: Socket, signal: AbortSignal) {
		this.#socket = socket;
		socket.on("data", (chunk) => this.#receive(chunk));
		socket.on("error", (error) => this.#fail(error));
		socket.on("close", () => this.#fail(new Error("the bus closed the connection")));
		const abort = () => this.#fail(signal.reason);
		signal.addEventListener("abort", abort, { once: true });
		socket.on("close", () => signal.removeEventListener("abort", abort));
	}

	async authenticate(uid: number): Promise<void> {
		const answer = new Promise<string>((resolve, reject) => {
			this.#line = { resolve, reject };
		});
		this.#socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString("hex")}\r\n`);
		if (!(await answer).startsWith("OK ")) throw new DbusError("org.freedesktop.DBus.Error.AuthFailed");
		this.#socket.write("BEGIN\r\n");
	}

	call(call: MethodCall): Promise<Reply> {
		return new Promise((resolve, reject) => {
			if (this.#failure !== undefined) return reject(this.#failure);
			const serial = ++this.#serial;
			this.#calls.set(serial, { resolve, reject });
			this.#socket.write(encodeCall(call, serial));
		});
	}

	close(): void {
		this.#fail(new Error("the connection was closed"));
	}

	#receive(chunk: Buffer): void {
		this.#input = Buffer.concat([this.#input, chunk]);
		try {
			if (this.#line === undefined) this.#dispatch();
			else this.#readLine(this.#line);
		} catch (error) {
			this.#fail(error);
		}
	}

	#readLine(waiting: { resolve(line: string): void }): void {
		const end = this.#input.indexOf("\r\n");
		if (end === -1) return;
		const line = this.#input.toString("latin1", 0, end);
		this.#input = this.#input.subarray(end + 2);
		this.#line = undefined;
		waiting.resolve(line);
	}

	#dispatch(): void {
		for (let reply = decodeMessage(this.#input); reply !== undefined; reply = decodeMessage(this.#input)) {
			this.#input = this.#input.subarray(reply.length);
			const waiting = this.#calls.get(reply.replySerial);
			this.#calls.delete(reply.replySerial);
			if (reply.error === undefined) waiting?.resolve(reply);
			else waiting?.reject(new DbusError(reply.error));
		}
	}

	#fail(error: unknown): void {
		if (this.#failure !== undefined) return;
		this.#failure = error;
		this.#socket.destroy();
		this.#line?.reject(error);
		for (const { reject } of this.#calls.values()) reject(error);
		this.#calls.clear();
	}
}
