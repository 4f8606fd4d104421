/** Answers that are kept in memory: pages show the last one while the next is on its way. */
import { asFailure, type RequestFailure } from "./failure.ts";
import { Store, type Watched } from "./store.ts";

/** What is known of one answer. */
export interface Answer<T> {
	/** The newest answer; undefined before the first. */
	readonly value: T | undefined;
	/** Why the newest request failed; undefined if it did not. */
	readonly failure: RequestFailure | undefined;
	readonly isLoading: boolean;
}

/** Whether it is known what the platform answers: something, or a failure. */
export const isSettled = ({ value, failure }: Answer<unknown>): boolean =>
	value !== undefined || failure !== undefined;

const NOTHING: Answer<never> = { value: undefined, failure: undefined, isLoading: false };

/** One address and its answers. */
export class Resource<T> implements Watched<Answer<T>> {
	readonly #store = new Store<Answer<T>>(NOTHING);
	readonly #read: () => Promise<T>;
	#running: Promise<void> | undefined;
	#isStale = false;

	constructor(read: () => Promise<T>) {
		this.#read = read;
	}

	get value(): Answer<T> {
		return this.#store.value;
	}

	/** Whether anything shows it now. */
	get isWatched(): boolean {
		return this.#store.isWatched;
	}

	subscribe(listener: () => void): () => void {
		return this.#store.subscribe(listener);
	}

	/** Changes the known answer until the next one comes. */
	amend(change: (value: T) => T): void {
		const { value } = this.#store.value;
		if (value !== undefined) this.#store.set({ ...this.#store.value, value: change(value) });
	}

	/** Asks again. A call during a request makes one more request after it, whose answer has what happened meanwhile. */
	async refresh(): Promise<void> {
		if (this.#running !== undefined) {
			this.#isStale = true;
			return await this.#running;
		}
		this.#running = this.#load();
		try {
			await this.#running;
		} finally {
			this.#running = undefined;
		}
	}

	async #load(): Promise<void> {
		do {
			this.#isStale = false;
			this.#store.set({ ...this.#store.value, isLoading: true });
			try {
				const value = await this.#read();
				this.#store.set({ value, failure: undefined, isLoading: this.#isStale });
			} catch (error) {
				this.#isStale = false;
				this.#store.set({ ...this.#store.value, failure: asFailure(error), isLoading: false });
			}
		} while (this.#isStale);
	}
}

/** The resources of all addresses that were asked for. */
export class Cache {
	readonly #read: (path: string) => Promise<unknown>;
	readonly #resources = new Map<string, Resource<unknown>>();

	constructor(read: (path: string) => Promise<unknown>) {
		this.#read = read;
	}

	/** The resource of an address; the same object each time. */
	at<T>(path: string): Resource<T> {
		const known = this.#resources.get(path);
		if (known !== undefined) return known as Resource<T>;
		const made = new Resource<T>(() => this.#read(path) as Promise<T>);
		this.#resources.set(path, made as Resource<unknown>);
		return made;
	}

	/** Asks again for those of the addresses that were asked for before, and those below them that are shown now. */
	refreshKnown(paths: readonly string[]): void {
		for (const [path, resource] of this.#resources) {
			const isBelow = (each: string) => resource.isWatched && path.startsWith(`${each}?`);
			if (paths.some((each) => path === each || isBelow(each))) void resource.refresh();
		}
	}

	/** Forgets everything, when a session ends. */
	clear(): void {
		this.#resources.clear();
	}
}
