/** Identifies entries of streams, so that a reader of a state knows which entries are in it. */
import { toBase64 } from "../../../crypto.ts";
import type { Store, StreamName } from "../store.ts";
import type { SealCode } from "./seal-code.ts";

export interface EntryMark {
	/** 0: before the first entry. */
	readonly revision: number;
	/** A code of the platform over the stream, the revision and the entry. Empty at revision 0. */
	readonly code: string;
}

export function isSameMark(one: EntryMark, other: EntryMark): boolean {
	return one.revision === other.revision && one.code === other.code;
}

export class EntryMarks {
	readonly #store: Pick<Store, "read">;
	readonly #code: SealCode;

	constructor(store: Pick<Store, "read">, code: SealCode) {
		this.#store = store;
		this.#code = code;
	}

	/** The last entry of a stream, by the seal. */
	endOf(stream: StreamName): EntryMark {
		const part = this.#code.part(stream);
		if (part === undefined) return { revision: 0, code: "" };
		return { revision: part.revision, code: toBase64(part.hash) };
	}

	/** Whether a stream has this entry. */
	async has(stream: StreamName, { code, revision }: EntryMark): Promise<boolean> {
		if (revision === 0) return true;
		const [entry] = await this.#store.read(stream, revision - 1, 1);
		return entry !== undefined && toBase64(this.#code.hashOf({ stream, ...entry })) === code;
	}
}
