/** The instances of a data plane, and what they need while they start. */
import type { RunningInstance } from "../messages.ts";
import type { RemoteInstance } from "./remote-instance.ts";

/** Reads a file of an instance by its hash. */
export type ReadFile = (hash: string) => Promise<Uint8Array>;

/** The time for which an instance that has ended is known: its last requests are reported after its exit. */
const ENDED_KEPT_MS = 10_000;

export class RemoteInstances {
	readonly #instances = new Map<string, RemoteInstance>();
	/** The contents of files that instances get while they start. */
	readonly #files = new Map<string, ReadFile>();

	/** Every instance, in the order of their starts. */
	list(): readonly RemoteInstance[] {
		return [...this.#instances.values()];
	}

	find(id: string): RemoteInstance | undefined {
		return this.#instances.get(id);
	}

	/** Adds an instance before it is started, so that no event of it is lost. @param read reads its files */
	starting(instance: RemoteInstance, read: ReadFile | undefined): void {
		this.#instances.set(instance.id, instance);
		if (read !== undefined) this.#files.set(instance.id, read);
	}

	/** Adds an instance that an earlier control plane started. */
	adopt(instance: RemoteInstance, running: RunningInstance): void {
		instance.adopted(running);
		this.#instances.set(instance.id, instance);
	}

	/** The instance has started, so it reads no more files. */
	started(id: string): void {
		this.#files.delete(id);
	}

	/** The instance did not start. */
	failed(id: string): void {
		this.#instances.delete(id);
		this.#files.delete(id);
	}

	/** The process of the instance has exited. */
	ended(id: string): void {
		setTimeout(() => this.#instances.delete(id), ENDED_KEPT_MS).unref();
	}

	/** The data plane has ended, with all instances. */
	lost(): void {
		const lost = this.list();
		this.#instances.clear();
		this.#files.clear();
		for (const instance of lost) instance.events.lost();
	}

	/** @throws Error if the instance reads no files */
	async readFile(id: string, hash: string): Promise<Uint8Array> {
		const read = this.#files.get(id);
		if (read === undefined) throw new Error("The instance has started.");
		return await read(hash);
	}
}
