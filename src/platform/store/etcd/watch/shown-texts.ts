/** The texts that nodes show, as events of a watch and reads tell them in any order: the latest revision of etcd counts. */
import { fromUtf8 } from "../../../../bytes.ts";
import type { Pair } from "../transactions.ts";

export class ShownTexts {
	/** Undefined: it was removed at that revision. */
	readonly #known = new Map<string, { readonly text: string | undefined; readonly revision: number }>();

	put(name: string, { modRevision, value }: Pick<Pair, "modRevision" | "value">): void {
		this.#set(name, fromUtf8(value) ?? "", modRevision);
	}

	remove(name: string, revision: number): void {
		this.#set(name, undefined, revision);
	}

	/** A read of a moment had these names only. Others that are not of a later moment were removed before. */
	keepOnly(names: ReadonlySet<string>, revision: number): void {
		for (const [name, { revision: known }] of this.#known)
			if (!names.has(name) && known <= revision) this.#known.delete(name);
	}

	/** A copy of the present texts, by name. */
	texts(): Map<string, string> {
		return new Map(
			[...this.#known].flatMap(([name, { text }]) => (text === undefined ? [] : [[name, text] as const])),
		);
	}

	#set(name: string, text: string | undefined, revision: number): void {
		if ((this.#known.get(name)?.revision ?? 0) < revision) this.#known.set(name, { text, revision });
	}
}
