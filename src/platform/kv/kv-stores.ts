/** The stores of all apps, in a separate thread, which the first use starts. */
import { Worker } from "node:worker_threads";
import { AppError, EXIT } from "../../errors.ts";
import { otherStores, removeStores, storeBytes } from "./kv-files.ts";
import type { KvServerOptions, KvSocket } from "./kv-server.ts";

export type KvWorkerData = Pick<KvServerOptions, "directory" | "maxBytes">;

/** A message to the thread. */
export type KvCommand =
	| { readonly type: "listen"; readonly socket: KvSocket }
	| { readonly type: "drop" | "keep-only"; readonly apps: readonly string[] }
	| { readonly type: "close" };

/** A message from the thread. */
export type KvReport =
	| { readonly type: "done"; readonly id: number }
	| { readonly type: "failed"; readonly id: number; readonly message: string }
	| { readonly type: "fault"; readonly app: string; readonly message: string };

export interface KvStoresOptions extends KvWorkerData {
	/** The path of the bundle of `kv-worker.ts`. */
	readonly program: string;
	/** Whether functions get no store, because each node would have another one. */
	readonly isRefused?: boolean;
	/** Called with the description of an error of a store, or of the thread itself. */
	readonly onError: (message: string, app?: string) => void;
}

interface Pending {
	readonly resolve: () => void;
	readonly reject: (error: Error) => void;
}

export class KvStores {
	readonly #options: KvStoresOptions;
	readonly #pending = new Map<number, Pending>();
	#worker: Worker | undefined;
	#lastId = 0;

	constructor(options: KvStoresOptions) {
		this.#options = options;
	}

	/** Listens for the connection of one process to the store of its app. @throws AppError `KV_SEVERAL_NODES` (exit 1) */
	async listen(socket: KvSocket): Promise<void> {
		if (this.#options.isRefused) throw severalNodes();
		await this.#ask({ type: "listen", socket });
	}

	/** Deletes the store of an app, if it has one. */
	async drop(app: string): Promise<void> {
		if (this.#worker === undefined) removeStores(this.#options.directory, [app]);
		else await this.#ask({ type: "drop", apps: [app] });
	}

	/** Deletes the stores of all other apps. */
	async keepOnly(apps: readonly string[]): Promise<void> {
		const { directory } = this.#options;
		if (this.#worker === undefined) removeStores(directory, otherStores(directory, apps));
		else await this.#ask({ type: "keep-only", apps });
	}

	/** The name of each app that has a store, and the size of the store in bytes. */
	async sizes(
		apps: readonly { readonly id: string; readonly lifetimeId: string }[],
	): Promise<[app: string, bytes: number][]> {
		const sizes = await storeBytes(this.#options.directory);
		return apps.flatMap(({ id, lifetimeId }): [string, number][] => {
			const bytes = sizes.get(lifetimeId);
			return bytes === undefined ? [] : [[id, bytes]];
		});
	}

	/** Closes all stores and ends the thread. */
	async close(): Promise<void> {
		const worker = this.#worker;
		if (worker === undefined) return;
		await this.#ask({ type: "close" }).catch(() => undefined);
		this.#worker = undefined;
		await worker.terminate();
	}

	#ask(command: KvCommand): Promise<void> {
		this.#worker ??= this.#start();
		const id = ++this.#lastId;
		const worker = this.#worker;
		return new Promise((resolve, reject) => {
			this.#pending.set(id, { resolve, reject });
			// The process must not end before the answer.
			worker.ref();
			worker.postMessage({ id, command });
		});
	}

	#start(): Worker {
		const { directory, maxBytes, onError, program } = this.#options;
		const workerData: KvWorkerData = { directory, maxBytes };
		const worker = new Worker(program, { workerData });
		worker.on("message", (report: KvReport) => this.#handle(report));
		worker.on("error", (error) => onError(error.message));
		worker.on("exit", () => {
			// The next use starts another thread, and processes connect again.
			if (this.#worker === worker) this.#worker = undefined;
			for (const { reject } of this.#pending.values()) reject(new Error("The thread of the stores ended."));
			this.#pending.clear();
		});
		worker.unref();
		return worker;
	}

	#handle(report: KvReport): void {
		if (report.type === "fault") {
			this.#options.onError(report.message, report.app);
			return;
		}
		const pending = this.#pending.get(report.id);
		this.#pending.delete(report.id);
		if (this.#pending.size === 0) this.#worker?.unref();
		if (report.type === "done") pending?.resolve();
		else pending?.reject(new Error(report.message));
	}
}

function severalNodes(): AppError {
	return new AppError({
		code: "KV_SEVERAL_NODES",
		message: "The platform may run as several nodes. Each would have another Deno KV store for the app.",
		hint: "Start the platform with --single-node to have Deno KV.",
		exit: EXIT.failure,
	});
}
