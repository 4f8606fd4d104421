/** What this process knows of a store: the last entry of each stream, the seal, and the seals that it had before. */
import type { StoreMoment } from "../several-nodes.ts";
import type { Store, StreamHead } from "../store.ts";
import { EntryMarks } from "./entry-mark.ts";
import { type FoundStore, faultOf } from "./history.ts";
import { KnownSeals } from "./known-seals.ts";
import { PLATFORM_STREAM, SealCode } from "./seal-code.ts";

export class KnownStore {
	readonly code: SealCode;
	readonly marks: EntryMarks;
	readonly seals = new KnownSeals();
	readonly #key: Uint8Array;
	readonly #store: Pick<Store, "read">;
	#first: string | undefined;
	/** Called when the stream `platform` gets its first entry, or it is read. */
	onFirst: (first: string) => void = () => {};

	constructor(store: Pick<Store, "read">, key: Uint8Array) {
		this.#store = store;
		this.#key = key;
		this.code = new SealCode(key);
		this.marks = new EntryMarks(store, this.code);
	}

	/** @returns why the store is not the one that is known, or damaged. Undefined: it continues what is known */
	faultOf(found: FoundStore): ReturnType<typeof faultOf> {
		const read = this.#store.read.bind(this.#store);
		return faultOf(found, { code: this.code, key: this.#key, first: this.#first, read });
	}

	/** Takes over all of a store. */
	async takeAll({ heads, seal }: FoundStore): Promise<void> {
		this.code.setAll(heads);
		this.seals.note(seal);
		await this.#noteFirst();
	}

	/** Takes over the streams of a moment. @returns whether its seal is that of all streams */
	async takeChanged({ heads, removed, seal }: StoreMoment): Promise<boolean> {
		for (const stream of removed) this.code.restore(stream, undefined);
		for (const head of heads) this.code.set(head);
		this.seals.note(seal);
		await this.#noteFirst();
		return seal === this.code.text();
	}

	/** Whether a moment has the present seal, and other entries than are known, or an entry before one that is known. */
	contradicts({ heads, isComplete, removed, seal }: StoreMoment): boolean {
		const { code } = this;
		if (seal === this.seals.present) {
			if (isComplete && heads.length !== code.size) return true;
			return !heads.every((head) => code.endsWith(head)) || removed.some((stream) => code.part(stream));
		}
		return !this.seals.isEarlier(seal) && heads.some((head) => this.#isEarlier(head));
	}

	/** Whether an entry comes before the known last one of its stream, or is another one in its place. */
	#isEarlier(head: StreamHead): boolean {
		const revision = this.code.part(head.stream)?.revision ?? 0;
		return head.revision < revision || (head.revision === revision && !this.code.endsWith(head));
	}

	/** The first entry of the stream `platform`. Undefined if there is none. */
	get first(): string | undefined {
		return this.#first;
	}

	async #noteFirst(): Promise<void> {
		if (this.#first !== undefined || this.code.part(PLATFORM_STREAM) === undefined) return;
		const [entry] = await this.#store.read(PLATFORM_STREAM, 0, 1);
		if (entry !== undefined) this.#begin(entry.body);
	}

	#begin(first: string): void {
		this.#first = first;
		this.onFirst(first);
	}

	/** Notes an entry that this process has appended, with the seal that the store has since. */
	appended({ body, revision, stream }: StreamHead, seal: string): void {
		this.seals.note(seal);
		if (stream === PLATFORM_STREAM && revision === 1) this.#begin(body);
	}
}
