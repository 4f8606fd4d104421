/** The stores of all apps of a platform, and the sockets at which the processes of functions reach them. */
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { KvConnection } from "./kv-connection.ts";
import { kvFile, otherStores, removeStores } from "./kv-files.ts";
import { APP_BURST_MS, APP_SHARE } from "./kv-limits.ts";
import { KvStore } from "./kv-store.ts";
import { type KvTurn, KvTurns } from "./kv-turns.ts";

/** Expired entries are searched at least this often, because the clock may be changed. */
const EXPIRY_CHECK_MS = 60_000;

/** The time limit for a process to connect. */
const CONNECT_MS = 10_000;

/** A socket for one process. */
export interface KvSocket {
	/** The path of the socket, in a folder to which only the platform can write. */
	readonly path: string;
	/** The group that may connect; undefined for the platform's own user. */
	readonly gid: number | undefined;
	/** The lifetime of the app. */
	readonly app: string;
}

export interface KvServerOptions {
	/** The folder of the stores. It is created if it does not exist. */
	readonly directory: string;
	/** The largest size of each store. */
	readonly maxBytes: number;
	/** Called with an error that no function caused. */
	readonly onError: (error: unknown, app: string) => void;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

interface OpenApp {
	store: KvStore | undefined;
	readonly connections: Set<KvConnection>;
	/** Removes expired entries. */
	readonly expiry: KvTurn;
	timer: NodeJS.Timeout | undefined;
}

/** Runs a task after the sockets were read. @returns a function that cancels it */
function schedule(task: () => void, delayMs: number): () => void {
	if (delayMs > 0) {
		const timer = setTimeout(task, delayMs);
		return () => clearTimeout(timer);
	}
	const immediate = setImmediate(task);
	return () => clearImmediate(immediate);
}

export class KvServer {
	readonly #options: KvServerOptions;
	readonly #apps = new Map<string, OpenApp>();
	readonly #turns = new KvTurns({
		share: APP_SHARE,
		burstMs: APP_BURST_MS,
		now: () => performance.now(),
		schedule,
	});
	/** What is open at each path: a socket that waits for its connection, or the connection. */
	readonly #paths = new Map<string, Server | KvConnection>();

	constructor(options: KvServerOptions) {
		this.#options = options;
		mkdirSync(options.directory, { recursive: true, mode: 0o700 });
	}

	/**
	 * Listens for the one connection of a process. An earlier socket or connection at this path ends, so that no
	 * process can use many descriptors.
	 */
	async listen({ app, gid, path }: KvSocket): Promise<void> {
		this.#end(path);
		const server = createServer((socket) => {
			server.close();
			clearTimeout(timer);
			this.#connect(app, path, socket);
		});
		const timer = setTimeout(() => server.close(), CONNECT_MS).unref();
		server.on("close", () => this.#forget(path, server));
		this.#paths.set(path, server);
		await new Promise<void>((resolve, reject) => {
			server.on("error", reject);
			server.listen(path, resolve);
		});
		if (gid === undefined) return;
		chownSync(path, 0, gid);
		chmodSync(path, 0o660);
	}

	#connect(app: string, path: string, socket: Socket): void {
		const open = this.#open(app);
		const connection: KvConnection = new KvConnection(socket, {
			askForTurn: (turn) => this.#turns.add(app, turn),
			store: () => this.#store(app, open),
			onHandled: () => this.#awaitExpiry(app, open),
			onError: (error) => this.#options.onError(error, app),
			onClose: () => {
				this.#forget(path, connection);
				this.#left(app, open, connection);
			},
		});
		this.#paths.set(path, connection);
		open.connections.add(connection);
	}

	#end(path: string): void {
		const present = this.#paths.get(path);
		if (present instanceof KvConnection) present.destroy();
		else present?.close();
		this.#paths.delete(path);
	}

	#forget(path: string, of: Server | KvConnection): void {
		if (this.#paths.get(path) === of) this.#paths.delete(path);
	}

	/** The number of open sockets and connections. */
	get descriptorCount(): number {
		return this.#paths.size;
	}

	#open(app: string): OpenApp {
		const known = this.#apps.get(app);
		if (known !== undefined) return known;
		const open: OpenApp = {
			store: undefined,
			connections: new Set(),
			expiry: { run: () => this.#awaitExpiry(app, open) },
			timer: undefined,
		};
		this.#apps.set(app, open);
		return open;
	}

	#store(app: string, open: OpenApp): KvStore {
		open.store ??= new KvStore(join(this.#options.directory, kvFile(app)), this.#options);
		return open.store;
	}

	/** Removes expired entries, and sets the timer for the next ones, unless it is set. */
	#awaitExpiry(app: string, open: OpenApp): void {
		if (open.timer !== undefined || open.store === undefined) return;
		const { now, onError } = this.#options;
		let delayMs = EXPIRY_CHECK_MS;
		try {
			const nextMs = open.store.removeExpired();
			if (nextMs !== undefined) delayMs = Math.min(delayMs, Math.max(1, nextMs - now()));
		} catch (error) {
			onError(error, app);
		}
		const again = () => {
			open.timer = undefined;
			this.#turns.add(app, open.expiry);
		};
		open.timer = setTimeout(again, delayMs).unref();
	}

	/** Closes the store of an app after its last connection. */
	#left(app: string, open: OpenApp, connection: KvConnection): void {
		this.#turns.remove(app, connection);
		open.connections.delete(connection);
		if (open.connections.size > 0) return;
		this.#close(open);
		if (this.#apps.get(app) === open) this.#apps.delete(app);
	}

	#close(open: OpenApp): void {
		clearTimeout(open.timer);
		open.timer = undefined;
		const { store } = open;
		open.store = undefined;
		store?.close();
	}

	/** Deletes the stores of apps. */
	drop(apps: readonly string[]): void {
		for (const app of apps) {
			const open = this.#apps.get(app);
			for (const connection of open?.connections ?? []) connection.destroy();
			if (open !== undefined) this.#close(open);
		}
		removeStores(this.#options.directory, apps);
	}

	/** Deletes the stores of all other apps. */
	keepOnly(apps: readonly string[]): void {
		this.drop(otherStores(this.#options.directory, apps));
	}

	/** Ends all connections and closes all stores. */
	close(): void {
		for (const path of [...this.#paths.keys()]) this.#end(path);
		for (const open of this.#apps.values()) {
			for (const connection of open.connections) connection.destroy();
			this.#close(open);
		}
		this.#apps.clear();
	}
}
